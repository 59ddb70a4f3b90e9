// The flags of a command, as bits.

/** Bits of {@link CommandSpec.flags}: the flags of COMMAND INFO, and from DEPRECATED on our own. */
export const CommandFlag = {
  WRITE: 1 << 0,
  READONLY: 1 << 1,
  DENYOOM: 1 << 2,
  ADMIN: 1 << 3,
  PUBSUB: 1 << 4,
  NOSCRIPT: 1 << 5,
  BLOCKING: 1 << 6,
  LOADING: 1 << 7,
  STALE: 1 << 8,
  SKIP_MONITOR: 1 << 9,
  SKIP_SLOWLOG: 1 << 10,
  ASKING: 1 << 11,
  FAST: 1 << 12,
  NO_AUTH: 1 << 13,
  MAY_REPLICATE: 1 << 14,
  NO_MANDATORY_KEYS: 1 << 15,
  PROTECTED: 1 << 16,
  NO_ASYNC_LOADING: 1 << 17,
  NO_MULTI: 1 << 18,
  MOVABLEKEYS: 1 << 19,
  ALLOW_BUSY: 1 << 20,
  MODULE: 1 << 21,
  /** Superseded; COMMAND DOCS says `deprecated`. */
  DEPRECATED: 1 << 24,
  /** Meant for servers talking to each other or for debugging; COMMAND DOCS says `syscmd`. */
  SYSTEM: 1 << 25,
  /**
   * Not READONLY, and still safe to repeat when the first reply was lost: whatever its options and arguments, a second run
   * straight after the first leaves the same data and gives the same reply (times in relative expiries start again).
   * A command that only sometimes qualifies, as SET, which may carry NX or GET, does not carry the flag.
   */
  IDEMPOTENT: 1 << 26,
  /** Changes the state of the connection it arrives on: subscriptions, transactions, identity, protocol, tracking. */
  SESSION: 1 << 27,
} as const

export type CommandFlag = keyof typeof CommandFlag
