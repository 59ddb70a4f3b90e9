// One contender in a process of its own: opens it, then measures a workload whenever the parent asks.
import { type Environment, loadSuite } from './suite.ts'

/** What the parent asks for. */
export interface Order {
  readonly workload: string
  readonly ms: number
}

/** The answer; `undefined` figures mean that the contender has no such operation. */
export interface Measurement {
  readonly opsPerSecond?: number
  readonly cpuMicrosPerOp?: number
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
  const { target, close } = await contender.open(environment, root)
  const warm = new Set<string>()

  process.on('message', (order: Order) => {
    measure(order).then(
      (measurement) => process.send!(measurement),
      (error: Error) => process.send!({ error: `${name}, ${order.workload}: ${error.message}` } satisfies Measurement),
    )
  })
  process.once('disconnect', async () => {
    await close()
    process.exit()
  })
  process.send!('ready')

  async function measure(order: Order): Promise<Measurement> {
    const workload = suite.workloads.find((one) => one.name === order.workload)!
    if (workload.fits?.(target) === false) return {}
    const run = async (ms: number): Promise<number> => {
      const clock = { done: false }
      const timer = setTimeout(() => {
        clock.done = true
      }, ms)
      try {
        return await workload.run(target, clock)
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
    const cpuBefore = process.cpuUsage()
    const start = performance.now()
    const operations = await run(order.ms)
    const seconds = (performance.now() - start) / 1000
    const cpu = process.cpuUsage(cpuBefore)
    return { opsPerSecond: operations / seconds, cpuMicrosPerOp: (cpu.user + cpu.system) / operations }
  }
}
