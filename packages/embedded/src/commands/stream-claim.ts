// Taking over what another consumer has pending: XCLAIM and XAUTOCLAIM. Logged as XCLAIM with all times and counts.
import { FailureReply, type Reply } from '@ochre/protocol'
import { integerIn, integerOf } from '../arguments.ts'
import { quotable, SYNTAX } from '../failures.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import type { PendingEntry } from '../structures/consumer-group.ts'
import { formatId, MIN_ID, parseId, type StreamId } from '../structures/stream-id.ts'
import { entryReply, idOf, startIdOf } from './stream.ts'
import { existingGroup, groupIn } from './stream-groups.ts'
import { claimEffect, consumerOf, positionEffect } from './stream-read.ts'

interface ClaimOptions {
  readonly ids: readonly StreamId[]
  readonly isForced: boolean
  readonly isIdOnly: boolean
  readonly deliveryTimeMs: number | undefined
  readonly retryCount: number
  readonly lastId: StreamId
}

/** What follows XCLAIM's min-idle-time: ids, as far as they are ids, then options. */
function claimOptionsOf(args: readonly string[], now: number): ClaimOptions {
  const ids: StreamId[] = []
  let i = 5
  for (; i < args.length; i++) {
    const id = parseId(args[i]!, 0, true)
    if (id === undefined) break
    ids.push(id)
  }
  let [isForced, isIdOnly] = [false, false]
  let deliveryTimeMs: number | undefined
  let retryCount = -1
  let lastId = MIN_ID
  const numberAt = (at: number, option: string): number =>
    integerOf(args[at], new FailureReply(`ERR Invalid ${option} option argument for XCLAIM`))
  for (; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    const hasMore = i + 1 < args.length
    if (word === 'FORCE') isForced = true
    else if (word === 'JUSTID') isIdOnly = true
    else if (word === 'IDLE' && hasMore) deliveryTimeMs = now - numberAt(++i, 'IDLE')
    else if (word === 'TIME' && hasMore) deliveryTimeMs = numberAt(++i, 'TIME')
    else if (word === 'RETRYCOUNT' && hasMore) retryCount = numberAt(++i, 'RETRYCOUNT')
    else if (word === 'LASTID' && hasMore) lastId = idOf(args[++i])
    else throw new FailureReply(`ERR Unrecognized XCLAIM option '${quotable(args[i]!, args[i]!.length)}'`)
  }
  return { ids, isForced, isIdOnly, deliveryTimeMs, retryCount, lastId }
}

function minIdleOf(text: string | undefined, command: string): number {
  return Math.max(0, integerOf(text, new FailureReply(`ERR Invalid min-idle-time argument for ${command}`)))
}

function xclaim(session: Session, args: readonly string[]): Outcome {
  const { engine } = session
  const { now } = engine
  const key = args[1]!
  const { stream, group } = existingGroup(session, key, args[2]!)
  const minIdleMs = minIdleOf(args[4], 'XCLAIM')
  const options = claimOptionsOf(args, now)
  const effects: string[][] = []
  session.db.willChange(key)
  const movesGroup = options.lastId > group.lastId
  if (movesGroup) group.lastId = options.lastId
  const asked = options.deliveryTimeMs
  const deliveryTimeMs = asked === undefined || asked === -1 || asked < 0 || asked > now ? now : asked
  const consumer = consumerOf(session, key, group, args[3]!, effects)
  const claimed: Reply[] = []
  for (const id of options.ids) {
    const before = group.pending.get(id)
    const entry = stream.get(id)
    if (entry === undefined) {
      // What was deleted from the stream cannot be worked on any more.
      if (before !== undefined) {
        group.acknowledge(id)
        effects.push(['XACK', key, group.name, formatId(id)])
        engine.dirty++
      }
      continue
    }
    if (before === undefined && !options.isForced) continue
    if (before !== undefined && now - before.deliveryTimeMs < minIdleMs) continue
    const counted = (before?.deliveryCount ?? 1) + (options.isIdOnly ? 0 : 1)
    const deliveryCount = options.retryCount >= 0 ? options.retryCount : counted
    const pending = group.assign(consumer, id, deliveryTimeMs, deliveryCount)
    claimed.push(options.isIdOnly ? formatId(id) : entryReply(entry))
    effects.push(claimEffect(key, group, pending))
    engine.dirty++
  }
  if (movesGroup) {
    effects.push(positionEffect(key, group))
    engine.dirty++
  }
  session.propagateAll(effects)
  return claimed
}

/** How many pending entries XAUTOCLAIM looks at for each that it may return. */
const ATTEMPTS = 10

function xautoclaim(session: Session, args: readonly string[]): Outcome {
  const { engine } = session
  const { now } = engine
  const key = args[1]!
  const found = session.db.findForRead(key)
  const minIdleMs = minIdleOf(args[4], 'XAUTOCLAIM')
  const start = startIdOf(args[5]!)
  let count = 100
  let isIdOnly = false
  for (let i = 6; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'COUNT' && i + 1 < args.length)
      count = integerIn(args[++i], 1, 2 ** 59, new FailureReply('ERR COUNT must be > 0'))
    else if (word === 'JUSTID') isIdOnly = true
    else throw SYNTAX
  }
  const { stream, group } = groupIn(found, key, args[2]!)
  const effects: string[][] = []
  session.db.willChange(key)
  const consumer = consumerOf(session, key, group, args[3]!, effects)
  const claimed: Reply[] = []
  const deleted: StreamId[] = []
  let next: PendingEntry | undefined
  let attempts = count * ATTEMPTS
  const moved: PendingEntry[] = []
  for (const [id, pending] of group.pending.entries(start)) {
    if (attempts-- === 0 || claimed.length + deleted.length === count) {
      next = pending
      break
    }
    const entry = stream.get(id)
    if (entry === undefined) {
      deleted.push(id)
      continue
    }
    if (now - pending.deliveryTimeMs < minIdleMs) continue
    claimed.push(isIdOnly ? formatId(id) : entryReply(entry))
    moved.push(pending)
  }
  for (const { id, deliveryCount } of moved) {
    const pending = group.assign(consumer, id, now, deliveryCount + (isIdOnly ? 0 : 1))
    effects.push(claimEffect(key, group, pending))
  }
  for (const id of deleted) {
    group.acknowledge(id)
    effects.push(['XACK', key, group.name, formatId(id)])
  }
  engine.dirty += moved.length + deleted.length
  session.propagateAll(effects)
  return [formatId(next?.id ?? MIN_ID), claimed, deleted.map(formatId)]
}

export const streamClaim: Readonly<Record<string, Handler>> = { xautoclaim, xclaim }
