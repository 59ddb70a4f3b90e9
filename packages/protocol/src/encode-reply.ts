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

/** The bytes of one reply. Text in a status or failure must hold neither CR nor LF; the author of the reply sees to that. */
export function encodeReply(reply: Reply, resp: RespVersion): string {
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`
  if (typeof reply === 'number') return `:${reply}\r\n`
  if (reply === null) return resp === 3 ? '_\r\n' : '$-1\r\n'
  if (reply instanceof StatusReply) return `+${reply.text}\r\n`
  const items = itemsOf(reply)
  return items === undefined
    ? encodeScalar(reply, resp)
    : encodeHead(reply, items.length, resp) + encodeItems(items, resp)
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
function encodeItems(outermost: readonly Reply[], resp: RespVersion): string {
  let text = ''
  let items = outermost
  let at = 0
  let outer: Open[] | undefined
  for (;;) {
    while (at < items.length) {
      const item = items[at++]!
      if (typeof item === 'string') text += `$${item.length}\r\n${item}\r\n`
      else {
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
