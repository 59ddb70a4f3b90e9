// Random scenarios of several clients that wait for keys and of what happens to these keys meanwhile, and their transcripts.
import { Wire } from './wire.ts'

/** A command of one of the clients. `@1` in it stands for the id of client 1. */
export interface Turn {
  readonly client: number
  readonly command: readonly string[]
}

export const CLIENTS = 5

const KEYS = ['k1', 'k2', 'k3'] as const
const LISTS = ['a', 'b', 'c', 'd']

export function randomTurns(random: () => number, count: number): Turn[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const key = (): string => pick(KEYS)
  const keys = (): string[] => Array.from({ length: 1 + Math.floor(random() * 3) }, key)
  const end = (): string => pick(['LEFT', 'RIGHT'])
  let nextId = 1

  const waiting: (() => string[])[] = [
    () => [pick(['BLPOP', 'BRPOP']), ...keys(), '0'],
    () => ['BLMOVE', key(), key(), end(), end(), '0'],
    () => ['BRPOPLPUSH', key(), key(), '0'],
    () => {
      const some = keys()
      return ['BLMPOP', '0', String(some.length), ...some, end(), 'COUNT', pick(['1', '2', '10'])]
    },
    () => [pick(['BZPOPMIN', 'BZPOPMAX']), ...keys(), '0'],
    () => {
      const some = keys()
      return ['BZMPOP', '0', String(some.length), ...some, pick(['MIN', 'MAX']), 'COUNT', pick(['1', '2'])]
    },
    () => ['XREAD', 'BLOCK', '0', 'STREAMS', key(), key(), '$', pick(['$', '0', '3'])],
    () => ['XREAD', 'COUNT', '1', 'BLOCK', '0', 'STREAMS', key(), '$'],
    () => ['XREADGROUP', 'GROUP', 'g', pick(['me', 'you']), 'BLOCK', '0', 'STREAMS', key(), '>'],
    () => ['XREADGROUP', 'GROUP', 'g', 'me', 'COUNT', '1', 'BLOCK', '0', 'NOACK', 'STREAMS', key(), key(), '>', '>'],
  ]
  const changing: (() => string[])[] = [
    () => [pick(['LPUSH', 'RPUSH']), key(), ...Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(LISTS))],
    () => ['LPUSHX', key(), 'x'],
    () => ['ZADD', key(), '1', pick(LISTS), '2', pick(LISTS)],
    () => ['GEOADD', key(), '13', '38', 'here'],
    () => ['XADD', key(), `${nextId++}-1`, 'f', 'v'],
    () => ['XADD', key(), 'NOMKSTREAM', `${nextId++}-1`, 'f', 'v'],
    () => ['XGROUP', 'CREATE', key(), 'g', pick(['0', '$']), 'MKSTREAM'],
    () => ['XGROUP', 'DESTROY', key(), 'g'],
    () => ['XGROUP', 'SETID', key(), 'g', '0'],
    () => ['XDEL', key(), `${nextId - 1}-1`],
    () => ['XTRIM', key(), 'MAXLEN', '0'],
    () => ['DEL', key()],
    () => ['UNLINK', key(), key()],
    () => ['SET', key(), 'text'],
    () => ['SADD', key(), 'a'],
    () => ['RENAME', key(), key()],
    () => ['COPY', key(), key(), 'REPLACE'],
    () => ['COPY', key(), key(), 'DB', '1'],
    () => ['MOVE', key(), pick(['0', '1'])],
    () => ['SWAPDB', '0', '1'],
    () => ['SELECT', pick(['0', '0', '1'])],
    () => ['FLUSHDB'],
    () => ['FLUSHALL'],
    () => ['SORT', key(), 'ALPHA', 'STORE', key()],
    () => ['LMOVE', key(), key(), end(), end()],
    () => ['ZUNIONSTORE', key(), '1', key()],
    () => ['SUNIONSTORE', key(), key()],
    () => ['ZRANGESTORE', key(), key(), '0', '-1'],
    () => ['EXPIRE', key(), '-1'],
    () => ['PEXPIREAT', key(), '1'],
    () => ['GETDEL', key()],
    () => ['CLIENT', 'UNBLOCK', `@${Math.floor(random() * CLIENTS)}`, ...pick([[], ['ERROR'], ['TIMEOUT']])],
    () => [
      'EVAL',
      "redis.call('RPUSH',KEYS[1],'s1','s2') redis.call('ZADD',KEYS[2],1,'s') return 1",
      '2',
      key(),
      key(),
    ],
    () => ['EVAL', "redis.call('RPUSH',KEYS[1],'s') return redis.call('DEL',KEYS[1])", '1', key()],
    () => ['EVAL', "return redis.pcall('BLPOP',KEYS[1],0)", '1', key()],
    () => ['MULTI'],
    () => ['EXEC'],
    () => ['DISCARD'],
    () => ['WATCH', key()],
    () => ['LRANGE', key(), '0', '-1'],
    () => ['ZRANGE', key(), '0', '-1'],
    () => ['XPENDING', key(), 'g'],
    () => ['TYPE', key()],
    () => ['RESET'],
  ]
  return Array.from({ length: count }, () => ({
    client: Math.floor(random() * CLIENTS),
    command: random() < 0.35 ? pick(waiting)() : pick(changing)(),
  }))
}

/** Plays the turns on one side, from an empty state. A client that waits misses its turns. */
export async function transcriptOf(port: number, turns: readonly Turn[], resp: string): Promise<string[]> {
  const control = await Wire.open(port)
  const wires = await Promise.all(Array.from({ length: CLIENTS }, () => Wire.open(port)))
  try {
    await control.call('FLUSHALL')
    await Promise.all(wires.map((wire) => wire.call('HELLO', resp)))
    const ids: string[] = []
    for (const wire of wires) ids.push((await wire.call('CLIENT', 'ID')).slice(1, -2))
    const isWaiting = wires.map(() => false)
    const lines: string[] = []

    /** Whether the server says that the client waits. */
    const waits = async (client: number): Promise<boolean> =>
      / flags=\S*b/.test(await control.call('CLIENT', 'LIST', 'ID', ids[client]!))

    for (const { client, command } of turns) {
      if (isWaiting[client]) continue
      const wire = wires[client]!
      wire.send(command.map((word) => (/^@\d$/.test(word) ? ids[Number(word[1])]! : word)))
      while (!wire.hasFrame && !isWaiting[client]) isWaiting[client] = await waits(client)
      const reply = isWaiting[client] ? 'waits' : await wire.frame()
      lines.push(`${client}: ${command.join(' ')} -> ${JSON.stringify(reply)}`)
      for (let other = 0; other < CLIENTS; other++) {
        if (!isWaiting[other] || (await waits(other))) continue
        isWaiting[other] = false
        lines.push(`   ${other} has waited -> ${JSON.stringify(await wires[other]!.frame())}`)
      }
    }
    for (const db of ['0', '1']) {
      await control.call('SELECT', db)
      lines.push(`digest -> ${await control.call('DEBUG', 'DIGEST')}`)
      for (const key of KEYS) lines.push(`${key} -> ${await control.call('TYPE', key)}`)
    }
    return lines
  } finally {
    control.close()
    for (const wire of wires) wire.close()
  }
}
