// What is wrong with a server, judged from facts that were collected elsewhere. Pure: doctor.ts asks, this decides.

export type Severity = 'problem' | 'advice' | 'good'

export interface Finding {
  readonly severity: Severity
  /** Which check: `version`, `memory`, `persistence`, `latency`, `slowlog`, `keys`, `clients`, `cluster`. */
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

/** Everything the checks look at. Absent facts (no permission, unknown command) are null and say so in the report. */
export interface Facts {
  /** INFO as field -> value, all sections in one. */
  readonly info: Readonly<Record<string, string>>
  /** CONFIG GET of the names that matter, or null when the server does not allow it. */
  readonly config: Readonly<Record<string, string>> | null
  /** Round trips of PING in milliseconds, in order. */
  readonly pingMs: readonly number[]
  /** Entries of the slow log: microseconds and command name. */
  readonly slow: readonly { readonly micros: number; readonly command: string }[] | null
  /** The largest keys of the sample, largest first, and how many keys were sampled. */
  readonly big: { readonly sampled: number; readonly keys: readonly BigKey[] } | null
  /** CLUSTER INFO as field -> value when the server runs in cluster mode. */
  readonly cluster: Readonly<Record<string, string>> | null
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
  const findings = [version, memory, persistence, latency, slowLog, bigKeys, clients, cluster].flatMap((check) =>
    check(facts),
  )
  const rank: Record<Severity, number> = { problem: 0, advice: 1, good: 2 }
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity])
}

function version({ info }: Facts): Finding[] {
  const text = info.valkey_version ?? info.redis_version
  if (text === undefined) return [finding('problem', 'version', 'The server does not tell its version.', 'Allow INFO.')]
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
  const used = Number(info.used_memory ?? 0)
  const limit = Number(info.maxmemory ?? config?.maxmemory ?? 0)
  const policy = info.maxmemory_policy ?? config?.['maxmemory-policy'] ?? 'unknown'
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
      finding('problem', 'memory', `${percent(used / limit)} of maxmemory is used.`, 'Raise maxmemory or remove data.'),
    )
  else found.push(finding('good', 'memory', `${bytes(used)} of ${bytes(limit)} used.`))
  if (limit > 0 && policy.startsWith('allkeys'))
    found.push(
      finding(
        'advice',
        'memory',
        `maxmemory-policy is ${policy}: any key may be evicted.`,
        'Use noeviction when the server holds more than a cache: models and queues lose rows otherwise.',
      ),
    )
  const ratio = Number(info.mem_fragmentation_ratio ?? 1)
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

function slowLog({ slow }: Facts): Finding[] {
  if (slow === null) return [finding('advice', 'slowlog', 'The slow log is not readable.', 'Allow SLOWLOG GET.')]
  const bad = slow.filter((entry) => entry.micros >= 10_000)
  if (bad.length === 0) return [finding('good', 'slowlog', 'No command took 10 ms or more.')]
  const worst = bad.reduce((a, b) => (a.micros > b.micros ? a : b))
  const seen = `${bad.length} commands took 10 ms or more; the slowest was ${worst.command.toUpperCase()} with ${(worst.micros / 1000).toFixed(1)} ms.`
  return [
    finding('advice', 'slowlog', seen, 'Replace KEYS by SCAN, read big collections in ranges, split long scripts.'),
  ]
}

function bigKeys({ big }: Facts): Finding[] {
  if (big === null) return [finding('advice', 'keys', 'Key sizes are not readable.', 'Allow SCAN and MEMORY USAGE.')]
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
  const connected = Number(info.connected_clients ?? 0)
  const limit = Number(info.maxclients ?? config?.maxclients ?? 0)
  const rejected = Number(info.rejected_connections ?? 0)
  if (rejected > 0)
    return [
      finding('problem', 'clients', `${rejected} connections were rejected.`, 'Raise maxclients or share connections.'),
    ]
  if (limit > 0 && connected / limit > 0.8)
    return [
      finding(
        'advice',
        'clients',
        `${connected} of ${limit} connections are in use.`,
        'Share connections: one per process is enough.',
      ),
    ]
  return [finding('good', 'clients', `${connected} connections.`)]
}

function cluster({ info, cluster: state }: Facts): Finding[] {
  if (info.cluster_enabled !== '1' || state === null) return []
  if (state.cluster_state !== 'ok')
    return [
      finding(
        'problem',
        'cluster',
        `The cluster's state is ${state.cluster_state}.`,
        'Find the failed nodes with CLUSTER NODES.',
      ),
    ]
  if (state.cluster_slots_ok !== '16384')
    return [
      finding(
        'problem',
        'cluster',
        `${state.cluster_slots_ok} of 16384 slots are served.`,
        'Assign the missing slots.',
      ),
    ]
  return [finding('good', 'cluster', 'All 16384 slots are served.')]
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
