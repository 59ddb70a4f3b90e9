// A typed line becomes words the way redis-cli splits it: blanks separate, "..." knows escapes, '...' does not.

import { UsageError } from '@ochre/protocol'

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, a: 7, '"': 34, '\\': 92 }

/**
 * Splits one line into arguments. Words come back as bytes, because `"\xff"` is a byte and not a character; text
 * outside escapes is UTF-8. Throws a UsageError for a quote that is not closed or not followed by a blank.
 */
export function splitWords(line: string): Buffer[] {
  const words: Buffer[] = []
  let at = 0
  while (at < line.length) {
    if (isBlank(line[at]!)) {
      at++
      continue
    }
    const parts: Buffer[] = []
    while (at < line.length && !isBlank(line[at]!)) {
      const quote = line[at]!
      if (quote !== '"' && quote !== "'") {
        const start = at
        while (at < line.length && !isBlank(line[at]!) && line[at] !== '"' && line[at] !== "'") at++
        parts.push(Buffer.from(line.slice(start, at)))
        continue
      }
      at = quote === '"' ? readDouble(line, at + 1, parts) : readSingle(line, at + 1, parts)
      if (at < line.length && !isBlank(line[at]!)) throw new UsageError('A closing quote must be followed by a blank.')
    }
    words.push(Buffer.concat(parts))
  }
  return words
}

function readDouble(line: string, from: number, parts: Buffer[]): number {
  let at = from
  let start = from
  const flush = (): void => {
    if (at > start) parts.push(Buffer.from(line.slice(start, at)))
  }
  while (at < line.length) {
    const char = line[at]
    if (char === '"') {
      flush()
      return at + 1
    }
    if (char === '\\' && at + 1 < line.length) {
      flush()
      const hex = /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4))
      if (hex) {
        parts.push(Buffer.from([Number.parseInt(hex[1]!, 16)]))
        at += 4
      } else {
        const next = String.fromCodePoint(line.codePointAt(at + 1)!)
        const code = ESCAPES[next]
        parts.push(code === undefined ? Buffer.from(next) : Buffer.from([code]))
        at += 1 + next.length
      }
      start = at
      continue
    }
    at++
  }
  throw new UsageError('A double quote is not closed.')
}

function readSingle(line: string, from: number, parts: Buffer[]): number {
  let text = ''
  for (let at = from; at < line.length; at++) {
    if (line[at] === '\\' && line[at + 1] === "'") {
      text += "'"
      at++
    } else if (line[at] === "'") {
      parts.push(Buffer.from(text))
      return at + 1
    } else text += line[at]
  }
  throw new UsageError('A single quote is not closed.')
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r'
}
