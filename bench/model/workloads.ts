// The workloads of models: what each verb costs over the commands that it stands for.
import type { Workload } from '../suite.ts'
import type { ModelTarget } from './contenders.ts'
import { AGES } from './schema.ts'

type Call = (target: ModelTarget, i: number) => Promise<unknown>

/** So many callers, each of which goes through rows in an order of its own. */
function callers(count: number, call: Call): Workload<ModelTarget>['run'] {
  return async (target, clock) => {
    let answered = 0
    const caller = async (first: number): Promise<void> => {
      for (let i = first; !clock.done; i += 7919) {
        await call(target, i % target.rows)
        answered++
      }
    }
    await Promise.all(Array.from({ length: count }, (_, i) => caller(i * 101)))
    return answered
  }
}

function expect(isRight: boolean): void {
  if (!isRight) throw new Error('a wrong answer')
}

/** The values of an answer as text, whatever its shape. */
const valuesOf = (answer: unknown): string[] => Object.values(answer as object).map(String)

async function verifyProgram(call: Call, target: ModelTarget): Promise<void> {
  const [points, visits] = valuesOf(await call(target, 3)).map(Number)
  const [next, again, level] = valuesOf(await call(target, 3))
  expect(Number(next) === points! + 10 && Number(again) === visits! + 1)
  expect(level === (Number(next) >= 100 ? 'gold' : 'basic'))
}

export const WORKLOADS: readonly Workload<ModelTarget>[] = [
  {
    name: 'get',
    title: 'get against HGETALL',
    goals: [{ times: 0.7 }],
    verify: async (target) => expect(valuesOf(await target.get(7)).includes('User number 7')),
    run: callers(64, (target, i) => target.get(i)),
  },
  {
    name: 'add',
    title: 'one atomic operation against EVALSHA',
    goals: [{ times: 0.7 }],
    verify: async (target) => expect(Number(await target.add(5)) === Number(await target.add(5)) - 1),
    run: callers(64, (target, i) => target.add(i)),
  },
  {
    name: 'program',
    title: 'a program of 5 operations against EVALSHA',
    goals: [{ times: 0.7 }],
    verify: (target) => verifyProgram((of, i) => of.program(i), target),
    run: callers(64, (target, i) => target.program(i)),
  },
  {
    name: 'recorded',
    title: 'the same with `atomic`, recorded each time',
    fits: (target) => target.recorded !== undefined,
    verify: (target) => verifyProgram((of, i) => of.recorded!(i), target),
    run: callers(64, (target, i) => target.recorded!(i)),
  },
  {
    name: 'page',
    title: 'find of 50 rows against ZRANGEBYLEX and 50 HGETALL',
    goals: [{ times: 1 / 1.3 }],
    verify: async (target) => {
      const rows = await target.page(500)
      expect(rows.length === 50)
      expect(rows.every((row) => Number((row as { age: unknown }).age) >= 500))
    },
    run: callers(8, (target, i) => target.page(i % (AGES - 100))),
  },
  {
    name: 'create-many',
    title: 'rows of createMany, three indexes',
    goals: [{ opsPerSecond: 40_000 }],
    verify: async (target) => expect((await target.createMany(10)) === 10),
    async run(target, clock) {
      let created = 0
      while (!clock.done) created += await target.createMany(4000)
      return created
    },
  },
]
