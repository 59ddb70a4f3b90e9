// Random conditions and orders over every type of column, against a plain filter and a plain sort: in one slot, in several,
// and in a model whose rows expire; by any plan, page by page with pages of any length.
import { index, model, open, t } from '@ochre/model'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { useRedis } from './database.ts'

const fields = {
  id: t.string(),
  s: t.string().optional().nullable().index(),
  y: t.bytes().optional().index('desc'),
  f: t.float().nullable().index('desc'),
  k: t.enum(['x', 'y', 'z']),
  b: t.bigint().optional().index('desc'),
  d: t.date().nullable().index(),
  o: t.boolean().optional().index('desc'),
}
const Single = model('single', fields, (p) => ({
  indexes: [index(p.k, p.s.desc(), p.f), index(p.s, p.y), index(p.y.desc(), p.k)],
}))
const Spread = model('spread', fields, (p) => ({
  indexes: [index(p.k, p.s.desc(), p.f), index(p.k, p.id)],
  placement: { bucketed: 3 },
}))
const Brief = model('brief', fields, (p) => ({ indexes: [index(p.y.desc(), p.k)], ttl: '1h' }))

const fixture = useRedis()

type Value = string | number | bigint | boolean | Date | Uint8Array
type Name = keyof typeof fields
type Plain = { readonly [N in Name]?: Value | null | undefined } & { readonly id: string }
type Leaf = { readonly name: Name; readonly op: string; readonly operand: unknown }
type Tree = Leaf | { readonly and: readonly Tree[] } | { readonly or: readonly Tree[] } | { readonly not: Tree }

const VALUES: Readonly<Record<Name, readonly Value[]>> = {
  id: ['r001', 'r002', 'r03', 'zz'],
  s: ['', '\0', '\0\0', 'a', 'a\0', 'a\0b', 'ab', 'b', 'ÿ', '\u{10FFFF}', '"', '\x01', '\xff', '😀'],
  y: [[], [0], [0, 0], [0, 255], [255], [1], [97, 0], [97]].map((bytes) => Buffer.from(bytes)),
  f: [0, -0, 1, -1, 0.5, -0.5, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1e21],
  k: ['x', 'y', 'z'],
  b: [0n, 1n, -1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n],
  d: [0, -1, 1, 8.64e15, -8.64e15].map((ms) => new Date(ms)),
  o: [true, false],
}
const NAMES = Object.keys(VALUES) as Name[]
const oneOf = (name: Name) => fc.constantFrom(...VALUES[name])

const rows = fc.record({
  s: fc.option(fc.option(oneOf('s')), { nil: undefined }),
  y: fc.option(oneOf('y'), { nil: undefined }),
  f: fc.option(oneOf('f')),
  k: oneOf('k'),
  b: fc.option(oneOf('b'), { nil: undefined }),
  d: fc.option(oneOf('d')),
  o: fc.option(oneOf('o'), { nil: undefined }),
})

const leaf = fc.constantFrom(...NAMES).chain((name): fc.Arbitrary<Leaf> => {
  const ops = ['eq', 'ne', 'in', 'notIn', 'isNull']
  if (name !== 'k' && name !== 'o') ops.push('gt', 'gte', 'lt', 'lte', 'between')
  if (name === 's' || name === 'id') ops.push('contains', 'startsWith', 'endsWith')
  return fc.constantFrom(...ops).chain((op) => {
    const operand: fc.Arbitrary<unknown> =
      op === 'in' || op === 'notIn'
        ? fc.array(oneOf(name), { maxLength: 4 })
        : op === 'between'
          ? fc.tuple(oneOf(name), oneOf(name))
          : op === 'isNull'
            ? fc.boolean()
            : oneOf(name)
    return operand.map((each) => ({ name, op, operand: each }))
  })
})
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    tie('tree').map((not) => ({ not })),
  ),
}))

const toFilter = (node: Tree): object => {
  if ('and' in node) return { AND: node.and.map(toFilter) }
  if ('or' in node) return { OR: node.or.map(toFilter) }
  return 'not' in node ? { NOT: toFilter(node.not) } : { [node.name]: { [node.op]: node.operand } }
}

function compare(a: Value, b: Value): number {
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array)
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  const [x, y] = a instanceof Date ? [a.getTime(), (b as Date).getTime()] : [a, b]
  return x < y ? -1 : x > y ? 1 : 0
}

/** A comparison with null is false, and so its negation true. */
function matches(row: Plain, node: Tree): boolean {
  if ('and' in node) return node.and.every((each) => matches(row, each))
  if ('or' in node) return node.or.some((each) => matches(row, each))
  if ('not' in node) return !matches(row, node.not)
  const { name, op, operand } = node
  const own = row[name] ?? null
  if (op === 'isNull') return (own === null) === operand
  if (op === 'ne') return own === null || compare(own, operand as Value) !== 0
  if (op === 'notIn') return own === null || !(operand as Value[]).some((each) => compare(own, each) === 0)
  if (own === null) return false
  switch (op) {
    case 'in':
      return (operand as Value[]).some((each) => compare(own, each) === 0)
    case 'contains':
      return (own as string).includes(operand as string)
    case 'startsWith':
      return (own as string).startsWith(operand as string)
    case 'endsWith':
      return (own as string).endsWith(operand as string)
    case 'between': {
      const [low, high] = operand as [Value, Value]
      return compare(own, low) >= 0 && compare(own, high) <= 0
    }
  }
  const sign = compare(own, operand as Value)
  return { eq: sign === 0, gt: sign > 0, gte: sign >= 0, lt: sign < 0, lte: sign <= 0 }[op]!
}

type Order = Readonly<Partial<Record<Name, 'asc' | 'desc'>>>
const ORDERS: readonly Order[] = [
  {},
  ...NAMES.flatMap((name) => [{ [name]: 'asc' } as Order, { [name]: 'desc' } as Order]),
  { s: 'asc', y: 'asc' },
  { s: 'desc', f: 'asc' },
  { y: 'asc', k: 'desc' },
  { d: 'desc', id: 'asc' },
]

/** By the columns, null before all, then by id in the direction of the last column. */
function inOrder(people: readonly Plain[], order: Order): string[] {
  const columns = [...Object.entries(order), ['id', Object.values(order).at(-1) ?? 'asc'] as const] as [Name, string][]
  const sign = (a: Plain, b: Plain): number => {
    for (const [name, direction] of columns) {
      const [x, y] = [a[name] ?? null, b[name] ?? null]
      const one = x === null || y === null ? Number(x !== null) - Number(y !== null) : compare(x, y)
      if (one !== 0) return direction === 'desc' ? -one : one
    }
    return 0
  }
  return [...people].sort(sign).map(({ id }) => id)
}

it('are answered as a filter and a sort would, whatever the plan', async () => {
  const people: Plain[] = fc
    .sample(rows, 150)
    .map((row, i) => ({ ...row, id: `r${String(i).padStart(3, '0')}` }) as unknown as Plain)
  const db = open(fixture.redis, { Single, Spread, Brief })
  type Rows = typeof db.Single
  for (const store of [db.Single, db.Spread, db.Brief] as unknown as Rows[]) {
    const { failures } = await store.createMany(people as unknown as (typeof Single.$insert)[])
    expect(failures).toEqual([])
    expect((await store.verify()).problems).toEqual([])
  }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('Single', 'Spread', 'Brief') as fc.Arbitrary<'Single' | 'Spread' | 'Brief'>,
      tree,
      fc.constantFrom(...ORDERS),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
      async (name, node, orderBy, limits) => {
        const store = db[name] as unknown as Rows
        const isOrdered = Object.keys(orderBy).length > 0
        const base = { where: toFilter(node), orderBy, allowScan: true } as object
        const wanted = inOrder(
          people.filter((row) => matches(row, node)),
          orderBy,
        )
        const expectIds = (ids: readonly string[]) =>
          isOrdered ? expect(ids).toEqual(wanted) : expect([...ids].sort()).toEqual([...wanted].sort())
        expect(await store.find(base).count()).toBe(wanted.length)
        expectIds(await store.find(base).ids())
        const paged: string[] = []
        let after: string | null = null
        for (let turn = 0; turn === 0 || after !== null; turn++) {
          const limit = limits[turn % limits.length]!
          const page: { id: string }[] & { next: string | null } = await store.find({ ...base, limit, after })
          paged.push(...page.map((row) => row.id))
          after = page.next
        }
        expectIds(paged)
        const plan = await store.find(base).explain()
        if (!plan.tested && plan.plan === 'walk') expect(plan.entries).toBe(wanted.length)
      },
    ),
    { numRuns: 300 },
  )
}, 120_000)
