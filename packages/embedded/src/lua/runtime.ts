// The scripting machine's host: loads the WebAssembly module (../../lua-vm/vm.c) at the first script, moves arguments and
// replies through its buffer, and answers what scripts ask for. It knows nothing of commands, caches or libraries.
//
// The machine is synchronous and holds two Lua states, 'eval' and 'function'. If it breaks (out of memory, or out of the
// JavaScript stack) or has become large it is thrown away and the next use gets a new one: `generation` changes, and every
// reference that was handed out before is void.
import { createHash } from 'node:crypto'
import { FailureReply, type Reply } from '@ochre/protocol'
import { type Machine, type MachineHost, openMachine } from './machine.ts'
import { Wire } from './wire.ts'

/** What a running script may ask of the engine. */
export interface ScriptHost {
  /** Runs one command for redis.call and redis.pcall; errors are returned as FailureReply, never thrown. */
  call(args: string[], resp: 2 | 3): Reply
  /** redis.log, for levels at or above `logLevel` (0 debug .. 3 warning). */
  log(level: number, text: string): void
  readonly logLevel: number
  /** redis.acl_check_cmd: undefined when there is no such command. */
  permits(args: string[]): boolean | undefined
  /** redis.set_repl: bit 1 the append-only file, bit 2 replicas. */
  replicate(flags: number): void
  /** Asked every 100,000 instructions. `mayPause` tells whether the script can be interrupted where it is. */
  interrupt(mayPause: boolean): Verdict
}

/** What becomes of a running script: `enum verdict` of vm.c. */
export const Verdict = { GO_ON: 0, KILL: 1, PAUSE: 2 } as const
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

/** Returned for a script that was interrupted: `resume` goes on with it. */
export const PAUSED: unique symbol = Symbol('paused')

/** A function that a library registers while it loads; returns why it cannot be, or undefined. */
export type Register = (name: string, ref: number, flags: number, description: string | undefined) => string | undefined

export type StateName = 'eval' | 'function'

/** A machine and the way to talk to it. */
interface Opened {
  readonly machine: Machine
  readonly wire: Wire
}

/** Thrown through the machine to leave a protected call of Lua; never seen outside. */
const RAISED = Object.freeze({ raised: true })

const STATES = { eval: 0, function: 1 } as const
const LOAD_TIMEOUT_MS = 500
/**
 * A machine that has grown beyond this is thrown away after the script. Its memory never becomes less, and Lua collects only
 * when there is twice as much as it kept the last time: beyond half of the 2 GB that there can be, that is never.
 */
const LARGE_BYTES = 2 ** 30

export class LuaRuntime {
  /** Counts machines: references belong to the generation in which they were made. */
  generation = 1

  #opened: Opened | undefined
  #host: ScriptHost | undefined
  #register: Register | undefined
  #loadingSince = 0
  #failure: { error: unknown } | undefined

  /** Opens the machine unless it is open; see the numbers in ../../lua-vm/README.md. */
  open(): void {
    this.#open()
  }

  #open(): Opened {
    if (this.#opened !== undefined) return this.#opened
    const machine = openMachine(this.#imports())
    this.#opened = { machine, wire: new Wire(machine) }
    machine.open(0)
    return this.#opened
  }

  get isOpen(): boolean {
    return this.#opened !== undefined
  }

  get isRunning(): boolean {
    return this.#host !== undefined || this.#register !== undefined
  }

  /** A reference for `run('eval', ...)`, or the compiler's message. */
  compile(source: string): number | string {
    const { machine, wire } = this.#open()
    try {
      const ref = machine.compile(wire.writeRaw(source))
      return ref === 0 ? wire.readTexts(1)[0]! : ref
    } catch (error) {
      throw this.#broken(error)
    }
  }

  /** Runs a reference of this generation. `name` is what error messages call the script. */
  run(
    state: StateName,
    ref: number,
    name: string,
    keys: readonly string[],
    args: readonly string[],
    host: ScriptHost,
  ): Reply | typeof PAUSED {
    if (this.isRunning) throw new Error('a script is already running')
    const { machine, wire } = this.#open()
    this.#host = host
    return this.#goOn(() => {
      wire.rewind()
      wire.writeText(name)
      for (const key of keys) wire.writeText(key)
      for (const arg of args) wire.writeText(arg)
      return machine.run(STATES[state], ref, keys.length, args.length, 2)
    })
  }

  /** Goes on with the script that was interrupted. */
  resume(): Reply | typeof PAUSED {
    const { machine } = this.#opened!
    return this.#goOn(() => machine.resume())
  }

  #goOn(run: () => number): Reply | typeof PAUSED {
    let isPaused = false
    try {
      isPaused = run() === 0
    } catch (error) {
      throw this.#broken(error)
    } finally {
      if (!isPaused) this.#host = undefined
    }
    if (isPaused) return PAUSED
    this.#rethrow()
    const { machine, wire } = this.#opened!
    const reply = wire.readReply()
    if (machine.memory.buffer.byteLength > LARGE_BYTES) this.discard()
    return reply
  }

  /** Runs a library's code so that it registers its functions in 'function'; returns why it failed, or undefined. */
  load(source: string, register: Register): string | undefined {
    if (this.isRunning) throw new Error('a script is already running')
    const { machine, wire } = this.#open()
    this.#register = register
    this.#loadingSince = 0
    try {
      return machine.load(wire.writeRaw(source)) === 1 ? undefined : wire.readTexts(1)[0]!
    } catch (error) {
      throw this.#broken(error)
    } finally {
      this.#register = undefined
    }
  }

  /** Gives up the script that was interrupted. The next use gets a new machine. */
  discard(): void {
    this.#host = undefined
    this.#broken(undefined)
  }

  release(state: StateName, ref: number): void {
    this.#opened?.machine.unref(STATES[state], ref)
  }

  /** Forgets all that a state holds; its references are void, those of the other state stay. */
  reset(state: StateName): void {
    if (state === 'eval') this.#opened?.machine.open(1)
    else this.#opened?.machine.open_functions()
  }

  /** Bytes in use by a state; 0 before the first script. */
  usedBytes(state: StateName): number {
    return this.#opened?.machine.used(STATES[state]) ?? 0
  }

  #broken(error: unknown): LuaPanic {
    this.#opened = undefined
    this.#failure = undefined
    this.generation++
    return new LuaPanic(error)
  }

  #rethrow(): void {
    if (this.#failure === undefined) return
    const { error } = this.#failure
    this.#failure = undefined
    throw error
  }

  #imports(): MachineHost {
    const wire = (): Wire => this.#opened!.wire
    return {
      protect: (f: number, state: number, argument: number): number => {
        const { machine } = this.#opened!
        const depth = machine.__stack_pointer.value
        try {
          machine.invoke(f, state, argument)
          return 0
        } catch (error) {
          if (error !== RAISED) throw error
          machine.__stack_pointer.value = depth
          return 1
        }
      },
      raise: (): never => {
        throw RAISED
      },
      panic: (length: number): never => {
        throw new Error(wire().readRaw(length) || 'out of memory')
      },
      call: (argc: number, resp: 2 | 3): void => {
        const args = wire().readTexts(argc)
        let reply: Reply
        try {
          reply = this.#host!.call(args, resp)
        } catch (error) {
          // Lua must not be left half-way: the error waits until the run is over.
          this.#failure ??= { error }
          reply = new FailureReply('ERR internal error')
        }
        wire().rewind()
        wire().writeReply(reply, resp)
      },
      log: (level: number, length: number): void => this.#host?.log(level, wire().readRaw(length)),
      verbosity: (): number => this.#host?.logLevel ?? 2,
      sha1: (text: number, length: number): void => {
        wire().writeRaw(createHash('sha1').update(wire().bytesAt(text, length)).digest('hex'))
      },
      tick: (mayPause: number): number => {
        if (this.#register === undefined) return this.#host!.interrupt(mayPause === 1)
        const now = performance.now()
        if (this.#loadingSince === 0) this.#loadingSince = now
        return now - this.#loadingSince > LOAD_TIMEOUT_MS ? Verdict.KILL : Verdict.GO_ON
      },
      permits: (argc: number): number => Number(this.#host!.permits(wire().readTexts(argc)) ?? -1),
      replicate: (flags: number): void => this.#host!.replicate(flags),
      register: (ref: number, flags: number, described: number): number => {
        const [name = '', description] = wire().readTexts(described === 1 ? 2 : 1)
        const refused = this.#register!(name, ref, flags, description)
        return refused === undefined ? 0 : wire().writeRaw(refused)
      },
    }
  }
}

/** The machine broke and was thrown away: out of memory, or out of stack. */
export class LuaPanic extends Error {
  constructor(cause: unknown) {
    super(`the scripting machine stopped: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
