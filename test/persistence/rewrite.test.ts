// A rewrite never works on much at once, however large a collection is and whatever changes meanwhile.
import { expect, it } from 'vitest'
import { execute } from '../../packages/embedded/src/execute.ts'
import { Engine } from '../../packages/embedded/src/index.ts'

/** Elements that methods of arrays, maps and sets copy or move while `run` runs. */
function copiedBy(run: () => void): number {
  let count = 0
  const restores: (() => void)[] = []
  const watch = (holder: object, names: readonly string[], sizeOf: (result: unknown, args: unknown[]) => number) => {
    for (const name of names) {
      const methods = holder as Record<string, (...args: unknown[]) => unknown>
      const original = methods[name]!
      methods[name] = function watched(this: unknown, ...args: unknown[]): unknown {
        const result = original.apply(this, args)
        count += sizeOf(result, args)
        return result
      }
      restores.push(() => {
        methods[name] = original
      })
    }
  }
  const COPYING = ['slice', 'map', 'filter', 'concat', 'flatMap', 'splice', 'toSpliced', 'toReversed', 'toSorted']
  watch(Array.prototype, COPYING, (result) => (result as unknown[]).length)
  watch(Array.prototype, ['push', 'unshift'], (_, args) => args.length)
  watch(Map.prototype, ['set'], () => 1)
  watch(Set.prototype, ['add'], () => 1)
  try {
    run()
  } finally {
    for (const restore of restores) restore()
  }
  return count
}

const SIZE = 50_000
/** A piece of 256 pairs, or the references to all chunks of a collection of SIZE elements. */
const MOST = 4000

const FILL: Readonly<Record<string, (i: number) => string[]>> = {
  list: (i) => ['RPUSH', 'k', `e${i}`],
  set: (i) => ['SADD', 'k', `e${i}`],
  hash: (i) => ['HSETEX', 'k', 'EX', '1000', 'FIELDS', '1', `f${i}`, `v${i}`],
  'sorted set': (i) => ['ZADD', 'k', String((i * 7919) % SIZE), `m${i}`],
  stream: (i) => ['XADD', 'k', `${i + 1}-0`, 'f', `v${i}`],
}

const CHANGES: Readonly<Record<string, (i: number) => string[]>> = {
  list: (i) => [...['LPUSH', 'k', 'x'], ...(i % 2 ? ['y'] : [])],
  set: (i) => ['SREM', 'k', `e${i * 37}`],
  hash: (i) => (i % 2 ? ['HDEL', 'k', `f${i * 37}`] : ['HSET', 'k', `f${i * 41}`, 'changed']),
  'sorted set': (i) => ['ZINCRBY', 'k', '5000', `m${i * 37}`],
  stream: (i) => (i % 2 ? ['XDEL', 'k', `${i * 37}-0`] : ['XACK', 'k', 'g', `${i * 41}-0`]),
}

for (const type of Object.keys(FILL)) {
  it(`takes a large ${type} in small pieces, also when it changes first`, async () => {
    const engine = await Engine.open()
    const session = engine.openSession(null)
    const run = (args: readonly string[]): void => engine.turn(() => void execute(session, args))
    for (let i = 0; i < SIZE; i++) run(FILL[type]!(i))
    run(['XGROUP', 'CREATE', 'k', 'g', '0'])
    run(['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', String(SIZE), 'STREAMS', 'k', '>'])
    let longest = 0
    const [database] = engine.databases
    const capture = database!.beginCapture((_, args) => {
      longest = Math.max(longest, args.length, args.join('').length / 100)
    })
    for (let i = 1; i <= 300; i++) {
      expect(copiedBy(() => run(CHANGES[type]!(i)))).toBeLessThan(MOST)
      if (i % 10 === 0) expect(copiedBy(() => void capture.step())).toBeLessThan(MOST)
    }
    let steps = 0
    let isLeft = true
    while (isLeft) {
      expect(
        copiedBy(() => {
          isLeft = capture.step()
        }),
      ).toBeLessThan(MOST)
      steps++
    }
    database!.endCapture()
    expect(steps).toBeGreaterThan(SIZE / 1024)
    expect(longest).toBeLessThan(MOST)
    await engine.close()
  })
}
