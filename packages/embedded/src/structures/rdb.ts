// DUMP and RESTORE payloads: a value in RDB form, the RDB version and a checksum.
//
//     type | value | version u16 | crc64 of all before u64
import { crc64 } from './crc64.ts'
import { decodeRdbValue, decodeTagged } from './rdb-decode.ts'
import { encodeRdbValue } from './rdb-encode.ts'
import type { RdbValue } from './rdb-value.ts'

const RDB_VERSION = 10
const FOOTER = 10
/** What stands before a library where a value has its type. */
const LIBRARY = 245

/** The payload of DUMP as a binary string; the bytes are those of Redis 7.0 wherever its own are determined by the value. */
export function dumpValue(value: RdbValue): string {
  return seal(encodeRdbValue(value))
}

/** Libraries of functions as FUNCTION DUMP gives them: each is its tag and its code. */
export function dumpLibraries(codes: readonly string[]): string {
  return seal(
    Buffer.concat(
      codes.map((text) => {
        const record = encodeRdbValue({ type: 'string', text })
        record[0] = LIBRARY
        return record
      }),
    ),
  )
}

/** The codes of a payload of FUNCTION DUMP, or why there are none; `type` is a payload of something else. */
export function restoreLibraries(payload: string, skipsChecksum = false): string[] | 'footer' | 'type' | 'data' {
  const body = unseal(payload, skipsChecksum)
  return body === undefined ? 'footer' : decodeTagged(body, LIBRARY)
}

function seal(body: Buffer): string {
  const version = Buffer.from([RDB_VERSION & 0xff, RDB_VERSION >> 8])
  const checked = Buffer.concat([body, version])
  return checked.toString('latin1') + crc64(checked).toString('latin1')
}

/**
 * The value of a payload, or why there is none: `footer` when it is too short, of a newer version or its checksum is
 * wrong, `data` when what the checksum covers is malformed, empty or of an unknown type.
 */
export function restoreValue(payload: string, skipsChecksum = false): RdbValue | 'footer' | 'data' {
  const body = unseal(payload, skipsChecksum)
  return body === undefined ? 'footer' : (decodeRdbValue(body) ?? 'data')
}

/** What stands before a sound footer. */
function unseal(payload: string, skipsChecksum: boolean): Buffer | undefined {
  const bytes = Buffer.from(payload, 'latin1')
  if (bytes.length < FOOTER) return undefined
  const end = bytes.length - FOOTER
  if (bytes.readUInt16LE(end) > RDB_VERSION) return undefined
  const isSound = skipsChecksum || crc64(bytes.subarray(0, end + 2)).equals(bytes.subarray(end + 2))
  return isSound ? bytes.subarray(0, end) : undefined
}
