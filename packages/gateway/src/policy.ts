// Whether a principal may run a command: one pure function for HTTP, WebSocket, SSE and every compatible endpoint.
//
// It decides from the command table (categories, flags, key positions, grammar) and denies by default: a command that is
// not in the table, or whose keys cannot be told, is refused. What would change or block a connection that others share
// is refused for everybody. For the rest the answers are those of Redis's own ACL rules (compared by a test with ACL
// DRYRUN), and never more generous where a command's access to a key depends on its options.

import {
  CommandFlag,
  type CommandSpec,
  type KeySpec,
  keyPositions,
  lookupCommand,
  ReplyError,
  UsageError,
} from '@ochre/protocol'
import type { SubscriptionKind } from './hub.ts'
import { binary, type Principal, RESERVED_PREFIX } from './principal.ts'
import { GatewayError } from './status.ts'

export type Arg = string | Uint8Array

export interface Decision {
  readonly spec: CommandSpec
  /** What the command costs against a rate or quota. */
  readonly cost: number
  /** Whether it may change data. */
  readonly writes: boolean
  /** Whether it waits for something to happen, and so needs a connection of its own. */
  readonly blocks: boolean
}

/** What makes a connection wait, or stops it at every line of a script, without a flag in the table that says so. */
const HOLDS_CONNECTION: ReadonlySet<string> = new Set(['script debug', 'wait', 'waitaof'])

/** The command that the words spell, its arity checked. Throws UNKNOWN_COMMAND, or the server's own wrong-arity error. */
export function identify(args: readonly Arg[]): CommandSpec {
  const first = args[0]
  if (first === undefined) throw new GatewayError('BAD_REQUEST', 'The command is empty.')
  const name = binary(first)
  const spec = lookupCommand(name, args[1] === undefined ? undefined : binary(args[1]))
  if (spec === undefined) {
    const container = lookupCommand(name)
    throw new GatewayError(
      'UNKNOWN_COMMAND',
      container === undefined ? 'unknown command' : `unknown subcommand of '${container.name}'`,
    )
  }
  const isShort = spec.arity < 0 ? args.length < -spec.arity : args.length !== spec.arity
  if (isShort || (spec.words === 1 && spec.subcommands !== undefined && args.length === 1 && spec.arity < -1)) {
    throw new ReplyError(`ERR wrong number of arguments for '${spec.name.replace(' ', '|')}' command`)
  }
  return spec
}

/** Whether the command would change or take over the connection that it runs on. */
export function changesConnection(spec: CommandSpec): boolean {
  return (spec.flags & CommandFlag.SESSION) !== 0 || HOLDS_CONNECTION.has(spec.name)
}

/** Whether the command, with these options, waits for something to happen. */
export function isBlocking(spec: CommandSpec, args: readonly Arg[]): boolean {
  if ((spec.flags & CommandFlag.BLOCKING) === 0) return false
  const isOptional = spec.arguments.some((argument) => argument.token === 'BLOCK')
  return !isOptional || args.some((arg, i) => i > 0 && binary(arg).toUpperCase() === 'BLOCK')
}

/**
 * Decides about one command. Throws `UNKNOWN_COMMAND`, `COMMAND_REFUSED`, `NOT_PERMITTED` or the server's wrong-arity
 * error; messages name the command, never a key. `mayBlock`: the command will have a connection of its own.
 */
export function authorize(principal: Principal, args: readonly Arg[], mayBlock = false): Decision {
  const spec = identify(args)
  const blocks = isBlocking(spec, args)
  if (changesConnection(spec) || (blocks && !mayBlock)) {
    throw new GatewayError('COMMAND_REFUSED', `'${spec.name}' changes or blocks a connection and is not offered here`)
  }
  const rules = principal.rules
  if (!rules.allows(spec)) throw denied(`this credential may not run the '${spec.name}' command`)
  authorizeKeys(principal, spec, args)
  authorizeChannels(principal, spec, args)
  if (!rules.hasAllDatabases && namesDatabase(spec, args)) {
    throw denied(`this credential may not name another database in the '${spec.name}' command`)
  }
  if (spec.categories.includes('scripting') && !rules.hasAllKeys && principal.redisUser === undefined) {
    // A script can touch keys that it does not declare; only a registered script or Redis's own ACL bounds that.
    if ((spec.flags & CommandFlag.MOVABLEKEYS) !== 0)
      throw denied(`the '${spec.name}' command needs access to all keys`)
  }
  return {
    spec,
    cost: costOf(spec, args),
    writes: (spec.flags & CommandFlag.WRITE) !== 0 || spec.group === 'scripting',
    blocks,
  }
}

function denied(message: string): GatewayError {
  return new GatewayError('NOT_PERMITTED', message)
}

function authorizeKeys(principal: Principal, spec: CommandSpec, args: readonly Arg[]): void {
  if (spec.keySpecs.length === 0) return
  const rules = principal.rules
  const onlyOne = spec.keySpecs.length === 1 ? spec.keySpecs[0]! : undefined
  for (const keySpec of onlyOne === undefined ? spec.keySpecs : [onlyOne]) {
    if (keySpec.notKey) continue
    if (keySpec.incomplete || keySpec.begin.type === 'unknown') {
      if (!rules.hasAllKeys)
        throw denied(`the '${spec.name}' command reads keys that cannot be told, and needs access to all keys`)
      refuseReservedPatterns(args)
    }
    let positions: number[]
    try {
      positions = keyPositions(onlyOne === undefined ? narrowed(spec, keySpec) : spec, args)
    } catch (error) {
      if (error instanceof UsageError) throw new ReplyError(`ERR syntax error`)
      throw error
    }
    if (positions.length === 0) continue
    const reads = keySpec.uses.includes('access') || keySpec.variable
    const writes = keySpec.variable ? keySpec.access !== 'RO' : keySpec.uses.some((use) => use !== 'access')
    for (const position of positions) {
      const key = binary(args[position]!)
      if (key.startsWith(RESERVED_PREFIX)) throw denied('this key belongs to the gateway')
      if (!rules.hasAllKeys && !rules.allowsKey(key, reads, writes)) {
        throw denied(`this credential has no access to one of the keys of the '${spec.name}' command`)
      }
    }
  }
}

/**
 * Arguments that make names of keys (SORT ... BY weight_* GET name_*) must not be able to make the name of one that belongs
 * to the gateway, whatever takes the place of the asterisk.
 */
function refuseReservedPatterns(args: readonly Arg[]): void {
  for (const arg of args.slice(1)) {
    const text = binary(arg)
    const mark = text.indexOf('*')
    const fixed = mark === -1 ? text : text.slice(0, mark)
    if (fixed.startsWith(RESERVED_PREFIX) || (mark !== -1 && RESERVED_PREFIX.startsWith(fixed)))
      throw denied('this key belongs to the gateway')
  }
}

const narrowedSpecs = new Map<KeySpec, CommandSpec>()

/** The same command with one of its key specifications, so that each key is checked for what is done to it. */
function narrowed(spec: CommandSpec, keySpec: KeySpec): CommandSpec {
  let one = narrowedSpecs.get(keySpec)
  if (one === undefined) {
    one = Object.create(spec, { keySpecs: { value: [keySpec] } }) as CommandSpec
    narrowedSpecs.set(keySpec, one)
  }
  return one
}

/** Channels of PUBLISH and SPUBLISH; subscriptions are checked where they are opened. */
function authorizeChannels(principal: Principal, spec: CommandSpec, args: readonly Arg[]): void {
  if ((spec.flags & CommandFlag.PUBSUB) === 0 || spec.words !== 1) return
  const name = spec.arguments[0]?.name
  if (name !== 'channel' && name !== 'shardchannel') return
  if (!principal.rules.allowsChannel(binary(args[1]!))) throw denied('this credential has no access to the channel')
}

/** Whether the arguments name a logical database (MOVE, SWAPDB, COPY ... DB n). */
function namesDatabase(spec: CommandSpec, args: readonly Arg[]): boolean {
  const named = databaseArguments(spec)
  if (named === undefined) return false
  return named === '' || args.some((arg, i) => i > 2 && binary(arg).toUpperCase() === named)
}

const databaseTokens = new Map<CommandSpec, string | undefined>()

/** Undefined: no such argument. '': a positional one. Otherwise the token before it. */
function databaseArguments(spec: CommandSpec): string | undefined {
  if (!databaseTokens.has(spec)) {
    const argument = spec.arguments.find((a) => /(?:^|-)(?:db|index[12])$/.test(a.name))
    databaseTokens.set(spec, argument === undefined ? undefined : (argument.token ?? ''))
  }
  return databaseTokens.get(spec)
}

/** Fast commands cost 1, others 2, scripts 5, dangerous ones 10; every further hundred arguments 1 more. */
export function costOf(spec: CommandSpec, args: readonly Arg[]): number {
  const base =
    (spec.flags & CommandFlag.FAST) !== 0
      ? 1
      : spec.categories.includes('dangerous')
        ? 10
        : spec.categories.includes('scripting')
          ? 5
          : 2
  return base + Math.floor(args.length / 100)
}

const SUBSCRIBING: Readonly<Record<SubscriptionKind, CommandSpec>> = {
  channel: lookupCommand('subscribe')!,
  pattern: lookupCommand('psubscribe')!,
  shard: lookupCommand('ssubscribe')!,
}

/** Checks subscriptions to channels and patterns, and gives what they cost. Throws `NOT_PERMITTED`. */
export function authorizeSubscription(
  { rules }: Principal,
  topics: readonly (readonly [SubscriptionKind, string])[],
): number {
  let cost = 0
  for (const [kind, name] of topics) {
    const spec = SUBSCRIBING[kind]
    if (!rules.allows(spec)) throw denied('this credential may not subscribe')
    const text = binary(name)
    const isAllowed = kind === 'pattern' ? rules.allowsChannelPattern(text) : rules.allowsChannel(text)
    if (!isAllowed) throw denied('this credential has no access to one of the channels')
    cost += costOf(spec, [name])
  }
  return cost
}

/** Checks the keys of a script that an administrator registered: its text is trusted, its keys are the caller's choice. */
export function authorizeScriptKeys(principal: Principal, keys: readonly Arg[], isReadOnly: boolean): void {
  const rules = principal.rules
  if (!rules.has('read') || (!isReadOnly && !rules.has('write'))) {
    throw denied(`this credential may not run a script that ${isReadOnly ? 'reads' : 'writes'}`)
  }
  for (const arg of keys) {
    const key = binary(arg)
    if (key.startsWith(RESERVED_PREFIX)) throw denied('this key belongs to the gateway')
    if (!rules.hasAllKeys && !rules.allowsKey(key, true, !isReadOnly)) {
      throw denied('this credential has no access to one of the keys of the script')
    }
  }
}
