import type { Cases } from '../script.ts'

/** Fields that expire came later than everything else the engine has. */
export const version = 'redis-8.0'

export const cases: Cases = {
  'HEXPIRE and HTTL': `
    HSET h a 1 b 2 c 3
    HEXPIRE h 100 FIELDS 2 a nosuch
    HTTL h FIELDS 4 a b nosuch a
    # HPTTL h FIELDS 2 a b
    HPEXPIRE h 200000 FIELDS 1 b
    HTTL h FIELDS 1 b
    HEXPIREAT h 9999999999 FIELDS 1 c
    HEXPIRETIME h FIELDS 1 c
    HPEXPIRETIME h FIELDS 1 c
    HPEXPIREAT h 9999999999001 FIELDS 1 c
    HEXPIRETIME h FIELDS 1 c
    HPEXPIRETIME h FIELDS 3 c b nosuch b
    HPERSIST h FIELDS 3 a a nosuch
    HTTL h FIELDS 1 a
    HEXPIRE missing 100 FIELDS 2 a b
    HTTL missing FIELDS 1 a
    HPTTL missing FIELDS 1 a
    HEXPIRETIME missing FIELDS 1 a
    HPEXPIRETIME missing FIELDS 1 a
    HPERSIST missing FIELDS 2 a b
    HEXPIRE h 100 FIELDS 2 a a
    ~2 HGETALL h
    HLEN h
  `,
  conditions: `
    HSET h a 1 b 2
    HEXPIRE h 100 XX FIELDS 1 a
    HEXPIRE h 100 GT FIELDS 1 a
    HEXPIRE h 100 NX FIELDS 1 a
    HEXPIRE h 200 NX FIELDS 2 a b
    HEXPIRE h 50 GT FIELDS 1 a
    HEXPIRE h 300 gt FIELDS 1 a
    HEXPIRE h 400 LT FIELDS 1 a
    HEXPIRE h 250 LT FIELDS 1 a
    HTTL h FIELDS 2 a b
    HPERSIST h FIELDS 1 b
    HEXPIRE h 100 LT FIELDS 1 b
    HEXPIRE h 150 XX FIELDS 2 a b
    HEXPIRE h 0 GT FIELDS 1 a
    HEXPIRE h 0 LT FIELDS 1 a
    HKEYS h
    HPEXPIREAT h 9999999999000 FIELDS 1 b
    HPEXPIREAT h 9999999999000 GT FIELDS 1 b
    HPEXPIREAT h 9999999999000 LT FIELDS 1 b
  `,
  'a time that is past removes at once': `
    HSET h a 1 b 2 c 3
    HEXPIRE h 0 FIELDS 2 a nosuch
    HPEXPIREAT h 1 FIELDS 1 b
    HKEYS h
    HEXPIREAT h 1 FIELDS 2 c c
    EXISTS h
  `,
  'fields are gone when their time has come': `
    HSET h a 1 b 2
    HPEXPIRE h 1 FIELDS 1 a
    BLPOP nothing 0.3
    HGET h a
    HEXISTS h a
    HGETALL h
    HLEN h
    HPEXPIRE h 1 FIELDS 1 b
    BLPOP nothing 0.3
    EXISTS h
    TYPE h
    HSET h a 1
    HPEXPIRE h 100000 FIELDS 1 a
    HSET h a 2
    HTTL h FIELDS 1 a
    HPEXPIRE h 100000 FIELDS 1 a
    HINCRBY h a 5
    HINCRBYFLOAT h a 0.5
    HTTL h FIELDS 1 a
    HSETNX h a 1
    HTTL h FIELDS 1 a
    HDEL h a
    HSET h a 1
    HTTL h FIELDS 1 a
    HEXPIRE h 100 FIELDS 1 a
    COPY h copy
    HTTL copy FIELDS 1 a
    RENAME h other
    HTTL other FIELDS 1 a
    DEL other
    HSET other a 1
    HTTL other FIELDS 1 a
    HSET x a 1
    HPEXPIRE x 300 FIELDS 1 a
    RENAME x y
    BLPOP nothing 0.6
    EXISTS y
  `,
  HGETDEL: `
    HSET h a 1 b 2 c 3
    HGETDEL h FIELDS 1 a
    HGETDEL h FIELDS 3 a b nosuch
    HGETDEL h FIELDS 2 c c
    EXISTS h
    HGETDEL missing FIELDS 2 a b
    HGETDEL h FIELDS 0 a
    HGETDEL h FIELDS -1 a
    HGETDEL h FIELDS x a
    HGETDEL h FIELDS 2 a
    HGETDEL h FIELDS 1 a b
    HGETDEL h FOO 1 a
    HGETDEL h FIELDS 1
    HGETDEL h
    SET s v
    HGETDEL s FIELDS 1 a
    HGETDEL s FIELDS 2 a
  `,
  HGETEX: `
    HSET h a 1 b 2
    HGETEX h FIELDS 2 a nosuch
    HGETEX h EX 100 FIELDS 1 a
    HTTL h FIELDS 1 a
    HGETEX h PX 200000 FIELDS 2 a b
    HTTL h FIELDS 2 a b
    HGETEX h EXAT 9999999999 FIELDS 1 a
    HEXPIRETIME h FIELDS 1 a
    HGETEX h PXAT 9999999999001 FIELDS 1 a
    HPEXPIRETIME h FIELDS 1 a
    HGETEX h PERSIST FIELDS 2 a nosuch
    HTTL h FIELDS 1 a
    HGETEX h FIELDS 1 b EX 100
    HGETEX h PXAT 1 FIELDS 1 a
    HKEYS h
    HGETEX h PXAT 1 FIELDS 1 b
    EXISTS h
    HGETEX missing EX 100 FIELDS 1 a
    HSET h a 1
    HGETEX h EX 0 FIELDS 1 a
    HGETEX h EX -1 FIELDS 1 a
    HGETEX h EX x FIELDS 1 a
    HGETEX h EX FIELDS 1 a
    HGETEX h EX 1 PX 1 FIELDS 1 a
    HGETEX h EX 1 PERSIST FIELDS 1 a
    HGETEX h PERSIST EX 1 FIELDS 1 a
    HGETEX h PERSIST PERSIST FIELDS 1 a
    HGETEX h KEEPTTL FIELDS 1 a
    HGETEX h FOO FIELDS 1 a
    HGETEX h FIELDS 0 a
    HGETEX h FIELDS x a
    HGETEX h FIELDS 2 a
    HGETEX h FIELDS 1 a b
    HGETEX h FIELDS 1 a FIELDS 1 b
    HGETEX h EX 9223372036854775807 FIELDS 1 a
    HGETEX h PX 9223372036854775807 FIELDS 1 a
    HGETEX h EX x FOO 1 a
    HGETEX h EX x a
    HGETEX h EX 10 a b c
    HGETEX h FIELDS 1
    SET s v
    HGETEX s FIELDS 1 a
    HGETEX s FOO 1 a
  `,
  HSETEX: `
    HSETEX h FIELDS 2 a 1 b 2
    HSETEX h EX 100 FIELDS 1 a 1
    HTTL h FIELDS 2 a b
    HSETEX h KEEPTTL FIELDS 2 a 2 b 3
    HTTL h FIELDS 2 a b
    HSETEX h FIELDS 1 a 3
    HTTL h FIELDS 1 a
    HSETEX h FNX FIELDS 2 a 9 new 9
    HSETEX h FNX FIELDS 2 new 1 newer 1
    HSETEX h FXX FIELDS 2 a 5 nosuch 5
    HSETEX h FXX PX 100000 FIELDS 2 a 5 b 6
    HTTL h FIELDS 2 a b
    HSETEX missing FXX FIELDS 1 a 1
    EXISTS missing
    HSETEX h PXAT 9999999999000 FIELDS 1 a 7
    HPEXPIRETIME h FIELDS 1 a
    HSETEX h FIELDS 1 b 7 EXAT 9999999999 FXX
    HEXPIRETIME h FIELDS 1 b
    HSETEX h PXAT 1 FIELDS 1 a 8
    HEXISTS h a
    HSETEX fresh PXAT 1 FIELDS 1 a 8
    EXISTS fresh
    HSETEX h EX 0 FIELDS 1 a 1
    HSETEX h EX -1 FIELDS 1 a 1
    HSETEX h EX x FIELDS 1 a 1
    HSETEX h EX 1 PX 1 FIELDS 1 a 1
    HSETEX h EX 1 KEEPTTL FIELDS 1 a 1
    HSETEX h FNX FXX FIELDS 1 a 1
    HSETEX h FNX FNX FIELDS 1 a 1
    HSETEX h PERSIST FIELDS 1 a 1
    HSETEX h FOO FIELDS 1 a 1
    HSETEX h FIELDS 1 a
    HSETEX h FIELDS 1 a 1 b
    HSETEX h FIELDS 1 a 1 b 2
    HSETEX h FIELDS 2 a 1
    HSETEX h FIELDS 2 a 1 b
    HSETEX h FIELDS 0 a 1
    HSETEX h FIELDS -1 a 1
    HSETEX h FIELDS x a 1
    HSETEX h FIELDS 1 a 1 FIELDS 1 b 1
    HSETEX h EX 10 a 1 b
    HSETEX h EX 9223372036854775807 FIELDS 1 a 1
    HSETEX h PX 70368744177664 FIELDS 1 a 1
    SET s v
    HSETEX s FIELDS 1 a 1
    HSETEX s FOO 1 a 1
    HSETEX h FIELDS 2 t 1 t 2
    HGET h t
  `,
  'arguments of HEXPIRE and its relatives': `
    HSET h a 1
    HEXPIRE h x FIELDS 1 a
    HEXPIRE h -1 FIELDS 1 a
    HEXPIRE h 9223372036854775807 FIELDS 1 a
    HEXPIRE h 70368744177 FIELDS 1 a
    HEXPIREAT h 70368744177 FIELDS 1 a
    HEXPIREAT h 70368744178 FIELDS 1 a
    HPEXPIREAT h 70368744177663 FIELDS 1 a
    HPEXPIREAT h 70368744177664 FIELDS 1 a
    HPEXPIREAT h -1 FIELDS 1 a
    HEXPIRE h 100 FIELDS 0 a
    HEXPIRE h 100 FIELDS -1 a
    HEXPIRE h 100 FIELDS x a
    HEXPIRE h 100 FIELDS 2 a
    HEXPIRE h 100 FIELDS 1 a b
    HEXPIRE h 100 FOO 1 a
    HEXPIRE h 100 FOO FIELDS 1 a
    HEXPIRE h 100 NX XX FIELDS 1 a
    HEXPIRE h 100 NX FOO 1 a
    HEXPIRE h x FOO 1 a
    HEXPIRE h 100 FIELDS 9223372036854775807 a
    HEXPIRE h 100 FIELDS 1
    HEXPIRE h 100
    HEXPIRE missing x FIELDS 1 a
    HEXPIRE missing 100 FIELDS 2 a
    HTTL h FOO 1 a
    HTTL h FIELDS 0 a
    HTTL h FIELDS x a
    HTTL h FIELDS 2 a
    HTTL h FIELDS 1 a b
    HTTL missing FIELDS 2 a
    HTTL h FIELDS 1
    HPERSIST h FOO 1 a
    HPERSIST h FIELDS 0 a
    HPERSIST h FIELDS 2 a
    HPERSIST h FIELDS 1
    HEXPIRETIME h FIELDS 2 a
    HPEXPIRETIME h FIELDS x a
    HPTTL h FIELDS
    SET s v
    HEXPIRE s 100 FIELDS 1 a
    HEXPIRE s x FIELDS 1 a
    HEXPIRE s 100 FIELDS 2 a
    HTTL s FIELDS 1 a
    HTTL s FIELDS 2 a
    HPERSIST s FIELDS 1 a
    HPERSIST s FIELDS 2 a
    HPEXPIRETIME s FIELDS 1 a
  `,
  events: `
    CONFIG SET notify-keyspace-events KEA
    b: SUBSCRIBE __keyspace@0__:h
    HSET h a 1 b 2 c 3
    b<
    HEXPIRE h 100 FIELDS 2 a b
    b<
    HPERSIST h FIELDS 2 a c
    b<
    HGETEX h EX 100 FIELDS 1 a
    b<
    HGETEX h PERSIST FIELDS 1 a
    b<
    HGETDEL h FIELDS 1 a
    b<
    HSETEX h EX 100 FIELDS 1 a 1
    b<
    b<
    HPEXPIRE h 1 FIELDS 1 a
    b<
    b<
    HEXPIRE h 0 FIELDS 2 b c
    b<
    b<
    HSET h a 1 b 1
    b<
    HGETEX h PXAT 1 FIELDS 1 b
    b<
    HSETEX h PXAT 1 FIELDS 1 b 1
    b<
    b<
    HPEXPIRE h 1 FIELDS 1 a
    b<
    b<
    b<
    CONFIG SET notify-keyspace-events ""
  `,
  'HSETEX reads its arguments in their order': `
    HSETEX h EXAT -1 nosuch FIELDS 1 a 1
    HSETEX h PXAT x PXAT 1 FIELDS 1 a 1
    HSETEX h FNX FIELDS -1 a
    HSETEX h FNX PXAT x FIELDS 3 a 1
    HSETEX h FNX EX 1 FIELDS
    HSETEX h EX 100 FNX a 1
    HGETEX h FIELDS
    HGETEX h EX 100 FIELDS
    HGETEX h PERSIST FIELDS
    HGETEX h FIELDS 9223372036854775807 a
    HGETDEL h FIELDS 9223372036854775807 a
  `,
}

export const templates: readonly string[] = [
  'HSET <key> <field> <value> <field> <value>',
  'HEXPIREAT <key> 9999999999|0 FIELDS 2 <field> <field>',
  'HEXPIREAT <key> 9999999999|9999999998|0 NX|XX|GT|LT FIELDS 1 <field>',
  'HPERSIST|HEXPIRETIME <key> FIELDS 2 <field> <field>',
  'HPEXPIREAT <key> 9999999999000|1 FIELDS 1 <field>',
  'HPEXPIRETIME <key> FIELDS 1 <field>',
  'HGETDEL <key> FIELDS 1 <field>',
  'HGETEX <key> PERSIST FIELDS 2 <field> <field>',
  'HGETEX <key> PXAT 9999999999500|1 FIELDS 2 <field> <field>',
  'HSETEX <key> FNX|FXX KEEPTTL FIELDS 1 <field> <value>',
  'HSETEX <key> FNX|FXX PXAT 9999999999600|1 FIELDS 1 <field> <value>',
  'HGET|HEXISTS <key> <field>',
  'HLEN|EXISTS|TYPE <key>',
  'HDEL <key> <field>',
  'HINCRBY <key> <field> 3',
  'RENAME <key> <key>',
  'COPY <key> <key> REPLACE',
  'SET <key> <value>',
]
