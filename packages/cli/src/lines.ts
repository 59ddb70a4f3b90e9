// Lines of a stream of bytes. Only a line feed ends one: text may hold U+2028 and its like, which node:readline splits at.

const LINE_FEED = 10

/** Each line with the line feed that ends it, which the last one may lack. Nothing is decoded. */
export async function* readLines(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  for await (const given of source) {
    const chunk =
      typeof given === 'string' ? Buffer.from(given) : Buffer.from(given.buffer, given.byteOffset, given.length)
    let from = 0
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      const line = chunk.subarray(from, at + 1)
      yield rest.length === 0 ? line : Buffer.concat([...rest, line])
      rest = []
      from = at + 1
    }
    if (from < chunk.length) rest.push(chunk.subarray(from))
  }
  if (rest.length > 0) yield Buffer.concat(rest)
}

/** The line without its end, `\n` or `\r\n`. */
export function withoutEnd(line: Buffer): Buffer {
  if (line.at(-1) !== LINE_FEED) return line
  return line.subarray(0, line.at(-2) === 13 ? -2 : -1)
}
