// INFO: what the engine tells about itself, in the sections and words of Redis.
import { randomBytes } from 'node:crypto'
import { arch, platform, release, totalmem } from 'node:os'
import { heldBy } from './client-memory.ts'
import { REDIS_VERSION } from './commands/connection.ts'
import { formatPercentile } from './config.ts'
import type { Engine } from './engine.ts'
import { persistenceFields } from './persistence/info.ts'

type Fields = readonly (readonly [name: string, value: string | number])[]

interface Section {
  readonly title: string
  /** Not shown unless asked for, or for all. */
  readonly isExtra?: boolean
  readonly fields: (engine: Engine) => Fields
}

const RUN_ID = randomBytes(20).toString('hex')
function server(engine: Engine): Fields {
  const { settings } = engine
  const seconds = Math.floor((engine.now - engine.openedAt) / 1000)
  return [
    ['redis_version', REDIS_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', 'embedded'],
    ['redis_mode', 'standalone'],
    ['os', `${platform()} ${release()} ${arch()}`],
    ['arch_bits', 64],
    ['process_id', process.pid],
    ['process_supervised', 'no'],
    ['run_id', RUN_ID],
    ['tcp_port', settings.port],
    ['server_time_usec', Math.floor(engine.now * 1000)],
    ['uptime_in_seconds', seconds],
    ['uptime_in_days', Math.floor(seconds / 86_400)],
    ['hz', 10],
    ['configured_hz', 10],
    ['executable', process.execPath],
    ['config_file', ''],
    ['io_threads_active', 0],
  ]
}

function clients(engine: Engine): Fields {
  let [input, output, blocked] = [0, 0, 0]
  for (const { connection, output: pending, waiter } of engine.sessions.values()) {
    input = Math.max(input, connection?.pendingBytes ?? 0)
    output = Math.max(output, pending.length + (connection?.carrier.unsentBytes() ?? 0))
    if (waiter !== null) blocked++
  }
  return [
    ['connected_clients', engine.sessions.size],
    ['cluster_connections', 0],
    ['maxclients', engine.settings.maxclients],
    ['client_recent_max_input_buffer', input],
    ['client_recent_max_output_buffer', output],
    ['blocked_clients', blocked],
    ['tracking_clients', engine.tracking.counts.sessions],
    ['clients_in_timeout_table', 0],
  ]
}

function memory(engine: Engine): Fields {
  const { settings, scripting } = engine
  const used = engine.memory.usedBytes
  const peak = engine.memory.peakBytes
  const rss = process.memoryUsage.rss()
  const lua = scripting.usedBytes
  return [
    ...both('used_memory', used),
    ...both('used_memory_rss', rss),
    ...both('used_memory_peak', peak),
    ['used_memory_peak_perc', `${((used / peak) * 100).toFixed(2)}%`],
    ...both('total_system_memory', totalmem()),
    ['used_memory_vm_eval', lua.scripts],
    ['used_memory_vm_functions', lua.functions],
    ...both('used_memory_vm_total', lua.scripts + lua.functions),
    ['number_of_cached_scripts', scripting.scripts.size],
    ['number_of_functions', scripting.libraries.functionCount],
    ['number_of_libraries', scripting.libraries.size],
    ...both('maxmemory', settings.maxmemory),
    ['maxmemory_policy', settings['maxmemory-policy']],
    ['mem_fragmentation_ratio', (rss / used).toFixed(2)],
    ['mem_fragmentation_bytes', rss - used],
    ['mem_clients_normal', clientBytes(engine)],
    ['mem_allocator', 'v8'],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', 0],
    ['lazyfreed_objects', 0],
  ]
}

function clientBytes({ sessions }: Engine): number {
  let bytes = 0
  for (const session of sessions.values()) bytes += heldBy(session)
  return bytes
}

/** A size in bytes and once more for people. */
function both(name: string, bytes: number): Fields {
  return [
    [name, bytes],
    [`${name}_human`, human(bytes)],
  ]
}

function human(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`
  const unit = Math.min(Math.floor(Math.log2(bytes) / 10), 5)
  return `${(bytes / 1024 ** unit).toFixed(2)}${'BKMGTP'[unit]}`
}

function stats(engine: Engine): Fields {
  const { stats: counted, pubsub, tracking } = engine
  const { keys, items, prefixes } = tracking.counts
  const rates = counted.rates(engine.mark)
  return [
    ['total_connections_received', counted.connections],
    ['total_commands_processed', counted.commands],
    ['instantaneous_ops_per_sec', Math.floor(rates.commands)],
    ['total_net_input_bytes', counted.inputBytes],
    ['total_net_output_bytes', counted.outputBytes],
    ['instantaneous_input_kbps', (rates.inputBytes / 1024).toFixed(2)],
    ['instantaneous_output_kbps', (rates.outputBytes / 1024).toFixed(2)],
    ['rejected_connections', counted.rejectedConnections],
    ['sync_full', 0],
    ['sync_partial_ok', 0],
    ['sync_partial_err', 0],
    ['expired_keys', counted.expired],
    ['evicted_keys', engine.memory.evictedKeys],
    ['evicted_clients', engine.clientMemory.evictedClients],
    ['keyspace_hits', counted.hits],
    ['keyspace_misses', counted.misses],
    ['pubsub_channels', pubsub.channels.size],
    ['pubsub_patterns', pubsub.patterns.size],
    ['pubsubshard_channels', pubsub.shardChannels.size],
    ['latest_fork_usec', 0],
    ['total_forks', 0],
    ['tracking_total_keys', keys],
    ['tracking_total_items', items],
    ['tracking_total_prefixes', prefixes],
    ['unexpected_error_replies', 0],
    ['total_error_replies', counted.errorReplies],
    ['total_reads_processed', counted.reads],
    ['total_writes_processed', counted.writes],
  ]
}

function replication({ replicationId }: Engine): Fields {
  return [
    ['role', 'master'],
    ['connected_slaves', 0],
    ['master_failover_state', 'no-failover'],
    ['master_replid', replicationId],
    ['master_replid2', '0'.repeat(40)],
    ['master_repl_offset', 0],
    ['second_repl_offset', -1],
    ['repl_backlog_active', 0],
    ['repl_backlog_size', 0],
    ['repl_backlog_first_byte_offset', 0],
    ['repl_backlog_histlen', 0],
  ]
}

function cpu(): Fields {
  const { system, user } = process.cpuUsage()
  return [
    ['used_cpu_sys', (system / 1e6).toFixed(6)],
    ['used_cpu_user', (user / 1e6).toFixed(6)],
    ['used_cpu_sys_children', '0.000000'],
    ['used_cpu_user_children', '0.000000'],
  ]
}

function commandstats(engine: Engine): Fields {
  return perCommand(engine, 'cmdstat', ({ calls, micros, rejected, failed }) => {
    const average = calls === 0 ? 0 : micros / calls
    return `calls=${calls},usec=${micros},usec_per_call=${average.toFixed(2)},rejected_calls=${rejected},failed_calls=${failed}`
  })
}

function latencystats(engine: Engine): Fields {
  const { 'latency-tracking': isOn, 'latency-tracking-info-percentiles': percentiles } = engine.settings
  if (!isOn) return []
  return perCommand(engine, 'latency_percentiles_usec', (counted) =>
    percentiles.map((percent) => `p${formatPercentile(percent)}=${counted.percentile(percent).toFixed(3)}`).join(','),
  )
}

function perCommand(
  { commands, stats: { byCommand } }: Engine,
  prefix: string,
  show: (counted: NonNullable<Engine['stats']['byCommand'][number]>) => string,
): Fields {
  return commands.all.flatMap(({ id, spec }) => {
    const counted = byCommand[id]
    return counted === undefined ? [] : [[`${prefix}_${spec.name.replace(' ', '|')}`, show(counted)] as const]
  })
}

function keyspace(engine: Engine): Fields {
  return engine.databases.flatMap((database) => {
    const { size } = database.entries
    if (size === 0) return []
    return [
      [`db${database.index}`, `keys=${size},expires=${database.volatile.size},avg_ttl=${averageTtl(engine, database)}`],
    ]
  })
}

/** In milliseconds, of up to a hundred keys. */
function averageTtl({ now }: Engine, { volatile, entries }: Engine['databases'][number]): number {
  const keys = volatile.keys().slice(0, 100)
  const sum = keys.reduce((sum, key) => sum + Math.max(0, entries.get(key)!.expireAt - now), 0)
  return keys.length === 0 ? 0 : Math.round(sum / keys.length)
}

const SECTIONS: Readonly<Record<string, Section>> = {
  server: { title: 'Server', fields: server },
  clients: { title: 'Clients', fields: clients },
  memory: { title: 'Memory', fields: memory },
  persistence: { title: 'Persistence', fields: persistenceFields },
  stats: { title: 'Stats', fields: stats },
  replication: { title: 'Replication', fields: replication },
  cpu: { title: 'CPU', fields: cpu },
  module_list: { title: 'Modules', fields: () => [] },
  commandstats: { title: 'Commandstats', isExtra: true, fields: commandstats },
  errorstats: {
    title: 'Errorstats',
    fields: ({ stats: { errors } }) => [...errors].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  },
  latencystats: { title: 'Latencystats', isExtra: true, fields: latencystats },
  cluster: { title: 'Cluster', fields: () => [['cluster_enabled', 0]] },
  keyspace: { title: 'Keyspace', fields: keyspace },
}

/** The sections with these names; `default`, `all` and `everything` stand for several, no name for `default`. */
export function describeEngine(engine: Engine, names: readonly string[]): string {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  const isAll = wanted.has('all') || wanted.has('everything')
  const isDefault = wanted.size === 0 || wanted.has('default')
  const shown: string[] = []
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (!isAll && !wanted.has(name) && (!isDefault || section.isExtra)) continue
    const lines = section.fields(engine).map(([field, value]) => `${field}:${value}\r\n`)
    shown.push(`# ${section.title}\r\n${lines.join('')}`)
  }
  return shown.join('\r\n')
}
