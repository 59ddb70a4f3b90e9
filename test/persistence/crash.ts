// Engines that are killed under load, and what of their acknowledged writes is there afterwards.
//
// Each connection raises its own counter, alternating between a plain INCR, a transaction of two counters and a script that
// pushes to two lists, and notes each answer. After the kill the folder is loaded: a counter below what had been acknowledged
// is a loss; counters or lists of a pair that differ are half a unit.

import { textOf } from '../../packages/embedded/src/entry.ts'
import { Engine } from '../../packages/embedded/src/index.ts'
import { openLines, startEngine } from './process.ts'

const CONNECTIONS = 8
const SCRIPT =
  "redis.call('RPUSH',KEYS[1],ARGV[1]) redis.call('RPUSH',KEYS[2],ARGV[1]) return redis.call('INCR',KEYS[3])"

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
  /** Transactions or scripts of which only a part was there. */
  halves: number
  /** Ends of files that were torn and cut. */
  torn: number
  /** Rewrites that had come to their end. */
  rewrites: number
}

/** Kills engines on one folder again and again, and counts. */
export async function crash({ dir, fsync, kills, random }: CrashOptions): Promise<CrashReport> {
  const report: CrashReport = {
    kills: 0,
    acknowledged: 0,
    lost: 0,

    halves: 0,
    torn: 0,
    rewrites: 0,
  }
  let generation = ''
  for (let kill = 0; kill < kills; kill++) {
    const engine = await startEngine([dir, fsync, '20kb'])
    const counters = await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => load(engine.port, i)))
    await Promise.all(counters.map(({ isWarm }) => isWarm))
    await new Promise((resolve) => setTimeout(resolve, random() * 300))
    await engine.kill()
    for (const { stop } of counters) stop()
    report.kills++
    const found = await recovered(dir)
    report.torn += found.torn ? 1 : 0
    if (found.generation !== generation) report.rewrites++
    generation = found.generation
    for (const [i, { acknowledged }] of counters.entries()) {
      const value = found.counter(`c${i}`)
      report.acknowledged += acknowledged.length
      report.lost += acknowledged.filter((answer) => answer > value).length
      if (found.counter(`p${i}`) !== found.counter(`q${i}`)) report.halves++
      if (found.list(`l${i}`) !== found.list(`m${i}`)) report.halves++
    }
  }
  return report
}

interface Load {
  /** The answers: values of the connection's counter. */
  readonly acknowledged: readonly number[]
  /** When some commands have been answered. */
  readonly isWarm: Promise<void>
  stop(): void
}

async function load(port: number, i: number): Promise<Load> {
  const acknowledged: number[] = []
  const commands = [
    `INCR c${i}\r\n`,
    `MULTI\r\nINCR p${i}\r\nINCR q${i}\r\nINCR c${i}\r\nEXEC\r\n`,
    `EVAL "${SCRIPT}" 3 l${i} m${i} c${i} ${'x'.repeat(50)}\r\n`,
  ]
  /** Lines of each command's answer; the last one is the counter. */
  const lengths = [1, 8, 1]
  let warm = (): void => {}
  const isWarm = new Promise<void>((resolve) => {
    warm = resolve
  })
  let turn = 0
  let heard = 0
  const socket = await openLines(port, (line) => {
    if (++heard < lengths[turn]!) return
    if (!line.startsWith(':')) throw new Error(`The engine answered ${line}`)
    acknowledged.push(Number(line.slice(1)))
    if (acknowledged.length === 20) warm()
    heard = 0
    turn = (turn + 1) % commands.length
    socket.write(commands[turn]!)
  })
  socket.write(commands[0]!)
  return { acknowledged, isWarm, stop: () => socket.destroy() }
}

async function recovered(dir: string): Promise<{
  counter(key: string): number
  list(key: string): number
  readonly torn: boolean
  readonly generation: string
}> {
  const engine = await Engine.open({ dir, warn: () => {} })
  const [database] = engine.databases
  const { recovery } = engine.persistence!
  await engine.close()
  return {
    counter(key) {
      const entry = database!.entries.get(key)
      return entry?.type === 'string' ? Number(textOf(entry.value as string)) : 0
    },
    list(key) {
      const value = database!.entries.get(key)?.value
      return value !== undefined && typeof value === 'object' && 'length' in value ? value.length : 0
    },
    torn: recovery.torn !== null,
    generation: recovery.manifest?.base ?? '',
  }
}
