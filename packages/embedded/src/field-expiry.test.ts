// Fields of hashes that expire: on time without anybody asking, in the log, in snapshots, and never for those set anew.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Clock } from './clock.ts'
import { type Effect, Engine } from './engine.ts'
import { execute } from './execute.ts'

let engine: Engine
let log: (readonly string[])[]
beforeEach(async () => {
  engine = await Engine.open({ clock: new Clock(1_000_000) })
  log = []
  engine.journal = {
    append: (effects: readonly Effect[]) => log.push(...effects.map(({ args }) => args)),
    commit: () => true,
    isHolding: false,
    failure: null,
  }
})
afterEach(() => engine.close())

function call(...args: string[]): unknown {
  return execute(engine.openSession(null), args)
}

describe('fields that expire', () => {
  it('go when their time has come, although nobody asks', () => {
    call('HSET', 'h', 'a', '1', 'b', '2')
    call('HPEXPIRE', 'h', '500', 'FIELDS', '1', 'a')
    engine.clock.advance(400)
    expect(engine.databases[0]!.entries.get('h')!.value).toHaveProperty('size', 2)
    engine.clock.advance(200)
    expect(engine.databases[0]!.entries.get('h')!.value).toHaveProperty('size', 1)
    expect(log.at(-1)).toEqual(['HDEL', 'h', 'a'])
  })

  it('take the key with the last of them', () => {
    call('HSETEX', 'h', 'PX', '500', 'FIELDS', '1', 'a', '1')
    engine.clock.advance(600)
    expect(engine.databases[0]!.entries.has('h')).toBe(false)
  })

  it('are gone for who asks between two rounds', () => {
    call('HSET', 'h', 'a', '1', 'b', '2')
    call('HPEXPIRE', 'h', '10', 'FIELDS', '1', 'a')
    engine.clock.advance(11)
    expect(call('HLEN', 'h')).toBe(1)
    expect(call('HGET', 'h', 'a')).toBeNull()
  })

  it('are logged with times since the epoch', () => {
    call('HSET', 'h', 'a', '1.5')
    call('HEXPIRE', 'h', '5', 'FIELDS', '2', 'a', 'nosuch')
    expect(log.at(-1)).toEqual(['HPEXPIREAT', 'h', '1005000', 'FIELDS', '1', 'a'])
    call('HGETEX', 'h', 'PX', '7', 'FIELDS', '1', 'a')
    expect(log.at(-1)).toEqual(['HPEXPIREAT', 'h', '1000007', 'FIELDS', '1', 'a'])
    call('HSETEX', 'h', 'EX', '9', 'FIELDS', '1', 'a', '2')
    expect(log.at(-1)).toEqual(['HSETEX', 'h', 'PXAT', '1009000', 'FIELDS', '1', 'a', '2'])
    call('HINCRBYFLOAT', 'h', 'a', '0.5')
    expect(log.at(-1)).toEqual(['HSETEX', 'h', 'KEEPTTL', 'FIELDS', '1', 'a', '2.5'])
    call('HGETEX', 'h', 'PXAT', '1', 'FIELDS', '1', 'a')
    expect(log.at(-1)).toEqual(['HDEL', 'h', 'a'])
  })

  it('still expire after RENAME, COPY, SWAPDB and in a restored snapshot', () => {
    for (const key of ['h', 'i', 'j']) {
      call('HSET', key, 'a', '1', 'b', '2')
      call('HPEXPIRE', key, '500', 'FIELDS', '1', 'a')
    }
    call('RENAME', 'h', 'k')
    call('COPY', 'i', 'l')
    call('SWAPDB', '0', '1')
    engine.journal = null
    engine.restore(engine.snapshot())
    engine.clock.advance(700)
    for (const key of ['i', 'j', 'k', 'l'])
      expect(engine.databases[1]!.entries.get(key)!.value, key).toHaveProperty('size', 1)
  })

  it('stay when they are set anew', () => {
    call('HSET', 'h', 'a', '1')
    call('HPEXPIRE', 'h', '500', 'FIELDS', '1', 'a')
    call('HSET', 'h', 'a', '2')
    engine.clock.advance(700)
    expect(call('HGET', 'h', 'a')).toBe('2')
  })
})
