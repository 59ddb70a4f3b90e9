// JavaScript at the prompt: expressions over the opened models, and names for what they gave.

import * as model from '@ochre/model'

/** What programs and conditions are written with. */
const { and, cond, fail, keep, not, now, or, switchOn, unknownFields, versionOf, when, wholeRow } = model
const WORDS = { and, cond, fail, keep, not, now, or, switchOn, unknownFields, versionOf, when, wholeRow }

const DECLARATION = /^(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*=(?![=>])([\s\S]+)$/
const AsyncFunction = (async () => {}).constructor as new (
  ...words: string[]
) => (...values: unknown[]) => Promise<unknown>

export class Scope {
  readonly #own: Record<string, unknown> = Object.create(null)
  readonly #names: ReadonlySet<string>

  /** `names`: of the models. */
  constructor(names: readonly string[]) {
    this.#names = new Set([...names, 'db', 'redis', 'console'])
  }

  /** Whether a line is JavaScript and no command: it declares, awaits, or begins with a name that is known here. */
  isExpression(text: string): boolean {
    if (DECLARATION.test(text) || /^await\s/.test(text)) return true
    const name = /^([A-Za-z_$][\w$]*)\s*(?:$|[.[?;])/.exec(text)?.[1]
    return name !== undefined && (this.#names.has(name) || name in this.#own)
  }

  /** Evaluates an expression, awaits what it gives, and keeps it when it is declared with a name. */
  async evaluate(text: string, given: Readonly<Record<string, unknown>>): Promise<unknown> {
    const declared = DECLARATION.exec(text)
    const expression = (declared?.[2] ?? text).trim().replace(/;$/, '')
    const scope = { ...WORDS, ...given, ...this.#own }
    // Of this realm, so that a Date that is made here is a Date to the models.
    const run = new AsyncFunction(...Object.keys(scope), `return (${expression}\n)`)
    const value = await run(...Object.values(scope))
    if (declared !== null) this.#own[declared[1]!] = value
    return value
  }
}

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Whether more has to follow: a bracket or a template is not closed. */
export function isUnfinished(text: string): boolean {
  const open: string[] = []
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '"' || char === "'" || char === '`') {
      const end = endOfQuote(text, i)
      if (end === -1) return char === '`'
      i = end
    } else if (char in PAIRS) open.push(PAIRS[char]!)
    else if (char === open.at(-1)) open.pop()
  }
  return open.length > 0
}

/** Where the text that begins with a quote ends; -1 when it does not. */
function endOfQuote(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === text[start]) return i
  }
  return -1
}
