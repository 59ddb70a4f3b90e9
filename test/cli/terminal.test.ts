// What a person sees: the prompt, its completion and history, progress, Ctrl-C.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { runCli } from './run-cli.ts'
import { CTRL_C, CTRL_D, startTerminal, TAB, type Terminal, UP } from './terminal.ts'

const LIBRARY = fileURLToPath(new URL('../../examples/library/models.ts', import.meta.url))
let server: TestServer
let folder = ''

beforeAll(async () => {
  server = await startServer({ name: 'terminal' })
  folder = await mkdtemp(join(tmpdir(), 'ochre-terminal-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

async function shell(env: Record<string, string> = {}, args = ''): Promise<Terminal> {
  const terminal = startTerminal(`ochre shell --url ${server.url} ${args}`, {
    OCHRE_SHELL_HISTORY: join(folder, 'history'),
    ...env,
  })
  await terminal.shows('ochre> ')
  return terminal
}

test('names are completed, arguments hinted, and lines remembered without passwords', async () => {
  await rm(join(folder, 'history'), { force: true })
  const first = await shell()
  first.type(`hgeta${TAB}`)
  let at = await first.shows('ll')
  first.type(' ')
  at = await first.shows('\x1b[2mkey\x1b[0m', at)
  first.type('nosuch\r')
  at = await first.shows('(empty hash)', at)
  first.type('AUTH default hunter2\r')
  at = await first.shows('OK', at)
  first.type(UP)
  await first.shows('hgetall nosuch', at)
  first.type(`${CTRL_C}exit\r`)
  expect(await first.ended).toBe(0)
  expect(await readFile(join(folder, 'history'), 'utf8')).toBe('hgetall nosuch\nexit\n')
  expect((await stat(join(folder, 'history'))).mode & 0o777).toBe(0o600)
  const second = await shell()
  second.type(`${UP}${UP}\r`)
  await second.shows('(empty hash)')
  second.type(CTRL_D)
  expect(await second.ended).toBe(0)
})

test('Ctrl-C ends what waits, then what is typed, and never the shell', async () => {
  const terminal = await shell()
  terminal.type('BLPOP queue 0\r')
  await expect.poll(async () => String(await server.call('CLIENT', 'LIST')), { timeout: 20_000 }).toContain('cmd=blpop')
  terminal.type(CTRL_C)
  let at = await terminal.shows('(interrupted)')
  terminal.type('SUBSCRIBE news\r')
  at = await terminal.shows('Listening to news', at)
  await server.call('PUBLISH', 'news', 'hello')
  at = await terminal.shows('2) "hello"', at)
  terminal.type(CTRL_C)
  at = await terminal.shows('ochre> ', at)
  terminal.type('MONITOR\r')
  at = await terminal.shows('OK', at)
  await server.call('ECHO', 'watched')
  at = await terminal.shows(/\d{10}\.\d{6} \[0 [^\]]+\] "ECHO" "watched"/, at)
  terminal.type(CTRL_C)
  at = await terminal.shows('ochre> ', at)
  terminal.type(`half a line${CTRL_C}`)
  at = await terminal.shows('^C', at)
  terminal.type('SELECT 2\r')
  at = await terminal.shows('ochre[2]> ', at)
  terminal.type('MULTI\r')
  at = await terminal.shows('ochre[2](multi)> ', at)
  terminal.type(CTRL_D)
  expect(await terminal.ended).toBe(0)
})

test('expressions go on over lines, in colours unless NO_COLOR is set', async () => {
  const colored = await shell({}, `--models ${LIBRARY}`)
  colored.type("Author.create({\rid: 'lem', name: 'Lem' })\r")
  await colored.shows(/\.\.\.> /)
  await colored.shows("name: \x1b[32m'Lem'\x1b[39m")
  colored.type(`Author.fi${TAB}`)
  await colored.shows('nd(')
  colored.type(`${CTRL_C}${CTRL_D}`)
  expect(await colored.ended).toBe(0)
  const plain = await shell({ NO_COLOR: '1' }, `--models ${LIBRARY}`)
  plain.type('GET ')
  plain.type(`${CTRL_C}Author.get('lem')\r`)
  await plain.shows("name: 'Lem'")
  plain.type(CTRL_D)
  await plain.ended
  // Moving the cursor is no colour.
  expect(plain.screen()).not.toMatch(/\x1b\[\d*m/)
})

async function fillMany(count: number): Promise<void> {
  for (let from = 0; from < count; from += 1000)
    await server.call('MSET', ...Array.from({ length: 1000 }, (_, i) => [`key ${from + i}`, `value ${i}`]).flat())
}

const BAR = /[█░]{5,}.*\d+ %/

test('long work shows its progress on a terminal, and nothing of it in a pipe', async () => {
  await fillMany(20_000)
  const rows = join(folder, 'rows.ndjson')
  const author = (i: number): string => `{"id":"author${i}","name":"Name ${i}"}\n`
  await writeFile(rows, Array.from({ length: 20_000 }, (_, i) => author(i)).join(''))
  const archive = join(folder, 'all.ndjson')
  const lines: [string, RegExp][] = [
    [`backup ${archive}`, BAR],
    [`restore ${archive} --existing skip`, BAR],
    [`import ${rows} --model Author --models ${LIBRARY}`, BAR],
    [`export --model Author --models ${LIBRARY} > ${join(folder, 'out')}`, BAR],
    [`models reindex Author --models ${LIBRARY}`, BAR],
    [`bench -n 20000`, BAR],
    [`doctor`, BAR],
  ]
  for (const [line, bar] of lines) {
    const [command, redirection = ''] = line.split(' > ')
    const to = redirection === '' ? '' : `> ${redirection}`
    const terminal = startTerminal(`ochre ${command} --url ${server.url} ${to}`)
    expect([0, 1], line).toContain(await terminal.ended)
    expect(terminal.screen(), line).toMatch(bar)
    // The line is gone in the end.
    expect(terminal.screen().split('\r\x1b[K').at(-1), line).not.toMatch(bar)
  }
  await rm(archive)
  const piped = await runCli(['backup', archive, '--url', server.url])
  expect(piped.err).toMatch(/^[\d,]+ keys in .*, verified\.\n$/)
}, 120_000)

test.each(['backup', 'restore', 'import', 'export', 'bench', 'models verify'])(
  'Ctrl-C in the middle of %s ends it with 130',
  async (verb) => {
    await fillMany(30_000)
    const archive = join(folder, `interrupted-${verb}`)
    const rows = join(folder, 'long.ndjson')
    const author = (i: number): string => `{"id":"author${i}","name":"Name ${i}"}\n`
    await writeFile(rows, Array.from({ length: 60_000 }, (_, i) => author(i)).join(''))
    const model = `Author --models ${LIBRARY}`
    const url = `--url ${server.url}`
    if (verb === 'restore') await runCli(['backup', archive, '--url', server.url])
    if (verb === 'export' || verb === 'models verify')
      await runCli(['import', rows, '--model', 'Author', '--models', LIBRARY, '--url', server.url])
    const lines: Record<string, string> = {
      backup: `backup ${archive}`,
      restore: `restore ${archive} --prefix copy:`,
      import: `import ${rows} --model ${model}`,
      export: `export --model ${model} > /dev/null`,
      bench: 'bench -n 60000',
      'models verify': `models verify ${model}`,
    }
    const terminal = startTerminal(`ochre ${lines[verb]!.replace(/( >|$)/, ` ${url}$1`)}`)
    // In the middle of what leaves keys behind.
    await terminal.shows(verb === 'bench' ? /HSET .*\d+ %/ : BAR)
    terminal.type(CTRL_C)
    expect(await terminal.ended).toBe(130)
    expect(terminal.screen()).toContain('ochre: Interrupted.')
    expect(terminal.screen()).not.toMatch(/^ {4}at /m)
    if (verb === 'bench') expect(await server.call('KEYS', 'ochre:bench:*')).toEqual([])
  },
  60_000,
)
