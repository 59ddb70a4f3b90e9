// What a benchmark suite is. A suite lives in `bench/<name>/suite.ts` and exports `suite`; nothing else names it.
//
//   main ── run ──┬── worker process of contender A ── one connection ──┐
//                 ├── worker process of contender B ── one connection ──┼── one environment (a server)
//                 └── ...                                               ┘
// Only one worker measures at any time; the others are idle.

/** Something to measure, opened by one worker process. `T` is what the suite's workloads drive. */
export interface Contender<T> {
  readonly name: string
  readonly title: string
  /** `ours` is compared with the best `peer`; a `floor` shows what the platform allows and is compared with nothing. */
  readonly role: 'ours' | 'peer' | 'floor'
  /** Loads its library and connects. `root` is the checkout whose build to load, for `ours`. */
  open(environment: Environment, root: string): Promise<{ readonly target: T; close(): Promise<void> | void }>
}

export interface Workload<T> {
  readonly name: string
  readonly title: string
  /** What ours is to reach, as a multiple of the best peer. */
  readonly goal?: number
  /** False for a contender that has no such operation; its cell stays empty. */
  fits?(target: T): boolean
  /** Runs once before measuring; throws when the answers are wrong. */
  verify(target: T): Promise<void>
  /** Works until `clock.done`, then resolves to the number of operations that were answered. */
  run(target: T, clock: Clock): Promise<number>
}

export interface Clock {
  /** Becomes true when the time is over. */
  done: boolean
}

/** What all contenders share, as plain values: it travels to the workers. */
export type Environment = Readonly<Record<string, string | number>>

export interface Suite<T> {
  readonly name: string
  readonly title: string
  /** Packages that `ours` loads; what the gate builds of another revision, with what they depend on. */
  readonly packages: readonly string[]
  readonly contenders: readonly Contender<T>[]
  readonly workloads: readonly Workload<T>[]
  /** Starts and fills what is measured against. `description` goes into the report: the server and its version. */
  start(): Promise<{ readonly environment: Environment; readonly description: string; stop(): Promise<void> }>
}

/** Loads a suite by its name. */
export async function loadSuite(name: string): Promise<Suite<unknown>> {
  const module = (await import(new URL(`./${name}/suite.ts`, import.meta.url).href)) as { suite: Suite<unknown> }
  return module.suite
}
