// The command table against what live servers say of their commands: COMMAND INFO, COMMAND COUNT and COMMAND GETKEYS.
import { CommandFlag, type CommandSpec, commandNames, keyPositions, lookupCommand } from '@ochre/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { captureFacts } from '../../scripts/gen/capture.ts'
import { type Facts, mergeFacts, readCaptured, readOverlay } from '../../scripts/gen/facts.ts'
import { describeEachServer, RawClient, startServer, type TestServer } from '../servers/index.ts'
import { sampleWords, seeded } from './sample.ts'

const OWN_FLAGS = ['deprecated', 'system', 'idempotent', 'session', 'binary', 'module', 'may_replicate']

function flagWords(facts: Facts): string[] {
  return facts.flags.filter((flag) => !OWN_FLAGS.includes(flag)).sort()
}

describe('the captured facts', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ version: 'redis-7.0' })
  })
  afterAll(() => server.stop())

  it('are what the server says of every command', async () => {
    expect(await captureFacts(server.port)).toEqual(readCaptured())
    const containers = readCaptured().filter((facts) => !facts.name.includes(' '))
    expect(containers.length).toBe(await server.call('COMMAND', 'COUNT'))
  })

  it('are what the table says, except where the overlay is newer', () => {
    const overlay = readOverlay()
    for (const facts of readCaptured()) {
      const spec = lookupCommand(facts.name)!
      const newer = overlay.syntax.has(facts.name)
      if (!newer) expect([spec.name, spec.arity, spec.syntax]).toEqual([facts.name, facts.arity, facts.syntax])
      else expect(Math.abs(spec.arity)).toBeLessThanOrEqual(Math.abs(facts.arity))
      for (const [word, bit] of Object.entries(CommandFlag))
        if (!OWN_FLAGS.includes(word.toLowerCase()))
          expect([spec.name, word, (spec.flags & bit) !== 0]).toEqual([
            facts.name,
            word,
            facts.flags.includes(word.toLowerCase()),
          ])
      expect([...spec.categories]).toEqual(facts.categories)
      expect([spec.group, spec.since]).toEqual([facts.group, facts.since])
      if (!overlay.tips.has(facts.name)) expect([...spec.tips]).toEqual(facts.tips)
    }
  })
})

describe('the overlay', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ version: 'redis-8.0' })
  })
  afterAll(() => server.stop())

  it('says of newer commands what Redis 8.0 says', async () => {
    const captured = new Set(readCaptured().map((facts) => facts.name))
    const table = new Map(mergeFacts(readCaptured(), readOverlay()).map((facts) => [facts.name, facts]))
    const newer = (await captureFacts(server.port)).filter((facts) => !captured.has(facts.name))
    expect(newer.length).toBeGreaterThan(25)
    for (const facts of newer) {
      const own = table.get(facts.name)!
      expect([facts.name, flagWords(own)]).toEqual([facts.name, flagWords(facts)])
      // Vector sets, a module there, declare neither arity nor categories, and one key specification for all.
      if (facts.flags.includes('module')) continue
      expect([own.name, own.arity, own.keys, own.since]).toEqual([facts.name, facts.arity, facts.keys, facts.since])
      expect([own.name, [...own.categories].sort()]).toEqual([facts.name, facts.categories])
      expect([own.name, own.tips]).toEqual([facts.name, facts.tips])
    }
  })
})

describeEachServer('The table', (version) => {
  let server: TestServer
  let raw: RawClient
  let facts: Facts[]
  beforeAll(async () => {
    server = await startServer({ version })
    raw = await RawClient.open(server.port)
    facts = await captureFacts(server.port)
  })
  afterAll(async () => {
    raw.close()
    await server.stop()
  })

  it('knows every command of the server', () => {
    const known = new Set(commandNames())
    expect(facts.map((one) => one.name).filter((name) => !known.has(name))).toEqual([])
  })

  it('finds the keys that COMMAND GETKEYS finds, in samples of every command', async () => {
    const random = seeded(7)
    let compared = 0
    for (const one of facts) {
      const spec = lookupCommand(one.name)!
      for (let n = 0; n < 12; n++) {
        const words = [...spec.name.split(' '), ...sampleWords(spec.arguments, random)]
        if (!enough(one.arity, words.length) || !possible(words)) continue
        // Redis 7.0 refuses to be asked about a single word.
        if (words.length === 1) {
          expect(keysOf(spec, words)).toEqual([])
          continue
        }
        const reply = await raw.send(['COMMAND', 'GETKEYS', ...words])
        const keys = reply instanceof Error ? reply.message : reply
        expect([words, keysOf(spec, words)]).toEqual([words, withoutKeys(keys)])
        compared++
      }
    }
    expect(compared).toBeGreaterThan(3000)
  })
})

function enough(arity: number, count: number): boolean {
  return arity < 0 ? count >= -arity : count === arity
}

/**
 * MIGRATE takes either one key, or an empty word and KEYS; its grammar allows both and neither. GEORADIUS executes the last
 * of STORE and STOREDIST; whether the other one is named as a key differs among patches of one version, and so does whether
 * XREADGROUP is asked about at all with an option that is newer than the server.
 */
function possible(words: readonly string[]): boolean {
  if (words[0] === 'migrate') return (words[3] === '') === words.includes('KEYS')
  if (words[0] === 'xreadgroup') return !words.includes('CLAIM')
  return !(words.includes('STORE') && words.includes('STOREDIST'))
}

function keysOf(spec: CommandSpec, words: readonly string[]): string[] {
  return keyPositions(spec, words).map((at) => words[at]!)
}

function withoutKeys(reply: unknown): unknown {
  return reply === 'ERR The command has no key arguments' ? [] : reply
}
