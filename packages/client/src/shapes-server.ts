// The values that typed methods give for what the server says about itself: names in lower camel case, text as strings.
import { entries, entry, flat, list, number, record, type StreamEntry, string, text } from './shapes.ts'

/** `last-delivered-id`, `Number of filters` and `library_name` in lower camel case. */
export function camel(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .filter((part) => part !== '')
    .map((part, i) => (i === 0 ? part.charAt(0).toLowerCase() : part.charAt(0).toUpperCase()) + part.slice(1))
    .join('')
}

/** The same with all text as strings, however deep. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return string(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object' || value instanceof Error) return value
  const found: Record<string, unknown> = Object.create(null)
  for (const key in value) found[key] = plain((value as Record<string, unknown>)[key])
  return found
}

/** A map with its keys in lower camel case and its text as strings. */
export function camelRecord(reply: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = Object.create(null)
  const items = flat(reply)
  for (let i = 0; i + 1 < items.length; i += 2) found[camel(string(items[i]))] = plain(items[i + 1])
  return found
}

/** A map with its keys as they are and its text as strings. */
export function deepRecord(reply: unknown): Record<string, unknown> | null {
  return reply === null ? null : record(plain(reply))
}

export function records(reply: unknown): unknown {
  return Array.isArray(reply) ? reply.map(camelRecord) : reply
}

export function textRecord(reply: unknown): Record<string, string> {
  return record(plain(reply))
}

function members(reply: unknown): string[] {
  return list(reply).map(string)
}

// Streams

export interface ConsumerInfo {
  name: string
  pending: number
  /** Milliseconds since it last tried to read. */
  idle: number
  /** Milliseconds since it last got something; since Redis 7.2. */
  inactive?: number
}

export interface GroupInfo {
  name: string
  consumers: number
  pending: number
  lastDeliveredId: string
  entriesRead: number | null
  lag: number | null
}

interface StreamFacts {
  length: number
  radixTreeKeys: number
  radixTreeNodes: number
  lastGeneratedId: string
  maxDeletedEntryId: string
  entriesAdded: number
  recordedFirstEntryId: string
}

export interface StreamInfo<V> extends StreamFacts {
  groups: number
  firstEntry: StreamEntry<V> | null
  lastEntry: StreamEntry<V> | null
}

export interface FullStreamInfo<V> extends StreamFacts {
  entries: StreamEntry<V>[]
  groups: FullGroupInfo[]
}

export interface FullGroupInfo {
  name: string
  lastDeliveredId: string
  entriesRead: number | null
  lag: number | null
  pelCount: number
  pending: { id: string; consumer: string; deliveredAt: number; deliveries: number }[]
  consumers: {
    name: string
    seenTime: number
    activeTime?: number
    pelCount: number
    pending: { id: string; deliveredAt: number; deliveries: number }[]
  }[]
}

export function streamInfo(reply: unknown): unknown {
  const facts = record(reply)
  const { 'first-entry': first, 'last-entry': last, ...rest } = facts
  return {
    ...camelRecord(rest),
    firstEntry: first === null ? null : entry(first),
    lastEntry: last === null ? null : entry(last),
  }
}

export function fullStreamInfo(reply: unknown): unknown {
  const { entries: found, groups, ...rest } = record(reply)
  return { ...camelRecord(rest), entries: entries(found), groups: list(groups).map(fullGroup) }
}

function fullGroup(reply: unknown): unknown {
  const { pel, pending, consumers, ...rest } = record(reply)
  return {
    ...camelRecord(rest),
    pending: list(pel ?? pending).map((one) => {
      const [id, consumer, deliveredAt, deliveries] = list(one)
      return { id: string(id), consumer: string(consumer), deliveredAt, deliveries }
    }),
    consumers: list(consumers).map((one) => {
      const { pel: own, pending: waiting, ...facts } = record(one)
      return {
        ...camelRecord(facts),
        pending: list(own ?? waiting).map((item) => {
          const [id, deliveredAt, deliveries] = list(item)
          return { id: string(id), deliveredAt, deliveries }
        }),
      }
    }),
  }
}

// Functions

export interface LibraryInfo {
  libraryName: string
  engine: string
  functions: { name: string; description: string | null; flags: string[] }[]
  /** With `withCode`. */
  libraryCode?: string
}

export interface FunctionStats {
  runningScript: { name: string; command: string[]; durationMs: number } | null
  engines: Record<string, { librariesCount: number; functionsCount: number }>
}

export function libraries(reply: unknown): unknown {
  return list(reply).map((library) => {
    const facts = camelRecord(library)
    facts.functions = list(facts.functions).map(camelRecord)
    return facts
  })
}

export function functionStats(reply: unknown): unknown {
  const { running_script: running, engines } = record(reply)
  const found: Record<string, unknown> = Object.create(null)
  const byName = record(engines)
  for (const name in byName) found[name] = camelRecord(byName[name])
  return { runningScript: running === null ? null : camelRecord(running), engines: found }
}

// Connections and access

export interface TrackingInfo {
  flags: string[]
  redirect: number
  prefixes: string[]
}

export interface AclUser {
  flags: string[]
  passwords: string[]
  commands: string
  keys: string
  channels: string
  selectors: { commands: string; keys: string; channels: string }[]
}

export interface AclLogEntry {
  count: number
  reason: string
  context: string
  object: string
  username: string
  ageSeconds: number
  clientInfo: string
  /** Since Redis 7.2. */
  entryId?: number
  timestampCreated?: number
  timestampLastUpdated?: number
}

export function trackingInfo(reply: unknown): unknown {
  return camelRecord(reply)
}

export function aclUser(reply: unknown): unknown {
  if (reply === null) return null
  const user = camelRecord(reply)
  user.selectors = list(user.selectors).map(camelRecord)
  return user
}

export function aclLog(reply: unknown): unknown {
  if (!Array.isArray(reply)) return reply
  return reply.map((one) => {
    const found = camelRecord(one)
    found.ageSeconds = number(found.ageSeconds)
    return found
  })
}

// Commands

export interface CommandInfo {
  name: string
  arity: number
  flags: string[]
  firstKey: number
  lastKey: number
  step: number
  /** With `@`. */
  categories: string[]
  tips: string[]
  keySpecifications: CommandKeySpecification[]
  subcommands: CommandInfo[]
}

export interface CommandKeySpecification {
  flags: string[]
  notes?: string
  beginSearch: { type: string; spec: Record<string, unknown> }
  findKeys: { type: string; spec: Record<string, unknown> }
}

export function commandInfos(reply: unknown): (CommandInfo | null)[] {
  return list(reply).map((one) => (one === null ? null : commandInfo(one)))
}

function commandInfo(reply: unknown): CommandInfo {
  const [name, arity, flags, firstKey, lastKey, step, categories, tips, specs, subcommands] = list(reply)
  return {
    name: string(name),
    arity: number(arity),
    flags: members(flags),
    firstKey: number(firstKey),
    lastKey: number(lastKey),
    step: number(step),
    categories: members(categories),
    tips: members(tips),
    keySpecifications: list(specs).map(keySpecification),
    subcommands: list(subcommands).map(commandInfo),
  }
}

function keySpecification(reply: unknown): CommandKeySpecification {
  const { flags, notes, begin_search: begin, find_keys: find } = record(reply)
  const search = (part: unknown): { type: string; spec: Record<string, unknown> } => {
    const { type, spec } = record(part)
    return { type: string(type), spec: record(plain(spec)) }
  }
  return {
    flags: members(flags),
    ...(notes === undefined ? {} : { notes: string(notes) }),
    beginSearch: search(begin),
    findKeys: search(find),
  }
}

/** What COMMAND DOCS says of a command; keys in the server's own words. */
export interface CommandDocs {
  summary?: string
  since?: string
  group?: string
  complexity?: string
  arguments?: Record<string, unknown>[]
  subcommands?: Record<string, CommandDocs>
  [more: string]: unknown
}

export function commandDocs(reply: unknown): Record<string, CommandDocs> {
  const found: Record<string, CommandDocs> = Object.create(null)
  const items = flat(reply)
  for (let i = 0; i + 1 < items.length; i += 2) {
    const docs = record(plain(items[i + 1]))
    if (docs.arguments !== undefined) docs.arguments = list(docs.arguments).map(commandArgument)
    if (docs.subcommands !== undefined) docs.subcommands = commandDocs(docs.subcommands)
    found[string(items[i])] = docs
  }
  return found
}

function commandArgument(reply: unknown): Record<string, unknown> {
  const argument = record(reply)
  if (argument.arguments !== undefined) argument.arguments = list(argument.arguments).map(commandArgument)
  return argument
}

// The server

export interface LatencyEvent {
  event: string
  /** Unix time in seconds of the latest spike. */
  time: number
  latestMs: number
  maxMs: number
}

export interface LatencyHistogram {
  calls: number
  /** How many calls took up to so many microseconds. */
  histogramUsec: Record<string, number>
}

export interface ModuleInfo {
  name: string
  ver: number
  path: string
  args: string[]
}

export type Role =
  | { role: 'master'; offset: number; replicas: { host: string; port: number; offset: number }[] }
  | { role: 'slave'; host: string; port: number; state: string; offset: number }
  | { role: 'sentinel'; masters: string[] }

export interface SlowlogEntry {
  id: number
  /** Unix time in seconds. */
  time: number
  microseconds: number
  args: string[]
  client: string
  clientName: string
}

export function latencyEvents(reply: unknown): LatencyEvent[] {
  return list(reply).map((one) => {
    const [event, time, latest, max] = list(one)
    return { event: string(event), time: number(time), latestMs: number(latest), maxMs: number(max) }
  })
}

export function histograms(reply: unknown): Record<string, LatencyHistogram> {
  const found: Record<string, LatencyHistogram> = Object.create(null)
  const byName = record(reply)
  for (const name in byName) {
    const { calls, histogram_usec: histogram } = record(byName[name])
    found[name] = { calls: number(calls), histogramUsec: record(histogram) }
  }
  return found
}

/** Numbers as numbers, also where RESP2 says them as text. */
export function memoryStats(reply: unknown): Record<string, unknown> {
  const found = record(plain(reply))
  for (const name in found) {
    const value = found[name]
    if (Array.isArray(value) || (typeof value === 'object' && value !== null)) found[name] = record(value)
    else if (typeof value === 'string' && value !== '' && !Number.isNaN(number(value))) found[name] = number(value)
  }
  return found
}

export function modules(reply: unknown): unknown {
  return list(reply).map(camelRecord)
}

export function role(reply: unknown): Role {
  const [name, ...more] = list(reply)
  if (string(name) === 'master') {
    return {
      role: 'master',
      offset: number(more[0]),
      replicas: list(more[1]).map((one) => {
        const [host, port, offset] = list(one)
        return { host: string(host), port: number(port), offset: number(offset) }
      }),
    }
  }
  if (string(name) === 'sentinel') return { role: 'sentinel', masters: members(more[0]) }
  const [host, port, state, offset] = more
  return { role: 'slave', host: string(host), port: number(port), state: string(state), offset: number(offset) }
}

export function slowlog(reply: unknown): SlowlogEntry[] {
  return list(reply).map((one) => {
    const [id, time, microseconds, args, client, clientName] = list(one)
    return {
      id: number(id),
      time: number(time),
      microseconds: number(microseconds),
      args: members(args),
      client: string(client ?? ''),
      clientName: string(clientName ?? ''),
    }
  })
}

// The cluster

export interface ClusterLink {
  direction: 'to' | 'from'
  node: string
  createTime: number
  events: string
  sendBufferAllocated: number
  sendBufferUsed: number
}

export interface ClusterShard {
  slots: [start: number, end: number][]
  nodes: ClusterShardNode[]
}

export interface ClusterShardNode {
  id: string
  endpoint: string
  ip: string
  port?: number
  tlsPort?: number
  hostname?: string
  role: string
  replicationOffset: number
  health: string
}

export interface SlotRange {
  start: number
  end: number
  /** The primary first. */
  nodes: { host: string | null; port: number; id: string; metadata: Record<string, string> }[]
}

export interface SlotStats {
  slot: number
  stats: Record<string, number>
}

export function clusterShards(reply: unknown): unknown {
  return list(reply).map((one) => {
    const { slots, nodes } = record(one)
    const bounds = list(slots).map(number)
    const ranges: [number, number][] = []
    for (let i = 0; i + 1 < bounds.length; i += 2) ranges.push([bounds[i]!, bounds[i + 1]!])
    return { slots: ranges, nodes: list(nodes).map(camelRecord) }
  })
}

export function slotRanges(reply: unknown): SlotRange[] {
  return list(reply).map((one) => {
    const [start, end, ...nodes] = list(one)
    return {
      start: number(start),
      end: number(end),
      nodes: nodes.map((node) => {
        const [host, port, id, metadata] = list(node)
        return { host: text(host), port: number(port), id: string(id ?? ''), metadata: textRecord(metadata ?? []) }
      }),
    }
  })
}

export function slotStats(reply: unknown): SlotStats[] {
  return list(reply).map((one) => {
    const [slot, stats] = list(one)
    return { slot: number(slot), stats: record(stats) }
  })
}
