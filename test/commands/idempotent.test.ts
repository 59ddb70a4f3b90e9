// Commands that the table calls idempotent, run twice on a real server: the same data, the same reply.
import { CommandFlag, lookupCommand } from '@ochre/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { METHODS, methodSamples } from './method-samples.ts'

const SETUP = [
  'SET string value',
  'RPUSH value a b c',
  'SADD s a b',
  'SADD t b c',
  'ZADD z 1 a',
  'PFADD p a',
  'PFADD q b',
  'XADD stream 1-1 f v',
  'XGROUP CREATE stream value 0',
].map((line) => line.split(' '))

/** Calls beyond those that the grammar alone suggests: the destination among the sources, changes that change something. */
const MORE = [
  'SUNIONSTORE s s t',
  'SINTERSTORE s s t',
  'SDIFFSTORE s s t',
  'ZDIFFSTORE z 2 z z',
  'PFMERGE p p q',
  'SETRANGE string 3 xy',
  'LSET value -1 z',
  'XSETID stream 5-1',
  'XGROUP SETID stream value 1-1',
  'SETEX string 100 v',
  'MSET string 1 other 2',
].map((line) => line.split(' '))

describe('An idempotent command', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ version: 'redis-7.0', config: { 'enable-debug-command': 'yes' } })
  })
  afterAll(() => server.stop())

  const flagged = METHODS.filter((method) => {
    const { flags } = lookupCommand(method.command)!
    return (
      (flags & CommandFlag.IDEMPOTENT) !== 0 && (flags & CommandFlag.WRITE) !== 0 && (flags & CommandFlag.MODULE) === 0
    )
  })
  const calls = flagged.flatMap((method) =>
    methodSamples(method).map((sample) => [...method.command.toUpperCase().split(' '), ...sample.words]),
  )

  it('is in the samples with all its kin', () => {
    for (const words of MORE) expect([words, calls.some((call) => call[0] === words[0])]).toEqual([words, true])
    expect(new Set(calls.map((call) => call[0])).size).toBe(new Set(MORE.map((words) => words[0])).size + 2)
  })

  for (const words of [...MORE, ...calls]) {
    it(`leaves after two runs what it leaves after one: ${words.join(' ')}`, async () => {
      const run = async (): Promise<unknown> => {
        const reply = await server.call(...words).catch((error: Error) => error.message)
        return [reply, await server.call('DEBUG', 'DIGEST')]
      }
      await server.call('FLUSHALL')
      for (const line of SETUP) await server.call(...line)
      expect(await run()).toEqual(await run())
    })
  }
})
