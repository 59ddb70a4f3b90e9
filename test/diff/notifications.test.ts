// Keyspace notifications: commands of all groups run on a real server and on the engine while somebody listens to all events;
// the events are the same and in the same order.

import { splitWords } from '@ochre/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pair, startPair } from './pair.ts'
import { frameItems, Wire } from './wire.ts'

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

const groups: Readonly<Record<string, string>> = {
  string: `
    SET k v
    SET k v EX 100
    SET k v KEEPTTL
    SET k v GET
    SETNX n 1
    SETNX n 2
    SETEX e 100 v
    PSETEX e 100000 v
    GETSET k w
    GETEX k EX 100
    GETEX k PERSIST
    GETEX k PERSIST
    GETDEL k
    MSET a 1 b 2
    MSETNX c 1 d 2
    MSETNX c 1 z 2
    INCR a
    DECRBY a 2
    INCRBYFLOAT a 1.5
    APPEND a x
    SETRANGE a 1 y
    SETRANGE nosuch 0 ""
    SETBIT bits 7 1
    BITOP OR dest bits bits
    BITOP OR dest nosuch nosuch
    BITFIELD bits SET u8 0 255
    BITFIELD bits GET u8 0
    PFADD hll a b
    PFADD hll a
    PFMERGE hll2 hll
    PFCOUNT hll hll2
    GET nosuch
    SET past v PXAT 1
    SET k v EXAT 1
  `,
  generic: `
    SET k v
    EXPIRE k 100
    PEXPIRE k 100000
    EXPIREAT k 99999999999
    PERSIST k
    PERSIST k
    EXPIRE k -1
    SET k v
    RENAME k l
    RENAMENX l m
    RENAME m m
    COPY m n
    COPY m n REPLACE
    COPY m n DB 3
    MOVE n 5
    TOUCH m
    UNLINK m
    DEL nosuch
    RPUSH list 3 1 2
    SORT list STORE sorted
    SORT nosuch STORE sorted
    SET r v
    RESTORE r2 0 "\\x00\\xc0\\x01\\x0b\\x00\\x0c\\xb5\\xa7\\x2d\\xb0\\x69\\x83\\x1a"
    FLUSHDB
    SWAPDB 0 1
    EXISTS nosuch
    TYPE nosuch
    TTL nosuch
    PTTL nosuch
    EXPIRETIME nosuch
    OBJECT ENCODING nosuch
    OBJECT IDLETIME nosuch
    DUMP nosuch
    TOUCH nosuch
    PERSIST nosuch
    MEMORY USAGE nosuch
    RANDOMKEY
    SCAN 0
  `,
  list: `
    RPUSH l a b c d e f g h
    LPUSH l z
    LPUSHX nosuch z
    RPUSHX l y
    LPOP l
    RPOP l 2
    LINSERT l BEFORE b x
    LINSERT l BEFORE nosuch x
    LSET l 0 q
    LREM l 0 x
    LREM l 0 nosuch
    LTRIM l 1 3
    LMOVE l m LEFT RIGHT
    LMOVE l l LEFT RIGHT
    RPOPLPUSH l m
    LMPOP 1 m LEFT COUNT 10
    LPOP l
    LPOP l
    RPUSH l a
    LTRIM l 5 6
    RPUSH l a
    BLPOP l 1
    RPUSH l a b
    BLMOVE l m LEFT LEFT 1
    BLMPOP 1 1 l LEFT
  `,
  hash: `
    HSET h a 1 b 2
    HSET h a 2
    HMSET h c 3
    HSETNX h c 4
    HSETNX h d 4
    HINCRBY h a 1
    HINCRBYFLOAT h a 1.5
    HDEL h nosuch
    HDEL h a b
    HDEL h c d
    HGET nosuch a
    HGETALL nosuch
  `,
  set: `
    SADD s a b c d e
    SADD s a
    SREM s nosuch
    SREM s a
    SMOVE s t b
    SMOVE s t nosuch
    SPOP t
    SADD t c x
    SINTERSTORE i s t
    SINTERSTORE i s nosuch
    SUNIONSTORE u s t
    SDIFFSTORE d s t
    SDIFFSTORE d nosuch s
    SPOP s 100
    SADD one 1
    SREM one 1
    SADD one 1
    SMOVE one two 1
  `,
  'sorted set': `
    ZADD z 1 a 2 b 3 c 4 d 5 e 6 f
    ZADD z 1 a
    ZADD z XX 9 a
    ZADD z INCR 1 a
    ZADD z NX 1 a
    ZINCRBY z 1 a
    ZREM z nosuch
    ZREM z a
    ZPOPMIN z
    ZPOPMAX z
    ZREMRANGEBYRANK z 0 0
    ZREMRANGEBYSCORE z 100 200
    ZREMRANGEBYLEX z [a (b
    ZADD y 1 a 2 d
    ZUNIONSTORE u 2 z y
    ZINTERSTORE i 2 z y
    ZINTERSTORE i 1 nosuch
    ZDIFFSTORE d 2 z y
    ZDIFFSTORE d 1 nosuch
    ZRANGESTORE r y 0 -1
    ZRANGESTORE r y 10 20
    ZMPOP 1 y MIN COUNT 10
    BZPOPMIN z 1
    BZMPOP 1 1 z MAX
    ZADD z 1 a
    ZREM z a
    GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
    GEOSEARCHSTORE gs g FROMMEMBER Palermo BYRADIUS 500 km
    GEOSEARCHSTORE gs g FROMLONLAT 0 0 BYRADIUS 1 m
    GEORADIUS g 15 37 200 km STORE gr
  `,
  stream: `
    XADD x 1-1 a 1
    XADD x 2-1 a 1
    XADD x MAXLEN 1 3-1 a 1
    XTRIM x MAXLEN 0
    XADD x 4-1 a 1
    XDEL x 4-1
    XDEL x 4-1
    XSETID x 9-9
    XGROUP CREATE x g $
    XGROUP CREATE new g $ MKSTREAM
    XGROUP CREATECONSUMER x g c
    XGROUP CREATECONSUMER x g c
    XADD x 10-1 a 1
    XREADGROUP GROUP g c2 STREAMS x >
    XACK x g 10-1
    XGROUP SETID x g 0
    XREADGROUP GROUP g c3 STREAMS x >
    XCLAIM x g c4 0 10-1
    XAUTOCLAIM x g c5 0 0
    XGROUP DELCONSUMER x g c
    XGROUP DESTROY x g
    XGROUP DESTROY x g
  `,
  'transactions and scripts': `
    MULTI
    SET a 1
    RPUSH b 1
    EXEC
    EVAL "redis.call('set', KEYS[1], 'x'); redis.call('del', KEYS[1])" 1 k
  `,
}

/** After each command, the events that it caused, as `event key`. */
async function eventsOf(port: number, commands: readonly string[]): Promise<string[]> {
  const wire = await Wire.open(port)
  const listener = await Wire.open(port)
  const control = await Wire.open(port)
  const lines: string[] = []
  try {
    await wire.call('FLUSHALL')
    await wire.call('SELECT', '0')
    await wire.call('CONFIG', 'SET', 'notify-keyspace-events', 'KEAmn')
    await listener.call('PSUBSCRIBE', '__keyevent@*__:*', 'fence')
    await listener.frame()
    for (const command of commands) {
      await wire.call(...splitWords(command)!)
      await control.call('PUBLISH', 'fence', 'x')
      const events: string[] = []
      for (;;) {
        const [, , channel, key] = frameItems(await listener.frame()).map((item) =>
          item.slice(item.indexOf('\n') + 1, -2),
        )
        if (channel === 'fence') break
        events.push(`${channel!.replace('__keyevent@', '')} ${key}`)
      }
      lines.push(`${command} -> ${events.join(', ')}`)
    }
    await wire.call('CONFIG', 'SET', 'notify-keyspace-events', '')
  } finally {
    wire.close()
    listener.close()
    control.close()
  }
  return lines
}

describe('keyspace notifications', () => {
  for (const [group, script] of Object.entries(groups)) {
    it(`are the same for ${group} commands`, async () => {
      const commands = script
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
      const [real, engine] = await Promise.all(pair.sides.map((side) => eventsOf(side.port, commands)))
      expect(engine).toEqual(real)
    })
  }
})
