// What is wrong with a server, judged from facts that were collected elsewhere. Pure: doctor.ts asks, this decides.

export type Severity = 'problem' | 'advice' | 'good'

export interface Finding {
  readonly severity: Severity
  /** Which check: `version`, `memory`, `persistence`, `latency`, `slowlog`, `keys`, `clients`, `replication`, `cluster`, `machine`. */
  readonly check: string
  /** What was seen, in one sentence. */
  readonly seen: string
  /** What to do about it; absent when all is well. */
  readonly advice?: string
}

export interface BigKey {
  readonly key: string
  readonly type: string
  readonly bytes: number
}

/** Everything the checks look at. What the server does not let us see is null, or missing in `info`. */
export interface Facts {
  /** INFO as field -> value, all sections in one; empty when it is not allowed. */
  readonly info: Readonly<Record<string, string>>
  /** CONFIG GET of the names that matter. */
  readonly config: Readonly<Record<string, string>> | null
  /** Round trips of PING in milliseconds, in order. */
  readonly pingMs: readonly number[]
  /** Entries of the slow log: when (seconds since the epoch), microseconds and command name. */
  readonly slow: readonly { readonly at: number; readonly micros: number; readonly command: string }[] | null
  /** The largest keys of the sample, largest first, and how many keys were sampled. */
  readonly big: { readonly sampled: number; readonly keys: readonly BigKey[] } | null
  /** CLUSTER INFO as field -> value when the server runs in cluster mode. */
  readonly cluster: Readonly<Record<string, string>> | null
  /** Of the kernel, when the server runs on this machine. */
  readonly machine: { readonly hugePages: string; readonly overcommit: string } | null
}

/** Reads an INFO or CLUSTER INFO text into field -> value. */
export function parseInfo(text: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0 && line[0] !== '#') fields[line.slice(0, colon)] = line.slice(colon + 1)
  }
  return fields
}

/** Runs every check. Problems first, then advice, then what is well. */
export function diagnose(facts: Facts): Finding[] {
  const told = facts.info.redis_version === undefined ? [] : [memory, persistence, clients, replication, cluster]
  const findings = [version, ...told, latency, slowLog, bigKeys, machine].flatMap((check) => check(facts))
  const rank: Record<Severity, number> = { problem: 0, advice: 1, good: 2 }
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity])
}

function version({ info }: Facts): Finding[] {
  const text = info.valkey_version ?? info.redis_version
  if (text === undefined)
    return [finding('problem', 'version', 'The server tells nothing about itself.', 'Allow the user INFO.')]
  const product = info.valkey_version === undefined ? 'Redis' : 'Valkey'
  const [major = 0, minor = 0] = text.split('.').map(Number)
  if (major < 6 || (major === 6 && minor < 2))
    return [
      finding('problem', 'version', `${product} ${text} is older than 6.2.`, 'Upgrade: models need 6.2 or newer.'),
    ]
  if (major < 7)
    return [
      finding('advice', 'version', `${product} ${text}.`, 'Upgrade to 7.0 or newer for functions and sharded pub/sub.'),
    ]
  return [finding('good', 'version', `${product} ${text}.`)]
}

function memory({ info, config }: Facts): Finding[] {
  const found: Finding[] = []
  const used = number(info.used_memory)
  const limit = number(info.maxmemory ?? config?.maxmemory)
  const policy = info.maxmemory_policy ?? config?.['maxmemory-policy'] ?? 'noeviction'
  const atLimit = policy === 'noeviction' ? 'writes are refused' : `keys are evicted by ${policy}`
  if (limit === 0)
    found.push(
      finding(
        'advice',
        'memory',
        `${bytes(used)} used and no maxmemory.`,
        'Set maxmemory, or the system may kill the server when memory runs out.',
      ),
    )
  else if (used / limit > 0.9)
    found.push(
      finding(
        policy === 'noeviction' ? 'problem' : 'advice',
        'memory',
        `${percent(used / limit)} of maxmemory is used; at the limit ${atLimit}.`,
        'Raise maxmemory or remove data.',
      ),
    )
  else found.push(finding('good', 'memory', `${bytes(used)} of ${bytes(limit)} used; at the limit ${atLimit}.`))
  if (limit > 0 && policy.startsWith('allkeys'))
    found.push(
      finding(
        'advice',
        'memory',
        `maxmemory-policy is ${policy}: any key may be evicted.`,
        'Use noeviction when the server holds more than a cache: models and queues lose rows otherwise.',
      ),
    )
  const { keys, expires } = keyspace(info)
  if (limit > 0 && policy.startsWith('volatile') && keys > 0 && expires === 0)
    found.push(
      finding(
        'advice',
        'memory',
        `maxmemory-policy is ${policy}, and no key expires: nothing can be evicted.`,
        'Give keys of the cache a time to live, or use noeviction and know it.',
      ),
    )
  const refused = number(/count=(\d+)/.exec(info.errorstat_OOM ?? '')?.[1])
  if (refused > 0)
    found.push(
      finding(
        'problem',
        'memory',
        `${refused === 1 ? '1 command was' : `${count(refused)} commands were`} refused because memory was full.`,
        'Raise maxmemory, remove data, or choose a policy that evicts. CONFIG RESETSTAT begins the count anew.',
      ),
    )
  const evicted = number(info.evicted_keys)
  if (evicted > 0)
    found.push(
      finding(
        'advice',
        'memory',
        `${evicted === 1 ? '1 key has' : `${count(evicted)} keys have`} been evicted.`,
        'Fine for a cache; otherwise raise maxmemory and use noeviction.',
      ),
    )
  const ratio = number(info.mem_fragmentation_ratio, 1)
  // Small heaps always look fragmented: the ratio compares against the whole process.
  if (ratio > 1.5 && used > 100 * 1024 * 1024)
    found.push(
      finding(
        'advice',
        'memory',
        `Fragmentation ratio ${ratio}.`,
        'CONFIG SET activedefrag yes, or restart at a quiet hour.',
      ),
    )
  return found
}

function persistence({ info, config }: Facts): Finding[] {
  const aof = info.aof_enabled === '1'
  const found: Finding[] = []
  if (info.rdb_last_bgsave_status === 'err')
    found.push(
      finding(
        'problem',
        'persistence',
        'The last background save failed.',
        'Look at the server log: disk space, permissions and memory for fork.',
      ),
    )
  if (aof && info.aof_last_write_status === 'err')
    found.push(
      finding(
        'problem',
        'persistence',
        'The last write of the append-only file failed.',
        'Free disk space: writes are refused until it works again.',
      ),
    )
  if (aof && info.aof_last_bgrewrite_status === 'err')
    found.push(
      finding(
        'problem',
        'persistence',
        'The last rewrite of the append-only file failed.',
        'Look at the server log: disk space, permissions and memory for fork. The file grows until it works again.',
      ),
    )
  const forkMs = number(info.latest_fork_usec) / 1000
  if (forkMs > 200)
    found.push(
      finding(
        'advice',
        'persistence',
        `The last fork stopped the server for ${Math.round(forkMs)} ms.`,
        'Save from a replica, use smaller servers, and turn transparent huge pages off.',
      ),
    )
  if (found.length > 0) return found
  if (aof)
    return [
      finding('good', 'persistence', `Append-only file${config?.appendfsync ? `, fsync ${config.appendfsync}` : ''}.`),
    ]
  if (config === null)
    return [finding('good', 'persistence', 'No append-only file; snapshot settings are not readable.')]
  if ((config.save ?? '') === '')
    return [
      finding(
        'advice',
        'persistence',
        'Nothing is written to disk.',
        'CONFIG SET appendonly yes, unless losing everything on a restart is fine.',
      ),
    ]
  return [
    finding(
      'advice',
      'persistence',
      `Snapshots only (${config.save}).`,
      'Turn on appendonly to lose at most a second.',
    ),
  ]
}

function latency({ pingMs }: Facts): Finding[] {
  if (pingMs.length === 0) return []
  const sorted = [...pingMs].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  const seen = `PING takes ${at(0.5).toFixed(2)} ms (median), ${at(0.99).toFixed(2)} ms (99th percentile).`
  if (at(0.5) > 10)
    return [
      finding('advice', 'latency', seen, 'Move closer to the server, or batch calls: each round trip costs this much.'),
    ]
  if (at(0.99) > 50) return [finding('advice', 'latency', seen, 'Look for slow commands, forks and a busy machine.')]
  return [finding('good', 'latency', seen)]
}

/** Older entries say little about a server of today. */
const DAY_S = 86_400

function slowLog({ info, slow, config }: Facts): Finding[] {
  if (slow === null)
    return [finding('advice', 'slowlog', 'The slow log is not readable.', 'Allow the user SLOWLOG GET.')]
  const now = number(info.server_time_usec) / 1_000_000
  const bad = slow.filter((entry) => entry.micros >= 10_000 && entry.at > now - DAY_S)
  if (bad.length > 0) {
    const worst = bad.reduce((a, b) => (a.micros > b.micros ? a : b))
    const seen = `${bad.length === 1 ? '1 command' : `${bad.length} commands`} took 10 ms or more in the last day; the slowest was ${worst.command.toUpperCase()} with ${(worst.micros / 1000).toFixed(1)} ms.`
    return [
      finding('advice', 'slowlog', seen, 'Replace KEYS by SCAN, read big collections in ranges, split long scripts.'),
    ]
  }
  const threshold = number(config?.['slowlog-log-slower-than'], 10_000)
  if (threshold < 0 || threshold > 100_000)
    return [
      finding(
        'advice',
        'slowlog',
        threshold < 0 ? 'The slow log is off.' : `The slow log notes only commands of ${threshold / 1000} ms and more.`,
        'CONFIG SET slowlog-log-slower-than 10000',
      ),
    ]
  return [finding('good', 'slowlog', 'No command took 10 ms or more in the last day.')]
}

function bigKeys({ big }: Facts): Finding[] {
  if (big === null)
    return [finding('advice', 'keys', 'Key sizes are not readable.', 'Allow the user SCAN and MEMORY USAGE.')]
  const large = big.keys.filter((key) => key.bytes >= 1024 * 1024)
  if (large.length === 0) return [finding('good', 'keys', `No key of ${big.sampled} sampled is larger than 1 MB.`)]
  return large.map((key) =>
    finding(
      'advice',
      'keys',
      `A ${key.type} of ${bytes(key.bytes)}: ${key.key}`,
      'Split it, and delete it with UNLINK rather than DEL.',
    ),
  )
}

function clients({ info, config }: Facts): Finding[] {
  const connected = number(info.connected_clients)
  const limit = number(info.maxclients ?? config?.maxclients)
  const rejected = number(info.rejected_connections)
  const found: Finding[] = []
  if (rejected > 0)
    found.push(
      finding(
        'problem',
        'clients',
        `${rejected === 1 ? '1 connection was' : `${count(rejected)} connections were`} rejected: maxclients is ${count(limit)}.`,
        'Raise maxclients or share connections: one per process is enough. CONFIG RESETSTAT begins the count anew.',
      ),
    )
  if (limit > 0 && connected / limit > 0.8)
    found.push(
      finding(
        'advice',
        'clients',
        `${connected} of ${limit} connections are in use.`,
        'Share connections: one per process is enough.',
      ),
    )
  return found.length > 0
    ? found
    : [finding('good', 'clients', connected === 1 ? '1 connection.' : `${count(connected)} connections.`)]
}

function replication({ info }: Facts): Finding[] {
  if (info.role === 'slave') {
    const primary = `${info.master_host}:${info.master_port}`
    if (info.master_link_status === 'up') return [finding('good', 'replication', `A replica of ${primary}.`)]
    return [
      finding(
        'problem',
        'replication',
        `The link to the primary ${primary} is down.`,
        'Look whether the primary runs, and at masterauth; what is read here is old.',
      ),
    ]
  }
  const replicas = number(info.connected_slaves)
  return replicas === 0
    ? []
    : [finding('good', 'replication', `${replicas === 1 ? '1 replica' : `${replicas} replicas`}.`)]
}

function cluster({ info, cluster: state }: Facts): Finding[] {
  if (info.cluster_enabled !== '1') return []
  if (state === null)
    return [finding('advice', 'cluster', 'The state of the cluster is not readable.', 'Allow the user CLUSTER INFO.')]
  const slots = number(state.cluster_slots_assigned)
  const found: Finding[] = []
  if (slots < 16_384)
    found.push(
      finding(
        'problem',
        'cluster',
        `${count(slots)} of 16,384 slots are assigned.`,
        'Assign the missing slots: redis-cli --cluster fix',
      ),
    )
  else if (state.cluster_state !== 'ok')
    found.push(
      finding(
        'problem',
        'cluster',
        `The cluster's state is ${state.cluster_state}; ${count(number(state.cluster_slots_fail))} slots have no node.`,
        'Find the failed nodes with CLUSTER NODES and bring them or their replicas back.',
      ),
    )
  const doubted = number(state.cluster_slots_pfail)
  if (doubted > 0)
    found.push(
      finding('advice', 'cluster', `A node with ${count(doubted)} slots does not answer.`, 'Look at CLUSTER NODES.'),
    )
  const nodes = number(state.cluster_size)
  return found.length > 0
    ? found
    : [
        finding(
          'good',
          'cluster',
          `All 16,384 slots are served by ${nodes === 1 ? '1 primary' : `${nodes} primaries`}.`,
        ),
      ]
}

function machine({ machine }: Facts): Finding[] {
  const found: Finding[] = []
  if (machine?.hugePages === 'always')
    found.push(
      finding(
        'advice',
        'machine',
        'Transparent huge pages are on for every process: forks take long and copy much.',
        'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, then restart the server.',
      ),
    )
  if (machine?.overcommit === '2')
    found.push(
      finding(
        'advice',
        'machine',
        'vm.overcommit_memory is 2: a background save may fail although memory is free.',
        'sysctl vm.overcommit_memory=1',
      ),
    )
  return found
}

/** Keys of all databases, and how many of them expire. */
function keyspace(info: Readonly<Record<string, string>>): { keys: number; expires: number } {
  const sum = { keys: 0, expires: 0 }
  for (const [name, text] of Object.entries(info)) {
    const match = /^keys=(\d+),expires=(\d+)/.exec(text)
    if (!/^db\d+$/.test(name) || match === null) continue
    sum.keys += Number(match[1])
    sum.expires += Number(match[2])
  }
  return sum
}

function number(text: string | undefined, otherwise = 0): number {
  const value = text === undefined || text === '' ? otherwise : Number(text)
  return Number.isNaN(value) ? otherwise : value
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}

function finding(severity: Severity, check: string, seen: string, advice?: string): Finding {
  return advice === undefined ? { severity, check, seen } : { severity, check, seen, advice }
}

/** 1536 -> `1.5 KB`. */
export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
