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
    DEBUG HELP x
    DEBUG NOSUCH
    DEBUG JMAP
    DEBUG DICT-RESIZING 0
    DEBUG STRINGMATCH-LEN 10 x
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
  'FAILOVER needs a replica': `
    FAILOVER
    FAILOVER ABORT
    FAILOVER TO h
    FAILOVER TO h x
    FAILOVER TO h 1 FORCE
    FAILOVER TO h 1 TO h 1
    FAILOVER TIMEOUT
    FAILOVER TIMEOUT 0
    FAILOVER TIMEOUT x
    FAILOVER TIMEOUT 1 ABORT
    FAILOVER FORCE FORCE
    FAILOVER nosuch
  `,
  'DEBUG takes what concerns the insides of a server': `
    DEBUG CHANGE-REPL-ID
    DEBUG CHANGE-REPL-ID x
    DEBUG LOG hello
    DEBUG STRINGMATCH-TEST
    DEBUG PAUSE-CRON 1
    DEBUG PAUSE-CRON 0
    DEBUG PAUSE-CRON
    DEBUG QUICKLIST-PACKED-THRESHOLD 100b
    DEBUG QUICKLIST-PACKED-THRESHOLD 0
    DEBUG QUICKLIST-PACKED-THRESHOLD x
    DEBUG QUICKLIST-PACKED-THRESHOLD 5gb
    DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER
    DEBUG REPLYBUFFER PEAK-RESET-TIME reset
    DEBUG REPLYBUFFER PEAK-RESET-TIME 100
    DEBUG REPLYBUFFER PEAK-RESET-TIME x
    DEBUG REPLYBUFFER RESIZING 1
    DEBUG REPLYBUFFER FOO 1
    DEBUG POPULATE x
    DEBUG POPULATE -1
    DEBUG POPULATE 3 a -1
    DEBUG POPULATE 3 a 0
    DEBUG POPULATE 3 a 2 x
    GET a:2
  `,
  'DEBUG tells how values are kept': `
    SET s v
    RPUSH l a b c
    HSET h a 1
    HSET hh a {x*100}
    ZADD z 1 a
    ZADD zz 1 {x*100}
    SADD i 1
    XADD st 1-1 a b
    DEBUG LISTPACK h
    DEBUG LISTPACK z
    DEBUG LISTPACK hh
    DEBUG LISTPACK l
    DEBUG LISTPACK s
    DEBUG LISTPACK i
    DEBUG LISTPACK st
    DEBUG LISTPACK missing
    DEBUG QUICKLIST l
    DEBUG QUICKLIST l 1
    DEBUG QUICKLIST s
    DEBUG QUICKLIST missing
    DEBUG HTSTATS 5
    DEBUG HTSTATS x
    DEBUG HTSTATS 99
    DEBUG HTSTATS -1
    DEBUG HTSTATS
    ? DEBUG HTSTATS 0
    ? DEBUG HTSTATS-KEY hh
    ? DEBUG HTSTATS-KEY zz
    DEBUG HTSTATS-KEY h
    DEBUG HTSTATS-KEY s
    DEBUG HTSTATS-KEY missing
    ? DEBUG OBJECT s
    DEBUG OBJECT s fast
  `,
  'DEBUG RELOAD keeps the data': `
    SET s v
    SET n 12
    APPEND n 3
    OBJECT ENCODING n
    RPUSH l a b 3
    SADD t 1 2
    HSET h a {x*100}
    HSET h a 1
    ZADD z 1.5 a
    XADD x 1-1 a b
    XGROUP CREATE x g 0
    XREADGROUP GROUP g me STREAMS x >
    SET e v EX 1000
    SELECT 3
    SET other v
    SELECT 0
    OBJECT ENCODING h
    DEBUG DIGEST
    DEBUG RELOAD
    DEBUG RELOAD MERGE NOFLUSH
    DEBUG RELOAD FOO
    DEBUG DIGEST
    OBJECT ENCODING n
    OBJECT ENCODING h
    OBJECT ENCODING t
    OBJECT ENCODING z
    XPENDING x g
    # TTL e
    WATCH s
    DEBUG RELOAD MERGE NOFLUSH
    MULTI
    GET s
    EXEC
    WATCH s
    DEBUG RELOAD
    MULTI
    GET s
    EXEC
  `,
  'DEBUG makes checks go away': `
    EVAL "return redis.call('CLIENT','GETNAME')" 0
    DEBUG SET-DISABLE-DENY-SCRIPTS 1
    EVAL "return redis.call('CLIENT','GETNAME')" 0
    DEBUG SET-DISABLE-DENY-SCRIPTS 0
    EVAL "return redis.call('CLIENT','GETNAME')" 0
    RESTORE k 0 "\\x00\\x01v\\x0a\\x0012345678"
    DEBUG SET-SKIP-CHECKSUM-VALIDATION 1
    RESTORE k 0 "\\x00\\x01v\\x0a\\x0012345678"
    RESTORE l 0 "\\x00\\x01v\\x0b\\x0012345678"
    GET k
    DEBUG SET-SKIP-CHECKSUM-VALIDATION 0
    RESTORE n 0 "\\x00\\x01v\\x0a\\x0012345678"
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
  'CLUSTER is disabled, whatever is asked': `
    CLUSTER
    CLUSTER NOSUCH
    CLUSTER ADDSLOTS 1
    CLUSTER ADDSLOTS
    CLUSTER ADDSLOTSRANGE 1 2
    CLUSTER BUMPEPOCH
    CLUSTER COUNT-FAILURE-REPORTS x
    CLUSTER COUNTKEYSINSLOT 1
    CLUSTER DELSLOTS 1
    CLUSTER DELSLOTSRANGE 1 2
    CLUSTER FAILOVER
    CLUSTER FLUSHSLOTS
    CLUSTER FORGET x
    CLUSTER GETKEYSINSLOT 1 1
    CLUSTER LINKS
    CLUSTER MEET h 1
    CLUSTER REPLICAS x
    CLUSTER REPLICATE x
    CLUSTER RESET
    CLUSTER SAVECONFIG
    CLUSTER SET-CONFIG-EPOCH 1
    CLUSTER SETSLOT 1 STABLE
    CLUSTER SLAVES x
    CLUSTER SLAVES
    CONFIG REWRITE x
  `,
}

export const templates: readonly string[] = []
