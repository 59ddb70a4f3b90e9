// Measures contenders against each other: one process each, one measurement at a time, in rounds.
//
// Every round measures every workload with every contender, one after the other, and each round begins with another
// contender. What disturbs the machine for a while therefore disturbs all of them, and nobody always goes first.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Environment, Suite } from './suite.ts'
import type { Measurement, Order, WorkerArguments } from './worker.ts'

export interface Racer {
  /** Unique in the race. */
  readonly name: string
  /** Of the suite. */
  readonly contender: string
  /** Checkout whose build `ours` loads. */
  readonly root: string
}

export interface RaceOptions {
  readonly rounds: number
  /** Per measurement. */
  readonly ms: number
  readonly onProgress?: (text: string) => void
}

/** Samples by workload and racer, in the order of the rounds. */
export type Samples = Map<string, Map<string, Required<Omit<Measurement, 'error'>>[]>>

/** Runs the race. Rejects with what a contender said when one fails: a wrong answer is no number. */
export async function race(
  suite: Suite<unknown>,
  workloads: readonly string[],
  racers: readonly Racer[],
  environment: Environment,
  { rounds, ms, onProgress }: RaceOptions,
): Promise<Samples> {
  const samples: Samples = new Map(
    workloads.map((workload) => [workload, new Map(racers.map((racer) => [racer.name, []]))]),
  )
  const workers = new Map<string, ChildProcess>()
  try {
    for (const racer of racers) workers.set(racer.name, await startWorker(suite.name, racer, environment))
    for (let round = 0; round < rounds; round++) {
      for (const workload of workloads) {
        onProgress?.(`round ${round + 1} of ${rounds}: ${workload}`)
        for (let i = 0; i < racers.length; i++) {
          const racer = racers[(i + round) % racers.length]!
          const { opsPerSecond, cpuMicrosPerOp } = await ask(workers.get(racer.name)!, { workload, ms })
          if (opsPerSecond !== undefined && cpuMicrosPerOp !== undefined)
            samples.get(workload)!.get(racer.name)!.push({ opsPerSecond, cpuMicrosPerOp })
        }
      }
    }
  } finally {
    for (const worker of workers.values()) if (worker.connected) worker.disconnect()
    await Promise.all([...workers.values()].map((worker) => ended(worker)))
  }
  return samples
}

async function startWorker(suite: string, racer: Racer, environment: Environment): Promise<ChildProcess> {
  const argument: WorkerArguments = { suite, contender: racer.contender, environment, root: racer.root }
  const worker = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [JSON.stringify(argument)], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  })
  await nextMessage(worker, `${racer.name} did not start.`)
  return worker
}

async function ask(worker: ChildProcess, order: Order): Promise<Measurement> {
  worker.send(order)
  const measurement = (await nextMessage(worker, `A worker ended during ${order.workload}.`)) as Measurement
  if (measurement.error !== undefined) throw new Error(measurement.error)
  return measurement
}

/** The worker's next message; rejects with `failure` when it ends instead. */
function nextMessage(worker: ChildProcess, failure: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      worker.off('exit', onExit)
      resolve(message)
    }
    const onExit = (): void => {
      worker.off('message', onMessage)
      reject(new Error(failure))
    }
    worker.once('message', onMessage).once('exit', onExit)
  })
}

async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const timer = setTimeout(() => worker.kill('SIGKILL'), 5000)
  await once(worker, 'exit')
  clearTimeout(timer)
}
