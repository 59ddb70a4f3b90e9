// The harness of the documentation, shown pages that are right and pages that are wrong.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../servers/index.ts'
import { blocksOf } from './blocks.ts'
import { isOutput, shellSession } from './console.ts'
import { checkTypes, type Page, preparePage } from './page.ts'
import { programsOf, withAssertions } from './program.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const URL_OF_NOTHING = { OCHRE_REDIS_URL: 'redis://127.0.0.1:1' }

function prepare(markdown: string): { page: Page; programs: string } {
  const programs = mkdtempSync(join(root, 'test/docs/.programs-'))
  onTestFinished(() => rmSync(programs, { recursive: true }))
  return { page: preparePage(root, programs, 'docs/x.md', markdown), programs }
}

const ts = (code: string, words = ''): string => `\`\`\`ts ${words}\n${code}\n\`\`\`\n`

async function outcome(markdown: string): Promise<string> {
  const { page } = prepare(markdown)
  for (const run of page.runs) {
    const error = await run.execute(URL_OF_NOTHING).then(
      () => undefined,
      (failure: Error) => failure,
    )
    if (error !== undefined) return error.message
  }
  return 'passed'
}

describe('blocks', () => {
  test('are found with language, words, file and line', () => {
    const markdown = 'text\n```ts fresh\na\n```\n```json file=x.json\n{}\n```\n```json\n{}\n```\n  ```sh\n  ls\n  ```\n'
    expect(blocksOf(markdown)).toEqual([
      { language: 'ts', words: new Set(['fresh']), file: undefined, code: 'a', line: 2 },
      { language: 'json', words: new Set(), file: 'x.json', code: '{}', line: 5 },
      { language: 'sh', words: new Set(), file: undefined, code: 'ls', line: 11 },
    ])
  })

  test('a word that means nothing and a block without an end are refused', () => {
    expect(() => blocksOf('```ts freshh\n```')).toThrow(
      "line 1: 'freshh' is none of fresh, types, background, illustration",
    )
    expect(() => blocksOf('\n```ts\n')).toThrow('line 2: the block is not closed.')
  })
})

describe('assertions', () => {
  const gives = (expression: string, value: string, line: number): string =>
    `$doc.gives((${expression}), () => (${value}), ${line})`

  test('stand where the comments stood', () => {
    expect(withAssertions("await redis.get('k') // -> 'v'")).toBe(`;${gives("await redis.get('k')", "'v'", 1)}`)
    expect(withAssertions('const n = await f() // -> 1')).toBe(`const n = ${gives('await f()', '1', 1)}`)
    expect(withAssertions('const [a, b] = await f() // -> [1, 2]')).toBe(
      `const [a, b] = ${gives('await f()', '[1, 2]', 1)}`,
    )
    expect(withAssertions('const { a } = await f() // -> { a: 1 }')).toBe(
      `const { a } = ${gives('await f()', '{ a: 1 }', 1)}`,
    )
    expect(withAssertions('console.log(a) // -> 1')).toBe(`;${gives('a', '1', 1)}`)
    expect(withAssertions('f()\n// -> {\n//      a: 1,\n//    }')).toBe(
      `;${gives('f()', '{      a: 1,    }', 2)}\n\n\n`,
    )
    expect(withAssertions('await f() // -> throws ERR')).toBe('await $doc.throws(async () => (await f()), "ERR", 1)')
    expect(withAssertions('// a -> b\nf() // plain')).toBe('// a -> b\nf() // plain')
  })

  test('belong to the whole of a statement of several lines', () => {
    const code = "const a = 1\nconst r = await f()\n  .get('(')\n  .exec() // -> [1]\n"
    expect(withAssertions(code)).toBe(
      `const a = 1\nconst r = ${gives("await f()\n  .get('(')\n  .exec()", '[1]', 4)}\n`,
    )
    const call = 'const d = await w(async (tx) => {\n  await tx.x()\n}) // -> true'
    expect(withAssertions(call)).toBe(`const d = ${gives('await w(async (tx) => {\n  await tx.x()\n})', 'true', 3)}`)
  })

  test('are refused behind what has no value', () => {
    expect(() => withAssertions('return x // -> 1', 10)).toThrow("line 11: '// -> 1' stands behind what has no value.")
  })
})

describe('programs', () => {
  test('blocks see those before them, may use a name again, and keep their lines', () => {
    const page = ["import { a } from 'x'", 'const n = 1'].join('\n')
    const [program] = programsOf(
      blocksOf(`# T\n${ts(page)}\n${ts("import { a, type B } from 'x'\nconst n = 2")}`),
      'doc',
    )
    expect(program?.types.split('\n')).toEqual([
      "import { a, type B } from 'x'; ",
      '{',
      '',
      'const n = 1',
      '',
      '',
      '{',
      '',
      'const n = 2',
      '}}',
      'export {}',
      '',
    ])
  })

  test('what is right passes', async () => {
    const first = ts("import { join } from 'node:path'\nconst p = join('a', 'b') // -> 'a/b'\nlet n = 1")
    const second = ts(`import { join, sep } from 'node:path'
const p = { list: [n, 2, 3], map: Object.assign(Object.create(null), { a: 1, b: [sep, join('x')] }), big: 2n }
p // -> { list: [1, ...], map: { a: 1, ... }, big: 2n }
p.map // -> { a: 1, b: ['/', 'x'] }
const fail = async (): Promise<never> => {
  throw Object.assign(new Error('no'), { code: 'ERR' })
}
await fail() // -> throws ERR
[p.list] // -> [[1, 2, 3]]
process.env.OCHRE_REDIS_URL // -> 'redis://127.0.0.1:1'
'redis://127.0.0.1:6379' // -> 'redis://127.0.0.1:1'`)
    expect(await outcome(`${first}and\n${second}`)).toBe('passed')
  })

  test.each([
    ['1 + 1 // -> 3', 'line 2: the page says 3, it is 2'],
    ['[1, 2] // -> [1]', 'line 2: the page says [ 1 ], it is [ 1, 2 ]'],
    ['({ a: 1, b: 2 }) // -> { a: 1 }', 'line 2: the page says { a: 1 }, it is { a: 1, b: 2 }'],
    ['[1] // -> [1, 2, ...]', 'line 2: the page says'],
    ['await Promise.resolve(1) // -> throws ERR', 'line 2: the page says throws ERR, it gives 1'],
    ["await Promise.reject(new TypeError('x')) // -> throws ERR", 'it throws TypeError undefined'],
    ['throw new Error("boom")', 'boom'],
    ['const a: number = 1\nvoid Promise.reject(new Error("unhandled"))', 'unhandled'],
  ])('%s fails', async (code, message) => {
    expect(await outcome(ts(code))).toContain(message)
  })

  test('a block that is types only does not run; a fresh one starts anew', async () => {
    expect(await outcome(`${ts('throw 1', 'types')}${ts('const a = 1')}`)).toBe('passed')
    expect(await outcome(`${ts('const a = 1')}${ts('typeof a // -> "undefined"', 'fresh')}`)).toBe('passed')
  })

  test('a file of the page can be imported', async () => {
    const file = '```ts file=models.ts\nexport const one: number = 1\n```\n'
    expect(await outcome(`${file}${ts("import { one } from './models.ts'\none // -> 1")}`)).toBe('passed')
    expect(() => prepare(ts('export const a = 1'))).toThrow('line 1: a block with exports needs file=<name>.')
  })
})

test('types are checked with the page as their place, against the sources of the packages', async () => {
  const good = "import { slotOf } from '@ochre/protocol'\nconst n: number = slotOf('k')\nn // -> 7629"
  const { page, programs } = prepare(`\n${ts(good)}${ts('const s: string = n')}`)
  expect(await checkTypes(root, programs, [page])).toEqual([expect.stringMatching(/^docs\/x\.md:8: TS2322: /)])
  expect(await outcome(`\n${ts(good)}`)).toBe('passed')
})

describe('shell', () => {
  test('console blocks are commands and their output', () => {
    expect(shellSession('console', '$ echo a \\\n> b\na b\n$ pwd\n...')).toEqual({
      script: 'echo a \\\nb\npwd',
      output: ['a b', '...'],
    })
    expect(isOutput('a\nb  \nc\n', ['a', '...', 'c'])).toBe(true)
    expect(isOutput('a\nb\n', ['a', '.'])).toBe(false)
    expect(isOutput('a\n', ['a', 'b'])).toBe(false)
  })

  test('are run, and fail by exit code or by output', async () => {
    expect(await outcome('```console\n$ echo $((1 + 1))\n2\n```\n```sh\ntrue\n```\n')).toBe('passed')
    expect(await outcome('```sh\nfalse\necho never\n```\n')).toContain('docs/x.md:1 ends with 1')
    expect(await outcome('```console\n$ echo 1\n2\n```\n')).toContain(
      'docs/x.md:1 prints something else than the page says:\n1',
    )
    expect(await outcome('```sh\nnpm ci\n```\n')).toContain('Blocks with npm cannot run in a test')
    expect(await outcome('```sh illustration\nfalse\n```\n')).toBe('passed')
  })

  test('a background block runs beside the others, on ports of its own', async () => {
    const listen =
      "require('http').createServer((_, r) => r.end('hello\\n')).listen(process.env.OCHRE_PORT, '127.0.0.1')"
    const markdown = `\`\`\`sh background\nnode -e "${listen}"\n\`\`\`
\`\`\`console\n$ curl -s http://127.0.0.1:7400/\nhello\n$ echo http://localhost:7400/\nhttp://localhost:7400/\n\`\`\`\n`
    const { page } = prepare(
      markdown + ts("const response = await fetch('http://127.0.0.1:7400/')\nawait response.text() // -> 'hello\\n'"),
    )
    const variables = { ...URL_OF_NOTHING, OCHRE_PORT: String(await freePort()) }
    const stop = await page.backgrounds[0]!.start(variables)
    for (const run of page.runs) await run.execute(variables)
    await stop()
    expect(page.runs).toHaveLength(2)
    await expect(fetch(`http://127.0.0.1:${variables.OCHRE_PORT}`)).rejects.toThrow()
  })

  test('a background block that ends instead of listening fails', async () => {
    const { page } = prepare('```sh background\necho no; exit 3\n```\n')
    const start = page.backgrounds[0]!.start({ ...URL_OF_NOTHING, OCHRE_PORT: '1' })
    await expect(start).rejects.toThrow('docs/x.md:1 ends with 3:\nno')
  })
})
