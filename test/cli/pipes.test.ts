// The built command between other programs: readers that leave early, closed streams, no terminal anywhere.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ROOT, startOchre } from '../e2e/process.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { runCli } from './run-cli.ts'

const LIBRARY = fileURLToPath(new URL('../../examples/library/models.ts', import.meta.url))
let server: TestServer

beforeAll(async () => {
  server = await startServer({ name: 'pipes' })
  for (let from = 0; from < 50_000; from += 1000)
    await server.call('MSET', ...Array.from({ length: 1000 }, (_, i) => [`key ${from + i}`, 'v']).flat())
  await server.call('RPUSH', 'list', ...Array.from({ length: 100_000 }, (_, i) => `item ${i}`))
  await server.call('HSET', 'hash', 'f', 'v')
  const rows = Array.from({ length: 5000 }, (_, i) => `{"id":"a${i}","name":"${'x'.repeat(50)}"}\n`).join('')
  const made = await runCli(['import', '--model', 'Author', '--models', LIBRARY, '--url', server.url], { stdin: rows })
  expect(made.code).toBe(0)
})
afterAll(() => server.stop())

interface Piped {
  readonly out: string
  readonly err: string
  readonly code: number | null
}

/** A line of bash with `ochre` in it, its server being the test's. */
function bash(line: string): Promise<Piped> {
  const ochre = `set -o pipefail; ochre() { ${process.execPath} ${ROOT}packages/cli/bin/ochre.js "$@"; }`
  const own = Object.entries(process.env).filter(([name]) => !/^(OCHRE_|NODE_OPTIONS$)/.test(name))
  const child = spawn('bash', ['-c', `${ochre}\n${line}`], {
    env: { ...Object.fromEntries(own), OCHRE_REDIS_URL: server.url, OCHRE_MODELS: LIBRARY },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ out, err, code })))
}

test.each([
  'ochre keys',
  'ochre keys --json',
  'ochre export --fields f; ochre keys',
  'ochre export --model Author',
  'ochre models show Author --limit 5000',
  'ochre exec LRANGE list 0 -1',
  `yes PING | ochre exec`,
  `yes PING | ochre shell`,
  'ochre tail --monitor',
  'ochre --help',
])(
  'a reader that leaves early ends it silently and well: %s',
  async (line) => {
    // Something for MONITOR to see.
    const busy = setInterval(() => void server.call('PING').catch(() => undefined), 5)
    const piped = await bash(`(${line}) | head -1`)
    clearInterval(busy)
    expect(piped.out.trim().split('\n')).toHaveLength(1)
    expect(piped.err.replace('Following all commands.\n', '')).toBe('')
    // yes is ended by its own broken pipe.
    expect(piped.code).toBe(line.startsWith('yes') ? 141 : 0)
  },
  30_000,
)

test('a full disk behind the output is told', async () => {
  expect(await bash('ochre keys > /dev/full')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^ochre: The output cannot be written: ENOSPC.*\n$/),
  })
})

test('rows flow from verb to verb', async () => {
  const copied = await bash(
    `ochre export --model Author | sed 's/"id":"a/"id":"b/' | ochre import --model Author --existing skip && ochre models verify Author`,
  )
  expect(copied).toMatchObject({ code: 0, out: expect.stringContaining('10,000 rows') })
  const counted = await bash(
    `ochre keys --null --match 'key 1*' | xargs -0 -n 5000 ${process.execPath} ${ROOT}packages/cli/bin/ochre.js exec UNLINK`,
  )
  expect(counted.out.split('\n').reduce((sum, line) => sum + Number(line), 0)).toBe(11_111)
}, 60_000)

test('closed streams are no surprise', async () => {
  expect(await bash('ochre exec PING <&-')).toEqual({ out: 'PONG\n', err: '', code: 0 })
  expect(await bash('ochre exec <&-')).toEqual({ out: '', err: '', code: 0 })
  expect(await bash('ochre exec GET nosuch 2>&-')).toEqual({ out: '\n', err: '', code: 0 })
  expect(await bash('ochre exec NOSUCH 2>&-')).toMatchObject({ code: 1 })
  expect((await bash('ochre exec PING >&-')).err).not.toMatch(/^ {4}at /m)
  expect(await bash('ochre shell < /dev/null')).toEqual({ out: '', err: '', code: 0 })
  expect(await bash("ochre import --key 'k:{id}' < /dev/null")).toMatchObject({ code: 0, err: '0 rows imported.\n' })
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends work with %i', async (signal, code) => {
  const ochre = startOchre(['exec', '--url', server.url, 'BLPOP', 'nothing', '0'], { cwd: ROOT })
  onTestFinished(async () => void (await ochre.kill('SIGKILL')))
  const clients = async (): Promise<string> => String(await server.call('CLIENT', 'LIST'))
  await expect.poll(clients, { timeout: 20_000 }).toContain('cmd=blpop')
  expect(await ochre.kill(signal)).toBe(code)
  expect(ochre.err()).toBe('ochre: Interrupted.\n')
})
