// Values in the scripting machine's buffer: 32-bit words; a text is its length, its bytes and padding to the next word; a
// value is a tag and what follows from it. The other end of each method here is in ../../lua-vm/vm.c.
//
// The machine may move its buffer and grow its memory whenever it runs, which voids our views: `refresh` comes first
// after each entry from it. Positions are bytes from the buffer's start.
import {
  BigNumberReply,
  DoubleReply,
  FailureReply,
  latin1Slice,
  MapReply,
  NULL_ARRAY,
  PushReply,
  type Reply,
  SetReply,
  StatusReply,
  VerbatimReply,
} from '@ochre/protocol'

/** What the wire needs of the machine: its memory, and `reserve`, which makes room and returns the buffer's address. */
export interface Buffered {
  readonly memory: { readonly buffer: ArrayBuffer }
  reserve(size: number): number
}

const NIL = 0
const FALSE = 1
const TRUE = 2
const NUMBER = 3
const STRING = 4
const ARRAY = 5
const MAP = 6
const SET = 7
const STATUS = 8
const ERROR = 9
const DOUBLE = 10
const BIG_NUMBER = 11
const VERBATIM = 12
const INTEGER = 13

/** Below this many characters a loop beats a call into Buffer. */
const SHORT = 24

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)

/** A collection that is being read, and how many replies it still lacks. */
interface Open {
  readonly items: Reply[]
  left: number
}

export class Wire {
  readonly #machine: Buffered
  #words = new Int32Array(0)
  #bytes = Buffer.alloc(0)
  #base = 0
  #capacity = 0
  /** Where the next read or write happens. */
  #at = 0

  constructor(machine: Buffered) {
    this.#machine = machine
    this.rewind()
  }

  /** Starts over at the buffer's start, wherever that is by now. */
  rewind(): void {
    this.#base = this.#machine.reserve(0)
    this.#at = this.#base
    if (this.#words.length === 0) this.#refresh()
  }

  #refresh(): void {
    const { buffer } = this.#machine.memory
    this.#words = new Int32Array(buffer)
    this.#bytes = Buffer.from(buffer)
  }

  #room(size: number): void {
    const needed = this.#at - this.#base + size
    if (needed <= this.#capacity) return
    this.#capacity = Math.max(needed, this.#capacity * 2)
    const moved = this.#machine.reserve(this.#capacity)
    this.#at += moved - this.#base
    this.#base = moved
    if (this.#words.length === 0) this.#refresh()
  }

  /** Bytes at the buffer's start, as they are; returns how many. */
  writeRaw(text: string): number {
    this.rewind()
    this.#room(text.length)
    return this.#bytes.write(text, this.#base, 'latin1')
  }

  readRaw(length: number): string {
    this.rewind()
    return latin1Slice(this.#bytes, this.#base, this.#base + length)
  }

  /** Bytes anywhere in the machine's memory; valid until it runs again. */
  bytesAt(address: number, length: number): Buffer {
    this.rewind()
    return this.#bytes.subarray(address, address + length)
  }

  writeText(text: string): void {
    const { length } = text
    this.#room(length + 8)
    this.#words[this.#at >> 2] = length
    let to = this.#at + 4
    if (length < SHORT) for (let i = 0; i < length; i++) this.#bytes[to++] = text.charCodeAt(i)
    else this.#bytes.write(text, to, 'latin1')
    this.#at += 4 + ((length + 3) & ~3)
  }

  readText(): string {
    const length = this.#words[this.#at >> 2]!
    const start = this.#at + 4
    this.#at = start + ((length + 3) & ~3)
    if (length >= SHORT) return latin1Slice(this.#bytes, start, start + length)
    let text = ''
    for (let i = start; i < start + length; i++) text += String.fromCharCode(this.#bytes[i]!)
    return text
  }

  readTexts(count: number): string[] {
    this.rewind()
    const texts: string[] = []
    for (let i = 0; i < count; i++) texts.push(this.readText())
    return texts
  }

  #tag(tag: number): void {
    this.#room(16)
    this.#words[this.#at >> 2] = tag
    this.#at += 4
  }

  #double(value: number): void {
    double[0] = value
    this.#tag(halves[0]!)
    this.#tag(halves[1]!)
  }

  /** Writes a command's reply as a script sees it in the protocol version it chose. */
  writeReply(reply: Reply, resp: 2 | 3): void {
    if (typeof reply === 'string') {
      this.#tag(STRING)
      this.writeText(reply)
    } else if (typeof reply === 'number' && (reply | 0) === reply) {
      this.#tag(INTEGER)
      this.#tag(reply)
    } else if (typeof reply === 'number' || typeof reply === 'bigint') {
      this.#tag(NUMBER)
      this.#double(Number(reply))
    } else if (reply === null || reply === NULL_ARRAY) {
      this.#tag(resp === 2 ? FALSE : NIL)
    } else if (typeof reply === 'boolean') {
      if (resp === 2) this.writeReply(reply ? 1 : 0, resp)
      else this.#tag(reply ? TRUE : FALSE)
    } else if (reply instanceof StatusReply) {
      this.#tag(STATUS)
      this.writeText(reply.text)
    } else if (reply instanceof FailureReply) {
      this.#tag(ERROR)
      this.writeText(reply.text)
    } else if (Buffer.isBuffer(reply)) {
      this.#tag(STRING)
      this.writeText(latin1Slice(reply, 0, reply.length))
    } else if (reply instanceof MapReply) {
      const { entries } = reply
      this.#items(resp === 2 ? ARRAY : MAP, resp === 2 ? entries.length : entries.length / 2, entries, resp)
    } else if (reply instanceof SetReply) {
      this.#items(resp === 2 ? ARRAY : SET, reply.items.length, reply.items, resp)
    } else if (reply instanceof PushReply) {
      this.#items(ARRAY, reply.items.length, reply.items, resp)
    } else if (reply instanceof DoubleReply) {
      if (resp === 3) {
        this.#tag(DOUBLE)
        this.#double(toDouble(reply.text))
      } else {
        this.writeReply(reply.text, resp)
      }
    } else if (reply instanceof BigNumberReply) {
      this.#tag(resp === 2 ? STRING : BIG_NUMBER)
      this.writeText(reply.text)
    } else if (reply instanceof VerbatimReply) {
      this.#tag(resp === 2 ? STRING : VERBATIM)
      this.writeText(reply.text)
      if (resp === 3) this.writeText(reply.format)
    } else {
      this.#items(ARRAY, reply.length, reply, resp)
    }
  }

  #items(tag: number, count: number, items: readonly Reply[], resp: 2 | 3): void {
    this.#tag(tag)
    this.#tag(count)
    for (const item of items) this.writeReply(item, resp)
  }

  /** Reads what a run left: the protocol version that the script chose, and its reply. Not recursive, because a script
   * may nest tables deeper than our stack is. */
  readReply(): Reply {
    this.rewind()
    const resp = this.#word()
    const root: Open = { items: [], left: 1 }
    const outer: Open[] = []
    let open = root
    for (;;) {
      while (open.left === 0) {
        const next = outer.pop()
        if (next === undefined) return root.items[0]!
        open = next
      }
      open.left--
      const tag = this.#word()
      if (tag === ARRAY || tag === MAP || tag === SET) {
        const count = this.#word()
        const items: Reply[] = []
        open.items.push(tag === ARRAY ? items : tag === MAP ? new MapReply(items) : new SetReply(items))
        outer.push(open)
        open = { items, left: tag === MAP ? count * 2 : count }
      } else {
        const reply = this.#readScalar(tag, resp)
        if (open === root) return reply
        open.items.push(reply)
      }
    }
  }

  #word(): number {
    const word = this.#words[this.#at >> 2]!
    this.#at += 4
    return word
  }

  #readScalar(tag: number, resp: number): Reply {
    switch (tag) {
      case INTEGER: {
        const low = this.#word() >>> 0
        const high = this.#word()
        const value = high * 0x1_0000_0000 + low
        return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low)
      }
      case STRING:
        return this.readText()
      case STATUS:
        return new StatusReply(this.readText())
      case TRUE:
        return resp === 2 ? 1 : true
      case FALSE:
        return resp === 2 ? null : false
      case ERROR:
        return new FailureReply(this.readText())
      case DOUBLE:
        return new DoubleReply(this.readText())
      case BIG_NUMBER:
        return new BigNumberReply(this.readText())
      case VERBATIM: {
        const text = this.readText()
        return new VerbatimReply(this.readText(), text)
      }
      default:
        return null
    }
  }
}

function toDouble(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY
  if (text === '-inf') return Number.NEGATIVE_INFINITY
  return Number(text)
}
