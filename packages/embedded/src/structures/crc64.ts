// CRC-64 with the Jones polynomial, reflected, as Redis appends it to dumped payloads and RDB files.

const LOW = new Uint32Array(256)
const HIGH = new Uint32Array(256)

for (let byte = 0; byte < 256; byte++) {
  let low = byte
  let high = 0
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1
    low = (low >>> 1) | (high << 31)
    high >>>= 1
    if (isOdd) {
      low ^= 0xac4bc9b5
      high ^= 0x95ac9329
    }
  }
  LOW[byte] = low
  HIGH[byte] = high
}

/** The checksum of the bytes as 8 little-endian bytes, which is how Redis stores it. */
export function crc64(bytes: Uint8Array): Buffer {
  let low = 0
  let high = 0
  for (let i = 0; i < bytes.length; i++) {
    const index = (low ^ bytes[i]!) & 0xff
    low = ((low >>> 8) | (high << 24)) ^ LOW[index]!
    high = (high >>> 8) ^ HIGH[index]!
  }
  const checksum = Buffer.allocUnsafe(8)
  checksum.writeUInt32LE(low >>> 0, 0)
  checksum.writeUInt32LE(high >>> 0, 4)
  return checksum
}
