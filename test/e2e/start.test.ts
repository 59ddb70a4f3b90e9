// `npm start` from a clean copy, and what people reach it with: curl, @upstash/redis, ws, EventSource, redis-cli.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from '@upstash/redis'
import { EventSource } from 'eventsource'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { freePort, startServer } from '../servers/index.ts'
import { companionOf, installed } from '../servers/provision.ts'
import { cleanCopy, projectFiles } from './clean-copy.ts'
import { type Program, start, startOchre } from './process.ts'

const run = promisify(execFile)
const KEY = 'a-root-key-for-this-test-and-no-other'

let root = ''
let folder = ''
const running: Program[] = []
beforeAll(() => {
  root = cleanCopy()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ochre-start-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.killAll('SIGKILL')))
  await rm(folder, { recursive: true, force: true })
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** What `npm start` has done already, when it ran. */
async function build(): Promise<void> {
  if (!existsSync(`${root}packages/cli/dist`)) await run('npm', ['run', 'build', '--silent'], { cwd: root })
}

interface Place {
  readonly port: number
  readonly admin: number
}

async function place(): Promise<Place> {
  return { port: await freePort(), admin: await freePort() }
}

/** `npm start` in the copy, until it has printed all it prints. */
async function npmStart(at: Place, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Program> {
  const ports = { OCHRE_PORT: String(at.port), OCHRE_ADMIN_PORT: String(at.admin) }
  const program = start('npm', ['start', ...(args.length === 0 ? [] : ['--', ...args])], {
    cwd: root,
    env: { ...ports, ...env },
  })
  running.push(program)
  await program.wrote('subscribe?channel=')
  return program
}

const printedKey = (program: Program): string | undefined => /^ {2}(och_\S+)$/m.exec(program.out())?.[1]
const curlLines = (program: Program): string[] => program.out().match(/^ {2}curl .*$/gm) ?? []
/** A line as it is pasted into a shell. */
const paste = async (line: string): Promise<string> => (await run('bash', ['-c', line])).stdout

async function command(at: Place, key: string, ...words: unknown[]): Promise<unknown> {
  const body = JSON.stringify(words)
  const headers = { authorization: `Bearer ${key}` }
  const response = await fetch(`http://127.0.0.1:${at.port}/v1/redis`, { method: 'POST', headers, body })
  return ((await response.json()) as { result?: unknown }).result
}

describe('npm start in a fresh checkout', () => {
  test('builds, serves, prints three lines that work, and keeps key and data', async () => {
    const at = await place()
    const url = `http://127.0.0.1:${at.port}`
    expect(existsSync(`${root}packages/cli/dist`)).toBe(false)
    let program = await npmStart(at)
    const key = printedKey(program)!
    expect(program.out()).toContain(
      `Serving the embedded engine, data in .ochre at ${url}, admin at http://127.0.0.1:${at.admin}`,
    )
    expect(program.out()).toContain('Models: Author, Book, Review, User')
    expect(key).toMatch(/^och_root00000000_[\w-]{43}$/)

    const [increment, atomic, subscribe, ...more] = curlLines(program)
    expect(more).toEqual([])
    expect(await paste(increment!)).toBe('{"result":1}')
    expect(await paste(increment!)).toBe('{"result":2}')
    const before = JSON.parse(await paste(atomic!)) as { result: { copies: number } }
    expect(JSON.parse(await paste(atomic!))).toEqual({ result: { copies: before.result.copies + 1 } })
    const listening = start('bash', ['-c', subscribe!.trim()], { cwd: folder })
    running.push(listening)
    await listening.wrote('event: subscribed\ndata: {"channel":"news"}\n\n')
    expect(await command(at, key, 'PUBLISH', 'news', 'read all about it')).toBe(1)
    await listening.wrote('event: message\ndata: {"channel":"news","data":"read all about it"}\n\n')

    const redis = new Redis({ url: `${url}/upstash`, token: key })
    await redis.set('user', { name: 'Ada' })
    expect(await redis.get('user')).toEqual({ name: 'Ada' })
    expect(await redis.get('visits')).toBe(2)

    // A browser's way to listen: the key in the address, and the last id again after a break.
    const events = new EventSource(`${url}/v1/redis/streams/feed/events?after=0&_token=${key}`)
    const seen: string[] = []
    events.addEventListener('entry', ({ data }) => seen.push((JSON.parse(data) as { fields: { n: string } }).fields.n))
    const ws = new WebSocket(`ws://127.0.0.1:${at.port}/v1/ws`, ['ochre.v1.json', `ochre.token.${key}`])
    await once(ws, 'open')
    const ask = async (frame: object): Promise<unknown> => {
      ws.send(JSON.stringify(frame))
      return JSON.parse(String((await once(ws, 'message'))[0]))
    }
    try {
      expect(await ask({ id: 1, t: 'cmd', c: ['GET', 'visits'] })).toEqual({ id: 1, ok: true, r: '2' })
      expect(await ask({ id: 2, t: 'req', method: 'GET', path: '/v1/models/author/lem' })).toMatchObject({
        r: { name: 'Stanisław Lem' },
      })
      expect(await ask({ id: 3, t: 'sub', channels: ['c'] })).toMatchObject({ id: 3, ok: true })
      const message = once(ws, 'message')
      await redis.publish('c', 'hello')
      expect(JSON.parse(String((await message)[0]))).toEqual({ t: 'msg', ref: 3, ch: 'c', d: 'hello' })
      await redis.xadd('feed', '*', { n: '1' })
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['1'])

      const farewell = once(ws, 'message')
      const gone = once(ws, 'close')
      expect(await program.kill('SIGTERM')).toBe(0)
      expect(JSON.parse(String((await farewell)[0]))).toMatchObject({ t: 'bye' })
      expect((await gone)[0]).toBe(1001)

      // Ends and begins again where it was; the key is shown no second time, and works.
      program = await npmStart(at, [], { OCHRE_TOKEN: key })
      expect(printedKey(program)).toBe(undefined)
      expect(program.out()).toContain('export OCHRE_TOKEN=...')
      expect(program.out()).not.toContain(key)
      expect(await paste(`export OCHRE_TOKEN=${key}\n${curlLines(program)[0]}`)).toBe('{"result":3}')
      expect(await command(at, key, 'GET', 'visits')).toBe('3')
      const book = await fetch(`${url}/v1/models/book?order=published&limit=1`, {
        headers: { authorization: `Bearer ${key}` },
      })
      expect(((await book.json()) as { rows: unknown[] }).rows.length).toBe(1)
      await redis.xadd('feed', '*', { n: '2' })
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['1', '2'])
    } finally {
      events.close()
      ws.close()
    }
    // Ctrl-C: the terminal tells npm and the gateway, and npm tells the gateway again; npm ends as the gateway did, or by it.
    expect([0, null, 130]).toContain(await program.killAll('SIGINT'))
    expect(program.out()).toContain('"msg":"closed"')
  }, 60_000)

  test('serves a Redis by its URL, with a root key from the environment', async () => {
    await using server = await startServer({ name: 'npm-start' })
    const at = await place()
    const program = await npmStart(at, ['--redis', server.url], { OCHRE_ROOT_KEY: KEY })
    expect(program.out()).toContain(`Serving a Redis server at http://127.0.0.1:${at.port}`)
    expect(printedKey(program)).toBe(undefined)
    const [increment] = curlLines(program)
    expect(await paste(`export OCHRE_TOKEN=${KEY}\n${increment}`)).toBe('{"result":1}')
    expect(String(await server.call('GET', 'visits'))).toBe('1')
    expect(await program.kill('SIGTERM')).toBe(0)
  }, 60_000)
})

describe('the defaults', () => {
  beforeAll(build)

  test('are the ports 7400 and 7401 of the loopback', async () => {
    // Whoever has one of them already, the refusal names it.
    const program = startOchre(['serve', '--memory'], { cwd: folder, root })
    running.push(program)
    const serves = await Promise.race([
      program.wrote('subscribe?channel=').then(
        () => true,
        () => false,
      ),
      program.ended.then(() => false),
    ])
    if (serves) expect(program.out()).toContain('at http://127.0.0.1:7400, admin at http://127.0.0.1:7401')
    else expect(program.err()).toMatch(/^ochre: 127\.0\.0\.1:740[01] is taken by another process\.$/m)
  }, 30_000)

  test('nowhere mention the port that everything else uses', () => {
    const shown = projectFiles().filter(
      (path) => /^(?:packages|examples|docs|README)/.test(path) && /\.(?:ts|js|md)$/.test(path),
    )
    const own = shown.filter((path) => !/\.(?:test|gen)\.ts$/.test(path))
    expect(own.length).toBeGreaterThan(200)
    expect(own.filter((path) => /\b8080\b/.test(readFileSync(`${root}${path}`, 'utf8')))).toEqual([])
  })
})

describe('npx ochre', () => {
  beforeAll(build)

  test('engine serves any client, and keeps its data', async () => {
    const port = String(await freePort())
    const cli = companionOf(installed()![0]!, 'redis-cli')!
    const redisCli = async (...words: string[]): Promise<string> => {
      const [program, ...args] = [...cli, '-p', port, ...words]
      return (await run(program!, args)).stdout.trim()
    }
    const engine = async (): Promise<Program> => {
      const program = start('npx', ['ochre', 'engine', '--port', port, '--dir', join(folder, 'data')], { cwd: root })
      running.push(program)
      await program.wrote(`Listening on 127.0.0.1:${port}, data in ${join(folder, 'data')}.`)
      return program
    }
    let program = await engine()
    expect(await redisCli('SET', 'k', 'v')).toBe('OK')
    expect(await redisCli('--no-raw', 'EVAL', 'return {1, ARGV[1]}', '0', 'x')).toBe('1) (integer) 1\n2) "x"')
    expect(await redisCli('INFO', 'server')).toContain('redis_version:')
    await program.killAll('SIGTERM')
    program = await engine()
    expect(await redisCli('GET', 'k')).toBe('v')
    await program.killAll('SIGKILL')
    await engine()
    expect(await redisCli('GET', 'k')).toBe('v')
  }, 60_000)

  test('with exec passes a signal on to the gateway, which a shell of npx keeps for itself', async () => {
    const command = `exec ochre serve --memory --port ${await freePort()} --admin-port ${await freePort()}`
    const program = start('npx', ['-c', command], { cwd: root })
    running.push(program)
    await program.wrote('Try, each in a terminal')
    await program.kill('SIGTERM')
    // Its output ends with the gateway itself.
    expect(program.out() + program.err()).toContain('"msg":"closed"')
  }, 60_000)

  test('serves models of one’s own: TypeScript, and JavaScript that was built from it', async () => {
    const at = await place()
    const source = `import { model, t } from '@ochre/model'
export const Note = model('note', { id: t.string(), text: t.string(), stars: t.int().default(0) })
`
    await writeFile(join(folder, 'models.ts'), `${source}const kept: number = 1\nvoid kept\n`)
    await writeFile(join(folder, 'models.mjs'), source)
    await writeFile(join(folder, 'key'), `${KEY}\n`)
    for (const models of ['models.ts', 'models.mjs']) {
      const program = startOchre(
        ['serve', '--memory', '--models', `./${models}`, '--port', String(at.port), '--admin', 'false'],
        { cwd: folder, root, env: { OCHRE_ROOT_KEY_FILE: join(folder, 'key') } },
      )
      running.push(program)
      await program.wrote('subscribe?channel=')
      const headers = { authorization: `Bearer ${KEY}` }
      const create = await fetch(`http://127.0.0.1:${at.port}/v1/models/note`, {
        method: 'POST',
        headers,
        body: '{"id":"a","text":"x"}',
      })
      expect([models, create.status]).toEqual([models, 201])
      expect(await program.kill()).toBe(0)
    }
  }, 60_000)
})

describe('under load', () => {
  beforeAll(build)

  /** Counts up from many sides until the server is gone: what was acknowledged, and what was sent at all. */
  async function load(
    at: Place,
    isEnough: (acknowledged: number) => void,
  ): Promise<{ acknowledged: number; sent: number }> {
    let [acknowledged, sent] = [0, 0]
    const headers = { authorization: `Bearer ${KEY}` }
    const overHttp = Array.from({ length: 8 }, async () => {
      for (;;) {
        sent++
        const answer = await fetch(`http://127.0.0.1:${at.port}/v1/redis`, {
          method: 'POST',
          headers,
          body: '["INCR","n"]',
        }).catch(() => undefined)
        if (answer === undefined) return
        const whole = await answer.text().catch(() => undefined)
        if (answer.status === 200 && whole !== undefined) acknowledged++
        isEnough(acknowledged)
      }
    })
    const overWebSocket = Array.from({ length: 4 }, async () => {
      const ws = new WebSocket(`ws://127.0.0.1:${at.port}/v1/ws`, { headers })
      const closed = new Promise((resolve) => ws.on('close', resolve))
      ws.on('error', () => {})
      const next = (): void => {
        sent++
        ws.send('{"id":1,"t":"cmd","c":["INCR","n"]}', () => {})
      }
      ws.on('open', () => {
        for (let i = 0; i < 8; i++) next()
      })
      ws.on('message', (data) => {
        const frame = JSON.parse(String(data)) as { id?: number; ok?: boolean }
        if (frame.id !== 1) return
        if (frame.ok === true) acknowledged++
        isEnough(acknowledged)
        if (ws.readyState === ws.OPEN) next()
      })
      await closed
    })
    await Promise.all([...overHttp, ...overWebSocket])
    return { acknowledged, sent }
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    '%s loses nothing that was acknowledged',
    async (signal) => {
      const at = await place()
      const serve = async (): Promise<Program> => {
        const program = startOchre(['serve', '--port', String(at.port), '--admin-port', String(at.admin)], {
          cwd: folder,
          root,
          env: { OCHRE_ROOT_KEY: KEY },
        })
        running.push(program)
        await program.wrote('subscribe?channel=')
        return program
      }
      const program = await serve()
      let ending: Promise<number | null> | undefined
      const { acknowledged, sent } = await load(at, (count) => {
        if (count > 2000) ending ??= program.kill(signal)
      })
      expect(await ending).toBe(signal === 'SIGTERM' ? 0 : null)
      // Nothing listens any more.
      await expect(once(connect(at.port, '127.0.0.1'), 'connect')).rejects.toThrow()
      await serve()
      const found = Number(await command(at, KEY, 'GET', 'n'))
      expect(acknowledged).toBeGreaterThan(2000)
      expect(found).toBeGreaterThanOrEqual(acknowledged)
      expect(found).toBeLessThanOrEqual(sent)
      // An orderly end answers everything that it has accepted.
      if (signal === 'SIGTERM') expect(found).toBe(acknowledged)
    },
    60_000,
  )
})
