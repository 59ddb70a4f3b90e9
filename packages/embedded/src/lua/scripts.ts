// The script cache of EVAL, EVALSHA and SCRIPT: bodies by their SHA-1, each compiled once per machine.
import { createHash } from 'node:crypto'
import { FailureReply, type Reply } from '@ochre/protocol'
import type { LuaRuntime, PAUSED, ScriptHost } from './runtime.ts'
import { oneLine, readShebang } from './script-flags.ts'

export interface Script {
  readonly sha: string
  readonly body: string
  readonly flags: number
  /** What Lua compiles: the body without its shebang, whose line break stays so that line numbers are right. */
  readonly source: string
  /** The compiled function, and the generation of the machine that has it. */
  ref: number
  generation: number
}

export class Scripts {
  readonly #runtime: LuaRuntime
  readonly #bySha: Map<string, Script> = new Map()
  /** Saves hashing the body of an EVAL that was seen before. */
  readonly #byBody: Map<string, Script> = new Map()

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime
  }

  get size(): number {
    return this.#bySha.size
  }

  /** Bytes of all bodies. */
  get bodyBytes(): number {
    let bytes = 0
    for (const { body } of this.#bySha.values()) bytes += body.length
    return bytes
  }

  /** By SHA-1 in lower or upper case. */
  find(sha: string): Script | undefined {
    return this.#bySha.get(sha) ?? this.#bySha.get(sha.toLowerCase())
  }

  /** The script with this body, compiled and remembered; or why it cannot be. */
  load(body: string): Script | FailureReply {
    const known = this.#byBody.get(body)
    if (known !== undefined) return known
    const shebang = readShebang(body)
    if (shebang instanceof FailureReply) return shebang
    const source = body.slice(shebang.length)
    const ref = this.#runtime.compile(source)
    if (typeof ref === 'string') {
      return new FailureReply(`ERR Error compiling script (new function): ${oneLine(ref.replace(/[\r\n]+$/, ''))}`)
    }
    const sha = createHash('sha1').update(body, 'latin1').digest('hex')
    const script: Script = { sha, body, flags: shebang.flags, source, ref, generation: this.#runtime.generation }
    this.#bySha.set(sha, script)
    this.#byBody.set(body, script)
    return script
  }

  run(script: Script, keys: readonly string[], args: readonly string[], host: ScriptHost): Reply | typeof PAUSED {
    if (script.generation !== this.#runtime.generation) {
      const ref = this.#runtime.compile(script.source)
      if (typeof ref === 'string') throw new TypeError('a script that compiled once must compile again')
      script.ref = ref
      script.generation = this.#runtime.generation
    }
    return this.#runtime.run('eval', script.ref, script.sha, keys, args, host)
  }

  flush(): void {
    this.#bySha.clear()
    this.#byBody.clear()
    this.#runtime.reset('eval')
  }
}
