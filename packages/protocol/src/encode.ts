// Requests to bytes. A request is a RESP array of bulk strings; most become one JavaScript string, because V8 joins
// strings without copying and a socket flattens a whole flush at once.
//
// A piece of output is text of one of three kinds:
//   PLAIN    only ASCII; may be joined to either of the others
//   UTF8     characters, written as UTF-8
//   BINARY   one character per byte, written as latin1: small Buffers are copied into it
// Buffers of BY_REFERENCE bytes or more are never copied: they go out as they are, between two pieces of text.
import { UsageError } from './errors.ts'
import { latin1Slice } from './slice.ts'

/** An argument of a command. Strings travel as UTF-8, numbers as their shortest decimal text, bytes as they are. */
export type Arg = string | number | bigint | Uint8Array

export const TextKind = { PLAIN: 0, UTF8: 1, BINARY: 2 } as const
export type TextKind = (typeof TextKind)[keyof typeof TextKind]

/** A Buffer of at least this size is sent from the caller's memory, which must not change until the call is settled. */
export const BY_REFERENCE = 16384

/** An encoded request. When `parts` is set it holds everything in order (its strings are binary), and `text` is empty. */
export interface EncodedRequest {
  text: string
  kind: TextKind
  parts: (string | Buffer)[] | null
  bytes: number
}

/** What a request needs of a command: its words as bulk strings and how many they are. */
export interface RequestHead {
  readonly header: string
  readonly words: number
}

const CACHED = 1024
const COUNTS: string[] = []
const LENGTHS: string[] = []
for (let n = 0; n < CACHED; n++) {
  COUNTS.push(`*${n}\r\n`)
  LENGTHS.push(`$${n}\r\n`)
}

/** Encodes a command with the arguments that follow its name. Throws UsageError for what is no argument. */
export function encodeRequest(head: RequestHead, args: readonly Arg[], out: EncodedRequest): void {
  const count = args.length + head.words
  let text = (count < CACHED ? COUNTS[count]! : `*${count}\r\n`) + head.header
  let extra = 0
  let kind: TextKind = TextKind.PLAIN
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    let word: string
    if (typeof arg === 'string') word = arg
    else if (typeof arg === 'number') word = numberText(arg, i)
    else if (typeof arg === 'bigint') word = arg.toString()
    else if (arg instanceof Uint8Array) {
      encodeBinary(head, args, out)
      return
    } else throw notAnArgument(arg, i)
    const chars = word.length
    const length = Buffer.byteLength(word)
    if (length !== chars) {
      kind = TextKind.UTF8
      extra += length - chars
    }
    text += `${length < CACHED ? LENGTHS[length]! : `$${length}\r\n`}${word}\r\n`
  }
  out.text = text
  out.kind = kind
  out.parts = null
  out.bytes = text.length + extra
}

/** Encodes several requests as one: they leave together or not at all. */
export function encodeRequests(
  requests: readonly { readonly spec: RequestHead; readonly args: readonly Arg[] }[],
  out: EncodedRequest,
): void {
  const one: EncodedRequest = { text: '', kind: TextKind.PLAIN, parts: null, bytes: 0 }
  let text = ''
  let kind: TextKind = TextKind.PLAIN
  let parts: (string | Buffer)[] | null = null
  let bytes = 0
  for (const { spec, args } of requests) {
    encodeRequest(spec, args, one)
    bytes += one.bytes
    if (one.parts === null && (one.kind === kind || one.kind === TextKind.PLAIN)) {
      text += one.text
      continue
    }
    if (one.parts === null && kind === TextKind.PLAIN) {
      kind = one.kind
      text += one.text
      continue
    }
    // Characters and bytes in one: everything becomes bytes.
    if (kind === TextKind.UTF8) text = binary(text)
    kind = TextKind.BINARY
    if (one.parts === null) text += one.kind === TextKind.UTF8 ? binary(one.text) : one.text
    else {
      parts ??= []
      for (const part of one.parts) {
        if (typeof part === 'string') text += part
        else {
          parts.push(text, part)
          text = ''
        }
      }
    }
  }
  if (parts !== null) {
    parts.push(text)
    text = ''
  }
  out.text = text
  out.kind = kind
  out.parts = parts
  out.bytes = bytes
}

/** A request with bytes among its arguments: everything becomes a binary string, except what goes by reference. */
function encodeBinary(head: RequestHead, args: readonly Arg[], out: EncodedRequest): void {
  let text = `*${args.length + head.words}\r\n${head.header}`
  let parts: (string | Buffer)[] | null = null
  let bytes = 0
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    let word: string
    if (arg instanceof Uint8Array) {
      const buffer = Buffer.isBuffer(arg) ? arg : Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength)
      if (buffer.length >= BY_REFERENCE) {
        text += `$${buffer.length}\r\n`
        bytes += text.length + buffer.length
        parts ??= []
        parts.push(text, buffer)
        text = '\r\n'
        continue
      }
      word = latin1Slice(buffer, 0, buffer.length)
    } else if (typeof arg === 'string') word = binary(arg)
    else if (typeof arg === 'number') word = numberText(arg, i)
    else if (typeof arg === 'bigint') word = arg.toString()
    else throw notAnArgument(arg, i)
    text += `$${word.length}\r\n${word}\r\n`
  }
  bytes += text.length
  if (parts !== null) {
    parts.push(text)
    text = ''
  }
  out.text = text
  out.kind = TextKind.BINARY
  out.parts = parts
  out.bytes = bytes
}

function numberText(value: number, index: number): string {
  if (Number.isInteger(value)) return Math.abs(value) < 1e21 ? `${value}` : BigInt(value).toString()
  if (Number.isNaN(value)) throw new UsageError(`Argument ${index + 1} is NaN, which no command takes.`)
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  if (value === Number.NEGATIVE_INFINITY) return '-inf'
  return `${value}`
}

function notAnArgument(value: unknown, index: number): UsageError {
  const what = value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`
  return new UsageError(`Argument ${index + 1} is ${what}: give a string, a number, a bigint or bytes.`)
}

function binary(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text, 'utf8').toString('latin1')
}

/** Takes what a flush writes; false when the link is full. */
export type WritePiece = (data: string | Buffer, encoding: 'latin1' | 'utf8') => boolean

/** The output of one flush: usually a single string. */
export class Output {
  /** Bytes appended since the last flush. */
  bytes = 0
  private text = ''
  private kind: TextKind = TextKind.PLAIN
  private pieces: { data: string | Buffer; kind: TextKind }[] | null = null

  append(request: EncodedRequest): void {
    this.bytes += request.bytes
    if (request.parts === null && (request.kind === this.kind || request.kind === TextKind.PLAIN)) {
      this.text += request.text
      return
    }
    if (request.parts === null) {
      if (this.kind === TextKind.PLAIN) this.kind = request.kind
      else if (request.kind === TextKind.UTF8) {
        this.text += binary(request.text)
        return
      } else {
        this.endPiece()
        this.kind = TextKind.BINARY
      }
      this.text += request.text
      return
    }
    if (this.kind === TextKind.UTF8) this.endPiece()
    this.kind = TextKind.BINARY
    for (const part of request.parts) {
      if (typeof part === 'string') this.text += part
      else {
        this.endPiece()
        this.kind = TextKind.BINARY
        this.pieces!.push({ data: part, kind: TextKind.BINARY })
      }
    }
  }

  private endPiece(): void {
    this.pieces ??= []
    if (this.text !== '') this.pieces.push({ data: this.text, kind: this.kind })
    this.text = ''
    this.kind = TextKind.PLAIN
  }

  /** Writes everything in order and is empty again. Returns what the last write returned. */
  flush(write: WritePiece): boolean {
    const { text, kind, pieces } = this
    this.clear()
    let room = true
    if (pieces !== null) {
      for (const piece of pieces) room = write(piece.data, piece.kind === TextKind.UTF8 ? 'utf8' : 'latin1')
    }
    if (text !== '') room = write(text, kind === TextKind.UTF8 ? 'utf8' : 'latin1')
    return room
  }

  clear(): void {
    this.bytes = 0
    this.text = ''
    this.kind = TextKind.PLAIN
    this.pieces = null
  }
}
