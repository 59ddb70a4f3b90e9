// Every typed method, called with every option: its words fit the grammar, and servers parse them.
import { lookupCommand } from '@ochre/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { captureFacts } from '../../scripts/gen/capture.ts'
import { describeEachServer, RawClient, startServer, type TestServer } from '../servers/index.ts'
import { isNewer, LEFT_OUT } from './live.ts'
import { METHODS, methodSamples } from './method-samples.ts'
import { fits } from './sample.ts'

describe('Typed methods', () => {
  it('send what the grammar of their command allows', () => {
    let samples = 0
    const refused: string[][] = []
    for (const method of METHODS) {
      const spec = lookupCommand(method.command)!
      for (const sample of methodSamples(method)) {
        // CLIENT KILL without a filter is for the server to refuse. BITFIELD's grammar wants a write after OVERFLOW;
        // servers take it alone, and so do we.
        if (sample.words.length + spec.words < Math.abs(spec.arity) || sample.words.includes('OVERFLOW')) continue
        if (sample.spec !== spec || !fits(spec.arguments, sample.words)) refused.push([method.command, ...sample.words])
        samples++
      }
    }
    expect(refused).toEqual([])
    expect(METHODS.length).toBeGreaterThan(430)
    expect(samples).toBeGreaterThan(1500)
  })
})

/** What a server says when it could not make sense of the words. All else is an answer to a command it understood. */
const NOT_UNDERSTOOD =
  /syntax|wrong number|unknown|not an integer|not a (valid )?float|unsupported|unrecognized|must be|should be|not allowed|can't be|invalid (?!password|stream id|slot|node)|numkeys|bad arg|argument/i

describeEachServer('A typed method', (version) => {
  let server: TestServer
  let raw: RawClient
  beforeAll(async () => {
    server = await startServer({ version })
    raw = await RawClient.open(server.port)
  })
  afterAll(async () => {
    raw.close()
    await server.stop()
  })

  it('is understood with every option that the server knows', async () => {
    const syntax = new Map((await captureFacts(server.port)).map((facts) => [facts.name, facts.syntax]))
    let understood = 0
    const refused: string[] = []
    for (const method of METHODS) {
      const known = syntax.get(method.command)
      if (known === undefined || LEFT_OUT.has(method.command)) continue
      for (const sample of methodSamples(method)) {
        if (isNewer(sample, known)) continue
        await raw.send(['FLUSHALL'])
        const reply = await raw.send([...method.command.split(' '), ...sample.words])
        if (reply instanceof Error && NOT_UNDERSTOOD.test(reply.message))
          refused.push(`${method.command} ${sample.words.join(' ')}: ${reply.message}`)
        else understood++
      }
    }
    expect(refused).toEqual([])
    expect(understood).toBeGreaterThan(800)
  })
})
