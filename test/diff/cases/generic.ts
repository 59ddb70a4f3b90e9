import type { Cases } from '../script.ts'

export const cases: Cases = {
  presence: `
    MSET a 1 b 2 c 3
    EXISTS a b a nosuch
    DEL a nosuch
    UNLINK b c nosuch
    EXISTS a b c
    TYPE a
    SET a 1
    TYPE a
    RPUSH l 1
    TYPE l
    HSET h f v
    TYPE h
    TOUCH a l nosuch
    DBSIZE
    DEL
    EXISTS
    TYPE
    RANDOMKEY x
  `,
  RANDOMKEY: `
    RANDOMKEY
    SET only 1
    RANDOMKEY
  `,
  'KEYS and SCAN': `
    KEYS *
    SCAN 0
    MSET one 1 two 2 three 3
    ~ KEYS *
    ~ KEYS t*
    ~ KEYS ?ne
    KEYS [o]ne
    KEYS [^a-n]ne
    KEYS nosuch
    ~ SCAN 0
    ~ SCAN 0 MATCH t* COUNT 100
    SCAN 0 MATCH nosuch COUNT 100
    RPUSH l 1
    SCAN 0 TYPE list COUNT 100
    SCAN 0 TYPE nosuch COUNT 100
    SCAN x
    SCAN 0 COUNT 0
    SCAN 0 COUNT x
    SCAN 0 FOO bar
    SCAN 0 COUNT
    SCAN " 1"
    SCAN
  `,
  'expiry in seconds and milliseconds': `
    SET k v
    TTL k
    PTTL k
    EXPIRETIME k
    PEXPIRETIME k
    EXPIRE k 100
    TTL k
    # PTTL k
    PEXPIRE k 100000
    TTL k
    EXPIREAT k 99999999999
    EXPIRETIME k
    PEXPIRETIME k
    PEXPIREAT k 99999999999999
    PEXPIRETIME k
    PERSIST k
    PERSIST k
    TTL k
    TTL missing
    PTTL missing
    EXPIRETIME missing
    PERSIST missing
    EXPIRE missing 100
    EXPIRE k 0
    EXISTS k
    SET k v
    EXPIRE k -1
    EXISTS k
    SET k v
    EXPIREAT k 1
    EXISTS k
  `,
  'conditions of EXPIRE': `
    SET k v
    EXPIRE k 100 XX
    EXPIRE k 100 GT
    EXPIRE k 100 LT
    EXPIRE k 200 NX
    EXPIRE k 200 GT
    EXPIRE k 50 GT
    EXPIRE k 50 LT
    EXPIRE k 300 XX GT
    EXPIRE k 10 XX LT
    TTL k
    EXPIRE k 10 NX XX
    EXPIRE k 10 NX GT
    EXPIRE k 10 GT LT
    EXPIRE k 10 FOO
    EXPIRE k 10 nx
    EXPIRE k x FOO
    EXPIRE k x
    EXPIRE k 1.5
    EXPIRE k 9223372036854775807
    EXPIRE k -9223372036854775808
    EXPIRE k 9223372036854775
    PEXPIRE k 9223372036854775807
    PEXPIRE k 9223372036854775000
    PEXPIREAT k 9223372036854775807
    EXPIREAT k 9223372036854776
    EXPIRE missing 9223372036854775807
    EXPIRE k
  `,
  'RENAME and RENAMENX': `
    SET a 1 EX 100
    RENAME a b
    EXISTS a
    TTL b
    RENAME missing b
    RENAME b b
    RENAMENX b b
    RENAMENX missing b
    SET c 2
    RENAMENX b c
    RENAMENX b d
    RENAME c d
    GET d
    TTL d
    RENAME a
  `,
  'COPY and MOVE': `
    SET a 1 EX 100
    COPY a b
    TTL b
    COPY a b
    COPY a b REPLACE
    COPY a a
    COPY a a DB 0
    COPY a a DB 1
    COPY a b DB 99
    COPY a b DB -1
    COPY a b DB x
    COPY a b DB 9999999999
    COPY a b DB
    COPY a b FOO
    COPY missing b
    RPUSH l 1 2 3
    COPY l m
    RPUSH m 4
    LRANGE l 0 -1
    HSET h f v
    COPY h i
    HSET i f w
    HGET h f
    SET r x
    SETRANGE r 0 y
    COPY r q
    SETRANGE r 0 z
    GET q
    MOVE a 1
    MOVE b 1
    MOVE missing 1
    MOVE b 0
    MOVE b 99
    MOVE b x
    MOVE b 9999999999
    SELECT 1
    GET a
    TTL b
    FLUSHDB
    SELECT 0
    DBSIZE
  `,
  'SWAPDB and FLUSHDB': `
    SET a zero
    SELECT 1
    SET a one
    SWAPDB 0 1
    GET a
    SELECT 0
    GET a
    SWAPDB 0 0
    SWAPDB x 1
    SWAPDB 0 y
    SWAPDB 0 99
    SWAPDB -1 0
    FLUSHDB
    DBSIZE
    SELECT 1
    DBSIZE
    FLUSHALL ASYNC
    DBSIZE
    FLUSHALL SYNC
    FLUSHDB sync
    FLUSHALL FOO
    FLUSHDB ASYNC SYNC
    SELECT 16
    SELECT -1
    SELECT x
    SELECT 9999999999
  `,
  OBJECT: `
    SET k v
    OBJECT ENCODING k
    OBJECT ENCODING missing
    OBJECT REFCOUNT k
    OBJECT REFCOUNT missing
    # OBJECT IDLETIME k
    OBJECT IDLETIME missing
    OBJECT FREQ k
    OBJECT FREQ missing
    OBJECT HELP
    OBJECT
    OBJECT FOO k
    OBJECT ENCODING
    OBJECT encoding k x
  `,
  'small integers are shared': `
    SET a 0
    SET b 9999
    SET c 10000
    SET d -1
    SET e 1.5
    OBJECT REFCOUNT a
    OBJECT REFCOUNT b
    OBJECT REFCOUNT c
    OBJECT REFCOUNT d
    OBJECT REFCOUNT e
    CONFIG SET maxmemory-policy allkeys-lru
    OBJECT REFCOUNT a
    CONFIG SET maxmemory-policy noeviction
    SCAN 18446744073709551616
    SCAN -
    SCAN "0\\x00" MATCH nosuch
  `,
}

export const templates: readonly string[] = [
  'DEL|UNLINK <key>',
  'EXISTS <key> <key>',
  'TYPE <key>',
  'TTL|PERSIST <key>',
  'EXPIRE <key> 100',
  'EXPIRE <key> 100 NX|XX|GT|LT',
  'EXPIRE <key> -1|0',
  'RENAME|RENAMENX <key> <key>',
  'COPY <key> <key>',
  'COPY <key> <key> REPLACE',
  'OBJECT ENCODING <key>',
  'DBSIZE',
]
