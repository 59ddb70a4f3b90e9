// Text of a range of a Buffer, without a view in between. Node.js has these two methods on every Buffer and leaves them out
// of its types; `toString(encoding, start, end)` ends in them after checks that cost more than the work.

interface Slices {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

/** One character per byte. The range must lie inside of the buffer. */
export function latin1Slice(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Slices).latin1Slice(start, end)
}

/** UTF-8, with U+FFFD for what is none. The range must lie inside of the buffer. */
export function utf8Slice(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Slices).utf8Slice(start, end)
}
