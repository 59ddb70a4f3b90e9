// A hundred workers with a thousand mixed operations each: every total is exact, every row agrees with its entries, and the feed
// tells each version of each row once.
import { type Client, connect } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { ConflictError, index, model, open, t, UniqueError, when } from '@ochre/model'
import { describe, expect, it } from 'vitest'
import { startServer } from '../servers/index.ts'

const WORKERS = 100
const CONNECTIONS = 8
const ROWS = 64

const fields = {
  id: t.string(),
  n: t.int().default(0).index(),
  a: t.bigint().default(9007199254740993n),
  b: t.bigint().default(-9007199254740993n).index('desc'),
  even: t.boolean().default(true).index(),
  owner: t.string().optional(),
  map: t.map(t.int()),
  set: t.set(t.string()),
}
const Account = model('account', { ...fields, email: t.string().unique().optional() }, (x) => ({
  indexes: [index(x.even, x.n.desc())],
  feed: { keep: 1_000_000 },
}))
const Spread = model('spread', { ...fields, email: t.string().optional().index() }, (x) => ({
  indexes: [index(x.even, x.n.desc())],
  placement: { bucketed: 8 },
  feed: { keep: 1_000_000 },
}))

/** Numbers that look random, the same in every run. */
function generator(seed: number): (n: number) => number {
  let state = seed * 2654435761 + 1
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

async function run(
  clients: readonly Client[],
  Model: typeof Account | typeof Spread,
  operations: number,
): Promise<void> {
  const stores = clients.map((client) => open(client, { Model: Model as typeof Account }).Model)
  const [store] = stores as [(typeof stores)[0]]
  await store.createMany(Array.from({ length: ROWS }, (_, i) => ({ id: `r${i}` })))
  const marked = store.program({ key: t.string(), worker: t.string() }, (p, { key, worker }) => {
    p.n.add(1)
    p.map.increase(key, 2)
    when(p.n.modulo(2).eq(0), () => p.even.set(true)).else(() => p.even.set(false))
    return p.set.add(worker)
  })
  const moved = store.program({ by: t.bigint() }, (p, { by }) => {
    p.a.sub(by)
    p.b.add(by)
  })
  let added = 0
  let pushed = 0
  let counted = 0
  let conflicts = 0
  let created = 0
  let deleted = 0
  const emails = new Set<string>()
  const worker = async (w: number): Promise<void> => {
    const own = stores[w % stores.length]!
    const next = generator(w + 1)
    for (let i = 0; i < operations; i++) {
      const id = `r${next(ROWS)}`
      const kind = next(10)
      if (kind < 3) {
        const by = next(9) - 4
        await own.at(id).n.add(by)
        added += by
      } else if (kind < 6) {
        const fresh = await marked(id, { key: `k${i % 3}`, worker: `${w}` })
        added++
        counted += 2
        pushed += fresh
      } else if (kind < 8) await moved(id, { by: BigInt(next(1000)) * 10n ** 12n })
      else if (kind === 8) {
        // Read, change, save: whoever loses against another begins again.
        for (let row = (await own.get(id))!; ; ) {
          row.n += 5
          row.owner = `${w}`
          try {
            await row.save()
            break
          } catch (error) {
            if (!(error instanceof ConflictError)) throw error
            conflicts++
            row = error.current as typeof row
          }
        }
        added += 5
      } else {
        const email = `e${next(500)}`
        const row = `w${w}-${i}`
        try {
          await own.create({ id: row, email, n: -1 })
          created++
          if (next(2)) {
            await own.delete(row)
            deleted++
          } else if (Model === Account) {
            expect(emails.has(email)).toBe(false)
            emails.add(email)
          }
        } catch (error) {
          if (!(error instanceof UniqueError)) throw error
        }
      }
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, w) => worker(w)))

  const rows = (await store.find()).filter(({ id }) => id.startsWith('r'))
  expect(rows).toHaveLength(ROWS)
  expect(rows.reduce((sum, row) => sum + row.n, 0)).toBe(added)
  for (const row of rows) {
    expect(row.a + row.b).toBe(0n)
    const { maps, members } = await store.atomic(row.id, (p) => ({ maps: p.map.entries(), members: p.set.length() }))
    counted -= Object.values(maps).reduce((sum, value) => sum + value, 0)
    pushed -= members
  }
  expect({ counted, pushed }).toEqual({ counted: 0, pushed: 0 })
  expect(await store.find({ n: -1 }).count()).toBe(created - deleted + rows.filter(({ n }) => n === -1).length)
  if (Model === Account) expect(emails.size).toBe(created - deleted)
  expect(conflicts).toBeGreaterThan(0)
  expect(conflicts).toBe(stores.reduce((sum, each) => sum + each.metrics().conflicts, 0))
  expect((await store.verify()).problems).toEqual([])

  const versions = new Map<string, number>()
  await store.create({ id: 'the end' })
  let gone = 0
  for await (const change of store.changes({ after: 'oldest' })) {
    if (change.type === 'gap') throw new Error('a gap')
    if (change.id === 'the end') break
    const { type, id, version, fields: names } = change
    if (type === 'delete') gone++
    else if (version === (versions.get(id) ?? 0) + 1) versions.set(id, version)
    else if (version !== versions.get(id) || !names.every((name) => name === 'map' || name === 'set'))
      throw new Error(`${id} jumps from version ${versions.get(id)} to ${version}: ${names}`)
  }
  expect(gone).toBe(deleted)
}

describe('operations of a hundred workers give exact totals', () => {
  it.each([
    ['embedded', 'a model', Account, 1000],
    ['embedded', 'a bucketed model', Spread, 250],
    ['a server', 'a model', Account, 1000],
    ['a server', 'a bucketed model', Spread, 1000],
  ] as const)(
    'on %s, of %s',
    async (backend, _, Model, operations) => {
      const engine = backend === 'embedded' ? await Engine.open() : null
      const server = engine ? null : await startServer()
      const clients = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => (engine ? connect(engine) : connect(server!.url))),
      )
      await run(clients, Model, operations)
      for (const client of clients) await client.close()
      await server?.stop()
      await engine?.close()
    },
    240_000,
  )
})
