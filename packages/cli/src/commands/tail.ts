// `ochre tail`: messages, stream entries, keyspace events and commands as they happen.

import type { Client } from '@ochre/client'
import { UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { EXIT, type Io, tell, write } from '../io.ts'
import { jsonBytes, quote } from '../print.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly pattern?: true
  readonly stream?: true
  readonly from: string
  readonly keyspace?: true
  readonly monitor?: true
  readonly json?: true
}

/** One thing that happened: words for a person, fields for a program. */
type Line = readonly (readonly [name: string, value: string | number | Buffer | Fields])[]

/** Of an entry of a stream: names are whatever a program chose. */
type Fields = readonly (readonly [name: string, value: Buffer])[]

export function tailCommand(io: Io, exit: (code: number) => void): Command {
  return withTarget(new Command('tail'))
    .description('follow channels, streams, keyspace events or all commands until interrupted')
    .argument('[names...]', 'channels; with --pattern patterns, with --stream keys, with --keyspace patterns of keys')
    .option('--pattern', 'the names are patterns of channels')
    .option('--stream', 'the names are streams')
    .option('--from <id>', 'with --stream: after this id; 0 is the beginning, $ only what is new', '$')
    .option('--keyspace', 'events of keys; the server must have notify-keyspace-events on')
    .option('--monitor', 'every command that the server executes; costs the server half of its speed')
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      `
Examples:
  ochre tail news sport
  ochre tail --pattern 'user:*' --json
  ochre tail --stream orders --from 0
  ochre tail --keyspace 'session:*'
  ochre tail --monitor

A lost connection comes back by itself. What streams have is read on from where it was; messages and events of the
meantime are gone, and a line on standard error says so.`,
    )
    .action(async (names: string[], options: Options) => {
      const kinds = [options.pattern, options.stream, options.keyspace, options.monitor].filter(Boolean).length
      if (kinds > 1) throw new UsageError('Give one of --pattern, --stream, --keyspace and --monitor.')
      if (names.length === 0 && !options.monitor) throw new UsageError('Name what to follow.')
      await withClient(io, options, async (client) => {
        for await (const line of follow(io, client, names, options))
          await write(io, options.json ? `${asJson(line)}\n` : asText(line))
      })
      exit(EXIT.ok)
    })
}

/** What happens, until the interruption. */
async function* follow(io: Io, client: Client, names: readonly string[], options: Options): AsyncGenerator<Line> {
  const live = client.with({ signal: io.interrupted })
  try {
    if (options.monitor) yield* followCommands(io, live)
    else if (options.stream) yield* followStreams(io, live, names, options.from)
    else yield* followChannels(io, live, names, options)
  } catch (error) {
    if (!io.interrupted.aborted) throw error
  }
}

async function* followChannels(
  io: Io,
  client: Client,
  names: readonly string[],
  options: Options,
): AsyncGenerator<Line> {
  const topics = options.keyspace ? names.map((name) => `__keyspace@*__:${name}`) : names
  const bytes = client.buffers
  const subscription =
    options.pattern || options.keyspace
      ? bytes.psubscribe(topics, { gaps: true })
      : bytes.subscribe(topics, { gaps: true })
  await subscription.ready
  if (options.keyspace) await warnIfOff(io, client)
  tell(io, `Following ${names.join(', ')}.`)
  for await (const item of subscription) {
    if (item.gap !== undefined) tell(io, GAPS[item.gap])
    else if (options.keyspace)
      yield [
        ['db', Number(/@(\d+)__:/.exec(item.channel)?.[1])],
        ['key', item.channel.slice(item.channel.indexOf(':') + 1)],
        ['event', item.message],
      ]
    else
      yield [
        ['channel', item.channel],
        ['message', item.message],
      ]
  }
}

/** Without the setting nothing would ever come, and nothing would say why. */
async function warnIfOff(io: Io, client: Client): Promise<void> {
  const setting = await client.configGet('notify-keyspace-events').catch(() => null)
  const flags = setting?.['notify-keyspace-events'] ?? 'K'
  if (!flags.includes('K'))
    tell(io, 'The server announces no events of keys yet: CONFIG SET notify-keyspace-events KEA')
}

const GAPS = {
  lost: 'The connection is lost; messages may be missing from here on.',
  resumed: 'Following again.',
  overflow: 'Messages came faster than they could be printed; some are missing.',
}

async function* followStreams(io: Io, client: Client, keys: readonly string[], from: string): AsyncGenerator<Line> {
  const after = new Map<string, string>()
  // `$` means the last id of this moment: asked once, or entries between two reads would be missed.
  for (const key of keys) after.set(key, from === '$' ? await lastId(client, key) : from)
  tell(io, `Following ${keys.join(', ')}.`)
  while (!io.interrupted.aborted) {
    const reply = (await client.buffers.call(
      'XREAD',
      'COUNT',
      500,
      'BLOCK',
      5000,
      'STREAMS',
      ...after.keys(),
      ...after.values(),
    )) as StreamReply
    for (const [stream, entries] of entriesOf(reply)) {
      for (const [id, fields] of entries) {
        after.set(stream, id.toString())
        yield [
          ['stream', stream],
          ['id', id.toString()],
          ['fields', pairs(fields)],
        ]
      }
    }
  }
}

function pairs(flat: readonly Buffer[]): Fields {
  return flat.flatMap((name, i) => (i % 2 === 0 ? [[name.toString(), flat[i + 1]!] as const] : []))
}

type Entries = [id: Buffer, fields: Buffer[]][]
type StreamReply = Record<string, Entries> | [Buffer, Entries][] | null

function entriesOf(reply: StreamReply): [string, Entries][] {
  if (reply === null) return []
  return Array.isArray(reply) ? reply.map(([key, entries]) => [key.toString(), entries]) : Object.entries(reply)
}

async function lastId(client: Client, key: string): Promise<string> {
  const [last] = await client.xrevrange(key, '+', '-', { count: 1 })
  return last?.id ?? '0-0'
}

async function* followCommands(io: Io, client: Client): AsyncGenerator<Line> {
  const monitor = client.buffers.monitor()
  await monitor.ready
  tell(io, 'Following all commands.')
  for await (const { time, db, address, args } of monitor) {
    yield [
      ['time', time / 1000],
      ['db', db],
      ['address', address],
      ['command', args.map((arg) => quote(arg)).join(' ')],
    ]
  }
}

/** What every line of a kind has is not named; bytes are as they are, but values of fields are quoted. */
function asText(line: Line): Buffer {
  const parts = line.flatMap(([name, value]): Buffer[] => {
    if (name === 'time') return [Buffer.from((value as number).toFixed(6))]
    // Most servers use one database.
    if (name === 'db') return value === 0 ? [] : [Buffer.from(`[${value}]`)]
    if (Buffer.isBuffer(value)) return [value]
    if (typeof value !== 'object') return [Buffer.from(String(value))]
    return value.map(([field, content]) => Buffer.from(`${field}=${quote(content)}`))
  })
  return Buffer.concat([...parts.flatMap((part, i) => (i === 0 ? [part] : [GAP, part])), Buffer.from('\n')])
}

const GAP = Buffer.from('  ')

function asJson(line: Line | Fields): string {
  const members = line.map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`)
  return `{${members.join(',')}}`
}

function jsonOf(value: Line[number][1]): string {
  if (Buffer.isBuffer(value)) return jsonBytes(value)
  return typeof value === 'object' ? asJson(value) : JSON.stringify(value)
}
