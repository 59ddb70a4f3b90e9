// `ochre serve` as people start it: several workers, models of an empty folder, and what is wrong in one sentence.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../servers/index.ts'
import { type Program, startOchre } from './process.ts'

const KEY = 'a-root-key-for-this-test-and-no-other'

let folder = ''
let port = 0
const running: Program[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ochre-e2e-'))
  port = await freePort()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((ochre) => ochre.kill('SIGKILL')))
  await rm(folder, { recursive: true, force: true })
})

async function serve(args: readonly string[], env: Record<string, string> = {}): Promise<Program> {
  const ochre = startOchre(['serve', '--port', String(port), '--admin-port', String(await freePort()), ...args], {
    cwd: folder,
    env,
  })
  running.push(ochre)
  await ochre.wrote('subscribe?channel=')
  return ochre
}

async function redis(...words: string[]): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/redis`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify(words),
  })
  return ((await response.json()) as { result: unknown }).result
}

test('several workers share the embedded engine, and end with 0', async () => {
  const ochre = await serve(['--workers', '2', '--memory'], { OCHRE_ROOT_KEY: KEY })
  expect(await redis('INCR', 'n')).toBe(1)
  expect(await redis('INCR', 'n')).toBe(2)
  expect(await ochre.kill()).toBe(0)
}, 60_000)

test('models in an empty folder need no installation', async () => {
  await writeFile(
    join(folder, 'models.ts'),
    "import { model, t } from '@ochre/model'\nexport const Note = model('note', { id: t.string(), text: t.string() })\n",
  )
  const ochre = startOchre(
    ['serve', '--models', './models.ts', '--memory', '--port', String(port), '--admin', 'false'],
    { cwd: folder },
  )
  running.push(ochre)
  await ochre.wrote('Models: Note')
  expect(await ochre.kill()).toBe(0)
}, 60_000)

test.each([1, 2])(
  'a taken port is one sentence and 1, with %i workers',
  async (workers) => {
    await serve(['--memory'], { OCHRE_ROOT_KEY: KEY })
    const second = startOchre(
      ['serve', '--memory', '--admin', 'false', '--port', String(port), '--workers', String(workers)],
      {
        cwd: folder,
      },
    )
    running.push(second)
    expect(await second.ended).toBe(1)
    expect(second.err()).toContain(`127.0.0.1:${port} is taken by another process.`)
    expect(second.err()).not.toMatch(/^ {4}at /m)
  },
  60_000,
)

test.each([1, 2])(
  'a taken admin port is one sentence and 1, with %i workers, and nothing is left listening',
  async (workers) => {
    const adminPort = String(await freePort())
    const first = startOchre(['serve', '--memory', '--port', String(await freePort()), '--admin-port', adminPort], {
      cwd: folder,
    })
    running.push(first)
    await first.wrote('subscribe?channel=')
    const second = startOchre(
      ['serve', '--memory', '--port', String(port), '--admin-port', adminPort, '--workers', String(workers)],
      { cwd: folder },
    )
    running.push(second)
    expect(await second.ended).toBe(1)
    expect(second.err()).toContain(`127.0.0.1:${adminPort} is taken by another process.`)
  },
  60_000,
)

test('Ctrl-C before the workers are there ends it with 0 and no complaint', async () => {
  // To all processes of the group, before the worker listens to signals.
  const early = "if (process.connected) process.kill(0, 'SIGINT')"
  const ochre = startOchre(
    ['serve', '--memory', '--workers', '2', '--port', String(port), '--admin', 'false', '--log-level', 'silent'],
    { cwd: folder, env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(early)}` } },
  )
  running.push(ochre)
  expect(await ochre.ended).toBe(0)
  expect(ochre.err()).toBe('')
}, 60_000)

test('told to end while it starts it ends with 0', async () => {
  await writeFile(
    join(folder, 'models.ts'),
    `import { model, t } from '@ochre/model'
export const Note = model('note', { id: t.string() })
export async function seed() {
  const told = new Promise((resolve) => process.once('SIGTERM', resolve))
  process.kill(process.pid, 'SIGTERM')
  await told
}
`,
  )
  const ochre = startOchre(['serve', '--models', 'models.ts', '--memory', '--port', String(port), '--admin', 'false'], {
    cwd: folder,
  })
  running.push(ochre)
  expect(await ochre.ended).toBe(0)
}, 60_000)

test.each([
  [['--models', 'nosuch.ts'], 'There is no file nosuch.ts.'],
  [['--models', 'bad.ts'], 'bad.ts does not load'],
  [['--models', 'empty.ts'], 'exports no model'],
  [['--nosuch'], "unknown option '--nosuch'"],
  [['--port', '70000'], '--port is an integer from 0 to 65535'],
])(
  '%s is one clear sentence and 2',
  async (args, message) => {
    await writeFile(join(folder, 'bad.ts'), 'export const = 1\n')
    await writeFile(join(folder, 'empty.ts'), 'export const a = 1\n')
    const ochre = startOchre(['serve', '--memory', ...args], { cwd: folder })
    running.push(ochre)
    expect(await ochre.ended).toBe(2)
    expect(ochre.err()).toContain(message)
    expect(ochre.err()).not.toMatch(/^ {4}at /m)
  },
  60_000,
)
