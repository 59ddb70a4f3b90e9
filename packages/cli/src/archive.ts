// The archive: what `ochre backup` writes and `ochre restore` reads. Newline-delimited JSON, so that any tool can look in.
//
//   {"ochre":"archive","version":1,"mode":"portable","server":"redis 7.0.15","run":"2f1...","db":0,"match":"*"}   first line
//   {"library":"mylib","code":"#!lua name=mylib\n..."}                                                 libraries of functions
//   {"key":"user:1","type":"hash","expireAt":null,"value":[["name","Ada"]]}                           one line per key
//   {"checkpoint":"1792","keys":500,"sha256":"..."}                                                   after each batch
//   {"end":true,"keys":93021,"sha256":"..."}                                                          last line
//
// `sha256` covers every byte of the file before its line, so a damaged archive is found before anything is restored.
// `checkpoint` is the SCAN cursor after the keys above it: an interrupted backup is cut back to its last checkpoint and
// goes on from there, or from the beginning when the server has been restarted (`run`), without the keys that it has.
// Text that is not UTF-8 is written as {"base64":"..."}; nothing is ever rounded or re-encoded.

import { isUtf8 } from 'node:buffer'
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { OchreError } from '@ochre/protocol'
import { readLines } from './lines.ts'
import { KeySet } from './scan.ts'

export const ARCHIVE_VERSION = 1

export type Mode = 'portable' | 'dump'

export interface Header {
  readonly ochre: 'archive'
  readonly version: number
  readonly mode: Mode
  readonly server: string
  /** The server's run id: cursors are good until it is restarted. Empty when it does not say. */
  readonly run: string
  readonly db: number
  readonly match: string
}

/** Bytes as JSON: a string when they are UTF-8, else base64. */
export type Text = string | { readonly base64: string }

export interface StreamValue {
  readonly entries: readonly (readonly [id: string, fields: readonly Text[]])[]
  readonly lastId: string
  readonly maxDeletedId: string | null
  readonly entriesAdded: number | null
  readonly groups: readonly {
    readonly name: Text
    readonly lastId: string
    readonly entriesRead: number | null
    readonly consumers: readonly Text[]
    /** [entry id, consumer, delivery time in ms since the epoch, deliveries]. */
    readonly pending: readonly (readonly [id: string, consumer: Text, deliveredAt: number, deliveries: number])[]
  }[]
}

export type Value =
  | { readonly type: 'string'; readonly value: Text }
  | { readonly type: 'list'; readonly value: readonly Text[] }
  | { readonly type: 'set'; readonly value: readonly Text[] }
  | { readonly type: 'hash'; readonly value: readonly (readonly [field: Text, value: Text])[] }
  | { readonly type: 'zset'; readonly value: readonly (readonly [member: Text, score: string])[] }
  | { readonly type: 'stream'; readonly value: StreamValue }
  | { readonly type: 'dump'; readonly value: { readonly base64: string } }

/** One key: its name, when it expires (ms since the epoch, null = never) and what it holds. */
export type Entry = {
  readonly key: Text
  readonly expireAt: number | null
  /** The fields of a hash that expire, and when. */
  readonly fields?: readonly (readonly [field: Text, expireAt: number])[]
} & Value

/** A library of functions, with its code as it was loaded. */
export interface Library {
  readonly library: string
  readonly code: Text
}

export interface Checkpoint {
  readonly checkpoint: string
  readonly keys: number
  readonly sha256: string
}

interface End {
  readonly end: true
  readonly keys: number
  readonly sha256: string
}

export function toText(bytes: Buffer): Text {
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') }
}

export function fromText(text: Text): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.base64, 'base64')
}

/** The archive cannot be used: damaged, cut off, or not an archive at all. */
export class ArchiveError extends OchreError {
  constructor(message: string) {
    super('USAGE', message)
    this.name = 'ArchiveError'
  }
}

/** An unfinished archive, and where to go on. */
export interface Resumed {
  readonly writer: ArchiveWriter
  readonly header: Header
  /** The cursor of the last checkpoint; null when there is none yet, and so no libraries either. */
  readonly cursor: string | null
  /** The keys that it has. */
  readonly seen: KeySet
}

/** Appends to an archive file. Call `checkpoint` after each batch of keys and `finish` once at the end. */
export class ArchiveWriter {
  readonly #file: FileHandle
  readonly #hash: Hash
  /** Keys written so far, those before a resume included. */
  keys: number

  private constructor(file: FileHandle, hash: Hash, keys: number) {
    this.#file = file
    this.#hash = hash
    this.keys = keys
  }

  /** Starts a new archive. Fails when the file exists. */
  static async create(path: string, header: Omit<Header, 'ochre' | 'version'>): Promise<ArchiveWriter> {
    const file = await open(path, 'wx').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST')
        throw new ArchiveError('The file exists: name another one, or continue it with --resume.')
      throw cause
    })
    const writer = new ArchiveWriter(file, createHash('sha256'), 0)
    await writer.#append([{ ochre: 'archive', version: ARCHIVE_VERSION, ...header }])
    return writer
  }

  /** Opens an unfinished archive and cuts it after its last checkpoint. Fails when the archive is finished already. */
  static async resume(path: string): Promise<Resumed> {
    const reader = new ArchiveReader(path)
    const header = await reader.header()
    let cursor: string | null = null
    const kept = { length: reader.offset, keys: 0, hash: reader.hash.copy() }
    const seen = new KeySet()
    let since: Buffer[] = []
    try {
      for await (const line of reader.lines()) {
        if ('end' in line) throw new ArchiveError('The archive is complete: there is nothing to resume.')
        if ('key' in line) since.push(fromText(line.key))
        else if ('checkpoint' in line) {
          for (const key of since) seen.add(key)
          since = []
          kept.length = reader.offset
          kept.keys = line.keys
          cursor = line.checkpoint
          kept.hash = reader.hash.copy()
        }
      }
    } catch (error) {
      if (!(error instanceof CutOff)) throw error
    }
    const file = await open(path, 'r+')
    await file.truncate(kept.length)
    await file.close()
    const writer = new ArchiveWriter(await open(path, 'a'), kept.hash, kept.keys)
    return { writer, header, cursor, seen }
  }

  /** Writes libraries of functions. They count once a checkpoint follows. */
  async addLibraries(libraries: readonly Library[]): Promise<void> {
    await this.#append(libraries)
  }

  /** Writes keys. They count once a checkpoint follows. */
  async add(entries: readonly Entry[]): Promise<void> {
    this.keys += entries.length
    await this.#append(entries)
  }

  /** Writes the cursor after the keys so far, and makes all durable. */
  async checkpoint(cursor: string): Promise<void> {
    await this.#append([{ checkpoint: cursor, keys: this.keys, sha256: this.#sha256() }])
    await this.#file.datasync()
  }

  /** Writes the last line and closes. */
  async finish(): Promise<void> {
    await this.#append([{ end: true, keys: this.keys, sha256: this.#sha256() }])
    await this.close()
  }

  /** Closes without finishing: the archive can be resumed. */
  async close(): Promise<void> {
    // What a full disk did not take is cut off by whoever resumes; the first failure is the one to tell.
    await this.#file.sync().finally(() => this.#file.close())
  }

  #sha256(): string {
    return this.#hash.copy().digest('hex')
  }

  async #append(lines: readonly object[]): Promise<void> {
    if (lines.length === 0) return
    const bytes = Buffer.concat(lines.map((line) => Buffer.from(`${JSON.stringify(line)}\n`)))
    this.#hash.update(bytes)
    await this.#file.writeFile(bytes)
  }
}

/** The file ends without its last line. */
class CutOff extends ArchiveError {}

/** Reads an archive and checks it on the way: structure, checksums, and that it is complete. */
export class ArchiveReader {
  readonly #path: string
  #header: Header | null = null
  #source: AsyncGenerator<Buffer> | null = null
  /** Bytes of complete lines read so far. */
  offset = 0
  readonly hash: Hash = createHash('sha256')

  constructor(path: string) {
    this.#path = path
  }

  async header(): Promise<Header> {
    if (this.#header) return this.#header
    this.#source = readLines(createReadStream(this.#path))
    const first = await this.#source.next()
    const header = first.done ? null : (parse(first.value) as Header | null)
    if (header?.ochre !== 'archive') throw new ArchiveError('The file is not an archive of ochre backup.')
    if (header.version !== ARCHIVE_VERSION)
      throw new ArchiveError(`Archive version ${header.version} is not known; this is version ${ARCHIVE_VERSION}.`)
    if (!first.done) this.#take(first.value)
    this.#header = header
    return header
  }

  /** Libraries, keys, checkpoints and the end, in order. Throws an ArchiveError with the line's number when anything is wrong. */
  async *lines(): AsyncGenerator<Entry | Library | Checkpoint | End> {
    await this.header()
    let number = 1
    let keys = 0
    let ended = false
    for await (const line of this.#source!) {
      number++
      if (ended) throw new ArchiveError(`Line ${number} comes after the end.`)
      const value = parse(line) as Entry | Library | Checkpoint | End | null
      // A line that was being written when the backup stopped is no damage: it is where the file was cut off.
      const isWhole = line.at(-1) === 10
      if (value === null || !isWhole) {
        if (isWhole) throw new ArchiveError(`Line ${number} is damaged.`)
        break
      }
      if ('key' in value) keys++
      else if (!('library' in value)) {
        if (value.sha256 !== this.hash.copy().digest('hex') || value.keys !== keys)
          throw new ArchiveError(`The archive is damaged before line ${number}: the checksum does not fit.`)
        ended = 'end' in value
      }
      this.#take(line)
      yield value
    }
    if (!ended) throw new CutOff('The archive is incomplete: continue it with backup --resume.')
  }

  #take(line: Buffer): void {
    this.hash.update(line)
    this.offset += line.length
  }
}

/** Reads the whole file once and returns its header and what it counts; throws when it is damaged or incomplete. */
export async function verifyArchive(
  path: string,
  onProgress: (bytes: number) => void = () => {},
): Promise<{ header: Header; keys: number; libraries: number }> {
  const reader = new ArchiveReader(path)
  const header = await reader.header()
  let keys = 0
  let libraries = 0
  for await (const line of reader.lines()) {
    if ('key' in line) keys++
    else if ('library' in line) libraries++
    onProgress(reader.offset)
  }
  return { header, keys, libraries }
}

function parse(line: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'))
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}
