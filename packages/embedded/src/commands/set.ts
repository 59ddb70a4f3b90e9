// Sets. When an intset becomes a hash table is the business of structures/set-value.ts.
import { FailureReply, SetReply } from '@ochre/protocol'
import { argumentAt, countOf, drawCountOf, integerIn } from '../arguments.ts'
import { SYNTAX } from '../failures.ts'
import { Notify } from '../notify.ts'
import { cursorOf, passes, scanOptionsOf } from '../scan.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { SetValue } from '../structures/set-value.ts'

function setAt(session: Session, key: string): SetValue | undefined {
  return session.db.read(key, 'set')?.value
}

function intsetLimit({ engine: { settings } }: Session): number {
  return settings['set-max-intset-entries']
}

function sadd(session: Session, args: readonly string[]): Outcome {
  const key = args[1]!
  const set = (session.db.write(key, 'set') ?? session.db.put(key, 'set', new SetValue())).value
  let added = 0
  for (let i = 2; i < args.length; i++) if (set.add(args[i]!, intsetLimit(session))) added++
  if (added !== 0) session.db.changed(key, Notify.SET, 'sadd')
  return added
}

function srem(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const set = db.write(key, 'set')?.value
  if (set === undefined) return 0
  let removed = 0
  for (let i = 2; i < args.length; i++) if (set.delete(args[i]!)) removed++
  if (removed !== 0) db.changed(key, Notify.SET, 'srem')
  if (set.size === 0) db.removeEmpty(key)
  return removed
}

function scard(session: Session, args: readonly string[]): Outcome {
  return setAt(session, args[1]!)?.size ?? 0
}

function sismember(session: Session, args: readonly string[]): Outcome {
  return setAt(session, args[1]!)?.has(args[2]!) ? 1 : 0
}

function smismember(session: Session, args: readonly string[]): Outcome {
  const set = setAt(session, args[1]!)
  return args.slice(2).map((member) => (set?.has(member) ? 1 : 0))
}

function smembers(session: Session, args: readonly string[]): Outcome {
  return new SetReply(setAt(session, args[1]!)?.members().slice() ?? [])
}

function smove(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const from = args[1]!
  const to = args[2]!
  const member = args[3]!
  const source = db.write(from, 'set')?.value
  if (source === undefined) return 0
  const target = db.write(to, 'set')?.value
  if (source === target) return source.has(member) ? 1 : 0
  if (!source.delete(member)) return 0
  db.changed(from, Notify.SET, 'srem')
  if (source.size === 0) db.removeEmpty(from)
  if ((target ?? db.put(to, 'set', new SetValue()).value).add(member, intsetLimit(session)))
    db.changed(to, Notify.SET, 'sadd')
  return 1
}

/** SPOP key [count]. */
function spop(session: Session, args: readonly string[]): Outcome {
  if (args.length > 3) throw SYNTAX
  const { db } = session
  const key = args[1]!
  const count = args.length === 3 ? countOf(args[2]) : 1
  const set = db.write(key, 'set')?.value
  if (set === undefined) return args.length === 3 ? new SetReply([]) : null
  if (count === 0) return new SetReply([])
  if (args.length === 3 && count >= set.size) {
    const all = set.members().slice()
    db.delete(key)
    db.changed(key, Notify.SET, 'spop')
    db.notify(Notify.GENERIC, 'del', key)
    session.propagate(['DEL', key])
    return new SetReply(all)
  }
  const popped: string[] = []
  while (popped.length < count) {
    const member = set.random(session.engine.random)
    set.delete(member)
    popped.push(member)
  }
  db.changed(key, Notify.SET, 'spop')
  session.propagate(['SREM', key, ...popped])
  if (set.size === 0) db.removeEmpty(key)
  return args.length === 3 ? new SetReply(popped) : popped[0]!
}

/** SRANDMEMBER key [count]: a positive count draws distinct members, a negative one with repetition. */
function srandmember(session: Session, args: readonly string[]): Outcome {
  if (args.length > 3) throw SYNTAX
  const { random } = session.engine
  if (args.length === 2) return setAt(session, args[1]!)?.random(random) ?? null
  const count = drawCountOf(args[2])
  const set = setAt(session, args[1]!)
  if (set === undefined || count === 0) return []
  if (count < 0) {
    const drawn: string[] = []
    for (let i = 0; i > count; i--) drawn.push(set.random(random))
    return drawn
  }
  const members = set.members().slice()
  if (count >= members.length) return members
  // The front of a shuffle, as far as it is needed.
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (members.length - i))
    const drawn = members[other]!
    members[other] = members[i]!
    members[i] = drawn
  }
  return members.slice(0, count)
}

function sscan(session: Session, args: readonly string[]): Outcome {
  const cursor = cursorOf(args[2]!)
  const entry = session.db.read(args[1]!, 'set')
  if (entry === undefined) return ['0', []]
  const options = scanOptionsOf(args, 3)
  const items: string[] = []
  const next = entry.value.scan(cursor, options.count, (member) => {
    if (passes(options, member)) items.push(member)
  })
  return [next, items]
}

type Combine = (session: Session, keys: readonly string[]) => SetValue

/** The sets at some keys; a missing one is empty. Types of all are checked before any work, as Redis does. */
function setsAt(session: Session, keys: readonly string[]): readonly SetValue[] {
  return keys.map((key) => setAt(session, key) ?? EMPTY)
}

const EMPTY = new SetValue()

function collect(session: Session, members: Iterable<string>): SetValue {
  const result = new SetValue()
  for (const member of members) result.add(member, intsetLimit(session))
  return result
}

function* intersection(sets: readonly SetValue[]): Generator<string> {
  const [smallest, ...others] = [...sets].sort((a, b) => a.size - b.size)
  for (const member of smallest!.members()) if (others.every((set) => set.has(member))) yield member
}

const inter: Combine = (session, keys) => collect(session, intersection(setsAt(session, keys)))

const union: Combine = (session, keys) => {
  const result = new SetValue()
  for (const set of setsAt(session, keys)) for (const member of set.members()) result.add(member, intsetLimit(session))
  return result
}

const diff: Combine = (session, keys) => {
  const [first, ...others] = setsAt(session, keys)
  return collect(
    session,
    first!.members().filter((member) => !others.some((set) => set.has(member))),
  )
}

function combined(combine: Combine): Handler {
  return (session, args) => new SetReply(combine(session, args.slice(1)).members())
}

function stored(combine: Combine, event: string): Handler {
  return (session, args) => {
    const { db } = session
    const key = args[1]!
    const result = combine(session, args.slice(2))
    if (result.size === 0) {
      if (db.delete(key)) db.changed(key, Notify.GENERIC, 'del')
      return 0
    }
    db.put(key, 'set', result)
    db.changed(key, Notify.SET, event)
    return result.size
  }
}

/** SINTERCARD numkeys key [key ...] [LIMIT limit]. */
function sintercard(session: Session, args: readonly string[]): Outcome {
  const count = integerIn(
    args[1],
    1,
    Number.POSITIVE_INFINITY,
    new FailureReply('ERR numkeys should be greater than 0'),
  )
  if (count > args.length - 2) throw new FailureReply("ERR Number of keys can't be greater than number of args")
  let limit = 0
  for (let i = 2 + count; i < args.length; i += 2) {
    if (args[i]!.toUpperCase() !== 'LIMIT') throw SYNTAX
    limit = integerIn(
      argumentAt(args, i + 1),
      0,
      Number.POSITIVE_INFINITY,
      new FailureReply("ERR LIMIT can't be negative"),
    )
  }
  let size = 0
  for (const _ of intersection(setsAt(session, args.slice(2, 2 + count)))) {
    size++
    if (size === limit) break
  }
  return size
}

export const set: Readonly<Record<string, Handler>> = {
  sadd,
  scard,
  sdiff: combined(diff),
  sdiffstore: stored(diff, 'sdiffstore'),
  sinter: combined(inter),
  sintercard,
  sinterstore: stored(inter, 'sinterstore'),
  sismember,
  smembers,
  smismember,
  smove,
  spop,
  srandmember,
  srem,
  sscan,
  sunion: combined(union),
  sunionstore: stored(union, 'sunionstore'),
}
