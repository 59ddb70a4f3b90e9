// Makes programs of the TypeScript blocks of a page.
//
// All blocks of a page are one program, until one says `fresh`. Each stands inside the one before, so that it sees what
// came earlier and may use a name again:
//
//   import ...          <- all imports, on line 1
//   { block 1           <- on the lines that the blocks have on the page: an error's line is the page's line
//     { block 2
//   }}
//
// `// -> value` behind a statement (or alone on the line below it) says what it gives; in the program that runs it
// becomes an assertion.
import type { Block } from './blocks.ts'

export interface Program {
  /** What is type-checked: the blocks as they are. */
  readonly types: string
  /** What runs: without the blocks that are `types` only, with assertions for the comments. */
  readonly run: string
  /** Whether anything is left to run. */
  readonly runs: boolean
}

/** The programs of a page's ts (or js) blocks, in order. `assertions` is the specifier of assertions.ts from there. */
export function programsOf(blocks: readonly Block[], assertions: string): Program[] {
  const groups: Block[][] = []
  for (const block of blocks) {
    if (block.words.has('illustration') || block.file !== undefined) continue
    if (groups.length === 0 || block.words.has('fresh')) groups.push([])
    groups.at(-1)!.push(block)
  }
  return groups.map((group) => {
    const running = group.filter((block) => !block.words.has('types'))
    return {
      types: assemble(group, []),
      run: assemble(
        running.map((block) => ({ ...block, code: withAssertions(block.code, block.line) })),
        [`import * as $doc from ${JSON.stringify(assertions)}`],
      ),
      runs: running.length > 0,
    }
  })
}

function assemble(blocks: readonly Block[], imports: readonly string[]): string {
  const lines: string[] = []
  const hoisted: string[] = []
  for (const block of blocks) {
    const { code, found } = takeImports(block.code)
    hoisted.push(...found)
    if (/^export\s/m.test(code)) throw new Error(`line ${block.line}: a block with exports needs file=<name>.`)
    while (lines.length < block.line - 1) lines.push('')
    lines.push('{', ...code.split('\n'))
  }
  lines.push('}'.repeat(blocks.length))
  const first = [...imports, ...mergeImports(hoisted)].join('; ')
  lines[0] = `${first}; ${lines[0] ?? ''}`
  return `${lines.join('\n')}\nexport {}\n`
}

/** Takes the import statements out of the code; their lines stay, empty. */
function takeImports(code: string): { code: string; found: string[] } {
  const found: string[] = []
  const rest = code.replaceAll(
    /^import\s(?:[^'"]*?\sfrom\s+)?['"][^'"\n]+['"](?: with \{[^}]*\})?;?/gm,
    (statement) => {
      found.push(statement.replaceAll(/\s+/g, ' ').replace(/;$/, ''))
      return statement.replaceAll(/[^\n]/g, '')
    },
  )
  return { code: rest, found }
}

/** Blocks may import the same name again; a module may not. */
function mergeImports(statements: readonly string[]): string[] {
  const named = new Map<string, Set<string>>()
  const others = new Set<string>()
  for (const statement of statements) {
    const match = /^import (type )?\{(.*)\} from (['"].*['"])$/.exec(statement)
    if (match === null) {
      others.add(statement)
      continue
    }
    const [, type = '', list = '', from = ''] = match
    const names = named.get(from) ?? new Set()
    for (const name of list.split(',')) if (name.trim()) names.add(type + name.trim())
    named.set(from, names)
  }
  const merged = [...named].map(([from, names]) => {
    const values = [...names].filter((name) => !(name.startsWith('type ') && names.has(name.slice('type '.length))))
    return `import { ${values.join(', ')} } from ${from}`
  })
  return [...merged, ...others]
}

const CONTINUES = /^\s*(?:[)\]}.?:&|]|\+ |=>)/

/** The code with every `// -> value` turned into an assertion. Line numbers stay. `line` is the block's, for messages. */
export function withAssertions(code: string, line = 0): string {
  const lines = code.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const comment = /^(.*?)\s*\/\/ -> (.+)$/.exec(lines[i]!)
    if (comment === null) continue
    let [, before = '', value = ''] = comment
    const fail = (why: string): never => {
      throw new Error(`line ${line + i + 1}: '// -> ${value}' ${why}.`)
    }
    let last = i
    if (before.trim() === '') {
      last = i - 1
      before = lines[last] ?? fail('has no statement before it')
      lines[i] = ''
      // A long value goes on in comments below, indented under the first.
      for (let next = i + 1; /^\s*\/\/ {4}/.test(lines[next] ?? ''); next++) {
        value += lines[next]!.replace(/^\s*\/\//, '')
        lines[next] = ''
      }
    }
    lines[last] = before
    let first = last
    while (first > 0 && (CONTINUES.test(lines[first]!) || depth(lines.slice(first, last + 1)) !== 0)) first--
    const statement = lines.slice(first, last + 1).join('\n')
    const asserted = assertion(statement, value, line + i + 1) ?? fail('stands behind what has no value')
    lines.splice(first, last + 1 - first, ...asserted.split('\n'))
  }
  return lines.join('\n')
}

/** Open brackets minus closed ones, outside of strings. */
function depth(lines: readonly string[]): number {
  const text = lines.join('\n').replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*$/gm, '')
  return [...text].reduce((sum, char) => sum + ('([{'.includes(char) ? 1 : ')]}'.includes(char) ? -1 : 0), 0)
}

function assertion(statement: string, value: string, line: number): string | undefined {
  const thrown = /^throws (\w+)$/.exec(value)?.[1]
  const body = statement.trimEnd().replace(/;$/, '')
  const declared = /^(\s*(?:const|let)\s+)(\{[^=]*\}|\[[^=]*\]|[\w$]+(?:\s*:[^=]+)?)\s*=\s([\s\S]*)$/.exec(body)
  if (/^\s*(?:return|throw|if|for|while|do|try|switch|function|class|interface|type|async function)\b/.test(body))
    return undefined
  if (thrown !== undefined) {
    const expression = declared?.[3] ?? body.trim()
    return `await $doc.throws(async () => (${expression}), ${JSON.stringify(thrown)}, ${line})`
  }
  const check = (expression: string): string => `$doc.gives((${expression}), () => (${expectedValue(value)}), ${line})`
  if (declared !== null) return `${declared[1]}${declared[2]} = ${check(declared[3]!)}`
  const logged = /^\s*console\.log\(([\s\S]*)\)$/.exec(body)?.[1]
  return `;${check(logged ?? body.trim())}`
}

/** `...` at the end of a list or an object means: and whatever else is there. */
function expectedValue(value: string): string {
  return value.replaceAll(/([[{])?\s*,?\s*\.\.\.\s*([\]}])/g, (_, open: string | undefined, close: string) => {
    return `${open ?? ','} ${close === '}' ? '[$doc.MORE]: true' : '$doc.MORE'} ${close}`
  })
}
