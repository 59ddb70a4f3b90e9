// The pieces of Lua against their TypeScript twins on a real server: tuple bytes, 64-bit arithmetic, text, JSON paths.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packPath } from '../../packages/model/src/json-path.ts'
import { LuaUses, PIECES } from '../../packages/model/src/lua/library.ts'
import {
  encodeColumn,
  encodeIdSuffix,
  idOfMember,
  idStart,
  skipColumn,
  type TupleKind,
  type TupleValue,
} from '../../packages/model/src/tuple.ts'
import { useRedis } from './database.ts'

const fixture = useRedis()

/** Runs one Lua expression per group of arguments; `x`, `y`, `z` are the group. Errors give their code. */
async function evaluate(
  pieces: readonly string[],
  expression: string,
  groups: readonly (readonly (string | Buffer)[])[],
) {
  const uses = new LuaUses()
  for (const piece of pieces) uses.use(piece)
  const width = groups[0]!.length
  const script = uses.script(`local out = {}
for i = 1, #ARGV, ${width} do
  local x, y, z = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local ok, value = pcall(function() return ${expression} end)
  out[#out + 1] = ok and (value == nil and 'nil' or tostring(value)) or string.match(tostring(value), 'OCHRE%[([A-Z_]+)') or tostring(value)
end
return out`)
  return (await fixture.redis.buffers.runScript(script, [], groups.flat())) as Buffer[]
}

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -1000n, max: 1000n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n) - 1n, 10n ** 14n, -(10n ** 15n)),
)
const bytes = fc.uint8Array({ maxLength: 24 }).map((a) => Buffer.from(a))
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', '\0', 'a\0', 'a\0b', '{"}', '😀', 'é', 'Z', 'a'),
)
const double = fc.double({ noNaN: true, noDefaultInfinity: true })

it('no two pieces define the same name', () => {
  const names = Object.values(PIECES).flatMap(({ lua }) =>
    [...lua.matchAll(/^local (?:function )?([\w, ]+?)(?: =|\(|$)/gm)].flatMap(([, list]) => list!.split(', ')),
  )
  expect(names.length).toBeGreaterThan(80)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

describe('tuple encoding', () => {
  const cases: readonly [TupleKind, fc.Arbitrary<TupleValue>, string, string][] = [
    ['int64', int64 as fc.Arbitrary<TupleValue>, 'tup_big', 'x'],
    ['int64', fc.maxSafeInteger() as fc.Arbitrary<TupleValue>, 'tup_int', 'tonumber(x)'],
    ['double', double, 'tup_float', 'tonumber(x)'],
    ['string', text, 'tup_text', 'x'],
    ['bytes', bytes as fc.Arbitrary<TupleValue>, 'tup_bytes', 'x'],
  ]
  for (const [kind, values, piece, argument] of cases) {
    it(`${piece} gives the same bytes in Lua as in TypeScript`, async () => {
      const sample = fc.sample(values, 600)
      const args = sample.map((value) => [
        value instanceof Uint8Array ? Buffer.from(value) : Object.is(value, -0) ? '-0' : String(value),
      ])
      for (const desc of [false, true]) {
        const lua = await evaluate(
          [piece, 'desc'],
          desc ? `desc(${piece}(${argument}))` : `${piece}(${argument})`,
          args,
        )
        sample.forEach((value, i) => {
          expect(lua[i]).toEqual(encodeColumn(kind, value, desc))
        })
      }
    })
  }

  it('orders bytes as values, null before all, backwards when descending', () => {
    const order = (a: TupleValue, b: TupleValue): number => {
      if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
      if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
      return a! < b! ? -1 : a! > b! ? 1 : 0
    }
    for (const [kind, values] of cases) {
      fc.assert(
        fc.property(values, values, (a, b) => {
          const sign = Math.sign(order(a, b))
          // As in an index member, where something in 01..FE always follows.
          const member = (value: TupleValue, desc: boolean) =>
            Buffer.concat([encodeColumn(kind, value, desc), Buffer.of(1)])
          expect(Math.sign(Buffer.compare(member(a, false), member(b, false)))).toBe(sign)
          expect(Math.sign(Buffer.compare(member(a, true), member(b, true)))).toBe(0 - sign)
          expect(Buffer.compare(encodeColumn(kind, null, false), encodeColumn(kind, a, false))).toBe(-1)
        }),
      )
    }
    expect(Buffer.compare(encodeColumn('boolean', false, false), encodeColumn('boolean', true, false))).toBe(-1)
  })

  it('orders tuples column by column', () => {
    const tuple = fc.tuple(text, fc.maxSafeInteger())
    fc.assert(
      fc.property(tuple, tuple, ([a, m], [b, n]) => {
        const encode = (s: string, i: number) =>
          Buffer.concat([encodeColumn('string', s, false), encodeColumn('int64', i, true)])
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b)) || Math.sign(n - m)
        expect(Math.sign(Buffer.compare(encode(a, m), encode(b, n)))).toBe(Math.sign(expected))
      }),
    )
  })

  it('tells whether a member has these values', () => {
    for (const [kind, values] of cases) {
      const maybe = fc.option(values)
      fc.assert(
        fc.property(maybe, maybe, fc.boolean(), (a, b, desc) => {
          const column = encodeColumn(kind, a, desc)
          const member = Buffer.concat([Buffer.from('x'), column, encodeIdSuffix('é', desc)]).toString('latin1')
          expect(skipColumn(member, 1, kind, a, desc)).toBe(1 + column.length)
          expect(idStart(member)).toBe(1 + column.length)
          const same = column.equals(encodeColumn(kind, b, desc))
          expect(skipColumn(member, 1, kind, b, desc)).toBe(same ? 1 + column.length : -1)
        }),
      )
    }
  })

  it('cuts the id off a member', async () => {
    const ids = ['a', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'é:{x}', 'x'.repeat(300)]
    for (const desc of [false, true]) {
      const members = ids.map((id) => Buffer.concat([encodeColumn('string', 'k\0', false), encodeIdSuffix(id, desc)]))
      expect(members.map((member) => idOfMember(member.toString('latin1'), desc))).toEqual(ids)
      const lua = await evaluate(
        ['member_id'],
        `member_id(x, ${desc})`,
        members.map((member) => [member]),
      )
      expect(lua.map(String)).toEqual(ids)
      const suffixes = await evaluate(
        ['suffix', 'suffix_desc'],
        `suffix${desc ? '_desc' : ''}(x)`,
        ids.map((id) => [id]),
      )
      expect(suffixes).toEqual(ids.map((id) => encodeIdSuffix(id, desc)))
    }
  })
})

describe('64-bit arithmetic', () => {
  const inRange = (x: bigint) => (x >= -(2n ** 63n) && x < 2n ** 63n ? String(x) : 'OVERFLOW')
  const operations: readonly [string, (a: bigint, b: bigint) => string][] = [
    ['b_add', (a, b) => inRange(a + b)],
    ['b_sub', (a, b) => inRange(a - b)],
    ['b_mul', (a, b) => inRange(a * b)],
    ['b_quot', (a, b) => (b === 0n ? 'DIVISION_BY_ZERO' : inRange(a / b))],
    ['b_rem', (a, b) => (b === 0n ? 'DIVISION_BY_ZERO' : String(a % b))],
    ['b_cmp', (a, b) => (a < b ? '-1' : a > b ? '1' : '0')],
    ['b_min', (a, b) => String([a, b].sort((x, y) => (x < y ? -1 : 1))[0])],
  ]
  for (const [piece, twin] of operations) {
    it(`${piece} is exact`, async () => {
      const pairs = fc.sample(fc.tuple(int64, int64), 1500)
      const lua = await evaluate(
        [piece],
        `${piece}(x, y, 'f')`,
        pairs.map(([a, b]) => [String(a), String(b)]),
      )
      pairs.forEach(([a, b], i) => {
        expect(`${a} ${piece} ${b} = ${lua[i]}`).toBe(`${a} ${piece} ${b} = ${twin(a, b)}`)
      })
    })
  }

  it('b_pow is exact', async () => {
    const pairs = fc.sample(fc.tuple(fc.bigInt({ min: -12n, max: 12n }), fc.bigInt({ min: 0n, max: 70n })), 300)
    const lua = await evaluate(
      ['b_pow'],
      `b_pow(x, y, 'f')`,
      pairs.map(([a, b]) => [String(a), String(b)]),
    )
    pairs.forEach(([a, b], i) => {
      expect(`${a}^${b}=${lua[i]}`).toBe(`${a}^${b}=${inRange(a ** b)}`)
    })
  })
})

describe('text', () => {
  it('writes doubles as JavaScript does', async () => {
    const edges = [
      1e15,
      1e-7,
      1e-6,
      1e-5,
      1.5e-5,
      1e20,
      1e21,
      123456789012345680000,
      1.2e21,
      -0,
      -1e15,
      0.1 + 0.2,
      5e-324,
    ]
    const sample = [...edges, ...edges.map((x) => -x * 3), ...fc.sample(double, 3000)].filter(
      (x) => !Number.isInteger(Math.log2(Math.abs(x))) || Math.abs(x) > 1e-9,
    )
    const lua = await evaluate(
      ['float'],
      'float(tonumber(x))',
      sample.map((x) => [String(x)]),
    )
    expect(lua.map(String)).toEqual(sample.map((x) => String(x + 0)))
  })

  it('counts, slices and orders as TypeScript does', async () => {
    const pairs = fc.sample(fc.tuple(text, text, fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 8 })), 500)
    const length = await evaluate(
      ['chars'],
      'chars(x)',
      pairs.map(([a]) => [a]),
    )
    const slices = await evaluate(
      ['slice'],
      'slice(x, tonumber(y), tonumber(z))',
      pairs.map(([a, , i, j]) => [a, String(i), String(j)]),
    )
    const before = await evaluate(
      ['before'],
      'before(x, y)',
      pairs.map(([a, b]) => [a, b]),
    )
    pairs.forEach(([a, b, i, j], at) => {
      expect(Number(length[at])).toBe([...a].length)
      expect(String(slices[at])).toBe([...a].slice(i, j).join(''))
      expect(String(before[at])).toBe(String(Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0))
    })
  })
})

describe('JSON paths', () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value)))
  const at = (value: unknown, path: readonly (string | number)[]): unknown =>
    path.reduce<unknown>((v, segment) => {
      if (Array.isArray(v) && typeof segment === 'number') return v.at(segment)
      if (v && typeof v === 'object' && !Array.isArray(v) && typeof segment === 'string' && Object.hasOwn(v, segment))
        return (v as Record<string, unknown>)[segment]
      return undefined
    }, value)
  /** A path into the value, now and then one that is not there. */
  const pathInto = (value: unknown, seed: number): (string | number)[] => {
    const path: (string | number)[] = []
    let here = value
    for (let step = seed; here && typeof here === 'object'; step = Math.floor(step / 3)) {
      const keys = Array.isArray(here) ? [...here.keys()] : Object.keys(here)
      if (keys.length === 0 || step % 7 === 6) break
      const key = keys[step % keys.length]!
      path.push(key)
      here = (here as Record<string | number, unknown>)[key]
    }
    if (seed % 11 === 5) path.push(seed % 2 ? 'no"such' : 99)
    return path
  }

  it('finds, sets, deletes and measures any value of any document', async () => {
    const samples = fc.sample(fc.tuple(json, fc.nat(100_000), json), 700).map(([value, seed, next]) => ({
      value,
      path: pathInto(value, seed),
      next,
      pretty: seed % 5 === 0,
    }))
    const args = samples.map(({ value, path, next, pretty }) => [
      JSON.stringify(value, null, pretty ? 2 : 0),
      packPath(path),
      JSON.stringify(next),
    ])
    const pieces = ['unlist', 'j_get', 'j_set', 'j_del', 'j_size']
    const got = await evaluate(pieces, 'j_get(x, unlist(y))', args)
    const set = await evaluate(pieces, `j_set(x, unlist(y), z, 'f')`, args)
    const deleted = await evaluate(pieces, `j_del(x, unlist(y), 'f')`, args)
    const sizes = await evaluate(pieces, 'j_size(x, unlist(y))', args)
    samples.forEach(({ value, path, next }, i) => {
      const found = at(value, path)
      const shown = String(got[i])
      expect(shown).toBe(found === undefined || found === null ? 'nil' : shown)
      if (found !== undefined && found !== null) expect(JSON.parse(shown)).toEqual(found)
      const size =
        typeof found === 'string'
          ? [...found].length
          : Array.isArray(found)
            ? found.length
            : found && typeof found === 'object'
              ? Object.keys(found).length
              : null
      expect(String(sizes[i])).toBe(size === null ? 'nil' : String(size))
      if (found === undefined) return
      // A whole document that becomes null is null, not the text null.
      if (path.length === 0 && next === null) expect(String(set[i])).toBe('nil')
      else expect(at(JSON.parse(String(set[i])), path)).toEqual(JSON.parse(JSON.stringify(next)))
      if (path.length === 0) expect(String(deleted[i])).toBe('PATH')
      else {
        const copy = structuredClone(value) as Record<string | number, unknown>
        const parent = at(copy, path.slice(0, -1)) as Record<string | number, unknown>
        if (Array.isArray(parent)) parent.splice(path.at(-1) as number, 1)
        else delete parent[path.at(-1)!]
        expect(JSON.parse(String(deleted[i]))).toEqual(copy)
      }
    })
  })
})
