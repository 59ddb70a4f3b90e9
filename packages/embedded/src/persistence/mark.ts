// The words of the files' format that stand among Redis's commands.

export const Mark = {
  /** Ends a base: how many commands it holds. */
  END: '.end',
  /** Starts a log: how long the log before it is. */
  FOLLOWS: '.follows',
  /** When fields of a hash expire: key, field, milliseconds since the epoch, field ... */
  FIELDS: '.fields',
  /** A stream or more nodes of it: key, dumped payload. */
  STREAM: '.stream',
  /** What a group of a stream has delivered: key, group, consumer, id in 16 bytes, milliseconds since the epoch, deliveries, consumer ... */
  PENDING: '.pending',
} as const
