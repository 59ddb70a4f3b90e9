// Values too large for one piece of memory: a string read and written in chunks, as Node.js streams.
//
// Reading: WATCH, GETRANGE after GETRANGE on a connection of its own, and at the end an empty transaction, which tells
// whether the value was the same all the time. Writing: SETRANGE into a key beside it, which expires by itself should this
// process die, and at the end RENAME: readers see the old value or the whole new one.
import { randomBytes } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { type Arg, type CommandSpec, DecodeMode, lookupCommand, OchreError, UsageError } from '@ochre/protocol'
import { checkOptions } from './arguments.ts'
import type { Client } from './client.ts'
import { type CallSettings, Command, type Request } from './command.ts'
import type { Lane, Router } from './router.ts'
import { unwatch } from './watch.ts'

export interface ReadableOptions {
  /** Bytes per request; default 256 KB. One more chunk than is being read is held in memory. */
  readonly chunkBytes?: number
}

export interface WritableOptions {
  /** Bytes per request; default 256 KB. */
  readonly chunkBytes?: number
  /** Lifetime of the finished value; default without end. */
  readonly expireMs?: number
}

const CHUNK_BYTES = 256 * 1024
/** Of the key that is being written. */
const UNFINISHED_MS = 10 * 60_000

const spec = (name: string): CommandSpec => lookupCommand(name)!
const WATCH: CommandSpec = spec('watch')
const STRLEN: CommandSpec = spec('strlen')
const GETRANGE: CommandSpec = spec('getrange')
const NOTHING: readonly Request[] = [
  { spec: spec('multi'), args: [] },
  { spec: spec('exec'), args: [] },
]

/** See `Client.readable`. */
export function readLarge(router: Router, settings: CallSettings, key: Arg, options: ReadableOptions): Readable {
  checkOptions(options, 'chunkBytes')
  const chunkBytes = wholeNumber('chunkBytes', options.chunkBytes ?? CHUNK_BYTES)
  const chunks = chunksOf(router, { ...settings, mode: DecodeMode.BUFFER }, key, chunkBytes)
  return Readable.from(chunks, { objectMode: false, highWaterMark: chunkBytes })
}

async function* chunksOf(
  router: Router,
  settings: CallSettings,
  key: Arg,
  chunkBytes: number,
): AsyncGenerator<Buffer, void> {
  const watching = new Command(WATCH, [key], undefined, settings)
  const lane: Lane = await router.lane(watching)
  const send = (command: Command): Promise<unknown> => {
    lane.send(command)
    // Awaited later, if at all: the stream may be destroyed before.
    command.promise.catch(() => {})
    return command.promise
  }
  const ask = (what: CommandSpec, ...args: Arg[]): Promise<unknown> =>
    send(new Command(what, args, undefined, settings))
  let pending: Promise<unknown> | null = null
  let watched = true
  try {
    send(watching)
    const length = (await ask(STRLEN, key)) as number
    const range = (from: number): Promise<unknown> | null =>
      from < length ? ask(GETRANGE, key, from, Math.min(from + chunkBytes, length) - 1) : null
    pending = range(0)
    for (let at = 0; pending !== null; ) {
      const chunk = (await pending) as Buffer
      at += chunkBytes
      pending = range(at)
      // A value that has become shorter gives less: the end will tell.
      if (chunk.length > 0) yield chunk
    }
    const [, unchanged] = (await send(new Command(WATCH, [key], undefined, settings, NOTHING))) as unknown[]
    watched = false
    if (unchanged instanceof Error) throw unchanged
    if (unchanged === null) throw new OchreError('WATCH_CONFLICT', 'The value has changed while it was read.')
  } finally {
    await pending?.catch(() => {})
    lane.release(!watched || (await unwatch(lane)))
  }
}

/** See `Client.writable`. */
export function writeLarge(client: Client<unknown>, key: Arg, options: WritableOptions): Writable {
  checkOptions(options, 'chunkBytes expireMs')
  const chunkBytes = wholeNumber('chunkBytes', options.chunkBytes ?? CHUNK_BYTES)
  const { expireMs } = options
  if (expireMs !== undefined) wholeNumber('expireMs', expireMs)
  const beside = keyBeside(key)
  // Nobody else writes there: a second run of a chunk does no harm.
  const safe = client.with({ idempotent: true })
  let parts: Buffer[] = []
  let held = 0
  let written = 0
  const flush = async (): Promise<void> => {
    const chunk = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    const at = written
    parts = []
    held = 0
    written += chunk.length
    await safe.pipeline().setrange(beside, at, chunk).pexpire(beside, UNFINISHED_MS).exec()
  }
  const finish = async (): Promise<void> => {
    if (held > 0) await flush()
    const transaction = client.multi()
    if (written === 0) transaction.set(key, '')
    else transaction.rename(beside, key)
    if (expireMs !== undefined) transaction.pexpire(key, expireMs)
    else if (written > 0) transaction.persist(key)
    await transaction.exec()
    written = 0
  }
  const then = (done: Promise<unknown>, callback: (error?: Error | null) => void): void => {
    done.then(
      () => callback(),
      (error: Error) => callback(error),
    )
  }
  return new Writable({
    highWaterMark: chunkBytes,
    write(chunk: Buffer, _encoding, callback) {
      parts.push(chunk)
      held += chunk.length
      if (held < chunkBytes) callback()
      else then(flush(), callback)
    },
    final: (callback) => then(finish(), callback),
    destroy(error, callback) {
      if (error === null || written === 0) {
        callback(error)
        return
      }
      // Best effort: it expires by itself.
      safe.unlink(beside).then(
        () => callback(error),
        () => callback(error),
      )
    },
  })
}

/** A key of its own in the same slot. */
function keyBeside(key: Arg): Buffer {
  const name = key instanceof Uint8Array ? Buffer.from(key) : Buffer.from(String(key))
  const [open, close] = [name.indexOf('{'), name.indexOf('}', name.indexOf('{'))]
  const tagged = open !== -1 && close > open + 1
  const random = Buffer.from(`:ochre:${randomBytes(9).toString('base64url')}`)
  return Buffer.concat(tagged ? [name, random] : [Buffer.from('{'), name, Buffer.from('}'), random])
}

function wholeNumber(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${name} must be a whole number from 1.`)
  return value
}
