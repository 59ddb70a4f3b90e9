import type { Cases } from '../script.ts'

export const cases: Cases = {
  'fields and values': `
    HSET h f1 v1 f2 v2
    HSET h f1 w1 f3 v3
    HGET h f1
    HGET h nosuch
    HGET missing f
    HMGET h f1 nosuch f2
    HMGET missing a b
    HGETALL h
    HGETALL missing
    HKEYS h
    HVALS h
    HKEYS missing
    HVALS missing
    HLEN h
    HLEN missing
    HEXISTS h f1
    HEXISTS h nosuch
    HSTRLEN h f1
    HSTRLEN h nosuch
    HSETNX h f1 x
    HSETNX h f4 x
    HMSET h a 1 b 2
    HDEL h f1 nosuch f2
    HDEL missing f
    HDEL h f3 f4 a b
    EXISTS h
    HSET h "" "" "\\x00" "\\xff"
    HGETALL h
  `,
  'encodings change at the thresholds and never back': `
    HSET h f v
    OBJECT ENCODING h
    HSET h f {x*64}
    OBJECT ENCODING h
    HSET h f {x*65}
    OBJECT ENCODING h
    HSET h f v
    OBJECT ENCODING h
    HSET g {1..1024}
    OBJECT ENCODING g
    HSET g more 1
    OBJECT ENCODING g
    HSET k {x*65} v
    OBJECT ENCODING k
    HSETNX n f {x*65}
    OBJECT ENCODING n
  `,
  counters: `
    HINCRBY h n 5
    HINCRBY h n -7
    HINCRBY h n 9223372036854775807
    HINCRBY h n 9223372036854775807
    HINCRBY h n x
    HSET h s abc t " 1" f 1.5
    HINCRBY h s 1
    HINCRBY h t 1
    HINCRBY h f 1
    HINCRBYFLOAT h f 0.1
    HINCRBYFLOAT h f 5e3
    HINCRBYFLOAT h s 1
    HINCRBYFLOAT h f x
    HINCRBYFLOAT h f inf
    HINCRBYFLOAT h f nan
    HINCRBYFLOAT h new 1.25
    HINCRBYFLOAT h n 0
    HGETALL h
  `,
  HRANDFIELD: `
    HRANDFIELD missing
    HRANDFIELD missing 5
    HRANDFIELD missing 5 WITHVALUES
    HSET h f v
    HRANDFIELD h
    HRANDFIELD h 1
    HRANDFIELD h 5
    HRANDFIELD h -3
    HRANDFIELD h -3 WITHVALUES
    HRANDFIELD h 5 WITHVALUES
    HRANDFIELD h 0
    HRANDFIELD h 0 WITHVALUES
    HRANDFIELD h x
    HRANDFIELD h 1 FOO
    HRANDFIELD h 1 WITHVALUES FOO
    HRANDFIELD h -9223372036854775808 WITHVALUES
    HRANDFIELD h -9223372036854775807 WITHVALUES
    HSET h {1..20}
    ~ HRANDFIELD h 100
    ~2 HRANDFIELD h 100 WITHVALUES
    ? HRANDFIELD h 3
  `,
  HSCAN: `
    HSCAN missing 0
    HSET h a 1 b 2
    HSCAN h 0
    HSCAN h 0 MATCH a*
    HSCAN h 0 COUNT 1
    HSCAN h x
    HSCAN h 0 COUNT 0
    HSCAN h 0 COUNT x
    HSCAN h 0 FOO
    HSCAN h 0 MATCH
    HSCAN missing x
    HSET big {1..2000}
    ~2 HSCAN big 0 COUNT 10000
    SET s 1
    HSCAN s 0
  `,
  'wrong types and arities': `
    SET s 1
    HSET s f v
    HGET s f
    HGETALL s
    HDEL s f
    HLEN s
    HINCRBY s f 1
    HINCRBYFLOAT s f 1
    HSETNX s f v
    HMGET s f
    HRANDFIELD s
    HSET h
    HSET h f
    HSET h f v g
    HMSET h f
    HMSET h f v g
    HGET h
    HGETALL
    HSETNX h f
    HINCRBY h f
    HDEL h
  `,
  'what is looked at first': `
    SET s x
    HRANDFIELD h x y WITHVALUES
    HRANDFIELD h 1 y WITHVALUES
    HRANDFIELD h 1 y
    HRANDFIELD s x
    HSCAN s x
    HSCAN s 0 FOO
    HSCAN s 0 COUNT 0
    HSCAN missing 0 FOO
    HSCAN missing 0 COUNT x
    HSCAN missing "0\\x00x"
    HSCAN missing -
    HSCAN missing ""
    HSCAN missing +1
    HSCAN missing 18446744073709551615
    HSCAN missing 18446744073709551616
    HSCAN missing " 1"
    HSCAN missing 0x1
  `,
}

export const templates: readonly string[] = [
  'HSET <key> <field> <value>',
  'HSET <key> <field> <value> <field> <value>',
  'HSETNX <key> <field> <value>',
  'HMSET <key> <field> <value>',
  'HGET <key> <field>',
  'HMGET <key> <field> <field>',
  'HGETALL <key>',
  'HKEYS|HVALS|HLEN <key>',
  'HDEL <key> <field> <field>',
  'HEXISTS|HSTRLEN <key> <field>',
  'HINCRBY <key> <field> <int>',
  'HINCRBYFLOAT <key> <field> <float>',
  'HSCAN <key> 0',
]
