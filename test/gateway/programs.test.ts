// Programs as JSON beside programs in code: each operation of the model layer can be said, and does the same.
import { connect } from '@ochre/client'
import {
  and,
  type Condition,
  cond,
  type Database,
  keep,
  model,
  not,
  now,
  open,
  or,
  switchOn,
  t,
  when,
} from '@ochre/model'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { writeJson } from '../../packages/gateway/src/json.ts'
import { OPERATIONS } from '../../packages/gateway/src/program-json.ts'
import { Value } from '../../packages/model/src/value.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ask, ROOT } from './ask.ts'

/** A field of each kind, named by it. */
const All = model('all', {
  id: t.string(),
  int: t.int().default(7),
  float: t.float().default(2.5),
  bigint: t.bigint().default(3_000_000_001n),
  string: t.string().default('hello'),
  bytes: t.bytes().default(Buffer.from([1, 2, 255])),
  boolean: t.boolean().default(true),
  date: t.date().default(new Date('2024-01-02T03:04:05.006Z')),
  enum: t.enum(['a', 'b']).default('a'),
  maybe: t.int().optional(),
  json: t.json<Record<string, unknown>>().optional(),
  list: t.list(t.string()),
  set: t.set(t.string()),
  map: t.map(t.int()),
  sortedSet: t.sortedSet(t.string()),
  geo: t.geo(),
  stream: t.stream({ kind: t.string(), n: t.int().optional() }),
})
const CONTENT = {
  json: { a: 1, text: 'x', list: [1, 'two'], object: { b: 2 } },
  list: ['a', 'b', 'c', 'a'],
  set: ['a', 'b'],
  map: { a: 1, b: 20 },
  sortedSet: { a: 1, b: 2.5, c: 3 },
  geo: { P: [13.361389, 38.115556], C: [15.087269, 37.502669] },
  stream: [{ kind: 'first' }],
} as const

let server: TestServer
let gateway: Gateway
let db: Database<{ All: typeof All }>
let close: () => Promise<void>
beforeAll(async () => {
  server = await startServer({ name: 'gateway-programs' })
  gateway = await createGateway({ redis: server.url, rootKey: ROOT, models: { All } })
  const client = await connect(server.url)
  db = open(client, { All })
  close = async () => {
    db.close()
    await client.close()
  }
})
afterAll(async () => {
  await close()
  await gateway.close()
  await server.stop()
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

type Row = Readonly<Record<string, unknown>>
type Method = (...args: readonly unknown[]) => unknown

/** What the program gave, and the row with its collections after it. */
interface Outcome {
  readonly result: unknown
  readonly row: unknown
}

async function outcomeOf(run: (id: string) => Promise<unknown>): Promise<Outcome> {
  const id = 'row'
  await db.All.delete(id)
  await db.All.create({ id, ...CONTENT } as never)
  const result = JSON.parse(writeJson((await run(id)) ?? null, 'base64').replaceAll(/\b\d{13}-\d+\b/g, 'id')) as unknown
  const paths = [...All.spec.byProperty.keys()].filter((name) => name !== 'geo' && name !== 'stream')
  const places = await db.All.atomic(id, (u) => [
    u.geo.search({ longitude: 13, latitude: 38 }, 10_000_000),
    u.geo.position('Q'),
    u.stream.latest(10),
  ])
  // What the server names by its time is another thing each time.
  const text = writeJson([await db.All.extract(id, paths), places], 'base64').replaceAll(/\b\d{13}-\d+\b/g, 'id')
  const row = JSON.parse(text) as unknown
  return { result, row }
}

const inCode = (program: (row: Row) => unknown): Promise<Outcome> =>
  outcomeOf((id) => db.All.atomic(id, program as never) as Promise<unknown>)

const asJson = (program: unknown): Promise<Outcome> =>
  outcomeOf(async (id) => {
    const { status, json } = await ask(gateway, 'POST', `/v1/models/all/${id}/atomic`, { body: program })
    if (status !== 200) throw new Error(JSON.stringify(json))
    return (json as { result: unknown }).result
  })

const VALUES: Record<string, readonly [json: unknown, code: unknown]> = {
  int: [3, 3],
  float: [1.5, 1.5],
  bigint: ['2', 2n],
  string: ['l', 'l'],
  bytes: ['AgM=', Buffer.from([2, 3])],
  boolean: [false, false],
  date: ['2024-01-01T00:00:00.000Z', new Date('2024-01-01T00:00:00.000Z')],
  enum: ['b', 'b'],
  json: [{ z: [1, null] }, { z: [1, null] }],
}

/** Arguments by the letters of a signature, as JSON and in code. */
function argumentsOf(
  kind: string,
  operation: string,
  signature: string,
): [json: unknown[], code: (row: Row) => unknown[]] {
  const numbers = ['1', '2', '3']
  const json: unknown[] = []
  const code: ((row: Row) => unknown)[] = []
  const add = (asJson: unknown, inCode: unknown): void => {
    json.push(asJson)
    code.push(() => inCode)
  }
  for (const letter of signature.replace('*', signature.at(-2) ?? '').replace('?', '')) {
    if (letter === 'v') add(...VALUES[kind]!)
    else if (letter === 'V') add([VALUES[kind]![0]], [VALUES[kind]![1]])
    else if (letter === 'e') kind === 'map' ? add(4, 4) : add('b', 'b')
    else if (letter === 'n') {
      const number = operation === 'add' && kind === 'geo' ? 10 + json.length : Number(numbers.shift())
      add(number, number)
    } else if (letter === 'b') add(true, true)
    else if ('jdm'.includes(letter))
      operation === 'search'
        ? add({ longitude: 13, latitude: 38 }, { longitude: 13, latitude: 38 })
        : add({ y: 1 }, { y: 1 })
    else if (letter === 'p') add({ days: 1 }, { days: 1 })
    else if (letter === 'o') add('desc', 'desc')
    else if (letter === 't') add({ kind: 'second', n: 2 }, { kind: 'second', n: 2 })
    else if (letter === 'c') {
      json.push({ int: { gt: 1 } })
      code.push((row) => (row.int as { gt(n: number): unknown }).gt(1))
    } else if (letter === 's') {
      const text =
        operation === 'truncate'
          ? 'day'
          : kind === 'geo'
            ? ['P', 'C', 'P'][json.length]!
            : kind === 'map'
              ? 'a'
              : kind === 'json'
                ? 'a'
                : 'l'
      add(text, text)
    } else throw new Error(`The test knows no argument ${letter}.`)
  }
  // A radius that reaches both places.
  if (operation === 'search') json[1] = 500_000
  if (operation === 'search') code[1] = () => 500_000
  return [json, (row) => code.map((one) => one(row))]
}

/** Where in the document an operation of JSON makes sense. */
const PLACES: Readonly<Record<string, string>> = {
  push: 'list',
  increase: 'a',
  merge: 'object',
  remove: 'a',
  length: 'list',
  asNumber: 'a',
  asText: 'text',
  gt: 'a',
  gte: 'a',
  lt: 'a',
  lte: 'a',
  put: 'new',
}

describe('each operation', () => {
  for (const [kind, signatures] of Object.entries(OPERATIONS)) {
    it(`of ${kind} does the same`, async () => {
      for (const [operation, signature] of Object.entries(signatures)) {
        // A required field cannot be absent.
        const property = operation === 'unset' ? 'maybe' : kind
        const place = kind === 'json' && property === 'json' ? PLACES[operation] : undefined
        const target = place === undefined ? property : `json.${place}`
        const [json, code] = argumentsOf(kind, operation, signature)
        const expected = await inCode((row) => {
          const field = row[property] as Record<string, Method>
          const handle = place === undefined ? field : (field.at!(place) as Record<string, Method>)
          return { r: handle[operation]!(...code(row)) }
        })
        const label = `${target}.${operation}(${JSON.stringify(json)})`
        expect([label, await asJson({ return: { r: [target, operation, ...json] } })]).toEqual([label, expected])
        expect([label, await asJson({ return: { r: { $field: target, $do: [[operation, ...json]] } } })]).toEqual([
          label,
          expected,
        ])
      }
    })
  }

  /** What a callback is for, and so has a form of its own in JSON. */
  const WITH_CALLBACKS = ['each', 'some', 'every', 'count', 'find']
  const COLLECTIONS = ['list', 'set', 'map', 'sortedSet', 'geo', 'stream']

  it('of collections is there', async () => {
    await inCode((row) => {
      for (const kind of COLLECTIONS) {
        const own = Object.keys(Object.getPrototypeOf(row[kind]) as object)
        expect([kind, own.filter((name) => !WITH_CALLBACKS.includes(name)).sort()]).toEqual([
          kind,
          Object.keys(OPERATIONS[kind]!).sort(),
        ])
      }
    })
  })

  it('of values is there', async () => {
    // `path` is another name of `at`; `bind` is what keep() does; the rest are no operations.
    const others = ['constructor', 'path', 'bind', 'toJSON', 'valueOf', 'toString', 'recorder', 'node', 'target']
    const priv = [
      'make',
      'use',
      'need',
      'operand',
      'jsonOperand',
      'jsonPieces',
      'arithmetic',
      'moved',
      'field',
      'document',
      'replaceDocument',
      'pathArg',
      'compare',
      'text',
      'assign',
      'numeric',
      'extreme',
      'swap',
      'widened',
      'swapped',
      'change',
      'nullNode',
      'place',
    ]
    const names = Object.getOwnPropertyNames(Value.prototype).filter(
      (name) => !others.includes(name) && !priv.includes(name),
    )
    const known = new Set(Object.values(OPERATIONS).flatMap((signatures) => Object.keys(signatures)))
    // The items of loops have these two, whatever they are.
    for (const name of ['remove', 'put']) known.add(name)
    expect(names.filter((name) => !known.has(name))).toEqual([])
    expect(names.length).toBeGreaterThan(50)
    // Which kind has which: tried with all sorts of arguments.
    const possible: string[] = []
    for (const kind of Object.keys(VALUES)) {
      for (const name of names) {
        if (Object.hasOwn(OPERATIONS[kind]!, name)) continue
        let isPossible = false
        for (const args of [
          [],
          [VALUES[kind]![1]],
          [1],
          ['x'],
          [1, 2],
          ['x', 'y'],
          [VALUES[kind]![1], VALUES[kind]![1]],
          [[VALUES[kind]![1]]],
          [{ a: 1 }],
        ]) {
          await db.All.atomic('none', ((row: Row) => {
            try {
              const handle = row[kind] as Record<string, Method>
              // Nothing was done with no members or items.
              if (handle[name]!(...args) !== handle) isPossible = true
            } catch {
              // Not with these arguments, or not at all.
            }
          }) as never).catch(() => {})
        }
        if (isPossible) possible.push(`${kind}.${name}`)
      }
    }
    // What the recorder would take and the types of the model layer do not offer.
    const text = ['contains', 'startsWith', 'endsWith']
    const untyped = {
      bytes: [...text, 'concat'],
      enum: [...text, 'concat', 'slice', 'length'],
      json: ['between', ...text],
    }
    const expected = Object.entries(untyped).flatMap(([kind, names]) => names.map((name) => `${kind}.${name}`))
    expect(possible.sort()).toEqual(expected.sort())
  })
})

describe('the words of programs', () => {
  type Any = Record<string, (...args: unknown[]) => never>
  const row = (one: Row): Record<string, Any> => one as unknown as Record<string, Any>

  it('do the same in conditions and values', async () => {
    const cases: readonly (readonly [code: (one: Record<string, Any>) => unknown, json: unknown])[] = [
      [(u) => and(u.int!.gt!(1), u.string!.eq!('hello')), { $and: [{ int: { gt: 1 } }, { string: 'hello' }] }],
      [
        (u) => or(u.int!.gt!(99), not(u.boolean as unknown as Condition)),
        { $or: [{ int: { gt: 99 } }, { $not: { $field: 'boolean' } }] },
      ],
      [(u) => not(and(u.int!.eq!(7))), { $not: { $and: [{ int: 7 }] } }],
      [
        (u) => cond(u.int!.gt!(5), u.int!.plus!(1), u.int!.minus!(1)),
        { $cond: [{ int: { gt: 5 } }, { $field: 'int', $do: [['plus', 1]] }, { $field: 'int', $do: [['minus', 1]] }] },
      ],
      [(u) => u.int!.between!(1, 9), { $field: 'int', $do: [['between', 1, 9]] }],
      [
        (u) => u.list!.some!((item: Any) => item.eq!('b')),
        { $some: 'list', as: 'x', where: { $var: 'x', $do: [['eq', 'b']] } },
      ],
      [
        (u) => u.set!.every!((item: Any) => item.ne!('z')),
        { $every: 'set', where: { $var: 'item', $do: [['ne', 'z']] } },
      ],
      [
        (u) => u.map!.count!((key: Any, value: Any) => and(key.ne!('z'), value.gt!(5))),
        { $count: 'map', as: ['k', 'v'], where: { $and: [{ $k: { ne: 'z' } }, { $v: { gt: 5 } }] } },
      ],
      [
        (u) => u.sortedSet!.find!((_: Any, score: Any) => score.gte!(2), { limit: 50 }),
        { $find: 'sortedSet', as: ['m', 's'], where: { $s: { gte: 2 } }, limit: 50 },
      ],
      [
        (u) => (u.list!.find!((item: Any) => item.eq!('c')) as unknown as Any).concat!('!'),
        { $find: 'list', where: { $var: 'item', $do: [['eq', 'c']] }, $do: [['concat', '!']] },
      ],
      [
        (u) => u.list!.count!((item: Any) => item.eq!(u.enum)),
        { $count: 'list', where: { $var: 'item', $do: [['eq', { $field: 'enum' }]] } },
      ],
      [
        (u) => (now() as unknown as Any).since!(u.date) && { later: (now() as unknown as Any).gt!(u.date) },
        { later: { $now: true, $do: [['gt', { $field: 'date' }]] } },
      ],
      [(u) => u.json!.at!('object.b'), { $field: 'json.object.b' }],
      [
        (u) => [u.int, { deep: u.list!.items!() }, 'text', null],
        [{ $field: 'int' }, { deep: ['list', 'items'] }, 'text', null],
      ],
    ]
    for (const [code, json] of cases) {
      const label = JSON.stringify(json)
      const expected = await inCode((one) => ({ r: code(row(one)) }))
      expect([label, await asJson({ return: { r: json } })]).toEqual([label, expected])
    }
  })

  it('do the same in steps', async () => {
    const cases: readonly (readonly [code: (one: Record<string, Any>) => unknown, json: readonly unknown[]])[] = [
      [
        (u) =>
          when(u.int!.gt!(99), () => u.int!.set!(1))
            .elseWhen(u.list!.has!('b'), () => u.int!.set!(2))
            .else(() => u.int!.set!(3)),
        [
          {
            when: { int: { gt: 99 } },
            do: [['int', 'set', 1]],
            else: [
              { when: { $field: 'list', $do: [['has', 'b']] }, do: [['int', 'set', 2]], else: [['int', 'set', 3]] },
            ],
          },
        ],
      ],
      [
        (u) =>
          switchOn(u.enum as never)
            .case('b', () => u.int!.set!(1))
            .case(['a', 'c'] as never, () => u.int!.set!(2))
            .default(() => u.int!.set!(3)),
        [
          {
            switch: { $field: 'enum' },
            cases: [
              { is: 'b', do: [['int', 'set', 1]] },
              { is: ['a', 'c'], do: [['int', 'set', 2]] },
            ],
            default: [['int', 'set', 3]],
          },
        ],
      ],
      [
        (u) =>
          u.list!.each!((item: Any) => when(item.eq!('a') as never, () => item.put!('A')).else(() => item.remove!())),
        [
          {
            each: 'list',
            as: 'item',
            do: [{ when: { $item: 'a' }, do: [['$item', 'put', 'A']], else: [['$item', 'remove']] }],
          },
        ],
      ],
      [
        (u) =>
          u.sortedSet!.each!((member: Any, score: Any) => u.float!.add!(score) && u.list!.push!(member), {
            from: 0,
            to: 1,
            order: 'desc',
            limit: 10,
          }),
        [
          {
            each: 'sortedSet',
            as: ['m', 's'],
            from: 0,
            to: 1,
            order: 'desc',
            limit: 10,
            do: [
              ['float', 'add', { $var: 's' }],
              ['list', 'push', { $var: 'm' }],
            ],
          },
        ],
      ],
      [
        (u) => {
          const before = keep(u.int as never) as unknown as Any
          u.int!.add!(5)
          u.float!.set!(before)
          const popped = keep(u.list!.pop!() as never)
          u.set!.add!(popped)
        },
        [
          { let: 'before', be: { $field: 'int' } },
          ['int', 'add', 5],
          ['float', 'set', { $var: 'before' }],
          { let: 'popped', be: { $field: 'list', $do: [['pop']] } },
          ['set', 'add', { $var: 'popped' }],
        ],
      ],
      [
        (u) => {
          u.boolean!.set!(and(u.int!.gt!(1), u.int!.lt!(5)))
          const place = u.json!.at!('object') as unknown as Any
          place.merge!({
            c: { $field: 'no expression' },
          })
        },
        [
          ['boolean', 'set', { $and: [{ int: { gt: 1 } }, { int: { lt: 5 } }] }],
          ['json.object', 'merge', { c: { $field: 'no expression' } }],
        ],
      ],
      [
        (u) => when(u.int!.compareAndSet!(7, 8), () => u.string!.append!('!')),
        [{ when: { $field: 'int', $do: [['compareAndSet', 7, 8]] }, do: [['string', 'append', '!']] }],
      ],
    ]
    for (const [code, steps] of cases) {
      const label = JSON.stringify(steps)
      const expected = await inCode((one) => void code(row(one)))
      expect([label, await asJson({ steps })]).toEqual([label, expected])
    }
  })

  it('that are misspelt are refused, not overlooked', async () => {
    for (const steps of [
      [{ when: { int: 7 }, than: [['int', 'set', 1]] }],
      [{ when: { int: 7 }, do: [], elseif: [] }],
      [{ each: 'list', in: 'x', do: [] }],
      [{ each: 'list', order: 'desc', do: [] }],
      [{ each: 'int', do: [] }],
      [{ each: 'list', as: ['a', 'b'], do: [] }],
      [{ let: 'x', is: { $field: 'int' } }],
      [{ switch: { $field: 'int' }, cases: [{ is: 1, doo: [] }] }],
      [['int', 'set', { $field: 'int', $d: [['plus', 1]] }]],
      [['int', 'set', { $value: 5, $do: [['plus', 1]] }]],
      [{ when: { $some: 'list', when: { $var: 'item' } }, do: [] }],
      [{ when: { $some: 'geo', where: { $var: 'item' } }, do: [] }],
      [{ when: { $and: [] }, do: [] }],
      [{ when: {}, do: [] }],
      [{ fail: 5 }],
      [{ each: 'sortedSet', order: 'down', do: [] }],
      [['sortedSet', 'rank', 'a', 'down']],
      [['json', 'merge']],
      [['json', 'merge', null]],
      [['json', 'merge', { $value: [] }]],
      [['json', 'at']],
      [['geo', 'search', null, 1]],
      [['geo', 'search']],
      [['date', 'truncate', { $value: {} }]],
      [['int', 'add']],
      [['map', 'set', 'a']],
      [['list', 'insertBefore', 'a']],
    ]) {
      const { status, json } = await ask(gateway, 'POST', '/v1/models/all/row/atomic', { body: { steps } })
      expect([steps, status, json]).toEqual([steps, 400, expect.objectContaining({ code: 'BAD_REQUEST' })])
    }
  })

  it('that are wrong in any argument are refused as wrong, not as bugs', async () => {
    const values = [
      null,
      1,
      -0.5,
      'x',
      true,
      [],
      {},
      [null],
      { a: 1 },
      { $value: {} },
      { $value: null },
      { $field: 'map' },
    ]
    await ask(gateway, 'POST', '/v1/models/all', { body: { id: 'row', ...CONTENT } })
    for (const [kind, operations] of Object.entries(OPERATIONS)) {
      for (const operation of Object.keys(operations)) {
        for (const args of [[], ...values.map((value) => [value]), ...values.map((value) => ['a', value])]) {
          // A condition that never holds: checked and compiled, not run.
          const steps = [{ when: { int: -1 }, do: [[kind, operation, ...args]] }]
          const { status } = await ask(gateway, 'POST', '/v1/models/all/row/atomic', { body: { steps } })
          expect([steps, [200, 400, 422].includes(status)]).toEqual([steps, true])
        }
      }
    }
  })

  it('write a value that looks like an expression as what the field holds', async () => {
    await asJson({ steps: [['date', 'set', { $value: '2024-05-06T00:00:00.000Z' }]] })
    const { json } = await ask(gateway, 'GET', '/v1/models/all/row')
    expect(json).toMatchObject({ date: '2024-05-06T00:00:00.000Z' })
  })

  it('hide and give back variables of the same name', async () => {
    const outcome = await asJson({
      steps: [
        { let: 'item', be: { $field: 'int' } },
        { each: 'list', as: 'item', do: [] },
        ['float', 'set', { $var: 'item' }],
      ],
    })
    expect((outcome.row as unknown[][])[0]).toContain(7)
  })
})
