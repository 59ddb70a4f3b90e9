// One contender in a process of its own: opens it, then measures a workload whenever the parent asks.
import { existsSync, readFileSync } from 'node:fs'
import { type Clock, type Environment, loadSuite, type Outcome } from './suite.ts'

/** What the parent asks for. */
export interface Order {
  readonly workload: string
  readonly ms: number
}

/** The answer; `undefined` figures mean that the contender has no such operation. */
export interface Measurement {
  readonly opsPerSecond?: number
  readonly cpuMicrosPerOp?: number
  readonly p99Ms?: number
  readonly error?: string
}

export interface WorkerArguments {
  readonly suite: string
  readonly contender: string
  readonly environment: Environment
  readonly root: string
}

if (process.send !== undefined) await main(JSON.parse(process.argv[2]!) as WorkerArguments)

async function main({ suite: suiteName, contender: name, environment, root }: WorkerArguments): Promise<void> {
  const suite = await loadSuite(suiteName)
  const contender = suite.contenders.find((one) => one.name === name)!
  const opened = await contender.open(environment, root).catch((error: Error) => error)
  if (opened instanceof Error) {
    process.send!({ error: opened.message } satisfies Measurement, () => process.exit())
    return
  }
  const { target, pids, close } = opened
  const warm = new Set<string>()

  process.on('message', (order: Order) => {
    measure(order).then(
      (measurement) => process.send!(measurement),
      (error: Error) => process.send!({ error: error.message } satisfies Measurement),
    )
  })
  process.once('disconnect', async () => {
    await close()
    process.exit()
  })
  process.send!({} satisfies Measurement)

  async function measure(order: Order): Promise<Measurement> {
    const workload = suite.workloads.find((one) => one.name === order.workload)!
    if (workload.fits?.(target) === false) return {}
    const run = async (ms: number): Promise<Outcome> => {
      const clock: Clock = { done: false, ms }
      const timer = setTimeout(() => {
        clock.done = true
      }, ms)
      try {
        const outcome = await workload.run(target, clock)
        return typeof outcome === 'number' ? { operations: outcome } : outcome
      } finally {
        clearTimeout(timer)
      }
    }
    if (!warm.has(workload.name)) {
      await workload.verify(target)
      await run(order.ms / 2)
      warm.add(workload.name)
    }
    globalThis.gc?.()
    const cpuBefore = cpuMicros(pids)
    const start = performance.now()
    const { operations, seconds = (performance.now() - start) / 1000, p99Ms } = await run(order.ms)
    const cpuAfter = cpuMicros(pids)
    return {
      opsPerSecond: operations / seconds,
      ...(cpuBefore === undefined || cpuAfter === undefined
        ? {}
        : { cpuMicrosPerOp: (cpuAfter - cpuBefore) / operations }),
      ...(p99Ms === undefined ? {} : { p99Ms }),
    }
  }
}

/** User and system time so far, of this process or of those named; undefined where the system does not tell. */
function cpuMicros(pids: readonly number[] | undefined): number | undefined {
  if (pids === undefined) {
    const { user, system } = process.cpuUsage()
    return user + system
  }
  let ticks = 0
  for (const pid of pids) {
    const file = `/proc/${pid}/stat`
    if (!existsSync(file)) return undefined
    const text = readFileSync(file, 'latin1')
    // Behind the name, which may hold anything, in hundredths of a second.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks * 10_000
}
