// Keys of every type with everything that is special about one, and all that a server tells about them.

export type Call = (...args: readonly (string | number | Uint8Array)[]) => Promise<unknown>

const BINARY = Buffer.from([0xff, 0, 0x20, 0x0a])

/** Fills a database. `fieldTimes`: hashes with fields that expire, where the server has them. */
export async function fillEveryType(call: Call, fieldTimes: boolean): Promise<void> {
  await call('SET', BINARY, Buffer.from(Array.from({ length: 256 }, (_, i) => i)))
  await call('SET', 'line\nfeed', '')
  await call('SET', 'expiring', 'x', 'PX', 3_600_000)
  await call('SETBIT', 'bits', 1000, 1)
  await call('PFADD', 'hll', ...Array.from({ length: 3000 }, (_, i) => `v${i}`))
  await call('RPUSH', 'list', ...Array.from({ length: 2500 }, (_, i) => `item ${i}`))
  await call('SADD', 'set', 'a', 'b', 'é', BINARY)
  await call('SADD', 'ints', 1, 2, 3)
  await call('HSET', 'hash', 'f', 'v', '__proto__', 'w', BINARY, BINARY)
  await call('ZADD', 'zset', '-inf', 'a', '0.1', 'b', '1e300', 'c', '3', 'd', '+inf', 'e')
  await call('GEOADD', 'geo', 12.5, 41.9, 'Rome')
  if (fieldTimes) {
    await call('HSET', 'fields', 'a', 1, 'b', 2, 'c', 3)
    await call('HPEXPIRE', 'fields', 3_600_000, 'FIELDS', 2, 'a', 'b')
  }
  await fillStreams(call)
}

async function fillStreams(call: Call): Promise<void> {
  await call('XADD', 'stream', '5-1', 'f', 'v')
  await call('XADD', 'stream', '6-0', 'f', 'v', 'g', BINARY)
  await call('XDEL', 'stream', '5-1')
  await call('XADD', 'stream', '7-0', 'f', 'v')
  await call('XGROUP', 'CREATE', 'stream', 'group', '0')
  await call('XREADGROUP', 'GROUP', 'group', 'alice', 'COUNT', 1, 'STREAMS', 'stream', '>')
  await call('XGROUP', 'CREATECONSUMER', 'stream', 'group', 'bob')
  await call('XGROUP', 'CREATE', 'stream', 'other', '$')

  // Entries that wait in a group although they are gone: deleted in the middle, and trimmed at the beginning.
  for (let i = 1; i <= 6; i++) await call('XADD', 'gone', `${i}-0`, 'n', i)
  await call('XGROUP', 'CREATE', 'gone', 'group', '0')
  await call('XREADGROUP', 'GROUP', 'group', 'alice', 'STREAMS', 'gone', '>')
  await call('XDEL', 'gone', '4-0')
  await call('XTRIM', 'gone', 'MINID', '=', '3-0')
  // The same with trimming alone, down to nothing.
  await call('XADD', 'trimmed', '1-0', 'n', 1)
  await call('XGROUP', 'CREATE', 'trimmed', 'group', '0')
  await call('XREADGROUP', 'GROUP', 'group', 'alice', 'STREAMS', 'trimmed', '>')
  await call('XTRIM', 'trimmed', 'MAXLEN', 0)
  // Empty streams: never written to, and emptied.
  await call('XGROUP', 'CREATE', 'virgin', 'group', '$', 'MKSTREAM')
  await call('XADD', 'emptied', '9-9', 'f', 'v')
  await call('XDEL', 'emptied', '9-9')
}

/** Every key with its type, expiry and content, in an order of its own. Whatever changes by looking is left out. */
export async function everyKey(call: Call): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const key of ((await call('KEYS', '*')) as string[]).sort()) {
    // A key that is not UTF-8 is known by its sign.
    const name = key.includes('\ufffd') ? BINARY : key
    const type = String(await call('TYPE', name))
    found[key] = { type, expires: await call('PEXPIRETIME', name), value: await contentOf(call, name, type) }
  }
  return found
}

async function contentOf(call: Call, key: string | Buffer, type: string): Promise<unknown> {
  switch (type) {
    case 'string':
      return [await call('STRLEN', key), await call('BITCOUNT', key), await call('GET', key)]
    case 'list':
      return call('LRANGE', key, 0, -1)
    case 'set':
      return ((await call('SMEMBERS', key)) as string[]).sort()
    case 'zset':
      // Versions spell the same score differently.
      return ((await call('ZRANGE', key, 0, -1, 'WITHSCORES')) as string[]).map((text, i) =>
        i % 2 === 0 ? text : Number(text.replace('inf', 'Infinity')),
      )
    case 'hash': {
      const fields = (await call('HGETALL', key)) as string[]
      const names = fields.filter((_, i) => i % 2 === 0 && !fields[i]!.includes('\ufffd'))
      const times = await call('HPEXPIRETIME', key, 'FIELDS', names.length, ...names).catch(() => null)
      const due = Array.isArray(times) ? times : names.map(() => -1)
      return [pairs(fields), names.map((name, i) => `${name} ${due[i]}`).sort()]
    }
    default:
      return withoutTimes(await call('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0))
  }
}

function pairs(flat: readonly string[]): string[] {
  return flat.flatMap((name, i) => (i % 2 === 0 ? [`${name}=${flat[i + 1]}`] : [])).sort()
}

/** What a server tells of a stream, without what depends on how it was built and when consumers were last seen. */
function withoutTimes(reply: unknown): unknown {
  if (!Array.isArray(reply)) return reply
  const dropped = new Set(['radix-tree-keys', 'radix-tree-nodes', 'seen-time', 'active-time'])
  const out: unknown[] = []
  for (let i = 0; i < reply.length; i++) {
    if (dropped.has(reply[i])) i++
    else out.push(withoutTimes(reply[i]))
  }
  return out
}
