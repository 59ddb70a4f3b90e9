// Codecs: what a value is in the program, and what it is in the database.
import { UsageError, ValidationError } from '@ochre/protocol'

/** Both directions are called synchronously. `decode` gets bytes of its own and throws when they are not what it wrote. */
export interface Codec<T> {
  encode(value: T): Uint8Array | string
  decode(bytes: Buffer): T
}

/** Strings as UTF-8. */
export const text: Codec<string> = {
  encode: (value) => value,
  decode: (bytes) => bytes.toString(),
}

/** Bytes as they are. */
export const bytes: Codec<Uint8Array> = {
  encode: (value) => value,
  decode: (given) => given,
}

/** JSON. Throws UsageError for what JSON cannot say (undefined, functions, bigint, cycles). */
export function json<T = unknown>(): Codec<T> {
  return {
    encode(value) {
      let encoded: string | undefined
      try {
        encoded = JSON.stringify(value)
      } catch (cause) {
        throw new UsageError('The value cannot be said in JSON.', { cause })
      }
      if (encoded === undefined) throw new UsageError('The value cannot be said in JSON.')
      return encoded
    },
    decode(given) {
      try {
        return JSON.parse(given.toString()) as T
      } catch {
        // What JSON.parse says quotes the value.
        throw new ValidationError('A stored value is not JSON.', [])
      }
    },
  }
}

/** What a codec wrote, as bytes. */
export function bytesOf(encoded: Uint8Array | string): Buffer {
  if (typeof encoded === 'string') return Buffer.from(encoded)
  return Buffer.isBuffer(encoded) ? encoded : Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength)
}
