// RESP, the command table, slots, error codes and the transport contract. Pure: no I/O, no dependencies.
export {
  ConnectionError,
  ERROR_CODES,
  type ErrorCode,
  type Issue,
  OchreError,
  ProtocolError,
  ReplyError,
  UsageError,
  ValidationError,
} from './errors.ts'
export {
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
export { slotOf } from './slot.ts'
export type { Link, LinkEvents, Transport } from './transport.ts'
