// The format of the files: a header, then records. A record is what is written at once: the changes of whole commands,
// transactions and scripts, never a part of one.
//
//     file    | OCHREAOF | version u32 | crc32 of the 12 bytes u32 |  record  |  record  | ...
//     record  |  head, 20 bytes  |  payload: commands in RESP  |
//     head    | length u32 | hash of length, position and time u32 | crc32 of payload u32 | time f64 |
//
// Numbers are little-endian. The head has a hash of its own, because a wrong length would make the rest of the file look
// like the torn end of one long record. The record's position in its file (u32) is part of it, so that blocks of another file
// are not taken for this one's. The time, in milliseconds since the epoch, is that of all changes in the record: they are
// repeated at that time. In a base it is 0, when nothing has expired. Each payload starts in database 0; SELECT changes it
// until the payload ends.
import { crc32 } from 'node:zlib'

const MAGIC = 'OCHREAOF'
const VERSION = 1
/** Where the first record starts. */
export const HEADER_BYTES = 16
/** What stands before a payload. */
export const RECORD_HEAD_BYTES = 20

export function fileHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 0, 'latin1')
  header.writeUInt32LE(VERSION, 8)
  header.writeUInt32LE(crc32(header.subarray(0, 12)), 12)
  return header
}

/** What is wrong with a file's first bytes; null when it is a file of this format and version. */
export function headerProblem(bytes: Buffer): string | null {
  if (bytes.length < HEADER_BYTES) return 'it ends within its header'
  if (crc32(bytes.subarray(0, 12)) !== bytes.readUInt32LE(12)) return 'its header is damaged'
  if (bytes.toString('latin1', 0, 8) !== MAGIC) return 'it is no append-only file'
  const version = bytes.readUInt32LE(8)
  return version === VERSION ? null : `its version is ${version}, and this program reads version ${VERSION}`
}

/** Fills the head of a record whose payload is in place behind it. `record` is head and payload, `position` where it goes. */
export function sealRecord(record: Buffer, position: number, time: number): void {
  record.writeUInt32LE(record.length - RECORD_HEAD_BYTES, 0)
  record.writeDoubleLE(time, 12)
  record.writeUInt32LE(headHash(record, position), 4)
  record.writeUInt32LE(crc32(record.subarray(RECORD_HEAD_BYTES)), 8)
}

/** A hash of length, position and time in which each change of one of them shows. */
function headHash(head: Buffer, position: number): number {
  let hash = Math.imul(HASH_SEED ^ head.readUInt32LE(0), HASH_FACTOR)
  hash = Math.imul(hash ^ position, HASH_FACTOR)
  hash = Math.imul(hash ^ head.readUInt32LE(12), HASH_FACTOR)
  return Math.imul(hash ^ head.readUInt32LE(16), HASH_FACTOR) >>> 0
}

const HASH_SEED = 0x811c9dc5
const HASH_FACTOR = 0x01000193

/** What a head tells of the record; undefined when the head is damaged. */
export function readHead(
  head: Buffer,
  position: number,
): { readonly length: number; readonly time: number } | undefined {
  if (headHash(head, position) !== head.readUInt32LE(4)) return undefined
  return { length: head.readUInt32LE(0), time: head.readDoubleLE(12) }
}

export function isPayloadSound(head: Buffer, payload: Buffer): boolean {
  return crc32(payload) === head.readUInt32LE(8)
}

/** A command in RESP as a binary string. */
export function encodeCommand(args: readonly string[]): string {
  let text = `*${args.length}\r\n`
  for (const arg of args) text += `$${arg.length}\r\n${arg}\r\n`
  return text
}
