// Random programs, three ways: the interpreter, the embedded engine, real servers. State and returns must agree.

import { and, cond, fail, keep, model, not, open, or, ProgramError, type ProgramRow, t, when } from '@ochre/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue } from '../../packages/model/src/codec.ts'
import { prepareProgram } from '../../packages/model/src/execute.ts'
import type { Expr, Op } from '../../packages/model/src/ops.ts'
import { servers } from '../servers/index.ts'
import { useRedis } from './database.ts'
import { Failure, Interpreter, type State } from './interpreter.ts'

const Subject = model('subject', {
  id: t.string(),
  n: t.int().default(0).index(),
  small: t.int().min(-20).max(20).default(0),
  x: t.float().default(0).index(),
  big: t.bigint().default(0n).index('desc'),
  name: t.string().max(14).default('').index(),
  nick: t.string().nullable().optional().index(),
  on: t.boolean().default(false).index(),
  at: t.date().default(() => new Date(0)),
  kind: t.enum(['a', 'b', 'c']).default('a'),
  list: t.list(t.string()),
  nums: t.set(t.int()),
  map: t.map(t.int()),
  board: t.sortedSet(t.string()),
})
type P = ProgramRow<typeof Subject.fields>

const text = fc.constantFrom('', 'a', 'b', 'ab', 'é', '😀x', '\0', 'a\0', '"')
const int = fc.oneof(fc.integer({ min: -30, max: 30 }), fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 40, -(2 ** 52)))
const float = fc.oneof(
  fc.constantFrom(0, 0.1, -2.5, 1e15, 3, 1e300),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const big = fc.oneof(
  fc.bigInt({ min: -9n, max: 9n }),
  fc.constantFrom(2n ** 62n, -(2n ** 63n), 10n ** 18n, 9007199254740993n),
)
const at = fc.integer({ min: -4, max: 5 })

type Step = (p: P) => void
type Test = (p: P) => ReturnType<typeof and>

const leafTest: fc.Arbitrary<Test> = fc.oneof(
  fc.tuple(fc.constantFrom('eq', 'ne', 'gt', 'gte', 'lt', 'lte'), int).map(
    ([op, v]): Test =>
      (p) =>
        p.n[op as 'eq'](v),
  ),
  fc.tuple(fc.constantFrom('gt', 'lte', 'eq'), float).map(
    ([op, v]): Test =>
      (p) =>
        p.x[op as 'gt'](v),
  ),
  fc.tuple(fc.constantFrom('gt', 'lte', 'eq'), big).map(
    ([op, v]): Test =>
      (p) =>
        p.big[op as 'gt'](v),
  ),
  fc.tuple(fc.constantFrom('eq', 'ne', 'gt', 'lt', 'contains', 'startsWith', 'endsWith'), text).map(
    ([op, v]): Test =>
      (p) =>
        p.nick[op as 'eq'](v),
  ),
  fc.constantFrom<Test>(
    (p) => p.on as never,
    (p) => p.nick.isNull(),
    (p) => p.name.eq(p.nick),
    (p) => p.n.lt(p.small),
    (p) => p.name.length().gt(p.list.length()),
    (p) => p.kind.in(['a', 'c']),
    (p) => p.at.gte(new Date(86_400_000)),
    (p) => p.list.some((item) => item.startsWith('a')),
    (p) => p.nums.every((item) => item.gt(0)),
    (p) => p.map.count((key, value) => and(key.ne('a'), value.gt(1))).gt(1),
    (p) => p.board.has('a'),
    (p) => p.board.countBetween(-1, 2).eq(1),
    (p) => p.list.at(-1).eq(p.nick.slice(0, 1)),
  ),
)
const { test } = fc.letrec<{ test: Test }>((tie) => ({
  test: fc.oneof(
    { depthSize: 'small' },
    leafTest,
    fc.array(tie('test'), { minLength: 1, maxLength: 3 }).map(
      (all): Test =>
        (p) =>
          and(...all.map((each) => each(p))),
    ),
    fc.array(tie('test'), { minLength: 1, maxLength: 3 }).map(
      (any): Test =>
        (p) =>
          or(...any.map((each) => each(p))),
    ),
    tie('test').map(
      (one): Test =>
        (p) =>
          not(one(p)),
    ),
  ),
}))

const numeric = fc.constantFrom('add', 'sub', 'mul', 'div', 'mod', 'min', 'max', 'set')
const leafStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(numeric, int).map(
    ([op, v]): Step =>
      (p) =>
        void p.n[op as 'add'](v),
  ),
  fc.tuple(numeric, fc.integer({ min: -5, max: 5 })).map(
    ([op, v]): Step =>
      (p) =>
        void p.small[op as 'add'](v),
  ),
  fc.tuple(numeric, float).map(
    ([op, v]): Step =>
      (p) =>
        void p.x[op as 'add'](v),
  ),
  fc.tuple(numeric, big).map(
    ([op, v]): Step =>
      (p) =>
        void p.big[op as 'add'](v),
  ),
  fc.tuple(fc.constantFrom('append', 'prepend', 'set'), text).map(
    ([op, v]): Step =>
      (p) =>
        void p.name[op as 'set'](v),
  ),
  fc.tuple(text, text).map(
    ([a, b]): Step =>
      (p) =>
        void p.name.replaceAll(a, b),
  ),
  fc.tuple(at, at).map(
    ([a, b]): Step =>
      (p) =>
        void p.name.keep(a, b),
  ),
  text.map(
    (v): Step =>
      (p) =>
        void p.nick.set(v),
  ),
  fc.tuple(fc.option(text), text).map(
    ([a, b]): Step =>
      (p) =>
        void p.nick.compareAndSet(a, b),
  ),
  fc.integer({ min: -1e6, max: 1e8 }).map(
    (v): Step =>
      (p) =>
        void p.at.add(v),
  ),
  fc.constantFrom('a' as const, 'b' as const).map(
    (v): Step =>
      (p) =>
        void p.kind.set(v),
  ),
  fc.constantFrom<Step>(
    (p) => void p.nick.set(null),
    (p) => void p.nick.unset(),
    (p) => void p.nick.append('+'),
    (p) => void p.on.toggle(),
    (p) => void p.at.truncate('hour'),
    (p) => void p.n.add(p.small.times(2)),
    (p) => void p.big.add(p.n as never),
    (p) => void p.x.set(p.n),
    (p) => void p.small.clamp(-3, p.list.length()),
    (p) => void p.name.set(p.nick.orElse('none')),
    (p) => void p.n.set(cond(p.on as never, p.small, p.list.length() as never)),
    (p) => void p.list.pop(),
    (p) => void p.list.shift(),
    (p) => void p.list.push(p.name),
    (p) => void p.board.popMin(),
    (p) => void p.board.popMax(),
    (p) => void p.map.clear(),
    (p) => void p.list.clear(),
    (p) => p.list.each((item) => when(item.ne('a'), () => item.remove())),
    (p) => p.list.each((item) => when(item.length().gt(1), () => item.put('!'))),
    (p) => p.nums.each((item) => when(item.modulo(2).eq(0), () => item.remove())),
    (p) =>
      p.map.each((key, value) => {
        p.n.add(value)
        when(value.lt(0), () => key.remove())
      }),
    (p) => p.board.each((member, score) => when(score.gt(1), () => member.remove()), { from: 0, to: 2, order: 'desc' }),
    (p) => p.list.each((item) => p.nums.each((n) => when(item.eq('a'), () => p.small.set(n))), { limit: 3 }),
    () => fail('STOP'),
  ),
  text.map(
    (v): Step =>
      (p) =>
        void p.list.push(v),
  ),
  text.map(
    (v): Step =>
      (p) =>
        void p.list.unshift(v, 'u'),
  ),
  fc.tuple(at, text).map(
    ([i, v]): Step =>
      (p) =>
        p.list.put(i, v),
  ),
  fc.tuple(text, text).map(
    ([a, b]): Step =>
      (p) =>
        void p.list.insertBefore(a, b),
  ),
  fc.tuple(text, text).map(
    ([a, b]): Step =>
      (p) =>
        void p.list.insertAfter(a, b),
  ),
  fc.tuple(text, fc.integer({ min: -2, max: 2 })).map(
    ([v, n]): Step =>
      (p) =>
        void p.list.remove(v, n),
  ),
  fc.tuple(at, at).map(
    ([a, b]): Step =>
      (p) =>
        void p.list.trim(a, b),
  ),
  fc.array(fc.integer({ min: -3, max: 6 }), { minLength: 1, maxLength: 3 }).map(
    (v): Step =>
      (p) =>
        void p.nums.add(...v),
  ),
  fc.integer({ min: -3, max: 6 }).map(
    (v): Step =>
      (p) =>
        void p.nums.remove(v),
  ),
  fc.tuple(text, int).map(
    ([k, v]): Step =>
      (p) =>
        void p.map.set(k, v),
  ),
  fc.tuple(text, int).map(
    ([k, v]): Step =>
      (p) =>
        void p.map.increase(k, v),
  ),
  text.map(
    (k): Step =>
      (p) =>
        void p.map.delete(k),
  ),
  fc.tuple(text, float).map(
    ([m, s]): Step =>
      (p) =>
        void p.board.add(m, s),
  ),
  fc.tuple(text, float).map(
    ([m, s]): Step =>
      (p) =>
        void p.board.increase(m, s),
  ),
  text.map(
    (m): Step =>
      (p) =>
        void p.board.remove(m),
  ),
)
const { steps } = fc.letrec<{ step: Step; steps: Step[] }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small' },
    { weight: 6, arbitrary: leafStep },
    {
      weight: 2,
      arbitrary: fc.tuple(test, tie('steps'), fc.option(tie('steps'))).map(
        ([holds, yes, no]): Step =>
          (p) => {
            const chain = when(holds(p), () => {
              for (const step of yes) step(p)
            })
            if (no)
              chain.else(() => {
                for (const step of no) step(p)
              })
          },
      ),
    },
  ),
  steps: fc.array(tie('step'), { minLength: 1, maxLength: 6 }),
}))

const returns = (p: P) => ({
  row: [p.n, p.small, p.x, p.big, p.name, p.nick, p.on, p.at, p.kind],
  list: p.list.items(),
  nums: p.nums.items(),
  map: p.map.entries(),
  board: p.board.rangeWithScores(0, -1),
  more: [
    p.list.length(),
    p.list.at(1),
    p.map.get('a'),
    p.board.rank('a', 'desc'),
    p.list.find((x) => x.ne('')),
    p.name.length(),
    p.nick.slice(-1),
  ],
})
const start = () => ({
  id: '1',
  n: 3,
  small: 2,
  x: 1.5,
  big: 5n,
  name: 'start',
  nick: 'é',
  list: ['a', 'b', 'a', ''],
  nums: [1, 2, 3, 10],
  map: { a: 1, b: -2 },
  board: { a: 1, b: 1, c: 2.5 },
})
const startState = (): State => {
  const { list, nums, map, board, ...row } = start()
  return {
    row: new Map(Object.entries({ ...row, on: false, at: 0, kind: 'a' })),
    lists: new Map([['list', list]]),
    sets: new Map([['nums', new Set<unknown>(nums)]]),
    maps: new Map([['map', new Map(Object.entries(map))]]),
    boards: new Map([['board', new Map(Object.entries(board))]]),
  }
}

/** Slots to values: what each argument means is known from the node that uses it. */
function decodeArgs(nodes: { ops: readonly Op[] }, args: readonly unknown[]): unknown[] {
  const values: unknown[] = args.map((arg) => String(arg))
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(visit)
      return
    }
    if (typeof node !== 'object' || node === null) return
    const expr = node as Expr
    if (expr.k === 'arg') {
      const value = decodeValue({ kind: expr.type, optional: false, nullable: false }, args[expr.slot] as string)
      values[expr.slot] = value instanceof Date ? value.getTime() : value
    } else if (expr.k === 'in') values[expr.list] = ['a', 'c']
    Object.values(node).forEach(visit)
  }
  visit(nodes)
  return values
}

/** Dates as milliseconds, zero without a sign. */
const plain = (value: unknown): unknown =>
  value instanceof Date
    ? value.getTime()
    : typeof value === 'number'
      ? value + 0
      : Array.isArray(value)
        ? value.map(plain)
        : value && typeof value === 'object'
          ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
          : value

describe.each(['embedded', ...servers()])('random programs on %s', (backend) => {
  const fixture = useRedis(backend)

  it('mean the same to the interpreter and to the server', async () => {
    const { redis } = fixture
    const db = open(redis, { Subject })
    await fc.assert(
      fc.asyncProperty(steps, async (program) => {
        const body = (p: P) => {
          const before = keep(p.n)
          for (const step of program) step(p)
          return { before, ...returns(p) }
        }
        const { recording } = prepareProgram(Subject.spec, body as never)
        const state = startState()
        const interpreter = new Interpreter(Subject.spec, decodeArgs(recording.nodes, recording.args), state)
        let expected: unknown
        let reason: string | null = null
        try {
          expected = interpreter.run(recording.nodes)
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          reason = error.reason
        }
        await redis.call('FLUSHDB')
        await db.Subject.create(start() as never)
        const before = await db.Subject.atomic('1', returns as never)
        const outcome = await db.Subject.atomic('1', body).then(
          (value) => ({ value, reason: null }),
          (error: unknown) => ({ value: null, reason: error instanceof ProgramError ? error.reason : String(error) }),
        )
        expect(outcome.reason).toBe(reason)
        const after = await db.Subject.atomic('1', returns as never)
        if (reason !== null) expect(after).toEqual(before)
        else {
          const values = expected as unknown[]
          const leaves: unknown[] = []
          const flatten = (shape: typeof recording.result): void => {
            if (shape.kind === 'leaf') leaves.push(values[shape.at])
            if (shape.kind === 'list') shape.items.forEach(flatten)
            if (shape.kind === 'object') for (const [, each] of shape.entries) flatten(each)
          }
          flatten(recording.result)
          const got = plain(outcome.value) as {
            before: unknown
            row: unknown[]
            list: unknown
            nums: unknown
            map: unknown
            board: unknown
            more: unknown[]
          }
          expect([got.before, ...got.row, got.list, got.nums, got.map, got.board, ...got.more]).toEqual(plain(leaves))
          const row = (await db.Subject.get('1'))!
          for (const field of ['n', 'small', 'x', 'big', 'name', 'nick', 'on', 'at', 'kind'] as const)
            expect([field, plain(row[field])]).toEqual([field, plain(state.row.get(field))])
          const { before: _, ...rest } = got
          expect(plain(after)).toEqual(rest)
        }
        expect((await db.Subject.verify()).problems).toEqual([])
      }),
      { numRuns: Number(process.env.OCHRE_PROGRAM_RUNS ?? 400) },
    )
  }, 120_000)
})

describe('the interpreter', () => {
  it('fails as programs fail', () => {
    const { recording } = prepareProgram(Subject.spec, ((p: P) => p.small.add(100)) as never)
    const run = () =>
      new Interpreter(Subject.spec, decodeArgs(recording.nodes, recording.args), startState()).run(recording.nodes)
    expect(run).toThrow('OUT_OF_RANGE')
  })
})
