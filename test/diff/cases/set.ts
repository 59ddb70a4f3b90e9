import type { Cases } from '../script.ts'

export const cases: Cases = {
  members: `
    SADD s a b c
    SADD s a d
    SCARD s
    SCARD missing
    ~ SMEMBERS s
    SMEMBERS missing
    SISMEMBER s a
    SISMEMBER s nosuch
    SISMEMBER missing a
    SMISMEMBER s a nosuch b
    SMISMEMBER missing a b
    SREM s a nosuch b
    SREM missing a
    SREM s c d
    EXISTS s
  `,
  'an intset is sorted and ends at its limits': `
    SADD s 3 -1 2 9223372036854775807 -9223372036854775808
    SMEMBERS s
    OBJECT ENCODING s
    SISMEMBER s 03
    SADD s 03
    OBJECT ENCODING s
    SADD t {1..512}
    OBJECT ENCODING t
    SADD t 513
    OBJECT ENCODING t
    SADD u 1 a
    SREM u a
    OBJECT ENCODING u
    SADD v 9223372036854775808
    OBJECT ENCODING v
  `,
  SMOVE: `
    SADD a 1 2
    SADD b 3
    SMOVE a b 1
    SMOVE a b nosuch
    SMOVE missing b 1
    SMEMBERS a
    SMEMBERS b
    SMOVE a a 2
    SMOVE a a 7
    SADD a 3
    SMOVE a b 3
    SMOVE a c 2
    EXISTS a
    SET str x
    SMOVE str b 1
    SMOVE b str 1
    SMOVE missing str 1
  `,
  'drawing members': `
    SRANDMEMBER missing
    SRANDMEMBER missing 3
    SRANDMEMBER missing -3
    SADD s a
    SRANDMEMBER s
    SRANDMEMBER s 5
    SRANDMEMBER s -3
    SRANDMEMBER s 0
    SRANDMEMBER s x
    SRANDMEMBER s 1 2
    SRANDMEMBER s -9223372036854775808
    SADD s b c
    ~ SRANDMEMBER s 3
    ~ SRANDMEMBER s 9223372036854775807
    ? SRANDMEMBER s 2
    SPOP missing
    SPOP missing 3
    SPOP s 0
    SPOP s -1
    SPOP s x
    SPOP s 1 2
    ~ SPOP s 10
    EXISTS s
    SADD one 1
    SPOP one
    EXISTS one
    SADD one 1
    SPOP one 1
  `,
  'combining sets': `
    SADD a 1 2 3 4
    SADD b 2 4 6
    SADD c 4 x
    SINTER a b
    SINTER a b c
    SINTER a missing
    SINTER a
    SUNION a b
    ~ SUNION a b c missing
    SDIFF a b
    SDIFF a b c
    SDIFF missing a
    SDIFF a missing
    SDIFF a a
    SINTERSTORE d a b
    SMEMBERS d
    OBJECT ENCODING d
    SUNIONSTORE d a c
    ~ SMEMBERS d
    OBJECT ENCODING d
    SDIFFSTORE d a b
    SMEMBERS d
    SDIFFSTORE d missing a
    EXISTS d
    SDIFFSTORE a a b
    SMEMBERS a
    SET str x
    SINTERSTORE str a b
    TYPE str
    SUNIONSTORE str b
    TYPE str
    SET str x
    SINTER a str
    SINTER missing str
    SUNIONSTORE d a str
    SDIFF str a
  `,
  SINTERCARD: `
    SADD a 1 2 3 4
    SADD b 2 3 4
    SINTERCARD 2 a b
    SINTERCARD 2 a b LIMIT 2
    SINTERCARD 2 a b LIMIT 0
    SINTERCARD 2 a missing
    SINTERCARD 1 a
    SINTERCARD 0 a
    SINTERCARD x a
    SINTERCARD 3 a b
    SINTERCARD 2 a b LIMIT
    SINTERCARD 2 a b LIMIT -1
    SINTERCARD 2 a b LIMIT x
    SINTERCARD 2 a b NOSUCH 1
    SINTERCARD 1 a b
  `,
  SSCAN: `
    SADD s 1 2 3
    SSCAN s 0
    SSCAN s 0 MATCH 2
    SSCAN missing 0
    SSCAN s x
    SSCAN s 0 COUNT 0
    SSCAN s 0 NOSUCH 1
    SADD t a b
    ~ SSCAN t 0 MATCH nosuch*
  `,
  'wrong arities': `
    SADD s
    SMEMBERS
    SMOVE a b
    SINTERCARD 1
    SINTERSTORE d
  `,
  'wrong types': `
    SET s 1
    SADD s a
    SREM s a
    SCARD s
    SMEMBERS s
    SISMEMBER s a
    SPOP s
    SRANDMEMBER s
    SSCAN s 0
  `,
}

export const templates: readonly string[] = [
  'SADD <key> <value> <value>',
  'SREM <key> <value> <value>',
  'SCARD <key>',
  'SISMEMBER <key> <value>',
  'SMISMEMBER <key> <value> <value>',
  'SMOVE <key> <key> <value>',
  'SINTERSTORE|SUNIONSTORE|SDIFFSTORE <key> <key> <key>',
  'SINTERCARD 2 <key> <key> LIMIT <count>',
]
