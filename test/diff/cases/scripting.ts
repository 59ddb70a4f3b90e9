import type { Cases } from '../script.ts'

// What scripts compute is compared in ../../lua; here is how scripts and the rest of the engine meet.
export const cases: Cases = {
  'scripts and every type of key': `
    EVAL "return redis.call('set',KEYS[1],ARGV[1],'EX',100)" 1 s v
    EVAL "return redis.call('ttl',KEYS[1])" 1 s
    EVAL "return {redis.call('rpush',KEYS[1],'a','b'),redis.call('lrange',KEYS[1],0,-1)}" 1 l
    EVAL "return {redis.call('hset',KEYS[1],'f','v'),redis.call('hgetall',KEYS[1])}" 1 h
    EVAL "return {redis.call('sadd',KEYS[1],'m'),redis.call('smembers',KEYS[1])}" 1 st
    EVAL "return {redis.call('zadd',KEYS[1],1.5,'m'),redis.call('zrange',KEYS[1],0,-1,'withscores')}" 1 z
    EVAL "return redis.call('zscore',KEYS[1],'m')" 1 z
    EVAL "return redis.call('incr',KEYS[1])" 1 l
    EVAL "return redis.pcall('incr',KEYS[1])" 1 l
    EVAL "return redis.call('type',KEYS[1])" 1 z
    EVAL "return redis.call('del',unpack(KEYS))" 5 s l h st z
    DBSIZE
  `,
  'what a script wrote before it failed stays': `
    EVAL "redis.call('set','a','1') redis.call('incr','a') error('stop')" 0
    GET a
    EVAL "redis.call('set','a','x') redis.call('incr','a')" 0
    GET a
    EVAL "redis.call('set','a','5') return redis.pcall('lpush','a','x')" 0
    GET a
  `,
  'scripts in transactions': `
    MULTI
    SET n 1
    EVAL "return redis.call('incr',KEYS[1])" 1 n
    EVAL "return redis.call('nosuch')" 0
    EVALSHA 0000000000000000000000000000000000000000 0
    EVAL "return 1" x
    GET n
    EXEC
    MULTI
    EVAL
    EXEC
    WATCH n
    EVAL "return redis.call('incr',KEYS[1])" 1 n
    MULTI
    GET n
    EXEC
  `,
  'blocking commands answer at once inside of scripts': `
    EVAL "return redis.call('blpop','none',0)" 0
    EVAL "return redis.call('blmove','none','other','left','right',0)" 0
    EVAL "return redis.call('bzpopmin','none',0)" 0
    RPUSH l a
    EVAL "return redis.call('blpop','l',0)" 0
  `,
  'SELECT in a script': `
    SELECT 2
    EVAL "redis.call('select',3) redis.call('set','k','three') return redis.call('get','k')" 0
    GET k
    EVAL "return redis.call('get','k')" 0
    SELECT 3
    GET k
    DEL k
    SELECT 0
  `,
  'functions and keys': `
    FUNCTION FLUSH
    FUNCTION LOAD "#!lua name=shop\\nredis.register_function('buy',function(keys,args) return redis.call('incrby',keys[1],args[1]) end)\\nredis.register_function{function_name='peek',callback=function(keys) return redis.call('get',keys[1]) end,flags={'no-writes'}}"
    FCALL buy 1 stock 5
    FCALL_RO peek 1 stock
    FCALL_RO buy 1 stock 5
    FCALL buy 1 stock x
    MULTI
    FCALL buy 1 stock 1
    FCALL nosuch 0
    FCALL peek 1 stock
    EXEC
    FUNCTION DELETE shop
    FCALL peek 1 stock
    FUNCTION FLUSH
  `,
  'errors that end with line breaks': `
    FUNCTION LOAD "a\\nb\\r\\n" code
    FUNCTION LIST "a\\nb\\n"
  `,
  'SCRIPT keeps scripts': `
    SCRIPT HELP
    SCRIPT
    SCRIPT NOSUCH
    SCRIPT LOAD "return 1"
    SCRIPT LOAD "return"
    SCRIPT LOAD "return ("
    SCRIPT LOAD
    SCRIPT LOAD a b
    SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db nosuch E0E1F9FABFC9D4800C877A703B823AC0578FF8DB
    SCRIPT EXISTS
    EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
    EVALSHA_RO E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 1 k
    EVALSHA_RO nosuch 0
    EVALSHA_RO 0000000000000000000000000000000000000000 0
    EVALSHA_RO e0e1f9fabfc9d4800c877a703b823ac0578ff8db x
    SCRIPT LOAD "return redis.call('SET','k','v')"
    EVALSHA_RO 7ff4d1e5a4bd8c1b9b1c1b9a9d3b0e2c1f7b5a11 0
    EVAL_RO "return redis.call('SET','k','v')" 0
    EVAL_RO "return redis.pcall('PFCOUNT','k')" 0
    EVAL_RO "return redis.call('GET','k')" 0
    SCRIPT FLUSH SYNC
    SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db
    SCRIPT FLUSH ASYNC
    SCRIPT FLUSH
    SCRIPT FLUSH FOO
    SCRIPT FLUSH SYNC SYNC
    SCRIPT KILL
    SCRIPT KILL x
    SCRIPT DEBUG NO
    SCRIPT DEBUG FOO
    SCRIPT DEBUG
  `,
  'FUNCTION keeps libraries': `
    FUNCTION FLUSH
    FUNCTION HELP
    FUNCTION
    FUNCTION NOSUCH
    FUNCTION STATS
    FUNCTION DUMP
    FUNCTION DUMP x
    FUNCTION LOAD "#!lua name=one\\nredis.register_function('f', function(keys, args) return args end)"
    FUNCTION STATS
    FUNCTION STATS x
    FUNCTION DUMP
    FUNCTION LIST
    FUNCTION LIST WITHCODE
    FUNCTION LIST LIBRARYNAME o* WITHCODE
    FUNCTION LIST LIBRARYNAME
    FUNCTION LIST LIBRARYNAME a LIBRARYNAME b
    FUNCTION LIST WITHCODE WITHCODE
    FUNCTION LIST FOO
    FUNCTION KILL
    FUNCTION KILL x
    FUNCTION RESTORE x
    FUNCTION RESTORE x FOO
    FUNCTION RESTORE x FLUSH y
    FUNCTION RESTORE "\\x0a\\x00]\\\\@\\x0f\\xa2\\xda\\x01\\x12"
    FUNCTION DELETE nosuch
    FUNCTION DELETE one
    FUNCTION FLUSH FOO
    FUNCTION FLUSH ASYNC
    FCALL f 0
  `,
}

export const templates: readonly string[] = [
  `EVAL "return redis.call('INCR', KEYS[1])" 1 <key>`,
  `EVAL "redis.call('RPUSH', KEYS[1], ARGV[1]); return redis.pcall('GET', KEYS[1])" 1 <key> <value>`,
  `EVAL_RO "return redis.call('TYPE', KEYS[1])" 1 <key>`,
]
