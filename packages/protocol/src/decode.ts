// Bytes to replies: an incremental decoder for RESP2 and RESP3.
//
// One loop over a small state machine with an explicit stack of open aggregates, so that it can stop after any byte and go
// on with the next chunk, reads every byte once, and cannot overflow the call stack. Anything that is not RESP throws a
// ProtocolError with the offset of the byte; the decoder is dead from then on.
//
// What a reply becomes is chosen by the sink when its first byte arrives (DecodeMode), so that no second pass is needed:
//
//            TEXT                          BUFFER       REPLY (reply.ts)
//   $ =      string (UTF-8)                Buffer       binary string, VerbatimReply
//   +        string                        string       StatusReply
//   - !      ReplyError (a value)          ReplyError   FailureReply
//   :        number, beyond 2^53 bigint    same         same
//   , ( #    number, bigint, boolean       same         DoubleReply, BigNumberReply, boolean
//   _ $-1    null                          null         null        (*-1: null, null, NULL_ARRAY)
//   * ~      array                         array        array, SetReply
//   %        object without a prototype    same         MapReply
//
// Memory: a bulk that is not complete in its chunk has memory of its own, which is filled; nothing handed out refers to a chunk, and
// short texts of one aggregate at most to the few KB around them; lengths, lines and nesting are limited; room for elements
// is only taken as they arrive.
import { isAscii } from 'node:buffer'
import { ProtocolError, ReplyError, UsageError } from './errors.ts'
import {
  BigNumberReply,
  DoubleReply,
  FailureReply,
  MapReply,
  NULL_ARRAY,
  PushReply,
  type Reply,
  SetReply,
  StatusReply,
  VerbatimReply,
} from './reply.ts'
import { atom, double, fromBinary, keyText, MAX_ATOM } from './reply-text.ts'
import { ReplyType as T } from './reply-type.ts'
import { latin1Slice, utf8Slice } from './slice.ts'

export const DecodeMode = { TEXT: 0, BUFFER: 1, REPLY: 2 } as const
export type DecodeMode = (typeof DecodeMode)[keyof typeof DecodeMode]

/** Who receives what was decoded. Its methods must not throw: they are called in the middle of a chunk. */
export interface ReplySink {
  /** How to decode the reply (or push) whose first byte has just arrived. */
  modeOf(push: boolean): DecodeMode
  /** A whole reply. In TEXT and BUFFER mode an error reply is a ReplyError, also inside of aggregates. */
  onReply(value: unknown): void
  /** A whole push. */
  onPush(items: unknown[]): void
  /** Attributes that precede the next value. Without this method they are skipped. Always decoded as TEXT. */
  onAttributes?(attributes: Record<string, unknown>): void
}

export interface DecodeLimits {
  /** Longest bulk string; default 512 MB, the default limit of the server. */
  readonly maxBulkBytes?: number
  /** Longest simple string, error, number; default 1 MB. */
  readonly maxLineBytes?: number
  /** Deepest nesting; default 512. */
  readonly maxDepth?: number
}

const CR = 13
const LF = 10
const MAX_AGGREGATE = 0x3fffffff
const COPY_FROM_POOL = 2048
/** Elements of an aggregate up to this size are cut from one piece of text, up to this long: see `span`. */
const SPAN_ELEMENT = 512
const SPAN_BYTES = 4096
/** From this size on it pays to ask whether text is ASCII, because one-byte strings are made without decoding. */
const ASCII_CHECK = 2048
/** Bulks up to this size are taken straight from the chunk when they lie in it whole. */
const WHOLE = 1 << 20
/** The longest string JavaScript can hold here (2^29 - 24 characters). */
const MAX_STRING = 0x1fffffe8

// What the next byte is part of.
const S_TYPE = 0
const S_NUMBER = 1
const S_NUMBER_LF = 2
const S_LINE = 3
const S_LINE_LF = 4
const S_BODY = 5
const S_BODY_CR = 6
const S_BODY_LF = 7

/** An aggregate that is not complete. Frames are reused: one per depth for the life of the decoder. */
class Frame {
  type = 0
  mode: DecodeMode = 0
  /** Values still to come; negative for streamed aggregates, which end with a dot. */
  remaining = 0
  items: unknown[] = []
  /** For maps outside of REPLY mode, instead of items. */
  object: Record<string, unknown> | null = null
  key: string | null = null
  /** Bytes of a streamed string so far, in items[0]. */
  size = 0
}

/**
 * The memory of a body that has become text, for the next one that will: fresh memory costs more than reading a megabyte
 * into it. One for all decoders; whoever reads has it.
 */
let spare: ArrayBufferLike | null = null
const SPARE_BYTES = 2 * 1024 * 1024

const NO_ITEMS: unknown[] = []
const NOTHING = Symbol('nothing')

export class Decoder {
  private readonly sink: ReplySink
  private readonly maxBulk: number
  private readonly maxLine: number
  private readonly maxDepth: number
  /** Bytes of all chunks before the current one. */
  private base = 0
  private failure: ProtocolError | null = null
  private state = S_TYPE
  private type = 0

  // The number being read: the first 15 digits, the rest, how many, the sign; STREAMED is the length `?`.
  private num = 0
  private low = 0
  private digits = 0
  private sign = 0
  private streamed = false

  private line = ''
  private body: Buffer | null = null
  private filled = 0

  private readonly frames: Frame[] = []
  private depth = 0
  private mode: DecodeMode = 0
  /** Whether the next value is a key of a map that becomes an object. */
  private keyNext = false
  /** Whether all of the current chunk is known to be ASCII. */
  private ascii = false

  /** The piece of the current chunk that is text already. */
  private span = ''
  private spanStart = 0
  private spanEnd = 0

  constructor(sink: ReplySink, limits: DecodeLimits = {}) {
    this.sink = sink
    this.maxBulk = limits.maxBulkBytes ?? 512 * 1024 * 1024
    this.maxLine = limits.maxLineBytes ?? 1024 * 1024
    this.maxDepth = limits.maxDepth ?? 512
  }

  /** True between replies: a stream that ends here was not cut inside one. */
  get idle(): boolean {
    return this.state === S_TYPE && this.depth === 0
  }

  /** Decodes the next bytes and tells the sink. The chunk may be overwritten after the call. */
  write(chunk: Buffer): void {
    if (this.failure !== null) throw this.failure
    const end = chunk.length
    this.ascii = end >= ASCII_CHECK && isAscii(chunk)
    this.spanEnd = 0
    let pos = 0
    while (pos < end) {
      switch (this.state) {
        case S_TYPE: {
          const type = chunk[pos]!
          if ((type === T.CHUNK) !== (this.depth > 0 && this.frames[this.depth - 1]!.type === T.CHUNK)) {
            this.fail('unexpected type of reply', pos)
          }
          if (this.depth === 0) this.mode = this.sink.modeOf(type === T.PUSH)
          this.type = type
          pos++
          switch (type) {
            case T.BULK:
            case T.INTEGER:
            case T.ARRAY:
            case T.MAP:
            case T.SET:
            case T.PUSH:
            case T.VERBATIM:
            case T.BLOB_ERROR:
            case T.ATTRIBUTE:
            case T.CHUNK:
              this.num = 0
              this.low = 0
              this.digits = 0
              this.sign = 0
              this.streamed = false
              this.state = S_NUMBER
              break
            case T.SIMPLE:
              // +OK\r\n, the commonest of all, without making a string.
              if (
                pos + 3 < end &&
                chunk[pos] === 0x4f &&
                chunk[pos + 1] === 0x4b &&
                chunk[pos + 2] === CR &&
                chunk[pos + 3] === LF
              ) {
                pos += 4
                this.deliver(this.mode === DecodeMode.REPLY ? new StatusReply('OK') : 'OK')
                break
              }
              this.line = ''
              this.state = S_LINE
              break
            case T.ERROR:
            case T.NULL:
            case T.BOOLEAN:
            case T.DOUBLE:
            case T.BIG_NUMBER:
            case T.END:
              this.line = ''
              this.state = S_LINE
              break
            default:
              this.fail('unknown type of reply', pos - 1)
          }
          break
        }
        case S_NUMBER: {
          let num = this.num
          let digits = this.digits
          let byte = 0
          while (pos < end) {
            byte = chunk[pos]!
            if (byte < 48 || byte > 57) break
            if (digits < 15) num = num * 10 + (byte - 48)
            else this.low = this.low * 10 + (byte - 48)
            digits++
            pos++
          }
          this.num = num
          this.digits = digits
          if (digits > 19) this.fail('number with too many digits', pos - 1)
          if (pos === end) break
          if (byte === CR && (digits > 0 || this.streamed)) this.state = S_NUMBER_LF
          else if (digits === 0 && this.sign === 0 && !this.streamed && byte === 45) this.sign = -1
          else if (digits === 0 && this.sign === 0 && !this.streamed && byte === 43 && this.type === T.INTEGER)
            this.sign = 1
          else if (digits === 0 && this.sign === 0 && !this.streamed && byte === 63) this.streamed = true
          else this.fail('invalid number', pos)
          if (this.streamed && digits > 0) this.fail('invalid number', pos)
          pos++
          break
        }
        case S_NUMBER_LF: {
          if (chunk[pos] !== LF) this.fail('expected a line feed', pos)
          pos++
          this.state = S_TYPE
          const type = this.type
          if (type === T.INTEGER) {
            if (this.streamed) this.fail('invalid number', pos - 1)
            this.deliver(this.integer())
            break
          }
          const length = this.length(pos)
          if (type === T.BULK || type === T.VERBATIM || type === T.BLOB_ERROR || type === T.CHUNK) {
            if (length < 0) {
              if (this.streamed && type === T.BULK) this.open(T.CHUNK, -1, pos)
              else if (!this.streamed && type === T.BULK) this.deliver(null)
              else this.fail('invalid length', pos - 1)
              break
            }
            if (length === 0 && type === T.CHUNK) {
              this.close()
              break
            }
            if (length > this.maxBulk) this.fail('string longer than the limit', pos - 1)
            const after = pos + length
            if (after + 1 < end && length <= WHOLE && type !== T.CHUNK) {
              if (chunk[after] !== CR) this.fail('expected a carriage return', after)
              if (chunk[after + 1] !== LF) this.fail('expected a line feed', after + 1)
              const value = this.text(chunk, pos, after)
              pos = after + 2
              this.deliver(value)
              break
            }
            this.body = this.bodyOf(length)
            this.filled = 0
            this.state = length === 0 ? S_BODY_CR : S_BODY
            break
          }
          this.aggregate(type, length, pos)
          break
        }
        case S_BODY: {
          const body = this.body!
          const take = Math.min(end - pos, body.length - this.filled)
          chunk.copy(body, this.filled, pos, pos + take)
          this.filled += take
          pos += take
          if (this.filled === body.length) this.state = S_BODY_CR
          break
        }
        case S_BODY_CR: {
          if (chunk[pos] !== CR) this.fail('expected a carriage return', pos)
          pos++
          this.state = S_BODY_LF
          break
        }
        case S_BODY_LF: {
          if (chunk[pos] !== LF) this.fail('expected a line feed', pos)
          pos++
          this.state = S_TYPE
          const body = this.body!
          this.body = null
          if (this.type === T.CHUNK) {
            this.addChunk(body, pos)
            break
          }
          const value = this.ownText(body, pos - 1)
          if (value !== body && body.buffer.byteLength <= SPARE_BYTES) spare = body.buffer
          this.deliver(value)
          break
        }
        case S_LINE: {
          let stop = pos
          while (stop < end && chunk[stop] !== CR && chunk[stop] !== LF) stop++
          if (this.line.length + stop - pos > this.maxLine) this.fail('line longer than the limit', pos)
          if (stop > pos) {
            this.line = this.line === '' ? this.lineText(chunk, pos, stop) : this.line + latin1Slice(chunk, pos, stop)
          }
          pos = stop
          if (pos === end) break
          if (chunk[pos] === LF) this.fail('line feed inside of a line', pos)
          pos++
          this.state = S_LINE_LF
          break
        }
        default: {
          if (chunk[pos] !== LF) this.fail('expected a line feed', pos)
          pos++
          this.state = S_TYPE
          const line = this.line
          this.line = ''
          this.endLine(line, pos)
        }
      }
    }
    this.base += end
  }

  /** The dead end: remembers and throws. `pos` is relative to the current chunk. */
  private fail(message: string, pos: number): never {
    this.failure = new ProtocolError(message, this.base + pos)
    this.body = null
    this.frames.length = 0
    throw this.failure
  }

  private integer(): number | bigint {
    if (this.digits <= 15) {
      const value = this.num
      return this.sign === -1 && value !== 0 ? -value : value
    }
    let value = BigInt(this.num) * 10n ** BigInt(this.digits - 15) + BigInt(this.low)
    if (this.sign === -1) value = -value
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  /** The length just read; -1 for null and for streamed. */
  private length(pos: number): number {
    if (this.streamed) return -1
    if (this.digits > 15) this.fail('invalid length', pos - 1)
    if (this.sign === -1) {
      if (this.num !== 1) this.fail('invalid length', pos - 1)
      return -1
    }
    return this.num
  }

  private aggregate(type: number, length: number, pos: number): void {
    if (length < 0 && !this.streamed) {
      if (type !== T.ARRAY) this.fail('invalid length', pos - 1)
      this.deliver(this.mode === DecodeMode.REPLY ? NULL_ARRAY : null)
      return
    }
    if (length > MAX_AGGREGATE) this.fail('invalid length', pos - 1)
    if (type === T.ATTRIBUTE && this.streamed) this.fail('invalid length', pos - 1)
    this.open(type, type === T.MAP || type === T.ATTRIBUTE ? length * 2 : length, pos)
    if (length === 0) this.close()
  }

  private open(type: number, remaining: number, pos: number): void {
    if (this.depth >= this.maxDepth) this.fail('replies nested deeper than the limit', pos - 1)
    let frame = this.frames[this.depth]
    if (frame === undefined) {
      frame = new Frame()
      this.frames.push(frame)
    }
    this.depth++
    frame.type = type
    frame.remaining = remaining < 0 ? -1 : remaining
    frame.mode = this.mode
    if (type === T.ATTRIBUTE) this.mode = DecodeMode.TEXT
    if ((type === T.MAP && this.mode !== DecodeMode.REPLY) || type === T.ATTRIBUTE) {
      frame.object = Object.create(null)
      this.keyNext = true
    } else {
      frame.items = []
      frame.size = 0
      this.keyNext = false
    }
  }

  /** Ends the innermost aggregate. Returns what it became, or NOTHING when the sink has had it already. */
  private finish(): unknown {
    const frame = this.frames[--this.depth]!
    const { type, items, object } = frame
    frame.items = NO_ITEMS
    frame.object = null
    frame.key = null
    this.mode = frame.mode
    const around = this.depth > 0 ? this.frames[this.depth - 1]! : null
    this.keyNext = around !== null && around.object !== null && around.key === null
    if (type === T.ATTRIBUTE) {
      this.sink.onAttributes?.(object!)
      return NOTHING
    }
    if (type === T.PUSH && around === null) {
      this.sink.onPush(items)
      return NOTHING
    }
    if (type === T.CHUNK) {
      this.type = T.BULK
      return this.ownText(
        items.length === 0 ? Buffer.alloc(0) : Buffer.from((items[0] as Buffer).subarray(0, frame.size)),
        0,
      )
    }
    if (this.mode !== DecodeMode.REPLY) return object ?? items
    if (type === T.MAP) return new MapReply(items as Reply[])
    if (type === T.SET) return new SetReply(items as Reply[])
    if (type === T.PUSH) return new PushReply(items as Reply[])
    return items
  }

  private close(): void {
    const value = this.finish()
    if (value !== NOTHING) this.deliver(value)
  }

  /** Hands a complete value to the aggregate around it, ends that too when it was the last one, and so on to the sink. */
  private deliver(value: unknown): void {
    while (this.depth > 0) {
      const frame = this.frames[this.depth - 1]!
      if (frame.object === null) frame.items.push(value)
      else if (frame.key === null) {
        frame.key = keyText(value)
        this.keyNext = false
      } else {
        frame.object[frame.key] = value
        frame.key = null
        this.keyNext = true
      }
      if (--frame.remaining !== 0) return
      value = this.finish()
      if (value === NOTHING) return
    }
    this.sink.onReply(value)
  }

  /** Adds a piece of a streamed string: one buffer that doubles, so that many small pieces cost no more than their bytes. */
  private addChunk(body: Buffer, pos: number): void {
    const frame = this.frames[this.depth - 1]!
    const size = frame.size + body.length
    if (size > this.maxBulk) this.fail('string longer than the limit', pos - 1)
    let whole = frame.items[0] as Buffer | undefined
    if (whole === undefined || whole.length < size) {
      const larger = Buffer.allocUnsafeSlow(Math.max(64, size + frame.size))
      whole?.copy(larger, 0, 0, frame.size)
      frame.items[0] = larger
      whole = larger
    }
    body.copy(whole, frame.size)
    frame.size = size
  }

  /** Memory for a bulk string that does not lie whole in the chunk. */
  private bodyOf(length: number): Buffer {
    const isHandedOut = this.mode === DecodeMode.BUFFER && this.type === T.BULK && !this.keyNext
    if (isHandedOut || spare === null || spare.byteLength < length) return Buffer.allocUnsafeSlow(length)
    const body = Buffer.from(spare, 0, length)
    spare = null
    return body
  }

  /** A bulk string that lies whole in the chunk. */
  private text(chunk: Buffer, start: number, end: number): unknown {
    if (this.type !== T.BULK) return this.special(latin1Slice(chunk, start, end), end + 1)
    if (this.keyNext) return atom(chunk, start, end)
    if (this.mode !== DecodeMode.BUFFER) {
      if (this.mode === DecodeMode.TEXT && !this.ascii) return utf8Slice(chunk, start, end)
      if (this.depth > 0 && end - start <= SPAN_ELEMENT) return this.element(chunk, start, end)
      return latin1Slice(chunk, start, end)
    }
    const length = end - start
    const copy = length > COPY_FROM_POOL ? Buffer.allocUnsafeSlow(length) : Buffer.allocUnsafe(length)
    chunk.copy(copy, 0, start, end)
    return copy
  }

  /**
   * A short element of an aggregate. Making a string out of bytes costs a call into V8 of about 60 ns whatever its length,
   * cutting one out of another 15: so one piece of the chunk becomes text, and its elements are cut from it.
   */
  private element(chunk: Buffer, start: number, end: number): string {
    if (start < this.spanStart || end > this.spanEnd) {
      this.spanStart = start
      this.spanEnd = Math.min(chunk.length, start + SPAN_BYTES)
      this.span = latin1Slice(chunk, start, this.spanEnd)
    }
    return this.span.slice(start - this.spanStart, end - this.spanStart)
  }

  /** A bulk string in memory of its own. */
  private ownText(body: Buffer, pos: number): unknown {
    if (this.type === T.BULK && this.mode === DecodeMode.BUFFER && !this.keyNext) return body
    if (body.length > MAX_STRING) {
      return new UsageError('the value is longer than a JavaScript string can be: read it as a Buffer')
    }
    if (this.type !== T.BULK) return this.special(latin1Slice(body, 0, body.length), pos)
    if (this.mode === DecodeMode.REPLY) return latin1Slice(body, 0, body.length)
    return isAscii(body) ? latin1Slice(body, 0, body.length) : utf8Slice(body, 0, body.length)
  }

  /** A verbatim string or a long error, given as a binary string. */
  private special(binary: string, pos: number): unknown {
    if (this.type === T.BLOB_ERROR) return this.error(binary)
    if (binary.length < 4 || binary.charCodeAt(3) !== 0x3a) this.fail('verbatim string without a format', pos)
    if (this.mode === DecodeMode.REPLY) return new VerbatimReply(binary.slice(0, 3), binary.slice(4))
    const text = binary.slice(4)
    if (this.mode === DecodeMode.BUFFER && !this.keyNext) return Buffer.from(text, 'latin1')
    return fromBinary(text)
  }

  private error(binary: string): unknown {
    return this.mode === DecodeMode.REPLY ? new FailureReply(binary) : new ReplyError(fromBinary(binary))
  }

  private lineText(chunk: Buffer, start: number, end: number): string {
    // As a binary string: an atom is ASCII or, when it is not, must be read as latin1.
    const length = end - start
    if (length > MAX_ATOM) return latin1Slice(chunk, start, end)
    for (let i = start; i < end; i++) if (chunk[i]! > 127) return latin1Slice(chunk, start, end)
    return atom(chunk, start, end)
  }

  private endLine(line: string, pos: number): void {
    switch (this.type) {
      case T.SIMPLE:
        this.deliver(this.mode === DecodeMode.REPLY ? new StatusReply(line) : fromBinary(line))
        return
      case T.ERROR:
        this.deliver(this.error(line))
        return
      case T.NULL:
        if (line !== '') this.fail('invalid null', pos - 1)
        this.deliver(null)
        return
      case T.BOOLEAN:
        if (line !== 't' && line !== 'f') this.fail('invalid boolean', pos - 1)
        this.deliver(line === 't')
        return
      case T.DOUBLE: {
        const value = double(line)
        if (value === undefined) this.fail('invalid double', pos - 1)
        this.deliver(this.mode === DecodeMode.REPLY ? new DoubleReply(line) : value)
        return
      }
      case T.BIG_NUMBER:
        if (!/^[+-]?\d+$/.test(line)) this.fail('invalid big number', pos - 1)
        this.deliver(
          this.mode === DecodeMode.REPLY ? new BigNumberReply(line) : BigInt(line[0] === '+' ? line.slice(1) : line),
        )
        return
      default: {
        // The dot that ends a streamed aggregate.
        const frame = this.depth > 0 ? this.frames[this.depth - 1]! : null
        const odd = frame !== null && (frame.key !== null || (frame.type === T.MAP && frame.items.length % 2 === 1))
        if (line !== '' || frame === null || frame.remaining >= 0 || odd) this.fail('unexpected end', pos - 1)
        this.close()
      }
    }
  }
}
