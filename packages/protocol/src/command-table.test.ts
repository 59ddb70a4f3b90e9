import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommandFlag, commandNames, keyPositions, lookupCommand, slotPositions } from './command-table.ts'
import { UsageError } from './errors.ts'

describe('lookupCommand', () => {
  it('finds a command in any case, and the same one each time', () => {
    const get = lookupCommand('get')!
    expect(get).toMatchObject({ name: 'get', arity: 2, group: 'string', since: '1.0.0', syntax: 'key', words: 1 })
    expect(lookupCommand('GET')).toBe(get)
    expect(lookupCommand('gEt')).toBe(get)
    expect(lookupCommand('GET', 'k')).toBe(get)
  })

  it('finds subcommands by two words or by the joined name', () => {
    const configGet = lookupCommand('CONFIG', 'Get')!
    expect(configGet).toMatchObject({ name: 'config get', words: 2, header: '$6\r\nCONFIG\r\n$3\r\nGET\r\n' })
    expect(lookupCommand('config get')).toBe(configGet)
    expect(lookupCommand('config')!.subcommands!.get('get')).toBe(configGet)
  })

  it('answers undefined for what nobody knows', () => {
    expect(lookupCommand('nonsense')).toBeUndefined()
    expect(lookupCommand('config', 'nonsense')).toBeUndefined()
    expect(lookupCommand('')).toBeUndefined()
    expect(lookupCommand('constructor')).toBeUndefined()
    expect(lookupCommand('__proto__')).toBeUndefined()
  })

  it('knows flags, categories, tips and modules', () => {
    const set = lookupCommand('set')!
    expect(set.flags & (CommandFlag.WRITE | CommandFlag.READONLY)).toBe(CommandFlag.WRITE)
    expect(set.categories).toEqual(['slow', 'string', 'write'])
    expect(lookupCommand('mget')!.tips).toEqual(['request_policy:multi_shard'])
    expect(lookupCommand('blpop')!.flags & CommandFlag.BLOCKING).not.toBe(0)
    expect(lookupCommand('get')!.subcommands).toBeUndefined()
    expect(lookupCommand('json.set')).toMatchObject({ group: 'json', header: '$8\r\nJSON.SET\r\n' })
    expect(lookupCommand('ft.search')!.flags & CommandFlag.MODULE).not.toBe(0)
  })

  it('calls a write idempotent only if it always is', () => {
    for (const name of ['mset', 'setex', 'lset', 'sunionstore', 'ping', 'config get', 'script load'])
      expect([name, lookupCommand(name)!.flags & CommandFlag.IDEMPOTENT]).not.toEqual([name, 0])
    for (const name of [
      'set',
      'hset',
      'sadd',
      'del',
      'incr',
      'lpush',
      'expire',
      'zunionstore',
      'flushall',
      'ltrim',
      'xadd',
    ])
      expect([name, lookupCommand(name)!.flags & CommandFlag.IDEMPOTENT]).toEqual([name, 0])
  })

  it('marks what changes its connection and what answers with bytes', () => {
    for (const name of ['subscribe', 'multi', 'select', 'client tracking', 'hello'])
      expect([name, lookupCommand(name)!.flags & CommandFlag.SESSION]).not.toEqual([name, 0])
    expect(lookupCommand('get')!.flags & CommandFlag.SESSION).toBe(0)
    expect(lookupCommand('dump')!.flags & CommandFlag.BINARY).not.toBe(0)
  })

  it('can read every row', () => {
    const names = commandNames()
    expect(names.length).toBeGreaterThan(520)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) {
      const spec = lookupCommand(name)!
      expect(spec.name).toBe(name)
      expect(spec.arguments).toBeInstanceOf(Array)
      expect(spec.keySpecs).toBeInstanceOf(Array)
      expect(Math.abs(spec.arity)).toBeGreaterThanOrEqual(spec.words)
      expect(spec.flags & CommandFlag.WRITE && spec.flags & CommandFlag.READONLY).toBe(0)
      expect(spec.header.split('\r\n').length - 1).toBe(spec.words * 2)
    }
  })
})

describe('keyPositions', () => {
  const keys = (line: string): number[] => {
    const words = line.split(' ')
    return keyPositions(lookupCommand(words[0]!, words[1])!, words)
  }

  it('counts the name as word 0', () => {
    expect(keys('get k')).toEqual([1])
    expect(keys('object encoding k')).toEqual([2])
    expect(keys('ping')).toEqual([])
    expect(keys('georadius k 1 2 3 m STORE d')).toEqual([1, 7])
    expect(keys('sort k LIMIT 0 1 STORE d')).toEqual([1, 6])
    expect(keys('json.mset a $ 1 b $ 2')).toEqual([1, 4])
    expect(keys('cms.merge d 2 a b WEIGHTS 1 2')).toEqual([1, 3, 4])
  })

  it('counts in what there is when the name is left out', () => {
    const spec = lookupCommand('object', 'encoding')!
    expect(keyPositions(spec, ['k'], spec.words)).toEqual([0])
    expect(keyPositions(lookupCommand('zunionstore')!, ['d', 2, 'a', 'b'], 1)).toEqual([0, 2, 3])
  })

  it('reads numbers and bytes as words', () => {
    const words = ['xread', Buffer.from('streams'), Buffer.from([0xff]), 7n]
    expect(keyPositions(lookupCommand('xread')!, words)).toEqual([2])
    expect(keyPositions(lookupCommand('zinter')!, ['zinter', 1n, 5])).toEqual([2])
  })

  it('says where the first key is when that never changes', () => {
    expect(lookupCommand('get')!.firstKey).toBe(1)
    expect(lookupCommand('mset')!.firstKey).toBe(1)
    expect(lookupCommand('object encoding')!.firstKey).toBe(2)
    expect(lookupCommand('eval')!.firstKey).toBe(0)
    expect(lookupCommand('migrate')!.firstKey).toBe(0)
    expect(lookupCommand('spublish')!.firstKey).toBe(1)
    expect(lookupCommand('ping')!.firstKey).toBe(0)
  })

  it('throws when it cannot be told, without the arguments in the message', () => {
    expect(() => keys('zunion many secret')).toThrow(UsageError)
    expect(() => keys('zunion many secret')).toThrow(/^The keys of ZUNION cannot be told/)
    expect(() => keys('get')).toThrow(UsageError)
  })

  it('leaves shard channels to slotPositions', () => {
    const spec = lookupCommand('spublish')!
    expect(keyPositions(spec, ['spublish', 'c', 'm'])).toEqual([])
    expect(slotPositions(spec, ['spublish', 'c', 'm'])).toEqual([1])
    expect(slotPositions(lookupCommand('get')!, ['get', 'k'])).toEqual([1])
  })

  it('finds positions inside of any words, in order, or says that it cannot', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'STORE',
        'streams',
        'KEYS',
        'GET',
        'BY',
        'LIMIT',
        'AUTH2',
        '',
        '0',
        '1',
        '2',
        '-1',
        '99999999999',
      ),
      fc.string({ maxLength: 3 }),
    )
    const specs = commandNames().map((name) => lookupCommand(name)!)
    fc.assert(
      fc.property(fc.constantFrom(...specs), fc.array(word, { maxLength: 12 }), (spec, more) => {
        const words = [...spec.name.split(' '), ...more]
        let found: number[]
        try {
          found = slotPositions(spec, words)
        } catch (error) {
          return error instanceof UsageError
        }
        return found.every((at, i) => at >= spec.words && at < words.length && (i === 0 || at >= found[i - 1]!))
      }),
      { numRuns: 5000 },
    )
  })
})
