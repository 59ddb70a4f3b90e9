// HyperLogLogs: strings in Redis's own encoding, so that GET and SET move them between servers.
import { FailureReply, type Reply, StatusReply } from '@ochre/protocol'
import type { EntryOf } from '../entry.ts'
import { OK, quotable } from '../failures.ts'
import { Notify } from '../notify.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import {
  addToHyperloglog,
  countHyperloglog,
  countUnion,
  createHyperloglog,
  describeSparse,
  hyperloglogEncoding,
  hyperloglogRegisters,
  isHyperloglog,
  mergeHyperloglogs,
  testHyperloglog,
  toDenseHyperloglog,
  touchHyperloglog,
} from '../structures/hyperloglog.ts'

const CORRUPT = new FailureReply('INVALIDOBJ Corrupted HLL object detected')

function bytesOf(entry: EntryOf<'string'>): Buffer {
  const bytes = typeof entry.value === 'string' ? Buffer.from(entry.value, 'latin1') : entry.value
  if (!isHyperloglog(bytes)) throw new FailureReply('WRONGTYPE Key is not a valid HyperLogLog string value.')
  return bytes
}

function store(entry: EntryOf<'string'>, bytes: Buffer): void {
  entry.value = bytes.toString('latin1')
  entry.encoding = 'raw'
}

function sparseLimit({ engine: { settings } }: Session): number {
  return settings['hll-sparse-max-bytes']
}

function pfadd(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const existing = db.write(key, 'string')
  const before = existing === undefined ? createHyperloglog() : bytesOf(existing)
  const added = addToHyperloglog(before, args.slice(2), sparseLimit(session))
  if (added === undefined) throw CORRUPT
  if (existing !== undefined && !added.isChanged) return 0
  if (existing === undefined) touchHyperloglog(added.bytes)
  store(existing ?? db.put(key, 'string', ''), added.bytes)
  db.changed(key, Notify.STRING, 'pfadd')
  return 1
}

function pfcount(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  if (args.length > 2) {
    const all = args.slice(1).flatMap((key) => {
      const entry = db.read(key, 'string')
      return entry === undefined ? [] : [bytesOf(entry)]
    })
    return countUnion(all) ?? CORRUPT
  }
  const key = args[1]!
  const entry = db.read(key, 'string')
  if (entry === undefined) return 0
  const bytes = bytesOf(entry)
  const counted = countHyperloglog(bytes)
  if (counted === undefined) throw CORRUPT
  if (!counted.isCached) {
    // The cached cardinality is part of the value: GET shows it, so it is a change.
    db.willChange(key)
    store(entry, bytes)
    session.engine.dirty++
    db.touch(key)
  }
  return counted.count
}

function pfmerge(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[1]!
  const sources = args.slice(1).map((name) => {
    const entry = db.read(name, 'string')
    return entry === undefined ? undefined : bytesOf(entry)
  })
  const target = db.write(key, 'string')
  const merged = mergeHyperloglogs(
    target === undefined ? createHyperloglog() : bytesOf(target),
    sources.slice(1).filter((bytes) => bytes !== undefined),
    sparseLimit(session),
  )
  if (merged === undefined) throw CORRUPT
  store(target ?? db.put(key, 'string', ''), merged)
  db.changed(key, Notify.STRING, 'pfadd')
  return OK
}

/** PFDEBUG GETREG|DECODE|ENCODING|TODENSE key. */
function pfdebug(session: Session, args: readonly string[]): Outcome {
  const { db } = session
  const key = args[2]!
  const entry = db.write(key, 'string')
  if (entry === undefined) return new FailureReply('ERR The specified key does not exist')
  const bytes = bytesOf(entry)
  const encoding = hyperloglogEncoding(bytes)
  const toDense = (): Buffer => {
    const dense = toDenseHyperloglog(bytes)
    if (dense === undefined) throw CORRUPT
    store(entry, dense)
    session.engine.dirty++
    return dense
  }
  const word = args[1]!.toLowerCase()
  if (word === 'encoding') return new StatusReply(encoding)
  if (word === 'decode')
    return encoding === 'sparse' ? describeSparse(bytes) : new FailureReply('ERR HLL encoding is not sparse')
  if (word === 'todense') {
    if (encoding === 'dense') return 0
    toDense()
    return 1
  }
  if (word === 'getreg') {
    const registers = hyperloglogRegisters(encoding === 'sparse' ? toDense() : bytes)
    return registers === undefined ? CORRUPT : ([...registers] satisfies Reply)
  }
  return new FailureReply(`ERR Unknown PFDEBUG subcommand '${quotable(args[1]!, args[1]!.length)}'`)
}

function pfselftest({ engine }: Session): Outcome {
  const problem = testHyperloglog(engine.random)
  return problem === null ? OK : new FailureReply(`TESTFAILED ${problem}`)
}

export const hyperloglog: Readonly<Record<string, Handler>> = { pfadd, pfcount, pfdebug, pfmerge, pfselftest }
