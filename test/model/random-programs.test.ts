// Random programs, three ways: the interpreter, the embedded engine, every real server. What a program gives, what it leaves,
// byte by byte, and what it tells the feed must agree; a program that fails leaves nothing.
//
//   OCHRE_PROGRAMS=100000 npx vitest run test/model/random-programs.test.ts      more of them; npm run test:programs does it
//   OCHRE_SEED=7                                                                 others
import { type Client, connect } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import { type Change, type Database, open, ProgramError } from '@ochre/model'
import { ValidationError } from '@ochre/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PreparedProgram, prepareProgram } from '../../packages/model/src/execute.ts'
import type { Expr, MutationFn, Op, ProgramNodes, ReadFn } from '../../packages/model/src/ops.ts'
import * as words from '../../packages/model/src/program.ts'
import type { Recording, ReturnShape } from '../../packages/model/src/recorder.ts'
import { servers, startServer, type TestServer } from '../servers/index.ts'
import { Failure } from './failure.ts'
import { Interpreter } from './interpreter.ts'
import { JsonNumber, jsonText, parseJson } from './json-value.ts'
import { ALL_OPERATIONS, WORDS } from './operations.ts'
import { RandomProgram, Subject } from './random-program.ts'
import { byName, dump, dumpOf, expectSame, RAW_DOC, STARTS, stateOf } from './row-state.ts'
import { fromText, toText } from './stored-text.ts'

const TOTAL = Number(process.env.OCHRE_PROGRAMS ?? 2000)
const SEED = Number(process.env.OCHRE_SEED ?? 1)
const BATCH = 100
const { spec } = Subject
const numbers = fc.array(fc.nat(1_000_000), { minLength: 5, maxLength: 260, size: 'max' })
const all = fc.sample(numbers, { numRuns: TOTAL, seed: SEED })

// What programs give

/** Dates as milliseconds, bytes as text, documents as text, so that results of all sides compare. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  if (value instanceof JsonNumber) return Number(value.digits) + 0
  if (typeof value === 'number') return value + 0
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) return byName([...value].map(([key, each]) => [key, plain(each)]))
  if (value && typeof value === 'object') return byName(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  return value
}

/** What the callback returned, with the interpreter's values in the places of server values. */
function resultOf(recording: Recording, values: readonly unknown[]): unknown {
  const { returns } = recording.nodes
  const build = (shape: ReturnShape): unknown => {
    if (shape.kind === 'constant') return shape.value
    if (shape.kind === 'list') return shape.items.map(build)
    if (shape.kind === 'object') return Object.fromEntries(shape.entries.map(([key, each]) => [key, build(each)]))
    const leaf = returns[shape.at]!
    const value = values[shape.at]
    // Maps and JSON of maps: what the leaf decodes to.
    if (leaf.list === 'entries')
      return Object.fromEntries(
        [...(value as Map<string, string>)].map(([key, text]) => [key, entryValue(leaf.of!, text)]),
      )
    return value
  }
  return build(recording.result)
}
function entryValue(map: string, text: string): unknown {
  return fromText(spec.byProperty.get(map)!.element!.kind as Expr['type'], text)
}

/** Places and distances are only about the same; ids of a stream's entries are the server's. */
function compareResults(got: unknown, wanted: unknown, recording: Recording): void {
  const walk = (shape: ReturnShape, a: unknown, b: unknown): void => {
    if (shape.kind === 'list')
      for (const [i, each] of shape.items.entries()) walk(each, (a as unknown[])[i], (b as unknown[])[i])
    else if (shape.kind === 'object')
      for (const [key, each] of shape.entries)
        walk(each, (a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])
    else if (shape.kind === 'constant') expect(a).toEqual(shape.value)
    else {
      const leaf = recording.nodes.returns[shape.at]!
      if (leaf.of === 'log') {
        const entries = a as { id: string; entry: object }[]
        expect(plain(entries.map(({ entry }) => entry))).toEqual(plain(b))
        expect(entries.map(({ id }) => id)).toEqual(
          entries
            .map(({ id }) => id)
            .sort()
            .reverse(),
        )
      } else if (leaf.list === 'geoDistance' && a !== null && b !== null)
        expect(a as number).toBeCloseTo(b as number, -4)
      else if (leaf.list === 'geoPosition' && a !== null && b !== null)
        for (const [i, x] of (a as number[]).entries()) expect(x).toBeCloseTo((b as number[])[i]!, 3)
      else expect(plain(a)).toEqual(plain(b))
    }
  }
  walk(recording.result, got, wanted)
}

// Running

interface Backend {
  readonly name: string
  readonly redis: Client
  readonly db: Database<{ Subject: typeof Subject }>
}

interface Outcome {
  readonly value: unknown
  readonly reason: string | null
}

const made = new Map<string, number>()
const nodesMade = new Map<string, number>()
const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)

function recordProgram(decisions: readonly number[]): PreparedProgram {
  return prepareProgram(spec, (row) => new RandomProgram(decisions, row, (operation) => count(made, operation)).build())
}

interface Sample {
  readonly id: string
  readonly numbers: readonly number[]
  readonly start: Readonly<Record<string, unknown>>
  readonly raw: boolean
}

function sampleOf(given: readonly number[], n: number): Sample {
  const start = (given[0] ?? 0) % STARTS.length
  return {
    id: `p${n}`,
    numbers: given.slice(1),
    start: STARTS[start]!,
    raw: start === 0 && (given[1] ?? 0) % 2 === 1,
  }
}

/** The fields that the feed names as updated, by row, from now until the answer is called. */
async function listen(db: Backend['db']): Promise<() => Promise<ReadonlyMap<string, readonly string[]>>> {
  const changes = db.Subject.changes()
  await changes.position()
  return async () => {
    const told = new Map<string, string[]>()
    await db.Subject.create({ id: 'the end' })
    await db.Subject.delete('the end')
    for await (const change of changes) {
      const { type, id, version, fields } = change as Change<typeof Subject.fields>
      if (id === 'the end') break
      if (type === 'create') expect(version).toBe(1)
      else told.set(id, [...fields].sort())
    }
    return told
  }
}

function reasonOf(error: unknown): string {
  return error instanceof ProgramError ? error.reason : error instanceof ValidationError ? 'VALIDATION' : String(error)
}

/** Runs programs everywhere and compares. */
async function compare(backends: readonly Backend[], samples: readonly Sample[]): Promise<void> {
  const programs = samples.map((sample) => recordProgram(sample.numbers))
  const outcomes = await Promise.all(
    backends.map(async ({ redis, db }) => {
      const told = await listen(db)
      const created = await db.Subject.createMany(samples.map(({ id, start }) => ({ id, ...start })) as never)
      expect(created.failures).toEqual([])
      await Promise.all(
        samples.filter(({ raw }) => raw).map(({ id }) => redis.hset(`{subject}:r:${id}`, { doc: RAW_DOC })),
      )
      const run = await Promise.all(
        samples.map(
          ({ id }, i): Promise<Outcome> =>
            db.Subject.run('random', id, programs[i]!).then(
              (value) => ({ value, reason: null }),
              (error: unknown) => ({
                value: null,
                reason: reasonOf(error),
              }),
            ),
        ),
      )
      return { run, dumps: await Promise.all(samples.map(({ id }) => dump(redis, id))), told: await told() }
    }),
  )
  for (const [i, sample] of samples.entries()) {
    const { recording } = programs[i]!
    const before = stateOf(sample.start, sample.raw)
    let state = stateOf(sample.start, sample.raw)
    const interpreter = new Interpreter(spec, recording.args, state)
    let expected: unknown = null
    let reason: string | null = null
    try {
      expected = resultOf(recording, interpreter.run(recording.nodes))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      reason = error.reason
      state = before
    }
    const changed = spec.scalars.filter(
      ({ property, kind }) => textOf(kind, before.row.get(property)) !== textOf(kind, state.row.get(property)),
    )
    const wanted = dumpOf(state, changed.length > 0 ? 2 : 1)
    const written = spec.collections.filter(({ property }) => interpreter.touched.has(property))
    const names = reason === null ? [...changed, ...written].map(({ property }) => property) : []
    for (const [b, { name }] of backends.entries()) {
      const { run, dumps, told } = outcomes[b]!
      const outcome = run[i]!
      try {
        expect(outcome.reason).toBe(reason)
        expectSame(dumps[i]!, wanted)
        expect(told.get(sample.id) ?? []).toEqual(names.sort())
        if (reason === null) compareResults(outcome.value, expected, recording)
      } catch (error) {
        throw new Mismatch(name, sample, recording, error as Error)
      }
    }
  }
}

const textOf = (kind: string, value: unknown): string =>
  value === undefined ? 'absent' : value === null ? 'null' : `=${toText(kind as Expr['type'], value)}`

class Mismatch extends Error {
  readonly sample: Sample
  constructor(backend: string, sample: Sample, recording: Recording, cause: Error) {
    const { nodes, args } = recording
    const text = JSON.stringify({ ops: nodes.ops, returns: nodes.returns.map(({ node }) => node) }, null, 1)
    super(
      `${backend} and the interpreter disagree: ${cause.message}\n${text}\n${args.map((arg, i) => `${i}: ${JSON.stringify(String(arg))}`).join('\n')}`,
    )
    this.sample = sample
  }
}

// What was made

const EXPRESSIONS: Readonly<Record<Expr['k'], true>> = {
  arg: true,
  null: true,
  field: true,
  var: true,
  now: true,
  widen: true,
  arith: true,
  compare: true,
  in: true,
  and: true,
  or: true,
  not: true,
  isNull: true,
  text: true,
  length: true,
  concat: true,
  slice: true,
  swap: true,
  overlay: true,
  setBit: true,
  getBit: true,
  bitCount: true,
  floorTo: true,
  pick: true,
  orElse: true,
  jsonGet: true,
  jsonSize: true,
  jsonSet: true,
  jsonPush: true,
  jsonAdd: true,
  jsonDelete: true,
  jsonAs: true,
  size: true,
  has: true,
  at: true,
  rank: true,
  countBetween: true,
}
const STATEMENTS: Readonly<Record<Op['op'], true>> = {
  set: true,
  unset: true,
  let: true,
  when: true,
  fail: true,
  mutate: true,
  mutateAll: true,
  read: true,
  each: true,
  dropItem: true,
  putItem: true,
  quantify: true,
}
const MUTATIONS: Readonly<Record<MutationFn, true>> = {
  push: true,
  unshift: true,
  pop: true,
  shift: true,
  put: true,
  insertBefore: true,
  insertAfter: true,
  removeItem: true,
  trim: true,
  clear: true,
  add: true,
  remove: true,
  mapSet: true,
  mapDelete: true,
  mapAdd: true,
  scoreAdd: true,
  popMin: true,
  popMax: true,
  geoAdd: true,
  append: true,
}
const READS: Readonly<Record<ReadFn, true>> = {
  items: true,
  entries: true,
  range: true,
  rangeWithScores: true,
  geoPosition: true,
  geoDistance: true,
  geoSearch: true,
}

function countNodes(nodes: ProgramNodes): void {
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { k, op, fn } = node as { k?: string; op?: string; fn?: string }
    if (k !== undefined) count(nodesMade, k)
    else if (op !== undefined) count(nodesMade, fn === undefined ? op : `${op} ${fn}`)
    for (const each of Object.values(node)) visit(each)
  }
  visit(nodes)
}

describe('random programs', () => {
  const backends: Backend[] = []
  const running: TestServer[] = []
  let engine: Engine
  beforeAll(async () => {
    engine = await Engine.open()
    const add = (name: string, redis: Client): void =>
      void backends.push({ name, redis, db: open(redis, { Subject }, { sweepEvery: 0 }) })
    add('embedded', await connect(engine))
    for (const version of servers()) {
      const server = await startServer({ version })
      running.push(server)
      add(version, await connect(server.url))
    }
  })
  afterAll(async () => {
    for (const { redis } of backends) await redis.close()
    for (const server of running) await server.stop()
    await engine.close()
  })

  it(`mean the same to the interpreter and everywhere (${TOTAL} of them)`, async () => {
    for (let from = 0; from < all.length; from += BATCH) {
      const samples = all.slice(from, from + BATCH).map((each, i) => sampleOf(each, from + i))
      await compare(backends, samples).catch(async (error: unknown) => {
        if (!(error instanceof Mismatch)) throw error
        // The smallest program that shows it.
        let n = TOTAL
        const alone = fc.asyncProperty(numbers, (each) => compare(backends, [sampleOf(each, ++n)]))
        await fc.assert(alone, {
          numRuns: 1,
          interruptAfterTimeLimit: 20_000,
          examples: [[[...all[Number(error.sample.id.slice(1))]!]]],
        })
        throw error
      })
    }
    for (const { name, db } of backends) {
      const { problems } = await db.Subject.verify()
      expect([name, problems]).toEqual([name, []])
    }
  }, 3_600_000)

  it('have made every operation that there is, and every node', () => {
    for (const each of fc.sample(numbers, { numRuns: 2000, seed: SEED }))
      countNodes(recordProgram(sampleOf(each, 0).numbers).recording.nodes)
    const missing = ALL_OPERATIONS.filter((operation) => !made.has(operation))
    expect(missing).toEqual([])
    const nodes = [
      ...Object.keys(EXPRESSIONS),
      ...Object.keys(STATEMENTS).filter((name) => !['mutate', 'mutateAll', 'read'].includes(name)),
      ...['push', 'unshift', 'add', 'remove'].map((fn) => `mutateAll ${fn}`),
      ...Object.keys(MUTATIONS).map((fn) => `mutate ${fn}`),
      ...Object.keys(READS).map((fn) => `read ${fn}`),
    ]
    expect(nodes.filter((node) => !nodesMade.has(node))).toEqual([])
    const exported = Object.keys(words).filter((word) => word !== 'rowHandle')
    expect(exported.filter((word) => !(WORDS as readonly string[]).includes(word))).toEqual([])
  })

  it('fail in the interpreter as programs fail', () => {
    const { recording } = prepareProgram(spec, (row) => (row as { small: { add(n: number): unknown } }).small.add(100))
    expect(() => new Interpreter(spec, recording.args, stateOf({}, false)).run(recording.nodes)).toThrow('OUT_OF_RANGE')
    expect(jsonText(parseJson(RAW_DOC))).toBe(RAW_DOC)
  })
})
