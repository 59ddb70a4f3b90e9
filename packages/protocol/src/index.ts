// RESP, the command table, slots, error codes and the transport contract. Pure: no I/O, no dependencies.
export {
  CommandFlag,
  type CommandSpec,
  commandNames,
  keyPositions,
  lookupCommand,
  slotPositions,
} from './command-table.ts'
export { type DecodeLimits, DecodeMode, Decoder, type ReplySink } from './decode.ts'
export {
  type Arg,
  BY_REFERENCE,
  type EncodedRequest,
  encodeRequest,
  encodeRequests,
  Output,
  type RequestHead,
  TextKind,
  type WritePiece,
} from './encode.ts'
export { encodeReply, type RespVersion, type TextSink } from './encode-reply.ts'
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
export { compileGlob, type Glob, matchGlob } from './glob.ts'
export { findKeys, type KeySpec } from './key-spec.ts'
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
export { latin1Slice, utf8Slice } from './slice.ts'
export { slotOf } from './slot.ts'
export { type Argument, type ArgumentType, parseSyntax } from './syntax.ts'
export type { Link, LinkEvents, Transport } from './transport.ts'
export { splitWords } from './words.ts'
