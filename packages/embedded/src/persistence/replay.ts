// Executes the commands of a file's records in an engine that is opening, each at the time of its record, so that nothing has
// expired that had not when the command was executed first.
import { FailureReply } from '@ochre/protocol'
import { call } from '../call.ts'
import type { Engine } from '../engine.ts'
import { findCommand } from '../execute.ts'
import { RequestError, type RequestLimits, RequestParser } from '../request-parser.ts'
import type { Session } from '../session.ts'
import { restoreValue } from '../structures/rdb.ts'
import { Mark } from './mark.ts'

const LIMITS: RequestLimits = { maxBulkBytes: Number.MAX_SAFE_INTEGER, isTrusted: true }

export class Replay {
  readonly #session: Session
  readonly #marks: Marks
  commands = 0

  constructor(engine: Engine, marks: Marks) {
    this.#session = engine.openSession(null)
    this.#session.isDenyBlocking = true
    this.#marks = marks
  }

  /** Executes the commands of a payload at a time. Returns what is wrong with them, or null. */
  run(payload: Buffer, time: number): string | null {
    this.#session.engine.now = time
    this.#session.db = this.#session.engine.databases[0]!
    const parser = new RequestParser()
    try {
      parser.feed(payload)
      for (let args = parser.next(LIMITS); args !== undefined; args = parser.next(LIMITS)) {
        const problem = this.#execute(args)
        if (problem !== null) return problem
      }
    } catch (error) {
      if (error instanceof RequestError) return 'the record does not hold commands'
      throw error
    }
    return parser.pendingBytes === 0 ? null : 'the record ends within a command'
  }

  #execute(args: readonly string[]): string | null {
    const mark = this.#marks[args[0]!]
    if (mark !== undefined) return mark(args.slice(1))
    if (args[0] === 'SELECT') return this.#select(Number(args[1]))
    this.commands++
    if (args[0] === Mark.FIELDS) return this.#expireFields(args)
    if (args[0] === Mark.STREAM) return this.#addToStream(args)
    if (args[0] === Mark.PENDING) return this.#addPending(args)
    const command = findCommand(args)
    if (command instanceof FailureReply) return `it holds a command that this program does not know`
    const outcome = call(this.#session, command, args)
    return outcome instanceof FailureReply ? `${command.spec.name} was refused: ${outcome.text}` : null
  }

  #select(index: number): string | null {
    const { databases } = this.#session.engine
    const database = databases[index]
    if (database === undefined) return `it uses database ${index} of ${databases.length}: raise 'databases'`
    this.#session.db = database
    return null
  }

  #expireFields([, key, ...pairs]: readonly string[]): string | null {
    const { db } = this.#session
    const hash = db.write(key!, 'hash')?.value
    for (let i = 0; i < pairs.length; i += 2) {
      if (!hash?.expireAt(pairs[i]!, Number(pairs[i + 1]))) return 'a field that should expire is missing'
    }
    db.expireFieldsOf(key!)
    return null
  }

  #addToStream([, key, payload]: readonly string[]): string | null {
    const { db } = this.#session
    const part = restoreValue(payload!)
    if (typeof part === 'string' || part.type !== 'stream') return 'a stream is malformed'
    const stream = db.write(key!, 'stream')?.value
    if (stream === undefined) db.put(key!, 'stream', part.stream)
    else {
      stream.nodes.push(...part.stream.nodes)
      stream.length += part.stream.length
    }
    return null
  }

  #addPending([, key, name, ...facts]: readonly string[]): string | null {
    const group = this.#session.db.write(key!, 'stream')?.value.groups.get(name!)
    for (let i = 0; i < facts.length; i += 4) {
      const consumer = group?.consumers.get(facts[i]!)
      if (consumer === undefined) return 'what was delivered belongs to no consumer'
      group!.assign(consumer, facts[i + 1]!, Number(facts[i + 2]), Number(facts[i + 3]))
    }
    return null
  }
}

/** Words of the format itself among the commands, which concern the file and no key; each returns what is wrong, or null. */
export type Marks = Readonly<Record<string, (values: readonly string[]) => string | null>>
