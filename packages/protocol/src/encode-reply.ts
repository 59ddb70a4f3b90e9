// Replies to bytes: the RESP2 and RESP3 spelling of each `Reply`, as a binary string.
//
// Output is a string (one char per byte) because V8 joins strings without copying: a batch of replies grows one rope that
// is flattened once, when the socket or the caller's buffer takes it with encoding 'latin1'.
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

/** The protocol version a session speaks. */
export type RespVersion = 2 | 3

/** What takes text that has grown long, so that no reply has to fit into one string. */
export interface TextSink {
  take(text: string): void
}

/** Text is handed to the sink when it has grown to this. */
const PIECE_LENGTH = 64 * 1024

/**
 * The bytes of one reply. With a sink, a long reply goes there piece by piece, in order, and what is returned is the rest.
 * Text in a status or failure must hold neither CR nor LF; the author of the reply sees to that.
 */
export function encodeReply(reply: Reply, resp: RespVersion, sink?: TextSink): string {
  if (typeof reply === 'string' && reply.length < PIECE_LENGTH) return `$${reply.length}\r\n${reply}\r\n`
  if (typeof reply === 'number') return `:${reply}\r\n`
  if (reply === null) return resp === 3 ? '_\r\n' : '$-1\r\n'
  if (reply instanceof StatusReply) return `+${reply.text}\r\n`
  return encodeItems([reply], resp, sink)
}

/** What a collection holds; undefined for any other reply. */
function itemsOf(reply: Reply): readonly Reply[] | undefined {
  if (Array.isArray(reply)) return reply
  if (reply instanceof MapReply) return reply.entries
  return reply instanceof SetReply || reply instanceof PushReply ? reply.items : undefined
}

function encodeHead(reply: Reply, length: number, resp: RespVersion): string {
  if (resp === 3) {
    if (reply instanceof MapReply) return `%${length / 2}\r\n`
    if (reply instanceof SetReply) return `~${length}\r\n`
    if (reply instanceof PushReply) return `>${length}\r\n`
  }
  return `*${length}\r\n`
}

/** A collection that is being written, and how far. */
interface Open {
  readonly items: readonly Reply[]
  readonly at: number
}

/** Not recursive: a script may nest tables deeper than our stack is. */
function encodeItems(outermost: readonly Reply[], resp: RespVersion, sink: TextSink | undefined): string {
  let text = ''
  let items = outermost
  let at = 0
  let outer: Open[] | undefined
  for (;;) {
    while (at < items.length) {
      const item = items[at++]!
      if (typeof item === 'string') {
        if (item.length < PIECE_LENGTH || sink === undefined) text += `$${item.length}\r\n${item}\r\n`
        else {
          sink.take(`${text}$${item.length}\r\n`)
          sink.take(item)
          text = '\r\n'
        }
      } else {
        const inner =
          typeof item !== 'object' || item === null || item instanceof DoubleReply ? undefined : itemsOf(item)
        if (inner === undefined) text += encodeScalar(item, resp)
        else {
          text += encodeHead(item, inner.length, resp)
          if (outer === undefined) outer = []
          outer.push({ items, at })
          items = inner
          at = 0
        }
      }
      if (text.length > PIECE_LENGTH && sink !== undefined) {
        sink.take(text)
        text = ''
      }
    }
    const open = outer?.pop()
    if (open === undefined) return text
    items = open.items
    at = open.at
  }
}

function encodeScalar(reply: Reply, resp: RespVersion): string {
  if (typeof reply === 'number' || typeof reply === 'bigint') return `:${reply}\r\n`
  if (reply === null) return resp === 3 ? '_\r\n' : '$-1\r\n'
  if (reply instanceof StatusReply) return `+${reply.text}\r\n`
  if (reply instanceof FailureReply) return `-${reply.text}\r\n`
  if (reply instanceof DoubleReply)
    return resp === 3 ? `,${reply.text}\r\n` : `$${reply.text.length}\r\n${reply.text}\r\n`
  if (Buffer.isBuffer(reply)) return `$${reply.length}\r\n${reply.toString('latin1')}\r\n`
  if (typeof reply === 'boolean') return resp === 3 ? (reply ? '#t\r\n' : '#f\r\n') : reply ? ':1\r\n' : ':0\r\n'
  if (reply === NULL_ARRAY) return resp === 3 ? '_\r\n' : '*-1\r\n'
  if (reply instanceof VerbatimReply) {
    const { format, text } = reply
    return resp === 3 ? `=${text.length + 4}\r\n${format}:${text}\r\n` : `$${text.length}\r\n${text}\r\n`
  }
  if (reply instanceof BigNumberReply) {
    return resp === 3 ? `(${reply.text}\r\n` : `$${reply.text.length}\r\n${reply.text}\r\n`
  }
  throw new TypeError('not a reply')
}
