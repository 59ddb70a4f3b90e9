// SLOWLOG, LATENCY and MEMORY: what took long, and what takes room.
import { DoubleReply, FailureReply, MapReply, type Reply, VerbatimReply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { entrySize } from '../entry-size.ts'
import { OK, quotable, SYNTAX } from '../failures.ts'
import { helping, wrongSubcommand } from '../help.ts'
import type { Handler, Outcome, Session } from '../session.ts'
import { formatDouble } from '../structures/numbers.ts'
import type { Command } from './index.ts'

// ---- SLOWLOG ----

function slowlogGet({ engine }: Session, args: readonly string[]): Outcome {
  if (args.length > 3) throw wrongSubcommand(args)
  const bad = new FailureReply('ERR count should be greater than or equal to -1')
  const count = args[2] === undefined ? 10 : integerOf(args[2], bad)
  if (count < -1) throw bad
  return engine.slowLog
    .latest(count === -1 ? Number.POSITIVE_INFINITY : count)
    .map(({ id, at, micros, args: shown, address, name }) => [id, at, micros, [...shown], address, name])
}

function slowlogReset({ engine }: Session): Outcome {
  engine.slowLog.clear()
  return OK
}

const SLOWLOG_HELP: readonly string[] = [
  'GET [<count>]',
  '    Return top <count> entries from the slowlog (default: 10, -1 mean all).',
  '    Entries are made of:',
  '    id, timestamp, time in microseconds, arguments array, client IP and port,',
  '    client name',
  'LEN',
  '    Return the length of the slowlog.',
  'RESET',
  '    Reset the slowlog.',
]

// ---- LATENCY ----

function latencyHistogram({ engine }: Session, args: readonly string[]): Outcome {
  const { commands, stats } = engine
  const chosen: readonly Command[] =
    args.length === 2
      ? commands.all
      : args.slice(2).flatMap((name) => {
          const found = commands.byFullName.get(name.toLowerCase())
          return found === undefined ? [] : [found, ...(found.subcommands?.values() ?? [])]
        })
  const shown = chosen.flatMap(({ id, spec }): Reply[] => {
    const counted = stats.byCommand[id]
    if (counted === undefined || counted.calls === 0) return []
    const histogram = new MapReply(counted.histogram().flat())
    return [spec.name.replace(' ', '|'), new MapReply(['calls', counted.calls, 'histogram_usec', histogram])]
  })
  return new MapReply(shown)
}

function latencyLatest({ engine }: Session): Outcome {
  return [...engine.latency.events].map(([name, { samples, max }]) => {
    const last = samples.at(-1)!
    return [name, last.at, last.ms, max]
  })
}

function latencyHistory({ engine }: Session, args: readonly string[]): Outcome {
  return engine.latency.events.get(args[2]!)?.samples.map(({ at, ms }) => [at, ms]) ?? []
}

/** One column for each sample, four levels high, and its age below. */
function latencyGraph({ engine }: Session, args: readonly string[]): Outcome {
  const event = engine.latency.events.get(args[2]!)
  if (event === undefined) throw new FailureReply(`ERR No samples available for event '${quotable(args[2]!, 128)}'`)
  const { samples, max } = event
  const low = Math.min(...samples.map(({ ms }) => ms))
  const head = `${args[2]!} - high ${max} ms, low ${low} ms (all time high ${max} ms)`
  const levels = samples.map(({ ms }) => (max === low ? 3 : Math.round(((ms - low) / (max - low)) * 3)))
  const rows = [3, 2, 1, 0].map((row) =>
    levels
      .map((level) => (level > row ? '|' : level === row ? (row === 0 ? '_' : '#') : ' '))
      .join('')
      .trimEnd(),
  )
  const ages = samples.map(({ at }) => ageOf(Math.max(0, Math.floor(engine.now / 1000) - at)))
  const height = Math.max(...ages.map((age) => age.length))
  for (let row = 0; row < height; row++)
    rows.push(
      ages
        .map((age) => age[row] ?? ' ')
        .join('')
        .trimEnd(),
    )
  return new VerbatimReply('txt', `${[head, '-'.repeat(80), ...rows.filter((row) => row !== '')].join('\n')}\n\n`)
}

function ageOf(seconds: number): string {
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}

function latencyDoctor({ engine }: Session): Outcome {
  if (engine.settings['latency-monitor-threshold'] === 0 && engine.latency.events.size === 0) return LATENCY_OFF
  if (engine.latency.events.size === 0) return NO_LATENCY
  const lines = [...engine.latency.events].map(([name, { samples, max }], index) => {
    const average = samples.reduce((sum, { ms }) => sum + ms, 0) / samples.length
    return `${index + 1}. ${name}: ${samples.length} latency spikes (average ${Math.round(average)}ms). Worst all time event ${max}ms.`
  })
  return new VerbatimReply('txt', `Latency spikes are observed in this server.\n\n${lines.join('\n')}\n`)
}

const LATENCY_OFF = new VerbatimReply(
  'txt',
  "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n",
)
const NO_LATENCY = new VerbatimReply(
  'txt',
  'Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n',
)

const LATENCY_HELP: readonly string[] = [
  'DOCTOR',
  '    Return a human readable latency analysis report.',
  'GRAPH <event>',
  '    Return an ASCII latency graph for the <event> class.',
  'HISTORY <event>',
  '    Return time-latency samples for the <event> class.',
  'LATEST',
  '    Return the latest latency samples for all events.',
  'RESET [<event> ...]',
  '    Reset latency data of one or more <event> classes.',
  '    (default: reset all data for all event classes)',
  'HISTOGRAM [COMMAND ...]',
  '    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.',
  '    If no commands are specified then all histograms are replied.',
]

// ---- MEMORY ----

const DEFAULT_SAMPLES = 5

function memoryUsage(session: Session, args: readonly string[]): Outcome {
  let samples = DEFAULT_SAMPLES
  for (let i = 3; i < args.length; i += 2) {
    if (args[i]!.toLowerCase() !== 'samples' || args[i + 1] === undefined) throw SYNTAX
    samples = integerOf(args[i + 1])
    if (samples < 0) throw SYNTAX
  }
  const entry = session.db.peek(args[2]!)
  return entry === undefined ? null : entrySize(args[2]!, entry, samples === 0 ? Number.POSITIVE_INFINITY : samples)
}

function memoryStats({ engine }: Session): Outcome {
  const used = engine.memory.usedBytes
  const peak = engine.memory.peakBytes
  const rss = process.memoryUsage.rss()
  const { scripts, functions } = engine.scripting.usedBytes
  let keys = 0
  for (const { entries } of engine.databases) keys += entries.size
  return new MapReply([
    'peak.allocated',
    peak,
    'total.allocated',
    used,
    'lua.caches',
    scripts,
    'functions.caches',
    functions,
    'keys.count',
    keys,
    'keys.bytes-per-key',
    keys === 0 ? 0 : Math.floor(used / keys),
    'peak.percentage',
    new DoubleReply(formatDouble((used / peak) * 100)),
    'fragmentation',
    new DoubleReply(formatDouble(rss / used)),
    'fragmentation.bytes',
    rss - used,
  ])
}

const MEMORY_HELP: readonly string[] = [
  'DOCTOR',
  '    Return memory problems reports.',
  'MALLOC-STATS',
  '    Return internal statistics report from the memory allocator.',
  'PURGE',
  '    Attempt to purge dirty pages for reclamation by the allocator.',
  'STATS',
  '    Return information about the memory usage of the server.',
  'USAGE <key> [SAMPLES <count>]',
  '    Return memory in bytes used by <key> and its value. Nested values are',
  '    sampled up to <count> times (default: 5, 0 means sample all).',
]

const MEMORY_DOCTOR = new VerbatimReply(
  'txt',
  "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n",
)

function mallocStats(): Outcome {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const lines = Object.entries({ rss, heapTotal, heapUsed, external, arrayBuffers })
  return new VerbatimReply('txt', lines.map(([name, bytes]) => `${name}: ${bytes}\n`).join(''))
}

export const observe: Readonly<Record<string, Handler>> = {
  'latency doctor': latencyDoctor,
  'latency graph': latencyGraph,
  'latency help': helping(LATENCY_HELP),
  'latency histogram': latencyHistogram,
  'latency history': latencyHistory,
  'latency latest': latencyLatest,
  'latency reset': ({ engine }, args) => engine.latency.reset(args.slice(2)),
  'memory doctor': () => MEMORY_DOCTOR,
  'memory help': helping(MEMORY_HELP),
  'memory malloc-stats': mallocStats,
  'memory purge': () => OK,
  'memory stats': memoryStats,
  'memory usage': memoryUsage,
  'slowlog get': slowlogGet,
  'slowlog help': helping(SLOWLOG_HELP),
  'slowlog len': ({ engine }) => engine.slowLog.length,
  'slowlog reset': slowlogReset,
}
