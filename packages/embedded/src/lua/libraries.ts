// The libraries of FUNCTION and FCALL: each is a text that registers functions when it is loaded.
import { FailureReply, type Reply } from '@ochre/protocol'
import type { LuaRuntime, PAUSED, ScriptHost } from './runtime.ts'
import { oneLine, readLibraryHead } from './script-flags.ts'

export interface LibraryFunction {
  readonly name: string
  readonly description: string | undefined
  readonly flags: number
  readonly library: Library
  /** Its place in the machine of the library's generation. */
  readonly ref: number
}

export interface Library {
  readonly name: string
  readonly code: string
  /** By name as registered. */
  readonly functions: Map<string, LibraryFunction>
}

const BAD_NAME =
  'Library names can only contain letters, numbers, or underscores(_) and must be at least one character long'

export class Libraries {
  readonly #runtime: LuaRuntime
  #libraries: Map<string, Library> = new Map()
  /** By name in lower case: FCALL does not mind the case, FUNCTION LIST keeps it. */
  #functions: Map<string, LibraryFunction> = new Map()
  #generation = 0

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime
  }

  get size(): number {
    return this.#libraries.size
  }

  get functionCount(): number {
    let count = 0
    for (const library of this.#libraries.values()) count += library.functions.size
    return count
  }

  /** In the order in which they were loaded. */
  list(): Iterable<Library> {
    return this.#libraries.values()
  }

  find(name: string): LibraryFunction | undefined {
    return this.#functions.get(name) ?? this.#functions.get(name.toLowerCase())
  }

  /** Loads a library, in place of the one with its name if `replace`. Returns its name, or why nothing was changed. */
  load(code: string, replace: boolean): string | FailureReply {
    const head = readLibraryHead(code)
    if (head instanceof FailureReply) return head
    const { name } = head
    if (!isName(name)) return failure(BAD_NAME)
    if (head.engine.toLowerCase() !== 'lua') return failure(`Engine '${oneLine(head.engine)}' not found`)
    const replaced = this.#libraries.get(name)
    if (replaced !== undefined && !replace) return failure(`Library '${name}' already exists`)
    this.#revive()
    const library = this.#register(name, code, code.slice(head.length))
    if (library instanceof FailureReply) return library
    const taken = [...library.functions.values()].find(({ name: other }) => {
      const owner = this.find(other)?.library
      return owner !== undefined && owner !== replaced
    })
    if (taken !== undefined || library.functions.size === 0) {
      this.#release(library)
      return failure(taken === undefined ? 'No functions registered' : `Function ${taken.name} already exists`)
    }
    if (replaced !== undefined) this.#unlink(replaced)
    this.#link(library)
    return name
  }

  /** False when there is no such library. */
  delete(name: string): boolean {
    const library = this.#libraries.get(name)
    if (library === undefined) return false
    this.#unlink(library)
    return true
  }

  flush(): void {
    this.#libraries = new Map()
    this.#functions = new Map()
    this.#runtime.reset('function')
  }

  /** Loads all of these or none: 'append' fails when a library is there already, 'replace' replaces it, 'flush' removes
   * all others. Returns the failure, or null. */
  restore(codes: readonly string[], policy: 'append' | 'replace' | 'flush'): FailureReply | null {
    const before = [...this.#libraries.values()].map(({ code }) => code)
    const incoming = new Set<string>()
    const problem = ((): FailureReply | null => {
      if (policy === 'flush') this.flush()
      for (const code of codes) {
        const head = readLibraryHead(code)
        if (!(head instanceof FailureReply)) {
          if (incoming.has(head.name)) return failure(`Library '${head.name}' already exists`)
          incoming.add(head.name)
          if (policy === 'append' && this.#libraries.has(head.name)) {
            return failure(`Library ${head.name} already exists`)
          }
          if (policy === 'replace') this.delete(head.name)
        }
      }
      for (const code of codes) {
        const loaded = this.load(code, false)
        if (loaded instanceof FailureReply) return loaded
      }
      return null
    })()
    if (problem !== null) {
      this.flush()
      for (const code of before) this.load(code, false)
    }
    return problem
  }

  run(
    target: LibraryFunction,
    keys: readonly string[],
    args: readonly string[],
    host: ScriptHost,
  ): Reply | typeof PAUSED {
    this.#revive()
    const { ref, name } = this.find(target.name) ?? target
    return this.#runtime.run('function', ref, name, keys, args, host)
  }

  /** Loads everything again when the machine is another one than that which has the functions. */
  #revive(): void {
    this.#runtime.open()
    if (this.#generation === this.#runtime.generation) return
    this.#generation = this.#runtime.generation
    const lost = [...this.#libraries.values()]
    this.#libraries = new Map()
    this.#functions = new Map()
    for (const { code } of lost) this.load(code, false)
  }

  #register(name: string, code: string, source: string): Library | FailureReply {
    const library: Library = { name, code, functions: new Map() }
    const problem = this.#runtime.load(source, (functionName, ref, flags, description) => {
      if (!isName(functionName)) return BAD_NAME
      if (library.functions.has(functionName)) return 'Function already exists in the library'
      library.functions.set(functionName, { name: functionName, description, flags, library, ref })
      return undefined
    })
    if (problem === undefined) return library
    this.#release(library)
    return failure(oneLine(problem))
  }

  #release(library: Library): void {
    for (const { ref } of library.functions.values()) this.#runtime.release('function', ref)
  }

  #link(library: Library): void {
    this.#libraries.set(library.name, library)
    for (const entry of library.functions.values()) this.#functions.set(entry.name.toLowerCase(), entry)
  }

  #unlink(library: Library): void {
    this.#libraries.delete(library.name)
    for (const { name } of library.functions.values()) this.#functions.delete(name.toLowerCase())
    this.#release(library)
  }
}

function isName(name: string): boolean {
  return /^[A-Za-z0-9_]+$/.test(name)
}

function failure(text: string): FailureReply {
  return new FailureReply(`ERR ${text}`)
}
