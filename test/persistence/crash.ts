// Engines that are killed under load, and what is there afterwards.
//
// Each connection works through a program of its own: unit after unit, each a command, a transaction, a script or a function
// that changes this connection's keys in many ways and, as the last thing, raises its counter; some scripts run so long that
// they are interrupted. A unit that is refused (BUSY) is sent again. After the kill the folder is loaded. The counter tells how
// far the program came: below what had been acknowledged is a loss. The keys must be exactly what the program makes up to
// there, executed once more by an engine in memory; anything else is half a unit, or a wrong one.
import { FailureReply } from '@ochre/protocol'
import { execute } from '../../packages/embedded/src/execute.ts'
import { Engine } from '../../packages/embedded/src/index.ts'
import { RawClient, type RawReply } from '../servers/raw-client.ts'
import { stateOf } from './folder.ts'
import { startEngine } from './process.ts'

const CONNECTIONS = 8
/** Far in the future, so that nothing expires, and the same in every run. */
const LATER = 4_000_000_000_000

const LIBRARY = `#!lua name=crash
redis.register_function('log', function(keys, args)
  redis.call('XADD', keys[1], args[1] .. '-1', 'n', args[1], 'text', string.rep('x', 20))
  redis.call('XCLAIM', keys[1], 'g', 'c' .. args[1] % 3, 0, args[1] .. '-1', 'TIME', 7, 'RETRYCOUNT', args[1] % 5, 'FORCE', 'JUSTID')
  if args[1] % 4 == 0 then redis.call('XACK', keys[1], 'g', (args[1] - 32) .. '-1') end
  if args[1] % 10 == 0 then redis.call('XDEL', keys[1], (args[1] - 40) .. '-1') end
  return redis.call('INCR', keys[2])
end)`

const SCRIPT = `
for i = 1, 20 do redis.call('ZADD', KEYS[1], (ARGV[1] * 31 + i) % 997, 'm' .. (ARGV[1] * 17 + i) % 700) end
redis.call('ZREMRANGEBYRANK', KEYS[1], 3, 5)
redis.call('ZINCRBY', KEYS[1], 0.25, 'm' .. ARGV[1] % 700)
return redis.call('INCR', KEYS[2])`

/** Runs for some milliseconds between its two changes. */
const LONG_SCRIPT = `
redis.call('RPUSH', KEYS[1], 'half' .. ARGV[1])
local n = 0
for i = 1, 400000 do n = n + i end
redis.call('RPUSH', KEYS[1], 'whole' .. ARGV[1])
return redis.call('INCR', KEYS[2])`

/** The commands of the n-th unit of a connection, from 1 on; several are a transaction. */
function unitOf(i: number, n: number): (string | number)[][] {
  const [list, hash, set, sorted, stream, text, counter] = ['l', 'h', 's', 'z', 'x', 't', 'c'].map(
    (kind) => kind + i,
  ) as [...[string, string, string, string, string, string, string]]
  const count = ['INCR', counter]
  switch (n % 8) {
    case 1:
      return n === 1 ? [['XGROUP', 'CREATE', stream, 'g', '$', 'MKSTREAM'], count] : [count]
    case 2:
      return [
        ['RPUSH', list, ...Array.from({ length: 30 }, (_, j) => `element ${n} ${j}`)],
        ['LPUSH', list, n],
        ['LSET', list, 0, `first ${n}`],
        count,
      ]
    case 3:
      return [
        ['HSETEX', hash, 'PXAT', LATER + n, 'FIELDS', 2, `f${(n * 7) % 900}`, n, `f${(n * 11) % 900}`, n],
        ['HSET', hash, `f${(n * 3) % 900}`, n, `f${(n * 13) % 900}`, n],
        ['HDEL', hash, `f${(n * 5) % 900}`],
        ['HPEXPIREAT', hash, LATER + 2 * n, 'FIELDS', 1, `f${(n * 13) % 900}`],
        count,
      ]
    case 4:
      return [['EVAL', SCRIPT, 2, sorted, counter, n]]
    case 5:
      return [['FCALL', 'log', 2, stream, counter, n]]
    case 6:
      return [
        ['SADD', set, ...Array.from({ length: 20 }, (_, j) => (n * 37 + j) % 1500)],
        ['SREM', set, ...Array.from({ length: 6 }, (_, j) => (n * 41 + j) % 1500), `gone ${n}`],
        ['LPOP', list, 3],
        ['LREM', list, 1, `element ${n - 4} 7`],
        count,
      ]
    case 7:
      return [['EVAL', LONG_SCRIPT, 2, `long${i}`, counter, n]]
    default:
      return [
        ['SET', text, `${n}`.repeat(40), 'PXAT', LATER + n],
        ['SETRANGE', text, n % 500, 'edited'],
        ['COPY', text, `${text}copy`, 'REPLACE'],
        ['RENAME', `${text}copy`, `${text}other`],
        ['SELECT', 1],
        ['INCRBYFLOAT', `float${i}`, '0.1'],
        ['SELECT', 0],
        count,
      ]
  }
}

export interface CrashOptions {
  readonly dir: string
  readonly fsync: 'always' | 'everysec' | 'no'
  readonly kills: number
  /** Numbers in [0, 1). */
  readonly random: () => number
}

export interface CrashReport {
  kills: number
  acknowledged: number
  /** Acknowledged, and gone. */
  lost: number
  /** Programs whose keys are not what they make. */
  wrong: number
  /** Units that were refused because a script had been interrupted. */
  busy: number
  /** Ends of files that were torn and cut. */
  torn: number
  /** Rewrites that had come to their end. */
  rewrites: number
}

/** Kills engines on one folder again and again, and counts. */
export async function crash({ dir, fsync, kills, random }: CrashOptions): Promise<CrashReport> {
  const report: CrashReport = { kills: 0, acknowledged: 0, lost: 0, wrong: 0, busy: 0, torn: 0, rewrites: 0 }
  const programs = Array.from({ length: CONNECTIONS }, (_, i) => new Program(i))
  const model = await Engine.open()
  runOn(model, [['FUNCTION', 'LOAD', LIBRARY]])
  let generation = ''
  for (let kill = 0; kill < kills; kill++) {
    const engine = await startEngine([dir, fsync, '20kb'])
    const setup = await RawClient.open(engine.port)
    await setup.call('FUNCTION', 'LOAD', 'REPLACE', LIBRARY)
    setup.close()
    const runs = programs.map((program) => program.run(engine.port, report))
    await Promise.all(programs.map(({ isWarm }) => isWarm))
    await new Promise((resolve) => setTimeout(resolve, random() * 300))
    await engine.kill()
    await Promise.all(runs)
    report.kills++
    const loaded = await Engine.open({ dir, warn: () => {} })
    const { torn, manifest } = loaded.persistence!.recovery
    if (torn !== null) report.torn++
    if (manifest?.base !== generation) report.rewrites++
    generation = manifest?.base ?? ''
    for (const program of programs) {
      const done = Number(loaded.databases[0]!.entries.get(`c${program.index}`)?.value ?? 0)
      report.lost += Math.max(0, program.acknowledged - done)
      program.replay(model, done)
      if (program.stateOn(loaded) !== program.stateOn(model)) report.wrong++
    }
    await loaded.close()
  }
  report.acknowledged = programs.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  await model.close()
  return report
}

function runOn(engine: Engine, commands: readonly (readonly (string | number)[])[]): void {
  const session = engine.openSession(null)
  engine.turn(() => {
    for (const command of commands) {
      const outcome = execute(session, command.map(String))
      if (outcome instanceof FailureReply) throw new Error(`${command.join(' ')}: ${outcome.text}`)
    }
  })
}

class Program {
  readonly index: number
  /** The last unit whose reply came. */
  acknowledged = 0
  /** When some units have been answered. */
  isWarm: Promise<void> = Promise.resolve()
  /** The last unit that the model has executed. */
  #replayed = 0

  constructor(index: number) {
    this.index = index
  }

  /** Works through the program from where the last engine ended, until the engine is gone. */
  async run(port: number, report: CrashReport): Promise<void> {
    let warm = (): void => {}
    this.isWarm = new Promise((resolve) => {
      warm = resolve
    })
    const client = await RawClient.open(port)
    try {
      let next = Number((await this.#asked(client, ['GET', `c${this.index}`])) ?? 0) + 1
      for (let count = 0; ; ) {
        const reply = await this.#send(client, unitOf(this.index, next))
        if (reply instanceof Error) {
          if (!/^(BUSY|EXECABORT)/.test(reply.message)) throw reply
          report.busy++
          continue
        }
        if ((Array.isArray(reply) ? reply.at(-1) : reply) !== next)
          throw new Error(`Unit ${next} was answered ${reply}`)
        this.acknowledged = next++
        if (++count === 20) warm()
      }
    } catch (error) {
      if (!client.closed) throw error
    } finally {
      warm()
      client.close()
    }
  }

  async #asked(client: RawClient, command: readonly string[]): Promise<RawReply> {
    for (;;) {
      const reply = await client.send(command)
      if (!(reply instanceof Error)) return reply
    }
  }

  async #send(client: RawClient, commands: readonly (readonly (string | number)[])[]): Promise<RawReply> {
    if (commands.length === 1) return client.send(commands[0]!)
    const replies = [['MULTI'], ...commands, ['EXEC']].map((command) => client.send(command))
    for (const reply of replies) reply.catch(() => {})
    const begun = await replies[0]!
    for (const reply of replies.slice(1, -1)) await reply
    const last = await replies.at(-1)!
    return begun instanceof Error ? begun : last
  }

  replay(model: Engine, to: number): void {
    for (; this.#replayed < to; this.#replayed++) runOn(model, unitOf(this.index, this.#replayed + 1))
  }

  /** All keys of the program; consumers without the time at which they were seen. */
  stateOn(engine: Engine): string {
    const own = new RegExp(`^[01] "[a-z]+${this.index}[a-z]*" `)
    return stateOf(engine, false)
      .filter((line) => own.test(line))
      .join('\n')
  }
}
