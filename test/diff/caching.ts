// Random scenarios of clients that cache what they read (CLIENT TRACKING, all its modes) and of changes to it, and their transcripts.
import { Wire } from './wire.ts'

/** A command of one of the clients. `@1` in it stands for the id of client 1. */
export interface Turn {
  readonly client: number
  /** Several are a transaction. */
  readonly commands: readonly (readonly string[])[]
}

export const CLIENTS = 4
/** Hears of what others cache and does nothing that changes it: in which order a command replies and tells its own client is its own business. */
const LISTENER = 3

export function randomTurns(random: () => number, count: number): Turn[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const key = (): string => pick(['a', 'ab', 'b', 'user:1', 'user:2'])
  const some = (chance: number, ...words: string[]): string[] => (random() < chance ? words : [])

  const kinds: (() => string[])[] = [
    () => [
      ...['CLIENT', 'TRACKING', 'ON'],
      ...some(
        0.4,
        'BCAST',
        ...some(0.5, 'PREFIX', pick(['a', 'user:', 'u', ''])),
        ...some(0.3, 'PREFIX', pick(['b', 'x'])),
      ),
      ...some(0.2, 'OPTIN'),
      ...some(0.2, 'OPTOUT'),
      ...some(0.3, 'NOLOOP'),
      ...some(0.3, 'REDIRECT', `@${LISTENER}`),
    ],
    () => ['CLIENT', 'TRACKING', 'OFF'],
    () => ['CLIENT', 'CACHING', pick(['YES', 'NO'])],
    () => ['CLIENT', 'GETREDIR'],
    () => ['CLIENT', 'TRACKINGINFO'],
    () => ['HELLO', pick(['2', '3'])],
    () => ['SUBSCRIBE', '__redis__:invalidate'],
    () => ['UNSUBSCRIBE'],
    () => ['RESET'],
    () => ['SELECT', pick(['0', '1'])],
  ]
  const reading: (() => string[])[] = [
    () => ['GET', key()],
    () => ['MGET', key(), key()],
    () => ['EXISTS', key()],
    () => ['TTL', key()],
    () => ['STRLEN', key()],
    () => ['EVAL', "return redis.call('GET',KEYS[1])", '1', key()],
    () => ['EVAL_RO', "return redis.call('GET',KEYS[1])", '1', key()],
    () => ['BITFIELD_RO', key(), 'GET', 'u8', '0'],
    () => ['LCS', key(), key()],
    () => ['SORT_RO', key()],
    () => ['OBJECT', 'ENCODING', key()],
    () => ['SCAN', '0', 'MATCH', 'nosuch'],
  ]
  const changing: (() => string[])[] = [
    () => ['SET', key(), pick(['1', '2'])],
    () => ['SET', key(), '1', 'GET'],
    () => ['INCR', key()],
    () => ['APPEND', key(), ''],
    () => ['DEL', key(), key()],
    () => ['RENAME', key(), key()],
    () => ['COPY', key(), key(), 'REPLACE'],
    () => ['MOVE', key(), '1'],
    () => ['EXPIRE', key(), pick(['100', '-1'])],
    () => ['PERSIST', key()],
    () => ['MSET', key(), '1', key(), '2'],
    () => ['GETEX', key(), 'EX', '100'],
    () => ['GETDEL', key()],
    () => ['FLUSHALL'],
    () => ['FLUSHDB'],
    () => ['SWAPDB', '0', '1'],
    () => ['EVAL', "redis.call('SET',KEYS[1],'x') return redis.call('GET',KEYS[1])", '1', key()],
    () => ['EVAL', "redis.call('SET',KEYS[1],'x') redis.call('DEL',KEYS[1])", '1', key()],
    () => ['WATCH', key()],
    () => ['SETRANGE', key(), '0', ''],
  ]
  return Array.from({ length: count }, () => {
    const client = Math.floor(random() * CLIENTS)
    const one = (): string[] => pick(client === LISTENER ? kinds : pick([kinds, reading, reading, changing]))()
    return { client, commands: random() < 0.9 ? [one()] : [['MULTI'], one(), one(), one(), ['EXEC']] }
  })
}

/** Plays the turns on one side, from an empty state: what each client receives after each of them. */
export async function transcriptOf(port: number, turns: readonly Turn[]): Promise<string[]> {
  const control = await Wire.open(port)
  const wires = await Promise.all(Array.from({ length: CLIENTS }, () => Wire.open(port)))
  try {
    await control.call('FLUSHALL')
    const ids: string[] = []
    for (const wire of wires) {
      await wire.call('HELLO', '3')
      ids.push((await wire.call('CLIENT', 'ID')).slice(1, -2))
    }
    // Of all keys Redis tells in the protocol of who caches them, even where it tells somebody else.
    const shown = (frame: string): string =>
      JSON.stringify(
        frame.replace('invalidate\r\n$-1', 'invalidate\r\n_').replaceAll(`:${ids[LISTENER]}\r\n`, ':listener\r\n'),
      )
    const lines: string[] = []
    for (const [step, { client, commands }] of turns.entries()) {
      wires[client]!.send(
        ...commands.map((command) => command.map((word) => (/^@\d$/.test(word) ? ids[Number(word[1])]! : word))),
      )
      lines.push(`${client}: ${commands.map((command) => command.join(' ')).join('; ')}`)
      // Whoever has answered this, one after the other, has got all that was sent before. What is told at the end of a round of the
      // server's loop may come behind the first answer.
      const others = [...wires.keys()].filter((i) => i !== client)
      for (const [round, i] of [client, client, ...others].entries()) {
        const fence = `fence ${step} ${round}`
        wires[i]!.send(['PING', fence])
        for (let frame = await wires[i]!.frame(); !frame.includes(fence); frame = await wires[i]!.frame()) {
          lines.push(`   ${i} <- ${frame.includes('redis\r\n$7\r\nversion') ? 'hello' : shown(frame)}`)
        }
      }
    }
    return lines
  } finally {
    control.close()
    for (const wire of wires) wire.close()
  }
}
