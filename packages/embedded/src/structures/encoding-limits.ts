// The thresholds of a compact encoding, as CONFIG holds them for hashes and sorted sets.

/** A collection stays a listpack up to `entries` entries of up to `value` bytes each: hash-max-listpack-entries and -value. */
export interface EncodingLimits {
  readonly entries: number
  readonly value: number
}
