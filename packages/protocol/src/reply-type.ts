// The byte that a reply begins with and that tells its type, in RESP2 and RESP3.

export const ReplyType = {
  ATTRIBUTE: 0x7c, // |
  ARRAY: 0x2a, // *
  BIG_NUMBER: 0x28, // (
  BLOB_ERROR: 0x21, // !
  BOOLEAN: 0x23, // #
  BULK: 0x24, // $
  CHUNK: 0x3b, // ;
  DOUBLE: 0x2c, // ,
  END: 0x2e, // .
  ERROR: 0x2d, // -
  INTEGER: 0x3a, // :
  MAP: 0x25, // %
  NULL: 0x5f, // _
  PUSH: 0x3e, // >
  SET: 0x7e, // ~
  SIMPLE: 0x2b, // +
  VERBATIM: 0x3d, // =
} as const
