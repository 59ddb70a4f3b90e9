// The types that models infer. What is asserted here is asserted by the compiler; the test runs so that it is never forgotten.
import { and, type Condition, type IdOf, index, model, open, type Row, t } from '@ochre/model'
import { expectTypeOf, it } from 'vitest'
import { z } from 'zod'

const Address = z.object({ city: z.string(), zip: z.array(z.number()) })
const Person = model(
  'person',
  {
    id: t.ulid(),
    email: t.string(),
    age: t.int().min(0).optional(),
    score: t.float().default(0),
    balance: t.bigint(),
    active: t.boolean().default(true),
    avatar: t.bytes().optional(),
    joined: t.date().defaultNow(),
    status: t.enum(['minor', 'adult']).nullable(),
    address: t.json(Address),
    plain: z.object({ a: z.string().optional() }),
    tags: t.list(t.string()),
    scores: t.sortedSet(t.string()),
    prefs: t.map(t.json<{ on: boolean }>()),
    events: t.stream({ kind: t.string(), n: t.int().optional() }),
  },
  (p) => ({ indexes: [index(p.email, p.age.desc())] }),
)
type Person = typeof Person.$select
declare const client: Parameters<typeof open>[0]

/** Only for the compiler. */
async function inference() {
  expectTypeOf<Person>().toEqualTypeOf<{
    id: string
    email: string
    score: number
    balance: bigint
    active: boolean
    joined: Date
    status: 'minor' | 'adult' | null
    address: { city: string; zip: number[] }
    plain: { a?: string | undefined }
    age?: number
    avatar?: Uint8Array
  }>()
  expectTypeOf<typeof Person.$insert>().toEqualTypeOf<{
    email: string
    balance: bigint
    status: 'minor' | 'adult' | null
    address: { city: string; zip: number[] }
    plain: { a?: string | undefined }
    id?: string | undefined
    age?: number | undefined
    score?: number | undefined
    active?: boolean | undefined
    avatar?: Uint8Array | undefined
    joined?: Date | undefined
    tags?: readonly string[] | undefined
    scores?: Readonly<Record<string, number>> | readonly (readonly [string, number])[] | undefined
    prefs?: Readonly<Record<string, { on: boolean }>> | undefined
    events?:
      | readonly { kind: string; n?: number }[]
      | readonly (readonly [id: string, entry: { kind: string; n?: number }])[]
      | undefined
  }>()
  expectTypeOf<IdOf<typeof Person.fields>>().toEqualTypeOf<string>()
  const db = open(client, { Person })
  const row = await db.Person.get('x')
  expectTypeOf(row).toEqualTypeOf<Row<typeof Person.fields> | null>()
  const at = db.Person.at('x')
  expectTypeOf(await at.score.add(1)).toEqualTypeOf<number>()
  expectTypeOf(await at.balance.mul(2n)).toEqualTypeOf<bigint>()
  expectTypeOf(await at.tags.pop()).toEqualTypeOf<string | null>()
  expectTypeOf(await at.status.get()).toEqualTypeOf<'minor' | 'adult' | null>()
  expectTypeOf(await at.age.get()).toEqualTypeOf<number | null>()
  expectTypeOf(await at.age.add(1)).toEqualTypeOf<number>()
  expectTypeOf(await at.email.set('x')).toEqualTypeOf<string>()
  expectTypeOf(await at.age.orElse(1)).toEqualTypeOf<number>()
  expectTypeOf(await at.age.setIf((age) => age.lt(18), 18)).toEqualTypeOf<boolean>()
  expectTypeOf(await at.status.setIf((status) => status.ne('adult'), null)).toEqualTypeOf<boolean>()
  expectTypeOf(await at.tags.items()).toEqualTypeOf<string[]>()
  expectTypeOf(await at.address.path('zip[0]').get()).toEqualTypeOf<number | null>()
  expectTypeOf(await at.address.path('city').get()).toEqualTypeOf<string | null>()
  // @ts-expect-error an int takes no bigint
  await at.age.add(1n)
  // @ts-expect-error a boolean does not add
  await at.active.add(1)
  // @ts-expect-error not a member of the enum
  await at.status.set('old')
  // @ts-expect-error an enum has no order
  await at.status.gt('minor')
  const result = await db.Person.atomic('x', (p) => {
    // @ts-expect-error the id cannot change
    p.id.set('y')
    // @ts-expect-error a server value is no number
    const wrong = p.score + 1
    return { score: p.score, tags: p.tags.items(), nested: [p.active, 'constant', wrong] as const }
  })
  expectTypeOf(result.score).toEqualTypeOf<number>()
  expectTypeOf(result.tags).toEqualTypeOf<string[]>()
  expectTypeOf(result.nested[0]).toEqualTypeOf<boolean>()
  const program = db.Person.program({ min: t.int(), note: t.string().optional() }, (p, { min }) => p.score.plus(min))
  expectTypeOf(program).parameter(1).toEqualTypeOf<{ readonly min: number } & { readonly note?: string }>()
  // @ts-expect-error a parameter is missing
  await program('x', {})
  const page = await db.Person.find({ where: (p) => and(p.age.gt(1), p.status.eq('adult')) }).select('id', 'age')
  expectTypeOf(page[0]!).toEqualTypeOf<{ id: string; age?: number }>()
  // @ts-expect-error no such field
  await db.Person.find({ nope: 1 })
  await db.Person.find({ status: 'adult', age: { gte: 1, in: [2] }, email: { startsWith: 'x' }, tags: { has: 'x' } })
  await db.Person.find({ prefs: { has: 'key' }, avatar: { contains: new Uint8Array(1) }, address: { isNull: false } })
  await db.Person.find({ where: { OR: [{ status: { in: ['adult'] } }, { status: null }] }, orderBy: { status: 'asc' } })
  // @ts-expect-error a number has no parts
  await db.Person.find({ age: { contains: 'x' } })
  // @ts-expect-error an enum has no order
  await db.Person.find({ status: { gt: 'minor' } })
  // @ts-expect-error a list of strings has no number
  await db.Person.find({ tags: { has: 5 } })
  // @ts-expect-error a stream is asked nothing
  await db.Person.find({ events: { has: 'x' } })
  // @ts-expect-error rows are not ordered by a collection
  await db.Person.find({ orderBy: { tags: 'asc' } })
  // @ts-expect-error nor by a document
  await db.Person.find({ orderBy: (p) => p.address.asc() })
  // @ts-expect-error queries change nothing
  await db.Person.find((p) => p.score.add(1))
  for await (const change of db.Person.changes()) {
    // @ts-expect-error a gap has no id
    change.id
    if (change.type === 'gap') continue
    expectTypeOf(change.id).toEqualTypeOf<string>()
    expectTypeOf(change.fields).toEqualTypeOf<readonly (keyof typeof Person.fields)[]>()
    expectTypeOf(change.version).toEqualTypeOf<number | null>()
  }
  // @ts-expect-error a required field is missing
  await db.Person.create({ email: 'x' })
  // @ts-expect-error strings have no such bound
  t.string().min('a')
  // @ts-expect-error a list holds scalars
  t.list(t.set(t.string()))
  expectTypeOf<ReturnType<typeof and>>().toEqualTypeOf<Condition>()
}

it('infers rows, inserts, operations, programs and queries', () => {
  expectTypeOf(inference).returns.toEqualTypeOf<Promise<void>>()
})
