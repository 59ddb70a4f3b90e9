// The flags of a command, as bits.

/** Bits of {@link CommandSpec.flags}: the flags of COMMAND INFO, and from DEPRECATED on our own. */
export const CommandFlag = {
  WRITE: 0x00000001,
  READONLY: 0x00000002,
  DENYOOM: 0x00000004,
  ADMIN: 0x00000008,
  PUBSUB: 0x00000010,
  NOSCRIPT: 0x00000020,
  BLOCKING: 0x00000040,
  LOADING: 0x00000080,
  STALE: 0x00000100,
  SKIP_MONITOR: 0x00000200,
  SKIP_SLOWLOG: 0x00000400,
  ASKING: 0x00000800,
  FAST: 0x00001000,
  NO_AUTH: 0x00002000,
  /** No write, and yet replicas may have to repeat what it did: scripts, PFCOUNT, messages. COMMAND INFO does not say it. */
  MAY_REPLICATE: 0x00004000,
  NO_MANDATORY_KEYS: 0x00008000,
  PROTECTED: 0x00010000,
  NO_ASYNC_LOADING: 0x00020000,
  NO_MULTI: 0x00040000,
  MOVABLEKEYS: 0x00080000,
  ALLOW_BUSY: 0x00100000,
  MODULE: 0x00200000,
  /** Superseded; COMMAND DOCS says `deprecated`. */
  DEPRECATED: 0x01000000,
  /** Meant for servers talking to each other or for debugging; COMMAND DOCS says `syscmd`. */
  SYSTEM: 0x02000000,
  /**
   * Not READONLY, and still safe to repeat when the first reply was lost: whatever its options and arguments, a second run
   * straight after the first leaves the same data and gives the same reply (times in relative expiries start again).
   * A command that only sometimes qualifies, as SET, which may carry NX or GET, does not carry the flag.
   */
  IDEMPOTENT: 0x04000000,
  /** Changes the state of the connection it arrives on: subscriptions, transactions, identity, protocol, tracking. */
  SESSION: 0x08000000,
  /** The reply holds serialised bytes, which are Buffers for every client: decoding them as text would damage them. */
  BINARY: 0x10000000,
} as const

export type CommandFlag = keyof typeof CommandFlag
