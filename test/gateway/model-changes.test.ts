// Changes of models as server-sent events and over sockets, over a real server and the embedded engine: what is told, to
// whom, where reading goes on, and when it ends.
import { model, t } from '@ochre/model'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { parseJson } from '../../packages/gateway/src/json.ts'
import { Session } from '../../packages/gateway/src/websocket.ts'
import { ask, ROOT } from './ask.ts'
import { BACKENDS, type Backend, startBackend } from './backends.ts'
import { type OpenStream, openStream } from './event-stream.ts'

const User = model('user', { id: t.string(), age: t.int(), tags: t.list(t.string()) }, { feed: { keep: 100 } })
const Big = model('big', { id: t.bigint(), age: t.int() }, { feed: true, placement: { bucketed: 2 } })
const Silent = model('silent', { id: t.string() })

type Frame = { [name: string]: unknown }

/** The other end of a session. */
class Socket {
  readonly session: Session
  closedWith: number | undefined
  buffered = 0
  readonly #frames: Frame[] = []
  #wake: () => void = () => {}

  constructor(gateway: Gateway, token = ROOT) {
    this.session = new Session({
      gateway,
      token,
      remoteAddress: '127.0.0.1',
      codec: { name: 'ochre.v1.json', decode: parseJson },
      peer: {
        send: (data) => {
          this.#frames.push(JSON.parse(String(data)) as Frame)
          this.#wake()
        },
        bufferedBytes: () => this.buffered,
        pause() {},
        resume() {},
        close: (code) => {
          this.closedWith = code
        },
      },
    })
  }

  /** How many have not been taken. */
  get frames(): number {
    return this.#frames.length
  }

  async next(): Promise<Frame> {
    while (this.#frames.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#frames.shift()!
  }

  ask(frame: Frame): Promise<Frame> {
    this.session.onFrame(JSON.stringify(frame))
    return this.next()
  }
}

describe.each(BACKENDS)('changes of models over %s', (backend) => {
  let server: Backend
  let gateway: Gateway
  const open: { close(): void }[] = []
  beforeAll(async () => {
    server = await startBackend(backend)
    gateway = await createGateway({ redis: server.redis, rootKey: ROOT, models: { User, Big, Silent } })
  })
  afterAll(async () => {
    await gateway.close()
    await server.stop()
  })
  beforeEach(async () => {
    await server.call('FLUSHALL')
  })
  afterEach(() => {
    for (const one of open.splice(0)) one.close()
  })

  async function stream(target: string, headers: Record<string, string> = {}): Promise<OpenStream> {
    const made = await openStream(gateway, `/v1/models/${target}`, { headers })
    open.push(made)
    return made
  }

  function socket(token?: string): Socket {
    const made = new Socket(gateway, token)
    open.push({ close: () => made.session.onClose() })
    return made
  }

  const post = (path: string, body: unknown) => ask(gateway, 'POST', `/v1/models/${path}`, { body })

  /** Name and content of an event. */
  function parsed(event: string | undefined): { id: string; event: string; data: Frame } {
    const [, name, id, data] = /^event: (\w+)\nid: (\S+)\ndata: (.*)$/.exec(event ?? '') ?? []
    return { id: id!, event: name!, data: JSON.parse(data ?? 'null') as Frame }
  }

  it('come as events whose ids are cursors, and reading goes on behind any of them', async () => {
    const events = await stream('user/changes')
    expect(events.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    await post('user', { id: 'a', age: 1 })
    await post('user/a/atomic', {
      steps: [
        ['age', 'add', 1],
        ['tags', 'push', 'x'],
      ],
    })
    await ask(gateway, 'DELETE', '/v1/models/user/a')
    const created = parsed(await events.next())
    expect(created).toMatchObject({
      event: 'change',
      data: { type: 'create', id: 'a', version: 1, cursor: created.id },
    })
    const updated = parsed(await events.next())
    expect(updated.data).toMatchObject({ type: 'update', id: 'a', version: 2, fields: ['age', 'tags'] })
    expect(updated.data.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(parsed(await events.next()).data).toMatchObject({ type: 'delete', id: 'a' })

    const resumed = await stream('user/changes', { 'last-event-id': created.id })
    expect(parsed(await resumed.next()).data).toEqual(updated.data)
    const all = await stream('user/changes?after=oldest')
    expect(parsed(await all.next()).data).toEqual(created.data)
  })

  it('say when the feed does not reach back far enough', async () => {
    await post('user', { id: 'a', age: 1 })
    const events = await stream('user/changes?after=oldest')
    const first = parsed(await events.next())
    await post(
      'user/bulk',
      Array.from({ length: 400 }, (_, i) => ({ id: `b${i}`, age: i })),
    )
    expect(Number(await server.call('XLEN', '{user}:feed'))).toBeLessThan(400)
    const late = await stream('user/changes', { 'last-event-id': first.id })
    expect(parsed(await late.next())).toMatchObject({ event: 'gap', data: { type: 'gap' } })
  })

  it('wait for a slow reader instead of being dropped', async () => {
    const events = await stream('big/changes')
    await post(
      'big/bulk',
      Array.from({ length: 3000 }, (_, i) => ({ id: `${2n ** 60n + BigInt(i)}`, age: i })),
    )
    const ids = new Set<string>()
    while (ids.size < 3000) {
      const event = (await events.next())!
      expect(event).toMatch(/^event: change\n/)
      // Digits that a number of JavaScript would lose.
      ids.add(/"id":(\d+)/.exec(event)![1]!)
    }
    expect(ids.has(String(2n ** 60n + 2999n))).toBe(true)
  })

  it('are told to all sockets that subscribe, until they end', async () => {
    const [one, two] = [socket(), socket()]
    expect(await one.ask({ id: 1, t: 'sub', models: [{ model: 'user' }] })).toEqual({ id: 1, ok: true, r: { ref: 1 } })
    await two.ask({ id: 'x', t: 'sub', models: [{ model: 'user' }], channels: ['c'] })
    await post('user', { id: 'a', age: 1 })
    const change = { type: 'create', id: 'a', version: 1, fields: [] }
    const heard = await one.next()
    expect(heard).toMatchObject({ t: 'change', ref: 1, model: 'user', change })
    expect(await two.next()).toMatchObject({ t: 'change', ref: 'x', change })
    expect(await one.ask({ id: 2, t: 'unsub', ref: 1 })).toMatchObject({ ok: true })
    await post('user', { id: 'b', age: 1 })
    expect(await two.next()).toMatchObject({ change: { id: 'b' } })
    const { cursor } = heard.change as { cursor: string }
    one.session.onFrame(JSON.stringify({ id: 3, t: 'sub', models: [{ model: 'user', after: cursor }] }))
    const frames = [await one.next(), await one.next()]
    expect(frames).toContainEqual({ id: 3, ok: true, r: { ref: 3 } })
    expect(frames).toContainEqual(expect.objectContaining({ change: expect.objectContaining({ id: 'b' }) }))
  })

  it('wait for a socket that is slow, and end with rights that are gone', async () => {
    const slow = socket()
    await slow.ask({ id: 1, t: 'sub', models: [{ model: 'user' }] })
    slow.buffered = 10 ** 9
    await post('user', { id: 'a', age: 1 })
    const fast = socket()
    await fast.ask({ id: 1, t: 'sub', models: [{ model: 'user', after: 'oldest' }] })
    await fast.next()
    expect(slow.frames).toBe(0)
    slow.buffered = 0
    slow.session.onDrain()
    expect(await slow.next()).toMatchObject({ t: 'change', change: { id: 'a' } })
    expect(slow.closedWith).toBeUndefined()

    const { key } = await gateway.keys.create('few', { scopes: ['models', 'read'], models: ['silent'] })
    const other = socket()
    await other.ask({ id: 1, t: 'sub', models: [{ model: 'user' }] })
    expect(await other.ask({ id: 2, t: 'hello', token: key })).toEqual({
      t: 'end',
      ref: 1,
      reason: 'not permitted any more',
    })
  })

  it('are refused without a feed, without the right, and from a place that is none', async () => {
    const { key } = await gateway.keys.create('none', { scopes: ['models', 'read'], models: ['silent'] })
    const get = async (target: string, token = ROOT) => {
      const { status, json } = await ask(gateway, 'GET', `/v1/models/${target}`, { token })
      return [status, (json as { code: string }).code]
    }
    expect(await get('silent/changes')).toEqual([400, 'USAGE'])
    expect(await get('user/changes', key)).toEqual([403, 'NOT_PERMITTED'])
    expect(await get('nosuch/changes')).toEqual([404, 'NOT_FOUND'])
    expect(await get('user/changes?after=x')).toEqual([400, 'USAGE'])
    const peer = socket(key)
    const code = async (models: unknown): Promise<unknown> =>
      ((await peer.ask({ id: 1, t: 'sub', models })).e as { code: string }).code
    expect(await code([{ model: 'user' }])).toBe('NOT_PERMITTED')
    expect(await code([{ model: 'silent' }])).toBe('USAGE')
    expect(await code([{ model: 1 }])).toBe('BAD_REQUEST')
    expect(await code('user')).toBe('BAD_REQUEST')
  })
})
