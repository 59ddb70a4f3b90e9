// The file that changes are appended to: collects the changes of a batch in one record, writes it, and puts it on the disk
// as often as `appendfsync` says.
//
//     append     -> the payload of the next record, in memory
//     write      -> sealed and in the file: survives the end of the process
//     sync       -> on the disk: survives the end of the machine
//
// A write that fails is tried again at the same position, so that a later success leaves no gap and no half record. After a
// failed sync nobody knows what is on the disk: `isSuspect` stays, and the data has to be written anew to other files.
import type { Effect } from '../engine.ts'
import { type FileSystem, reasonOf, writeFully } from './file-system.ts'
import { encodeCommand, fileHeader, HEADER_BYTES, RECORD_HEAD_BYTES, sealRecord } from './record.ts'

/** A payload that has grown to this is written at once. */
const SPILL_LENGTH = 1024 * 1024
const SCRATCH_BYTES = 64 * 1024
/** Pieces of text are joined up to this length. */
const PIECE_LENGTH = 16 * 1024 * 1024

export class AppendLog {
  readonly name: string
  readonly #files: FileSystem
  readonly #fd: number
  /** Where the next record goes. */
  #end: number
  #pieces: string[] = []
  #payload = ''
  #db = 0
  #time = 0
  /** Sealed records that could not be written yet. */
  #unwritten: Buffer[] = []
  #scratch: Buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #isSynced = true
  /** Why the last attempt to write failed; null when it did not. */
  failure: string | null = null
  /** A sync has failed. */
  isSuspect = false

  private constructor(files: FileSystem, name: string, fd: number, end: number) {
    this.#files = files
    this.name = name
    this.#fd = fd
    this.#end = end
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
    return this.#end
  }

  /** Bytes that wait to be written, heads aside. */
  get waitingBytes(): number {
    return this.#unwritten.reduce((sum, { length }) => sum + length, this.#payload.length)
  }

  get hasUnwritten(): boolean {
    return this.#payload !== '' || this.#unwritten.length !== 0
  }

  /** Whether anything appended is not on the disk yet. */
  get isBehind(): boolean {
    return !this.#isSynced || this.hasUnwritten
  }

  /** Adds the changes of one unit, made at this time, to the next record. */
  append(effects: readonly Effect[], time: number): void {
    if (time !== this.#time) {
      if (this.#payload !== '') this.#seal()
      this.#time = time
    }
    for (const { db, args } of effects) {
      if (db !== this.#db) {
        this.#db = db
        this.#payload += encodeCommand(['SELECT', String(db)])
      }
      this.#add(args)
    }
    if (this.#payload.length > SPILL_LENGTH || this.#pieces.length !== 0) this.write()
  }

  #add(args: readonly string[]): void {
    let length = this.#payload.length
    for (const arg of args) length += arg.length
    if (length < PIECE_LENGTH) {
      this.#payload += encodeCommand(args)
      return
    }
    this.#payload += `*${args.length}\r\n`
    for (const arg of args) {
      this.#pieces.push(`${this.#payload}$${arg.length}\r\n`, arg)
      this.#payload = '\r\n'
    }
  }

  /** Writes what has been appended; false when that failed, with the reason in `failure`. */
  write(): boolean {
    if (this.#payload !== '') this.#seal()
    while (this.#unwritten.length !== 0) {
      const record = this.#unwritten[0]!
      const waiting = this.#unwritten.reduce((sum, { length }) => sum + length, 0)
      try {
        this.#isSynced = false
        writeFully(this.#files, this.#fd, record, record.length, this.#end - waiting)
      } catch (error) {
        this.failure = reasonOf(error)
        if (record.buffer === this.#scratch.buffer) this.#unwritten[0] = Buffer.from(record)
        return false
      }
      this.#unwritten.shift()
    }
    if (!this.isSuspect) this.failure = null
    return true
  }

  #seal(): void {
    this.#pieces.push(this.#payload)
    let length = RECORD_HEAD_BYTES
    for (const piece of this.#pieces) length += piece.length
    const isScratchFree = length <= SCRATCH_BYTES && this.#unwritten.length === 0
    const record = isScratchFree ? this.#scratch.subarray(0, length) : Buffer.allocUnsafeSlow(length)
    let at = RECORD_HEAD_BYTES
    for (const piece of this.#pieces) at += record.write(piece, at, 'latin1')
    sealRecord(record, this.#end, this.#time)
    this.#end += length
    this.#unwritten.push(record)
    this.#payload = ''
    this.#pieces = []
    this.#db = 0
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
