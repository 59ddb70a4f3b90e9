// Which keys and channels a command uses with given arguments, and what it does to each key: from the command table.
import { CommandFlag, type CommandSpec, findKeys, type KeySpec } from '@ochre/protocol'

export interface KeyUse {
  readonly at: number
  /** The words of COMMAND GETKEYSANDFLAGS: RW, access, update ... */
  readonly flags: readonly string[]
  readonly reads: boolean
  readonly writes: boolean
}

/** The keys of a command in order, shard channels excluded; undefined when the arguments cannot be right. */
export function keyUsesOf(spec: CommandSpec, args: readonly string[]): KeyUse[] | undefined {
  const uses: KeyUse[] = []
  const word = (index: number): string => args[index]!
  for (const keySpec of spec.keySpecs) {
    if (keySpec.notKey) continue
    const found: number[] = []
    if (!findKeys(keySpec, args.length, word, found)) return undefined
    if (found.length === 0) continue
    const flags = flagsOf(spec, keySpec, args)
    const reads = flags.includes('access')
    const writes = flags.some((flag) => flag === 'insert' || flag === 'update' || flag === 'delete')
    for (const at of found) uses.push({ at, flags, reads, writes })
  }
  return uses
}

/** What the command does to the keys of a specification, where it depends on the options. */
function flagsOf(
  { name }: CommandSpec,
  { access, uses, variable }: KeySpec,
  args: readonly string[],
): readonly string[] {
  if (variable && name === 'set' && !args.some((arg, i) => i > 2 && arg.toUpperCase() === 'GET'))
    return ['OW', 'update']
  if (variable && name === 'bitfield' && !args.some((arg, i) => i > 1 && /^(set|incrby)$/i.test(arg))) {
    return ['RO', 'access']
  }
  return [access, ...uses]
}

/** The channels that a command publishes or subscribes to; ending a subscription needs no permission. */
export function channelsOf(spec: CommandSpec, args: readonly string[]): { at: number; isPattern: boolean }[] {
  if (!(spec.flags & CommandFlag.PUBSUB)) return []
  switch (spec.name) {
    case 'publish':
    case 'spublish':
      return [{ at: 1, isPattern: false }]
    case 'subscribe':
    case 'ssubscribe':
    case 'psubscribe':
      return args.slice(1).map((_, i) => ({ at: i + 1, isPattern: spec.name === 'psubscribe' }))
    default:
      return []
  }
}
