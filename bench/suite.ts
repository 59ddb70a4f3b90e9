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
  /**
   * Loads its library and connects. `root` is the checkout whose build to load, for `ours`. A contender that cannot be
   * had here rejects: its cells stay empty and the report says why.
   */
  open(environment: Environment, root: string): Promise<Opened<T>>
}

export interface Opened<T> {
  readonly target: T
  /** The processes whose CPU counts, when it is not the worker that does the work. */
  readonly pids?: readonly number[]
  close(): Promise<void> | void
}

/** What ours is to reach: so many times another contender (the best peer unless named), or so many operations. */
export type Goal = { readonly times: number; readonly of?: string } | { readonly opsPerSecond: number }

/** What a run found out by itself. */
export interface Outcome {
  readonly operations: number
  /** How long it worked, when that is not the time from call to answer. */
  readonly seconds?: number
  /** 99 of 100 operations were answered within so many milliseconds. */
  readonly p99Ms?: number
}

export interface Workload<T> {
  readonly name: string
  readonly title: string
  readonly goals?: readonly Goal[]
  /** False for a contender that has no such operation; its cell stays empty. */
  fits?(target: T): boolean
  /** Runs once before measuring; throws when the answers are wrong. */
  verify(target: T): Promise<void>
  /** Works until `clock.done`, then resolves to the number of operations that were answered. */
  run(target: T, clock: Clock): Promise<number | Outcome>
}

export interface Clock {
  /** Becomes true when the time is over. */
  done: boolean
  /** The time there is, for what must be told in advance. */
  readonly ms: number
}

/** What all contenders share, as plain values: it travels to the workers. */
export type Environment = Readonly<Record<string, string | number>>

/** A table of what is no race: sizes, times, counts. Cells are text. */
export interface Table {
  readonly kind: 'table'
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** How it was measured. */
  readonly note: string
}

/** Lines over a logarithmic x, drawn as a picture. */
export interface Curve {
  readonly kind: 'curve'
  /** Of the file. */
  readonly name: string
  readonly title: string
  readonly x: string
  readonly y: string
  readonly lines: readonly {
    readonly title: string
    readonly role: 'ours' | 'peer'
    readonly points: readonly (readonly [x: number, y: number])[]
  }[]
  readonly note: string
}

export type Figure = Table | Curve

export interface StartOptions {
  /** Small data, for a smoke test. */
  readonly isQuick: boolean
  /** Of this checkout. */
  readonly root: string
  readonly onProgress: (text: string) => void
}

export interface Started {
  readonly environment: Environment
  /** For the report: the server and its version. */
  readonly description: string
  /** What is measured once, after the race. */
  figures?(): Promise<readonly Figure[]>
  stop(): Promise<void>
}

export interface Suite<T> {
  readonly name: string
  readonly title: string
  /** Packages that `ours` loads; what the gate builds of another revision, with what they depend on. */
  readonly packages: readonly string[]
  readonly contenders: readonly Contender<T>[]
  readonly workloads: readonly Workload<T>[]
  /** Unless the command line says otherwise. */
  readonly rounds: number
  readonly seconds: number
  /** What readers of the table have to know. */
  readonly remarks?: readonly string[]
  /** Starts and fills what is measured against. */
  start(options: StartOptions): Promise<Started>
}

/** Loads a suite by its name. */
export async function loadSuite(name: string): Promise<Suite<unknown>> {
  const module = (await import(new URL(`./${name}/suite.ts`, import.meta.url).href)) as { suite: Suite<unknown> }
  return module.suite
}
