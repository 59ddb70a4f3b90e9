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
  if (Array.isArray(reply)) return `*${reply.length}\r\n${encodeEach(reply, resp)}`
  if (reply instanceof FailureReply) return `-${reply.text}\r\n`
  if (reply instanceof MapReply) {
    const { entries } = reply
    return `${resp === 3 ? `%${entries.length / 2}` : `*${entries.length}`}\r\n${encodeEach(entries, resp)}`
  }
  if (reply instanceof DoubleReply)
    return resp === 3 ? `,${reply.text}\r\n` : `$${reply.text.length}\r\n${reply.text}\r\n`
  if (Buffer.isBuffer(reply)) return `$${reply.length}\r\n${reply.toString('latin1')}\r\n`
  if (reply instanceof SetReply) {
    return `${resp === 3 ? '~' : '*'}${reply.items.length}\r\n${encodeEach(reply.items, resp)}`
  }
  if (reply instanceof PushReply) {
    return `${resp === 3 ? '>' : '*'}${reply.items.length}\r\n${encodeEach(reply.items, resp)}`
  }
  if (typeof reply === 'boolean') return resp === 3 ? (reply ? '#t\r\n' : '#f\r\n') : reply ? ':1\r\n' : ':0\r\n'
  if (typeof reply === 'bigint') return `:${reply}\r\n`
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

function encodeEach(items: readonly Reply[], resp: RespVersion): string {
  let text = ''
  for (const item of items) text += encodeReply(item, resp)
  return text
}
