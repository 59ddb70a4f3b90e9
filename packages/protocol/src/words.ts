// A command line to words, with the quotes and escapes of inline requests: what servers and shells read alike.

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }

/** The words of a line; undefined when quotes are unbalanced or closed in the middle of a word. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = []
  let at = 0
  for (;;) {
    while (at < line.length && isSpace(line[at]!)) at++
    if (at >= line.length || line[at] === '\0') return words
    let word = ''
    while (at < line.length && !WORD_ENDS.includes(line[at]!)) {
      const quote = line[at]!
      if (quote !== '"' && quote !== "'") {
        word += quote
        at++
        continue
      }
      at++
      for (;;) {
        const char = line[at]
        if (char === undefined) return undefined
        if (char === quote) break
        if (char !== '\\') {
          word += char
          at++
        } else if (quote === "'") {
          word += line[at + 1] === "'" ? "'" : '\\'
          at += line[at + 1] === "'" ? 2 : 1
        } else {
          const hex = /^x([0-9a-f]{2})/i.exec(line.slice(at + 1, at + 4))
          const next = line[at + 1]
          if (hex === null && next === undefined) return undefined
          word += hex === null ? (ESCAPES[next!] ?? next!) : String.fromCharCode(Number.parseInt(hex[1]!, 16))
          at += hex === null ? 2 : 4
        }
      }
      at++
      if (at < line.length && line[at] !== '\0' && !isSpace(line[at]!)) return undefined
      break
    }
    words.push(word)
  }
}

const WORD_ENDS = ' \n\r\t\0'

/** Before words and after quotes there may be more than what ends a word. */
function isSpace(char: string): boolean {
  return char === ' ' || (char >= '\t' && char <= '\r')
}
