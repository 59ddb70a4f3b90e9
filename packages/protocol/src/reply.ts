// What a server answers, before it is bytes. Plain JavaScript values where RESP has one meaning for them, small
// classes where it has two. RESP2 and RESP3 spellings of each are the business of encode-reply.ts alone.
//
// Text inside a reply is a *binary string*: one UTF-16 unit per byte (0..255), as latin1 decodes it. It compares, hashes
// and concatenates like the bytes themselves, and no byte sequence is ever damaged.

/** A simple string: `+OK`. */
export class StatusReply {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An error reply: `-ERR ...`. `text` is the whole line without the dash. */
export class FailureReply {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A double: `,1.5` in RESP3, a bulk string in RESP2. `text` is the exact spelling Redis uses. */
export class DoubleReply {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A map: `%` in RESP3, a flat array in RESP2. `entries` alternates keys and values. */
export class MapReply {
  readonly entries: readonly Reply[]
  constructor(entries: readonly Reply[]) {
    this.entries = entries
  }
}

/** A set: `~` in RESP3, an array in RESP2. */
export class SetReply {
  readonly items: readonly Reply[]
  constructor(items: readonly Reply[]) {
    this.items = items
  }
}

/** Out-of-band data: `>` in RESP3, an array in RESP2. */
export class PushReply {
  readonly items: readonly Reply[]
  constructor(items: readonly Reply[]) {
    this.items = items
  }
}

/** Text with a format: `=15\r\ntxt:...` in RESP3, a bulk string in RESP2. `format` has three characters. */
export class VerbatimReply {
  readonly format: string
  readonly text: string
  constructor(format: string, text: string) {
    this.format = format
    this.text = text
  }
}

/** An integer beyond 64 bits: `(` in RESP3, a bulk string in RESP2. */
export class BigNumberReply {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** The absent array: `*-1` in RESP2, `_` in RESP3. (`null` is the absent bulk string: `$-1`, `_`.) */
export const NULL_ARRAY: unique symbol = Symbol('null array')

/**
 * One reply. `string` and `Buffer` are bulk strings (binary string, raw bytes), `number` and `bigint` are integers,
 * `boolean` is `#t`/`#f` in RESP3 and `:1`/`:0` in RESP2, an array is an array.
 */
export type Reply =
  | string
  | Buffer
  | number
  | bigint
  | boolean
  | null
  | typeof NULL_ARRAY
  | StatusReply
  | FailureReply
  | DoubleReply
  | MapReply
  | SetReply
  | PushReply
  | VerbatimReply
  | BigNumberReply
  | readonly Reply[]
