// Each check is shown something wrong and must say so, and something right and must be silent.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkArrows } from './arrows.ts'
import { checkCliPage } from './cli-page.ts'
import { runCommand } from './commands.ts'
import { checkDependencies } from './dependencies.ts'
import { checkErrorTable, meaningRows, statusRows } from './error-table.ts'
import { checkExports } from './exports.ts'
import { importsOf } from './imports.ts'
import { checkLengths } from './lengths.ts'
import { anchorOf, checkLinks } from './links.ts'
import { readTree, type Tree } from './tree.ts'
import { checkWords } from './words.ts'

const tree = (files: Record<string, string>): Tree => new Map(Object.entries(files))

describe('imports', () => {
  test('every form of import is found with its line', () => {
    const source = `// import { no } from 'commented'
import { a } from 'one'
import type { B } from 'two'
import {
  c,
  d,
} from 'three'
export { e } from 'four'
export * from 'five'
/* import 'six' */
import 'seven'
import * as g from 'eight'
const late = await import('nine')
const text = "import { x } from 'ten'"
`
    expect(importsOf(source)).toEqual([
      { specifier: 'one', line: 2, typeOnly: false },
      { specifier: 'two', line: 3, typeOnly: true },
      { specifier: 'three', line: 7, typeOnly: false },
      { specifier: 'four', line: 8, typeOnly: false },
      { specifier: 'five', line: 9, typeOnly: false },
      { specifier: 'seven', line: 11, typeOnly: false },
      { specifier: 'eight', line: 12, typeOnly: false },
      { specifier: 'nine', line: 13, typeOnly: false },
    ])
  })
})

describe('arrows', () => {
  const arrows = { low: [], high: ['low'] }
  const check = (files: Record<string, string>, layers = {}): string[] =>
    checkArrows(
      tree({
        'packages/low/package.json': '{"name":"@ochre/low"}',
        'packages/high/package.json': '{"dependencies":{"@ochre/low":"0.1.0","zod":"4"}}',
        ...files,
      }),
      arrows,
      layers,
      { low: /^node:net$/ },
    )

  test('an allowed arrow is silent', () => {
    const text =
      "import { a } from '@ochre/low'\nimport { z } from 'zod'\nimport { b } from './b.ts'\nimport 'node:net'\n"
    expect(check({ 'packages/high/src/a.ts': text })).toEqual([])
  })

  test('a forbidden arrow is named with its line', () => {
    expect(check({ 'packages/low/src/a.ts': "\nimport { a } from '@ochre/high'\n" })).toEqual([
      "packages/low/src/a.ts:2: imports '@ochre/high': low may import no other package",
    ])
  })

  test('an undeclared dependency is found, and what only tests may import', () => {
    const text = "import { test } from 'vitest'\n"
    expect(check({ 'packages/high/src/a.test.ts': text })).toEqual([])
    expect(check({ 'packages/high/src/a.ts': text })[0]).toMatch(/'vitest': not a dependency/)
  })

  test('leaving the package by a relative path, importing its own index and doing I/O are found', () => {
    const text = "import '../../low/src/a.ts'\nimport './index.ts'\n"
    expect(check({ 'packages/high/src/a.ts': text })).toEqual([
      expect.stringContaining('a.ts:1: '),
      expect.stringContaining('own index'),
    ])
    expect(check({ 'packages/low/src/a.ts': "import 'node:net'" })).toEqual([expect.stringContaining('no I/O')])
  })

  test('an arrow upwards inside a package is found', () => {
    const layers = { high: [['client'], ['node'], ['commands/']] }
    const up = { 'packages/high/src/node.ts': "import './client.ts'\n" }
    const typeUp = { 'packages/high/src/node.ts': "import type { A } from './client.ts'\n" }
    const down = { 'packages/high/src/client.ts': "import './node.ts'\nimport './commands/get.ts'\n" }
    const fromFolder = { 'packages/high/src/commands/get.ts': "import '../node.ts'\n" }
    expect(check(up, layers)).toEqual([expect.stringContaining('an arrow upwards inside high')])
    expect(check(down, layers)).toEqual([])
    expect(check(typeUp, layers)).toEqual([])
    expect(check(fromFolder, layers)).toEqual([expect.stringContaining('an arrow upwards inside high')])
  })

  test('a cycle is found once; a cycle of types is none', () => {
    const files = (kind: string): Record<string, string> => ({
      'packages/low/src/a.ts': "import { b } from './b.ts'\n",
      'packages/low/src/b.ts': "import { c } from './c.ts'\n",
      'packages/low/src/c.ts': `${kind} { a } from './a.ts'\n`,
    })
    expect(check(files('import'))).toEqual(['packages/low/src/a.ts: import cycle a.ts -> b.ts -> c.ts -> a.ts'])
    expect(check(files('import type'))).toEqual([])
  })

  test('a package without an entry is found', () => {
    expect(check({ 'packages/new/src/a.ts': '' })[0]).toMatch(/package new has no entry/)
  })
})

describe('words', () => {
  test('machine paths, download hosts, leftovers and switched-off tests are found', () => {
    const found = checkWords(
      tree({
        'a.md': 'see /ho'.concat('me/ann/x'),
        'package-lock.json': '{\n"resolved": "https://host.example/x.tgz"\n}',
        'a.yml': 'http://deb.'.concat('debian.org/debian'),
        'a.ts': ['// TO', 'DO later'].join(''),
        'a.test.ts': ['test.', "skip('x')"].join(''),
      }),
    )
    expect(found.map((problem) => problem.split(': ')[0])).toEqual([
      'a.md:1',
      'package-lock.json:2',
      'a.yml:1',
      'a.ts:1',
      'a.test.ts:1',
    ])
  })

  test('addresses and relative paths are fine', () => {
    expect(checkWords(tree({ 'a.md': 'https://x.example/home/page, ./work/a, src/root/b, ~/work/x' }))).toEqual([])
  })
})

test('a source of more than 600 lines is found; tests and generated files may be longer', () => {
  const long = '\n'.repeat(601)
  const files = { 'packages/a/src/a.ts': long, 'packages/a/src/a.test.ts': long, 'packages/a/src/a.gen.ts': long }
  expect(checkLengths(tree(files))).toEqual([expect.stringContaining('packages/a/src/a.ts: 601 lines')])
  expect(checkLengths(tree({ 'packages/a/src/a.ts': '\n'.repeat(600) }))).toEqual([])
})

test('the error tables and their page are compared both ways', () => {
  const page = tree({
    'docs/errors.md':
      '| `A` | Means a. | x |\n| `B` | Means c. | x |\n| `D` | Gone. | x |\n| `A` | 503 | Away |\n| `E` | 400 | E |\n',
  })
  const meanings = meaningRows({ A: 'Means a.', B: 'Means b.', C: 'Means c.' })
  const statuses = statusRows({ A: { status: 503, title: 'Away' } }, { B: { status: 504, title: 'Late' } })
  expect(checkErrorTable(page, meanings, statuses)).toEqual([
    'docs/errors.md: should read: | `B` | Means b. |',
    'docs/errors.md: missing: | `C` | Means c. |',
    'docs/errors.md: D is not in ERROR_CODES',
    'docs/errors.md: missing: | `B` | 504 | Late |',
    "docs/errors.md: E is not in the gateway's status table",
  ])
})

describe('links', () => {
  const exists = (path: string): boolean => ['docs/a.md', 'docs/b.md', 'img/x.svg'].includes(path)
  const check = (text: string): string[] =>
    checkLinks(tree({ 'docs/a.md': text, 'docs/b.md': '# A `get()` & more\n## Twice\n## Twice\n' }), exists)

  test('files, headings and images that exist are silent, as are other sites and code', () => {
    expect(check('[b](b.md) [h](b.md#a-get--more) [t](b.md#twice-1) <img src="../img/x.svg">')).toEqual([])
    expect(check('# Here\n[h](#here) [x](https://x.example/y) `[n](none.md)`\n```md\n[n](none.md)\n```\n')).toEqual([])
  })

  test('dead ones are found with their line', () => {
    expect(check('\n[x](none.md)')).toEqual(["docs/a.md:2: 'none.md' leads nowhere"])
    expect(check('[x](b.md#none)')).toEqual(["docs/a.md:1: 'b.md#none': docs/b.md has no such heading"])
    expect(check('![x](../../out.svg)')).toEqual([expect.stringContaining('leads nowhere')])
  })

  test('anchors are those of the usual renderers', () => {
    expect(anchorOf('What `set` does, exactly')).toBe('what-set-does-exactly')
  })
})

test('every dependency needs a reason and every reason a dependency', () => {
  const files = {
    'package.json': '{"devDependencies":{"vitest":"4"}}',
    'packages/a/package.json': '{"dependencies":{"ws":"8","@ochre/client":"0.1.0"}}',
    'packages/a/src/a.ts': "import '@ochre/client'\n",
    'packages/a/src/a.test.ts': "import 'ws'\n",
    'docs/dependencies.md': '| `ws` | why |\n| `gone` | why |\n',
  }
  expect(checkDependencies(tree(files))).toEqual([
    'docs/dependencies.md: no reason for vitest (package.json)',
    'docs/dependencies.md: gone is not a dependency of anything',
    'packages/a/package.json: ws is not imported by the package',
  ])
})

test('an export that a build does not produce is found', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ochre-check-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const manifest = '{"name":"x","exports":{".":{"types":"./dist/index.d.ts","default":"./dist/index.js"}}}'
  mkdirSync(join(root, 'packages/x/dist'), { recursive: true })
  writeFileSync(join(root, 'packages/x/dist/index.js'), '')
  expect(await checkExports(root, tree({ 'packages/x/package.json': manifest }))).toEqual([
    'packages/x/package.json: ./dist/index.d.ts does not exist after a build',
  ])
})

test('an export that does not load is found', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ochre-check-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const manifest = '{"name":"x","type":"module","exports":{".":"./index.js"}}'
  mkdirSync(join(root, 'packages/x'), { recursive: true })
  mkdirSync(join(root, 'test/node_modules/x'), { recursive: true })
  for (const folder of ['packages/x', 'test/node_modules/x']) {
    writeFileSync(join(root, folder, 'package.json'), manifest)
    writeFileSync(join(root, folder, 'index.js'), 'import "./absent.js"')
  }
  const problems = await checkExports(root, tree({ 'packages/x/package.json': manifest }))
  expect(problems).toEqual([expect.stringMatching(/^x: Cannot find module/)])
})

describe('the command', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
  const run = promisify(execFile)

  test('a program that fails is a problem with its output', async () => {
    expect(await runCommand(root, 'tsc', '--version')).toEqual([])
    const problems = await runCommand(root, 'tsc', '--no-such-option')
    expect(problems.join('\n')).toMatch(/no-such-option[\s\S]*exit code/)
  })

  test('one line per check, a summary, and the exit code', async () => {
    const { stdout } = await run('node_modules/.bin/tsx', ['scripts/check.ts', 'arrows'], { cwd: root }).catch((e) => e)
    expect(stdout).toMatch(/^(ok {2}|FAIL) arrows +\d+\.\d s\n[\s\S]*\d passed, \d failed\n$/)
    const error = await run('node_modules/.bin/tsx', ['scripts/check.ts', 'nonsense'], { cwd: root }).catch((e) => e)
    expect(error.code).toBe(2)
    expect(error.stderr).toMatch(/There is no check 'nonsense'/)
  })

  test('the tree is what git tracks or could track', () => {
    const paths = [...readTree(root).keys()]
    expect(paths).toContain('packages/protocol/src/errors.ts')
    expect(paths.filter((path) => /node_modules|\/dist\//.test(path))).toEqual([])
  })
})

describe('command line', () => {
  const options = '## ochre a\n\n| `-x, --ex <n>` | |\n| `--port <n>` | |\n\n## ochre b\n\n| `<file>` | |\n'
  const check = (page: string, settings = ''): string[] =>
    checkCliPage(tree({ 'docs/cli.md': page, 'docs/cli-options.gen.md': options, 'docs/gateway.md': settings }))

  test('verbs and options that the page does not tell of are named', () => {
    expect(check('`ochre a --ex 1 --port 2`, ochre b')).toEqual([])
    expect(check('`ochre a --ex 1`, ochre b', '`OCHRE_HOST`, `OCHRE_PORT`')).toEqual([])
    expect(check('`ochre a --ex 1`, ochre b', '`OCHRE_ADMIN_HOST`, `_PORT`')).toEqual([])
    expect(check('ochre a --extra --port')).toEqual([
      'docs/cli.md: does not tell of --ex of ochre a',
      'docs/cli.md: does not tell of ochre b',
    ])
    expect(checkCliPage(tree({ 'docs/cli.md': '' }))).toHaveLength(1)
  })
})
