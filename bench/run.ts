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
export type Samples = Map<string, Map<string, Sample[]>>

export interface Sample {
  readonly opsPerSecond: number
  readonly cpuMicrosPerOp?: number
  readonly p99Ms?: number
}

/** A cell that stays empty, or without `workload` a racer that could not start or ended. */
export interface Failure {
  readonly racer: string
  readonly workload?: string
  readonly message: string
}

export interface Race {
  readonly samples: Samples
  readonly failures: readonly Failure[]
}

/** What a measurement may take beyond its own time: warming up and verifying. */
const PATIENCE_MS = 30_000

/** Runs the race. Who fails at a workload, by a wrong answer too, has no number there; the others go on. */
export async function race(
  suite: Suite<unknown>,
  workloads: readonly string[],
  racers: readonly Racer[],
  environment: Environment,
  { rounds, ms, onProgress }: RaceOptions,
): Promise<Race> {
  const samples: Samples = new Map(
    workloads.map((workload) => [workload, new Map(racers.map((racer) => [racer.name, []]))]),
  )
  const failures: Failure[] = []
  const workers = new Map<string, ChildProcess>()
  const all: ChildProcess[] = []
  try {
    for (const racer of racers) {
      const worker = startWorker(suite.name, racer, environment)
      all.push(worker)
      const { error } = await nextMessage(worker)
      if (error === undefined) workers.set(racer.name, worker)
      else failures.push({ racer: racer.name, message: error })
    }
    for (let round = 0; round < rounds; round++) {
      for (const workload of workloads) {
        onProgress?.(`round ${round + 1} of ${rounds}: ${workload}`)
        for (let i = 0; i < racers.length; i++) {
          const { name } = racers[(i + round) % racers.length]!
          const worker = workers.get(name)
          const hasFailed = failures.some((failure) => failure.racer === name && failure.workload === workload)
          if (worker === undefined || hasFailed) continue
          worker.send({ workload, ms } satisfies Order)
          const { error, opsPerSecond, ...rest } = await nextMessage(worker, ms)
          if (error !== undefined) {
            failures.push({ racer: name, workload, message: error })
            samples.get(workload)!.set(name, [])
            if (!worker.connected) workers.delete(name)
          } else if (opsPerSecond !== undefined)
            samples
              .get(workload)!
              .get(name)!
              .push({ opsPerSecond, ...rest })
        }
      }
    }
  } finally {
    for (const worker of all) if (worker.connected) worker.disconnect()
    await Promise.all(all.map((worker) => ended(worker)))
  }
  return { samples, failures }
}

function startWorker(suite: string, racer: Racer, environment: Environment): ChildProcess {
  const argument: WorkerArguments = { suite, contender: racer.contender, environment, root: racer.root }
  return fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [JSON.stringify(argument)], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  })
}

/** The worker's next message; an error when it ends instead, or is ended because it says nothing. */
function nextMessage(worker: ChildProcess, ms = 0): Promise<Measurement> {
  return new Promise((resolve) => {
    const finish = (measurement: Measurement): void => {
      clearTimeout(timer)
      worker.off('exit', onExit).off('message', finish)
      resolve(measurement)
    }
    const onExit = (): void => finish({ error: 'its process ended' })
    const timer = setTimeout(() => {
      worker.disconnect()
      worker.kill('SIGKILL')
      finish({ error: 'no answer in time' })
    }, ms + PATIENCE_MS)
    worker.once('message', finish).once('exit', onExit)
  })
}

async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const timer = setTimeout(() => worker.kill('SIGKILL'), 5000)
  await once(worker, 'exit')
  clearTimeout(timer)
}
