// The log of changes of streams: repeated at its own times in another engine it gives the same streams, groups and pending
// entries, although much of what was called is relative to now, chosen by the engine or delivered while a client waited.
import { MapReply, type Reply } from '@ochre/protocol'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Clock } from './clock.ts'
import { type Effect, Engine } from './engine.ts'
import { execute } from './execute.ts'

let engine: Engine
let copy: Engine
let effects: { readonly at: number; readonly args: readonly string[] }[]
beforeEach(async () => {
  engine = await Engine.open({ clock: new Clock(1_000_000) })
  copy = await Engine.open({ clock: new Clock(1_000_000) })
  effects = []
  engine.journal = {
    append: (appended: readonly Effect[]) => {
      for (const { args } of appended) effects.push({ at: engine.now, args })
    },
    commit: () => true,
    isHolding: false,
    failure: null,
  }
})
afterEach(async () => {
  await engine.close()
  await copy.close()
})

function call(target: Engine, line: string): Reply {
  return execute(target.openSession(null), line.split(' ')) as Reply
}

/** Until what was written has arrived and what came of it is back. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

/** Everything but when a consumer last asked, which is no part of the data. */
function stateOf(target: Engine): unknown {
  const plain = (reply: Reply): unknown => {
    if (reply instanceof MapReply) {
      const entries = reply.entries.map(plain)
      return entries.filter((_, i) => entries[i - (i % 2)] !== 'seen-time')
    }
    return Array.isArray(reply) ? reply.map(plain) : reply
  }
  return plain(call(target, 'XINFO STREAM s FULL COUNT 0'))
}

function expectTheSame(): void {
  for (const { at, args } of effects) {
    copy.clock.advance(at - copy.clock.now())
    expect(execute(copy.openSession(null), args), args.join(' ')).not.toHaveProperty(
      'text',
      expect.stringMatching(/^ERR/),
    )
  }
  expect(stateOf(copy)).toEqual(stateOf(engine))
}

it('repeats what is relative to now or chosen by the engine', () => {
  const lines = [
    'XADD s * a 1',
    'XADD s 1000000-* a 2',
    'XADD s MAXLEN ~ 1 * b 3 c 4',
    'XGROUP CREATE s g 0',
    'XGROUP CREATE s h $',
    'XREADGROUP GROUP g alice COUNT 1 STREAMS s >',
    'XREADGROUP GROUP g bob STREAMS s >',
    'XREADGROUP GROUP g alice STREAMS s 0',
    'XREADGROUP GROUP h silent NOACK STREAMS s >',
    'XREADGROUP GROUP h idle STREAMS s 0',
    'XADD s * d 5',
    'XREADGROUP GROUP h noack NOACK STREAMS s >',
    'XCLAIM s g carol 0 1000000-1 IDLE 7',
    'XCLAIM s g carol 0 1000000-0 JUSTID',
    'XDEL s 1000000-1',
    'XAUTOCLAIM s g dave 0 0 COUNT 10',
    'XCLAIM s g dave 0 9-9 LASTID 9000000-9',
    'XGROUP SETID s h $ ENTRIESREAD 2',
    'XACK s g 1000000-0',
    'XGROUP DELCONSUMER s g alice',
    'XTRIM s MINID 1000000-1',
    'XSETID s 99999999-0 ENTRIESADDED 77',
  ]
  for (const line of lines) {
    call(engine, line)
    engine.clock.advance(13)
  }
  expectTheSame()
})

it('repeats what was delivered to a client that waited', async () => {
  let received = ''
  const link = engine.dial({
    onOpen: () => {},
    onData: (chunk) => {
      received += chunk.toString('latin1')
    },
    onDrain: () => {},
    onClose: () => {},
  })
  call(engine, 'XGROUP CREATE s g $ MKSTREAM')
  link.write('XREADGROUP GROUP g waiting BLOCK 0 STREAMS s >\r\n', 'latin1')
  await settle()
  engine.clock.advance(500)
  engine.turn(() => call(engine, 'XADD s * a 1'))
  await settle()
  expect(received).toContain('1000500-0')
  expect(effects.map(({ args }) => args[0])).toEqual(['XGROUP', 'XADD', 'XGROUP', 'XCLAIM', 'XGROUP'])
  expectTheSame()
  link.end()
})
