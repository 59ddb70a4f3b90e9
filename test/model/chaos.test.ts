// Mixed load while the server forgets its scripts, loses every connection, and is killed: nothing that was acknowledged is lost,
// nothing that was refused has happened, nothing happens twice, and rows agree with indexes, uniques and memo.
import { connect } from '@ochre/client'
import { index, model, open, t, when } from '@ochre/model'
import { ConnectionError } from '@ochre/protocol'
import { describe, expect, it } from 'vitest'
import { startProxy } from '../proxy/index.ts'
import { startServer } from '../servers/index.ts'

const Ledger = model(
  'ledger',
  {
    id: t.string(),
    n: t.int().default(0).index(),
    token: t.string().optional().unique(),
    big: t.boolean().default(false),
    seen: t.set(t.string()),
    log: t.list(t.string()),
  },
  (x) => ({ indexes: [index(x.big, x.n.desc())], feed: { keep: 1_000_000 } }),
)

const CONNECTIONS = 4
const WORKERS = 16
const ROWS = 5

/** What became of a call: done; not done; or nobody knows. */
type Fate = 'done' | 'not done' | 'unknown'

async function fateOf(call: Promise<unknown>): Promise<Fate> {
  try {
    await call
    return 'done'
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    return error.maybeExecuted ? 'unknown' : 'not done'
  }
}

describe('mixed load', () => {
  it('loses nothing and does nothing twice, whatever happens to scripts, connections and the server', async () => {
    await using server = await startServer({ config: { appendonly: 'yes', appendfsync: 'always' } })
    await using proxy = await startProxy(server.port)
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(proxy.url)))
    const stores = clients.map((client) => open(client, { Ledger }).Ledger)
    const direct = await connect(server.url)
    const { Ledger: store } = open(direct, { Ledger })
    for (let i = 0; i < ROWS; i++) await store.create({ id: `r${i}` })
    const note = stores.map((each) =>
      each.program({ token: t.string() }, (p, { token }) => {
        p.n.add(1)
        p.seen.add(token)
        p.log.push(token)
        p.token.set(token)
        when(p.n.gt(20), () => p.big.set(true))
      }),
    )

    /** By token: the row of a program, or the id of a created row. */
    const fates = new Map<string, { id: string; made: Fate; gone: Fate | null }>()
    let acknowledged = 0
    let over = false
    const worker = async (w: number): Promise<void> => {
      const own = stores[w % CONNECTIONS]!
      for (let i = 0; !over; i++) {
        const token = `${w}:${i}`
        if (i % 4 < 3) {
          const id = `r${(w + i) % ROWS}`
          const made = await fateOf(note[w % CONNECTIONS]!(id, { token }))
          fates.set(token, { id, made, gone: null })
          if (made === 'done') acknowledged++
        } else {
          const id = `w${w}-${i}`
          const made = await fateOf(own.create({ id, token, n: -1, log: [token] }))
          const gone = made === 'done' && i % 8 === 7 ? await fateOf(own.delete(id)) : null
          fates.set(token, { id, made, gone })
          if (made === 'done') acknowledged++
        }
      }
    }
    const working = Promise.all(Array.from({ length: WORKERS }, (_, w) => worker(w)))
    /** Waits for so many more acknowledged writes. */
    const after = async (more: number): Promise<void> => {
      const target = acknowledged + more
      await expect.poll(() => acknowledged, { interval: 1, timeout: 30_000 }).toBeGreaterThan(target)
    }
    for (let round = 0; round < 4; round++) {
      await after(150)
      for (let i = 0; i < 3; i++) {
        await direct.call('SCRIPT', 'FLUSH')
        await after(40)
      }
      proxy.reset()
      await after(100)
      await proxy.cut({ direction: round % 2 ? 'toClient' : 'toServer', after: 5000 + round * 777 })
      await after(100)
      proxy.split(7)
      await after(50)
      proxy.heal()
      await server.kill()
      await server.restart()
    }
    await after(200)
    over = true
    await working
    await direct.call('PING')

    const outcomes = [...fates.values()]
    const count = (fate: Fate) => outcomes.filter(({ made }) => made === fate).length
    expect(count('done')).toBeGreaterThan(1500)
    // The faults did hit calls on their way.
    expect(count('unknown')).toBeGreaterThan(10)

    for (let i = 0; i < ROWS; i++) {
      const row = (await store.get(`r${i}`))!
      const { seen, log } = await store.atomic(row.id, (p) => ({ seen: p.seen.items(), log: p.log.items() }))
      // Once each, and all parts of each program or none.
      expect(log).toHaveLength(row.n)
      expect([...log].sort()).toEqual([...seen].sort())
      expect(row.big).toBe(row.n > 20)
      expect(row.token).toBe(log.at(-1))
      for (const [token, { id, made }] of fates) {
        if (id !== row.id) continue
        if (made === 'done') expect([token, seen.includes(token)]).toEqual([token, true])
        if (made === 'not done') expect([token, seen.includes(token)]).toEqual([token, false])
      }
      for (const token of seen) expect(fates.has(token)).toBe(true)
    }
    const present = new Set(await store.find({ n: -1 }).ids())
    for (const { id, made, gone } of outcomes) {
      if (!id.startsWith('w') || made === 'unknown' || gone === 'unknown') continue
      expect([id, made, gone, present.has(id)]).toEqual([id, made, gone, made === 'done' && gone !== 'done'])
    }
    expect((await store.verify()).problems).toEqual([])

    // The feed tells every version of every row, in order and once.
    const versions = new Map<string, number>()
    await store.create({ id: 'the end' })
    for await (const change of store.changes({ after: 'oldest' })) {
      if (change.type === 'gap') throw new Error('a gap')
      if (change.id === 'the end') break
      const before = versions.get(change.id) ?? 0
      expect([change.id, change.type, change.version]).toEqual([
        change.id,
        change.type,
        change.type === 'delete' ? before : before + 1,
      ])
      versions.set(change.id, change.version!)
    }
    for (let i = 0; i < ROWS; i++) expect(versions.get(`r${i}`)).toBe((await store.get(`r${i}`))!.n + 1)
    for (const client of [...clients, direct]) await client.close()
  }, 120_000)
})
