// Bytes from a client to commands: the RESP request form (arrays of bulk strings) and inline commands.
//
// Arguments are binary strings. Short ones are cut from the chunk's text; longer ones are decoded on their own, since V8
// would keep the whole chunk alive behind a long slice. A bulk string that spans chunks is joined from its pieces.
import { splitWords } from '@ochre/protocol'
import { ITEM_BYTES } from './client-memory.ts'
import { parseInteger } from './structures/numbers.ts'

const INLINE_LIMIT = 64 * 1024
/** More bytes than this are taken in pieces. */
const PIECE_BYTES = 1024 * 1024
/** V8 copies slices shorter than this instead of pointing into the parent. */
const COPIED_SLICE = 13
const STAR = 0x2a
const DOLLAR = 0x24
const CR = 0x0d
const ZERO = 0x30
/** What a client may send before it has logged in. */
const UNTRUSTED_COUNT = 10
const UNTRUSTED_BYTES = 16384
const EMPTY = Buffer.alloc(0)

/** What the server answers to bytes that are no request; it then closes the connection. */
export class RequestError {
  readonly text: string
  constructor(text: string) {
    this.text = `ERR Protocol error: ${text}`
  }
}

export interface RequestLimits {
  /** proto-max-bulk-len. */
  readonly maxBulkBytes: number
  /** Before AUTH a client may send only small requests. */
  readonly isTrusted: boolean
}

export class RequestParser {
  #chunk: Buffer = EMPTY
  /** What came after it, for when nothing more can be made of it: a client that waits may send on. */
  #later: Buffer[] = []
  #laterBytes = 0
  #text = ''
  #at = 0
  #args: string[] = []
  /** Arguments of the current request still to come; 0 between requests. */
  #missing = 0
  #argumentBytes = 0
  /** Length of the current bulk string; -1 before its header. */
  #bulkLength = -1
  /** The part of the current bulk string that came in earlier chunks. */
  #pieces = ''
  #hasPieces = false
  #terminator = 0
  /** Where the line of `#plainHeader` ended. */
  #headerEnd = 0

  /** Bytes received and not yet looked at: many, when a client sends on while it waits. */
  get waitingBytes(): number {
    return this.#chunk.length - this.#at + this.#laterBytes
  }

  /** Those, and what there is of an unfinished argument. */
  get pendingBytes(): number {
    return this.waitingBytes + this.#pieces.length
  }

  /** What the arguments of an unfinished request take. */
  get argumentBytes(): number {
    return this.#missing === 0 ? 0 : this.#argumentBytes
  }

  /** Adds bytes. The parser keeps a view of them until they are consumed. */
  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const piece = chunk.length <= PIECE_BYTES ? chunk : chunk.subarray(at, at + PIECE_BYTES)
      if (this.#at === this.#chunk.length && this.#laterBytes === 0) this.#take(piece)
      else {
        this.#later.push(piece)
        this.#laterBytes += piece.length
      }
    }
  }

  /** Goes on with a piece, after what is left of the one before: the beginning of a line. */
  #take(piece: Buffer): void {
    this.#chunk = this.#at === this.#chunk.length ? piece : Buffer.concat([this.#chunk.subarray(this.#at), piece])
    // The middle of a long bulk string holds no header and no short argument.
    const isMiddle = this.#hasPieces && this.#bulkLength - this.#pieces.length >= this.#chunk.length
    this.#text = isMiddle ? '' : this.#chunk.toString('latin1')
    this.#at = 0
  }

  /** The next whole request, or undefined when more bytes are needed. Throws RequestError. */
  next(limits: RequestLimits): string[] | undefined {
    for (;;) {
      const args = (this.#missing === 0 ? this.#whole(limits) : undefined) ?? this.#careful(limits)
      if (args !== undefined || this.#laterBytes === 0) return args
      const piece = this.#later.shift()!
      this.#laterBytes -= piece.length
      this.#take(piece)
    }
  }

  /** The next request, if all of it is there, an array, and beyond doubt: what nearly always comes, in one go. Else nothing has happened. */
  #whole({ maxBulkBytes, isTrusted }: RequestLimits): string[] | undefined {
    const chunk = this.#chunk
    const count = this.#plainHeader(this.#at, STAR)
    if (count < 1 || (count > UNTRUSTED_COUNT && !isTrusted)) return undefined
    const args: string[] = []
    do {
      const length = this.#plainHeader(this.#headerEnd, DOLLAR)
      if (length < 0 || length > maxBulkBytes || (length > UNTRUSTED_BYTES && !isTrusted)) return undefined
      const start = this.#headerEnd
      this.#headerEnd = start + length + 2
      if (this.#headerEnd > chunk.length) return undefined
      args.push(this.#cut(start, start + length))
    } while (args.length < count)
    this.#at = this.#headerEnd
    return args
  }

  /** The number in a header line that is whole and as clients write it; -1 for any other. `#headerEnd` is behind the line then. */
  #plainHeader(start: number, mark: number): number {
    const chunk = this.#chunk
    if (chunk[start] !== mark) return -1
    let at = start + 1
    let value = chunk[at]! - ZERO
    if (!(value >= 0 && value <= 9)) return -1
    for (at++; chunk[at] !== CR; at++) {
      const digit = chunk[at]! - ZERO
      if (!(digit >= 0 && digit <= 9) || value === 0) return -1
      value = value * 10 + digit
    }
    this.#headerEnd = at + 2
    return value
  }

  /** A bulk string of the chunk. */
  #cut(start: number, end: number): string {
    return end - start < COPIED_SLICE ? this.#text.slice(start, end) : this.#chunk.toString('latin1', start, end)
  }

  #careful(limits: RequestLimits): string[] | undefined {
    for (;;) {
      if (this.#missing === 0) {
        if (this.#at === this.#chunk.length) return undefined
        if (this.#chunk[this.#at] !== STAR) {
          const words = this.#inline()
          if (words === undefined || words.length !== 0) return words
          continue
        }
        const count = this.#header('too big mbulk count string')
        if (count === undefined) return undefined
        const value = parseInteger(count)
        if (typeof value !== 'number' || value > 0x7fffffff) throw new RequestError('invalid multibulk length')
        if (value > UNTRUSTED_COUNT && !limits.isTrusted) throw new RequestError('unauthenticated multibulk length')
        if (value <= 0) continue
        this.#missing = value
        this.#args = []
        this.#argumentBytes = 0
      }
      while (this.#missing > 0) {
        const arg = this.#argument(limits)
        if (arg === undefined) return undefined
        this.#args.push(arg)
        this.#argumentBytes += arg.length + ITEM_BYTES
        this.#missing--
      }
      return this.#args
    }
  }

  #argument(limits: RequestLimits): string | undefined {
    if (this.#bulkLength === -1) {
      if (this.#at === this.#chunk.length) return undefined
      const first = this.#chunk[this.#at]!
      const header = this.#header('too big bulk count string', first === DOLLAR)
      if (header === undefined) return undefined
      if (first !== DOLLAR) {
        throw new RequestError(`expected '$', got '${String.fromCharCode(first).replace(/[\r\n]/, ' ')}'`)
      }
      const length = parseInteger(header)
      if (typeof length !== 'number' || length < 0 || length > limits.maxBulkBytes) {
        throw new RequestError('invalid bulk length')
      }
      if (length > UNTRUSTED_BYTES && !limits.isTrusted) throw new RequestError('unauthenticated bulk length')
      this.#bulkLength = length
    }
    const start = this.#at
    const end = start + this.#bulkLength - this.#pieces.length
    if (!this.#hasPieces && end + 2 <= this.#chunk.length) {
      this.#at = end + 2
      this.#bulkLength = -1
      return this.#cut(start, end)
    }
    return this.#collect()
  }

  /** Takes what there is of a bulk string that spans chunks, its CR LF included. */
  #collect(): string | undefined {
    this.#hasPieces = true
    const missing = this.#bulkLength - this.#pieces.length
    const available = this.#chunk.length - this.#at
    if (missing > 0) {
      const taken = Math.min(missing, available)
      this.#pieces += this.#chunk.toString('latin1', this.#at, this.#at + taken)
      this.#at += taken
    }
    while (this.#pieces.length === this.#bulkLength && this.#terminator < 2 && this.#at < this.#chunk.length) {
      this.#at++
      this.#terminator++
    }
    if (this.#terminator < 2) return undefined
    const arg = this.#pieces
    this.#pieces = ''
    this.#hasPieces = false
    this.#terminator = 0
    this.#bulkLength = -1
    return arg
  }

  /** The text between the first byte and CR LF of a header line; undefined when the line is not whole. */
  #header(tooBig: string, isWanted = true): string | undefined {
    const end = this.#text.indexOf('\r', this.#at)
    if (end === -1 || end + 1 >= this.#chunk.length) {
      if (this.#chunk.length - this.#at > INLINE_LIMIT) throw new RequestError(tooBig)
      return undefined
    }
    const text = this.#text.slice(this.#at + 1, end)
    if (isWanted) this.#at = end + 2
    return text
  }

  #inline(): string[] | undefined {
    const end = this.#text.indexOf('\n', this.#at)
    if (end === -1) {
      if (this.#chunk.length - this.#at > INLINE_LIMIT) throw new RequestError('too big inline request')
      return undefined
    }
    const line = this.#text.slice(this.#at, end > this.#at && this.#text[end - 1] === '\r' ? end - 1 : end)
    this.#at = end + 1
    const words = splitWords(line)
    if (words === undefined) throw new RequestError('unbalanced quotes in request')
    return words
  }
}
