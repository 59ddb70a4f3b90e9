// Writes a base: the commands that make all data again, in a new file that gets its name only when it is complete.
import type { DataFolder } from './data-folder.ts'
import { Mark } from './mark.ts'
import { encodeCommand, fileHeader, RECORD_HEAD_BYTES, sealRecord } from './record.ts'

/** A payload of this length becomes a record. */
const RECORD_LENGTH = 256 * 1024
/** More than this waiting to be written is a reason to pause. */
const FULL_BYTES = 4 * 1024 * 1024

export class BaseWriter {
  readonly #folder: DataFolder
  readonly #name: string
  readonly #fd: number
  #pieces: string[] = []
  #length = 0
  #db = 0
  #records: Buffer[] = [fileHeader()]
  /** Bytes of the file, those included that wait in memory. */
  #end: number
  #written = 0
  #commands = 0
  #isOpen = true

  constructor(folder: DataFolder, name: string) {
    this.#folder = folder
    this.#name = name
    this.#fd = folder.files.open(`${folder.path}/${name}.new`, 'w')
    this.#end = this.#records[0]!.length
  }

  get isFull(): boolean {
    return this.#end - this.#written > FULL_BYTES
  }

  /** Adds a command; returns the bytes of its arguments. */
  add(db: number, args: readonly string[]): number {
    if (db !== this.#db) {
      this.#db = db
      this.#push(encodeCommand(['SELECT', String(db)]))
    }
    this.#commands++
    let length = 0
    for (const arg of args) length += arg.length
    if (length < RECORD_LENGTH) this.#push(encodeCommand(args))
    else {
      this.#push(`*${args.length}\r\n`)
      for (const arg of args) {
        this.#push(`$${arg.length}\r\n`)
        this.#push(arg)
        this.#push('\r\n')
      }
    }
    if (this.#length > RECORD_LENGTH) this.#seal()
    return length
  }

  #push(text: string): void {
    this.#pieces.push(text)
    this.#length += text.length
  }

  #seal(): void {
    const record = Buffer.allocUnsafeSlow(RECORD_HEAD_BYTES + this.#length)
    let at = RECORD_HEAD_BYTES
    for (const piece of this.#pieces) at += record.write(piece, at, 'latin1')
    sealRecord(record, this.#end, 0)
    this.#records.push(record)
    this.#end += record.length
    this.#pieces = []
    this.#length = 0
    this.#db = 0
  }

  /** Writes the whole records in the background. */
  async drain(): Promise<void> {
    const { files } = this.#folder
    for (let record = this.#records[0]; record !== undefined; record = this.#records[0]) {
      for (let done = 0; done < record.length; ) {
        const count = await files.writeLater(this.#fd, record, done, record.length - done, this.#written)
        done += count
        this.#written += count
      }
      this.#records.shift()
    }
  }

  /** Completes the file, puts it on the disk and gives it its name; returns its size. */
  async finish(): Promise<number> {
    this.#push(encodeCommand([Mark.END, String(this.#commands)]))
    this.#seal()
    await this.drain()
    const { files, path } = this.#folder
    await files.syncLater(this.#fd)
    this.#close()
    files.rename(`${path}/${this.#name}.new`, `${path}/${this.#name}`)
    return this.#end
  }

  #close(): void {
    if (this.#isOpen) this.#folder.files.close(this.#fd)
    this.#isOpen = false
  }

  /** Gives up: closes the file and removes it. */
  async discard(): Promise<void> {
    this.#close()
    const { files, path } = this.#folder
    await files.removeLater(`${path}/${this.#name}.new`)
  }
}
