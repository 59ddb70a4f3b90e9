// A codec around a codec that makes values smaller: one byte that says how, then the data.
//
//   00 as it is (short, or compression would not help)    01 gzip    02 brotli
//
// Works synchronously: a value of a megabyte holds up the process for some milliseconds.
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib'
import { UsageError, ValidationError } from '@ochre/protocol'
import { checkOptions } from './arguments.ts'
import { bytesOf, type Codec } from './codec.ts'

export interface CompressionOptions {
  /** Default `gzip`; `brotli` is smaller and slower. Values of either are read whatever is set. */
  readonly algorithm?: 'gzip' | 'brotli'
  /** 1 to 9 for gzip (default 6), 0 to 11 for brotli (default 4). */
  readonly level?: number
  /** Shorter values stay as they are; default 256. */
  readonly minBytes?: number
  /** What decompresses to more is refused; default 64 MB. */
  readonly maxBytes?: number
  /** Read values without the first byte, as they are: for data from before; default false. Must not begin with 00, 01, 02. */
  readonly readPlain?: boolean
}

const PLAIN = 0
const GZIP = 1
const BROTLI = 2

export function compressed<T>(codec: Codec<T>, options: CompressionOptions = {}): Codec<T> {
  checkOptions(options, 'algorithm level minBytes maxBytes readPlain')
  const { algorithm = 'gzip', minBytes = 256, maxBytes = 64 * 1024 * 1024, readPlain = false } = options
  if (algorithm !== 'gzip' && algorithm !== 'brotli') throw new UsageError('algorithm must be gzip or brotli.')
  const level = options.level ?? (algorithm === 'gzip' ? 6 : 4)
  const [least, most] = algorithm === 'gzip' ? [1, 9] : [0, 11]
  if (!Number.isInteger(level) || level < least || level > most) {
    throw new UsageError(`level must be a whole number from ${least} to ${most}.`)
  }
  const shrink = (data: Buffer): Buffer =>
    algorithm === 'gzip'
      ? gzipSync(data, { level })
      : brotliCompressSync(data, {
          params: {
            [constants.BROTLI_PARAM_QUALITY]: level,
            [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
          },
        })
  return {
    encode(value) {
      const data = bytesOf(codec.encode(value))
      if (data.length >= minBytes) {
        const smaller = shrink(data)
        if (smaller.length < data.length) {
          return Buffer.concat([Buffer.of(algorithm === 'gzip' ? GZIP : BROTLI), smaller])
        }
      }
      return Buffer.concat([Buffer.of(PLAIN), data])
    },
    decode(stored) {
      const data = stored.subarray(1)
      switch (stored[0]) {
        case PLAIN:
          return codec.decode(data)
        case GZIP:
          return codec.decode(expand(gunzipSync, data, maxBytes))
        case BROTLI:
          return codec.decode(expand(brotliDecompressSync, data, maxBytes))
      }
      if (readPlain) return codec.decode(stored)
      throw new ValidationError('A stored value was not written by this codec.', [])
    },
  }
}

function expand(inflate: typeof gunzipSync, data: Buffer, maxOutputLength: number): Buffer {
  try {
    return inflate(data, { maxOutputLength })
  } catch {
    throw new ValidationError(`A stored value cannot be decompressed to at most ${maxOutputLength} bytes.`, [])
  }
}
