import type { Cases } from '../script.ts'

export const cases: Cases = {
  'INFO has sections': `
    ? INFO
    ? INFO everything
    INFO cluster
    INFO nosuch
    INFO module_list CLUSTER
    INFO keyspace
    SET a 1
    SET b 2
    INFO keyspace
    SELECT 3
    SET a 1
    INFO Keyspace
    SELECT 0
  `,
  'a server without replicas': `
    ROLE
    WAIT 0 0
    WAIT 1 1
    WAIT x 1
    WAIT 1 x
    WAIT 1 -1
    REPLICAOF NO ONE
    SLAVEOF no one
    REPLICAOF a b
    FAILOVER
    FAILOVER ABORT
  `,
  'a server without a cluster': `
    CLUSTER INFO
    CLUSTER SLOTS
    CLUSTER NODES
    CLUSTER MYID
    CLUSTER SHARDS
    CLUSTER KEYSLOT a
    CLUSTER HELP
    CLUSTER NOSUCH
    CLUSTER
    READONLY
    READWRITE
    ASKING
    INFO cluster
  `,
  'a server without modules': `
    MODULE LIST
    MODULE LOAD x
    MODULE UNLOAD x
    MODULE LOADEX x
    MODULE HELP
    MODULE
  `,
  'time and the end': `
    ? TIME
    ? LASTSAVE
    DBSIZE
    LOLWUT
    LOLWUT VERSION x
    SHUTDOWN ABORT
    SHUTDOWN FOO
    SHUTDOWN SAVE NOSAVE
    SHUTDOWN ABORT NOW
  `,
  'the slow log': `
    CONFIG SET slowlog-log-slower-than -1
    SLOWLOG RESET
    SLOWLOG LEN
    SLOWLOG GET
    SLOWLOG GET -2
    SLOWLOG GET x
    SLOWLOG GET 1 2
    SLOWLOG HELP
    CONFIG SET slowlog-log-slower-than 0
    PING
    SLOWLOG LEN
    ? SLOWLOG GET
    CONFIG SET slowlog-max-len 2
    ECHO {x*200}
    SLOWLOG LEN
    CONFIG SET slowlog-log-slower-than 10000 slowlog-max-len 128
    SLOWLOG RESET
  `,
  latency: `
    LATENCY RESET
    LATENCY LATEST
    LATENCY HISTORY command
    LATENCY GRAPH command
    LATENCY DOCTOR
    LATENCY HISTOGRAM nosuch
    ? LATENCY HISTOGRAM
    LATENCY RESET command
    CONFIG SET latency-monitor-threshold 50
    LATENCY DOCTOR
    DEBUG SLEEP 0.06
    ? LATENCY LATEST
    ? LATENCY HISTORY command
    LATENCY RESET command fast-command
    CONFIG SET latency-monitor-threshold 0
    LATENCY HELP
    LATENCY NOSUCH
  `,
  memory: `
    SET a 1
    ? MEMORY USAGE a
    ? MEMORY USAGE a SAMPLES 0
    MEMORY USAGE missing
    MEMORY USAGE a SAMPLES -1
    MEMORY USAGE a SAMPLES x
    MEMORY USAGE a FOO 1
    MEMORY USAGE a SAMPLES
    MEMORY PURGE
    ? MEMORY STATS
    ? MEMORY DOCTOR
    ? MEMORY MALLOC-STATS
    MEMORY HELP
    MEMORY
  `,
  'DEBUG answers what tests use': `
    DEBUG SLEEP 0
    DEBUG SLEEP x
    DEBUG SET-ACTIVE-EXPIRE 1
    DEBUG OBJECT missing
    ? DEBUG HELP
    DEBUG NOSUCH
    DEBUG
    DEBUG ERROR "MYERR hello"
    DEBUG PROTOCOL string
    DEBUG PROTOCOL integer
    DEBUG PROTOCOL double
    DEBUG PROTOCOL null
    DEBUG PROTOCOL array
    DEBUG PROTOCOL set
    DEBUG PROTOCOL map
    DEBUG PROTOCOL bignum
    DEBUG PROTOCOL true
    DEBUG PROTOCOL false
    DEBUG PROTOCOL verbatim
    DEBUG PROTOCOL nosuch
    DEBUG POPULATE 3
    GET key:1
    DEBUG POPULATE 2 p 10
    GET p:1
    DBSIZE
  `,
  'DEBUG DIGEST hashes all data': `
    DEBUG DIGEST
    SET s hello
    SET n 123
    SETRANGE n 5 xyz
    RPUSH l a b c
    SADD i 3 1 2
    SADD t x y z
    HSET h f1 v1 f2 v2
    ZADD z 1.5 a -2 b inf c 0.1 d
    XADD x 1-1 f v g w
    XADD x 2-1 f v
    SET e 1 PX 1000000
    DEBUG DIGEST-VALUE s n l i t h z x e missing
    DEBUG DIGEST
    SELECT 2
    SET other 1
    DEBUG DIGEST
    SELECT 0
  `,
  'MONITOR shows commands': `
    PING
    b: MONITOR
    ? SET k v
    b< ?
    EVAL "return redis.call('get', KEYS[1])" 1 k
    b< ?
    b< ?
    MULTI
    GET k
    EXEC
    b< ?
    b< ?
    b< ?
    CONFIG GET maxclients
    AUTH x
    PING
    b< ?
    b< ?
    b: RESET
  `,
}

export const templates: readonly string[] = []
