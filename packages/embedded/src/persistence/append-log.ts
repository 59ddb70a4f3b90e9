// The file that changes are appended to: collects the changes of a batch in memory, writes them, and puts them on the disk
// as often as `appendfsync` says.
//
//     append     -> records in a buffer, the last one still open
//     write      -> in the file: survives the end of the process
//     sync       -> on the disk: survives the end of the machine
//
//     buffer     | sealed record | sealed record | open record ... | free
//                ^ goes to `position` of the file
//
// A write that fails leaves the buffer as it is and is tried again at the same position, so that a later success leaves no gap
// and no half record. After a failed sync nobody knows what is on the disk: `isSuspect` stays, and the data has to be written
// anew to other files.
import { constants } from 'node:buffer'
import type { Effect } from '../engine.ts'
import { type FileSystem, reasonOf, writeFully } from './file-system.ts'
import { fileHeader, HEADER_BYTES, RECORD_HEAD_BYTES, sealRecord } from './record.ts'

/** Changes that have grown to this are written at once. */
const SPILL_BYTES = 1024 * 1024
const BUFFER_BYTES = 64 * 1024
/** Texts up to this length are copied char by char, which is faster than a call. */
const SHORT = 16
/** Room for `*` or `$`, a number, and two line ends. */
const FRAME_BYTES = 24

export class AppendLog {
  readonly name: string
  readonly #files: FileSystem
  readonly #fd: number
  #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #length = 0
  /** Where the open record begins in the buffer; -1 when there is none. */
  #open = -1
  /** Where the buffer goes in the file. */
  #position: number
  #db = 0
  #time = 0
  #isSynced = true
  /** Why the last attempt to write failed; null when it did not. */
  failure: string | null = null
  /** A sync has failed. */
  isSuspect = false

  private constructor(files: FileSystem, name: string, fd: number, end: number) {
    this.#files = files
    this.name = name
    this.#fd = fd
    this.#position = end
  }

  /** Creates an empty log; it is on the disk when this returns, its name is not. */
  static create(files: FileSystem, folder: string, name: string): AppendLog {
    const fd = files.open(`${folder}/${name}`, 'w')
    try {
      writeFully(files, fd, fileHeader(), HEADER_BYTES, 0)
      files.sync(fd)
    } catch (error) {
      files.close(fd)
      throw error
    }
    return new AppendLog(files, name, fd, HEADER_BYTES)
  }

  /** Goes on behind the last sound record, which ends at `end`. */
  static resume(files: FileSystem, folder: string, name: string, end: number): AppendLog {
    return new AppendLog(files, name, files.open(`${folder}/${name}`, 'r+'), end)
  }

  /** Bytes in the file, those included that wait to be written. */
  get size(): number {
    return this.#position + this.#length
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#length
  }

  get hasUnwritten(): boolean {
    return this.#length !== 0
  }

  /** Whether anything appended is not on the disk yet. */
  get isBehind(): boolean {
    return !this.#isSynced || this.hasUnwritten
  }

  /** Adds the changes of one unit, made at this time. */
  append(effects: readonly Effect[], time: number): void {
    if (time !== this.#time) {
      this.#seal()
      this.#time = time
    }
    if (this.#open === -1) {
      this.#reserve(RECORD_HEAD_BYTES)
      this.#open = this.#length
      this.#length += RECORD_HEAD_BYTES
      this.#db = 0
    }
    for (const { db, args } of effects) {
      if (db !== this.#db) {
        this.#db = db
        this.#add(['SELECT', String(db)])
      }
      this.#add(args)
    }
    if (this.#length > SPILL_BYTES && this.failure === null) this.write()
  }

  #add(args: readonly string[]): void {
    this.#number(0x2a, args.length)
    for (const arg of args) {
      this.#number(0x24, arg.length)
      this.#text(arg)
    }
  }

  #number(sign: number, value: number): void {
    this.#reserve(FRAME_BYTES)
    const buffer = this.#buffer
    let at = this.#length
    buffer[at++] = sign
    if (value < 10) buffer[at++] = 0x30 + value
    else if (value < 100) {
      buffer[at++] = 0x30 + Math.floor(value / 10)
      buffer[at++] = 0x30 + (value % 10)
    } else at += buffer.write(String(value), at, 'latin1')
    buffer[at++] = 0x0d
    buffer[at++] = 0x0a
    this.#length = at
  }

  #text(text: string): void {
    this.#reserve(text.length + FRAME_BYTES)
    const buffer = this.#buffer
    let at = this.#length
    if (text.length > SHORT) at += buffer.write(text, at, 'latin1')
    else for (let i = 0; i < text.length; i++) buffer[at++] = text.charCodeAt(i)
    buffer[at++] = 0x0d
    buffer[at++] = 0x0a
    this.#length = at
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(needed * 2, constants.MAX_LENGTH)))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }

  #seal(): void {
    if (this.#open === -1) return
    sealRecord(this.#buffer.subarray(this.#open, this.#length), this.#position + this.#open, this.#time)
    this.#open = -1
  }

  /** Writes what has been appended; false when that failed, with the reason in `failure`. */
  write(): boolean {
    this.#seal()
    if (this.#length !== 0) {
      this.#isSynced = false
      try {
        writeFully(this.#files, this.#fd, this.#buffer, this.#length, this.#position)
      } catch (error) {
        this.failure = reasonOf(error)
        return false
      }
      this.#position += this.#length
      this.#length = 0
      if (this.#buffer.length > SPILL_BYTES) this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
    }
    if (!this.isSuspect) this.failure = null
    return true
  }

  /** Puts what was written on the disk; false when that failed. */
  sync(): boolean {
    if (this.#isSynced) return true
    try {
      this.#files.sync(this.#fd)
    } catch (error) {
      return this.#suspect(error)
    }
    this.#isSynced = true
    return true
  }

  /** Like `sync`, in the background; what is written meanwhile may need another. */
  async syncLater(): Promise<boolean> {
    if (this.#isSynced) return true
    this.#isSynced = true
    try {
      await this.#files.syncLater(this.#fd)
      return true
    } catch (error) {
      return this.#suspect(error)
    }
  }

  #suspect(error: unknown): false {
    this.#isSynced = false
    this.isSuspect = true
    this.failure = reasonOf(error)
    return false
  }

  close(): void {
    this.#files.close(this.#fd)
  }
}
