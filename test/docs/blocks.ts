// The fenced code blocks of a Markdown page, and what the words behind their language ask for.
//
//   ```ts                 type-checked and run; follows on from the ts blocks before it on the page
//   ```ts fresh           starts a new program with an empty server
//   ```ts types           type-checked only: it needs something that a test does not have
//   ```ts file=models.ts  written beside the program, which imports './models.ts'
//   ```sh                 run by bash, with `ochre` on the path
//   ```console            lines after `$ ` are run, the lines below are the output; `...` stands for any lines
//   ```sh background      started before everything else on the page and stopped after it, such as `ochre serve`; it is
//                         ready when it listens on OCHRE_PORT
//   ```sh illustration    not run; every one of them is listed in docs.test.ts
// Other languages are for reading, unless they have a `file=`. Pages name the usual addresses, 127.0.0.1:6379 (Redis), :7400
// (gateway) and :7401 (its admin port); a test puts its own in their place.

const LANGUAGES = ['ts', 'js', 'sh', 'console'] as const
const WORDS = ['fresh', 'types', 'background', 'illustration'] as const

export interface Block {
  readonly language: string
  readonly words: ReadonlySet<(typeof WORDS)[number]>
  /** Of `file=`. */
  readonly file: string | undefined
  readonly code: string
  /** 1-based line of the opening fence; the code begins on the next one. */
  readonly line: number
}

/** All blocks that a test has to do with, in order. Throws on a word that means nothing. */
export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    const open = /^( *)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/.exec(lines[i]!)
    if (open === null) continue
    const [, indent = '', fence = '', language = '', info = ''] = open
    const start = i + 1
    for (i = start; i < lines.length && !lines[i]!.trim().startsWith(fence); ) i++
    if (i === lines.length) throw new Error(`line ${start}: the block is not closed.`)
    const code = lines.slice(start, i).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    const given = info.split(/\s+/).filter(Boolean)
    const file = given.find((word) => word.startsWith('file='))?.slice('file='.length)
    const isTested = (LANGUAGES as readonly string[]).includes(language)
    if (!isTested && file === undefined) continue
    const words = given.filter((word) => !word.startsWith('file='))
    const unknown = words.find((word) => !(WORDS as readonly string[]).includes(word))
    if (unknown !== undefined)
      throw new Error(`line ${start}: '${unknown}' is none of ${WORDS.join(', ')}, file=<name>.`)
    blocks.push({
      language,
      words: new Set(words as (typeof WORDS)[number][]),
      file,
      code: code.join('\n'),
      line: start,
    })
  }
  return blocks
}
