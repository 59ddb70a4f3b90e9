import type { Cases } from '../script.ts'

export const cases: Cases = {
  'adding and moving members': `
    ZADD z 1 a 2 b 3 c
    ZADD z 1 a 5 b
    ZADD z CH 1 a 6 b 7 d
    ZADD z NX 9 a 9 e
    ZADD z XX 9 a 9 f
    ZADD z GT 1 a 10 b
    ZADD z LT CH 1 a 100 b
    ZADD z GT CH 1 new
    ZADD z INCR 5 a
    ZADD z NX INCR 5 a
    ZADD z XX INCR 5 nosuch
    ZADD z GT INCR -5 a
    ZADD z LT INCR 5 a
    ZADD missing XX 1 a
    ZADD missing XX INCR 1 a
    EXISTS missing
    ZADD z +inf i -inf j
    ZADD z INCR -inf i
    ZINCRBY z 2.5 a
    ZINCRBY z 1e300 big
    ZINCRBY new 0.1 x
    ZINCRBY z nan a
    ZINCRBY z x a
    ZSCORE z a
    ZSCORE z nosuch
    ZSCORE missing a
    ZMSCORE z a nosuch i
    ZMSCORE missing a
    ZCARD z
    ZCARD missing
    ZRANGE z 0 -1 WITHSCORES
    ZADD z
    ZADD z 1
    ZADD z 1 a 2
    ZADD z NX XX 1 a
    ZADD z NX GT 1 a
    ZADD z GT LT 1 a
    ZADD z INCR 1 a 2 b
    ZADD z x a
    ZADD z 1 a y b
    ZADD z nan a
    ZADD z NX
    ZADD z 0x10 hex 1e5 exp " 1" space
    ZADD z 0x10 hex 1e5 exp -0 zero 3.14159265358979 pi
    ZRANGE z 0 -1 WITHSCORES
  `,
  'removing and counting': `
    ZADD z 1 a 2 b 3 c 4 d 5 e
    ZREM z a nosuch b
    ZREM missing a
    ZCOUNT z 3 4
    ZCOUNT z (3 +inf
    ZCOUNT z -inf (5
    ZCOUNT z 5 3
    ZCOUNT z x 3
    ZCOUNT z nan 3
    ZCOUNT z "" ""
    ZCOUNT z ( (
    ZCOUNT missing 0 1
    ZRANK z c
    ZRANK z e
    ZRANK z nosuch
    ZRANK missing a
    ZREVRANK z c
    ZREVRANK z nosuch
    ZREMRANGEBYSCORE z 3 (4
    ZREMRANGEBYRANK z -1 -1
    ZREMRANGEBYRANK z 5 9
    ZREMRANGEBYRANK z x 9
    ZREMRANGEBYSCORE z x 9
    ZREMRANGEBYSCORE missing 0 1
    ZREMRANGEBYSCORE z -inf +inf
    EXISTS z
    ZADD z 0 a 0 b 0 c
    ZREMRANGEBYLEX z [a (c
    ZREMRANGEBYLEX z a c
    ZLEXCOUNT z - +
    ZLEXCOUNT z [a [b
    ZLEXCOUNT z + -
    ZLEXCOUNT z x +
    ZLEXCOUNT missing - +
    ZREM z c
    EXISTS z
  `,
  ranges: `
    ZADD z 1 a 2 b 3 c 4 d 5 e
    ZRANGE z 0 -1
    ZRANGE z 1 3 WITHSCORES
    ZRANGE z -2 -1
    ZRANGE z 3 1
    ZRANGE z 9 10
    ZRANGE z -100 100
    ZRANGE z x 1
    ZRANGE z 0 1 NOSUCH
    ZRANGE missing 0 -1
    ZREVRANGE z 0 1
    ZREVRANGE z 1 -1 WITHSCORES
    ZREVRANGE z -2 -1
    ZRANGE z 0 1 REV
    ZRANGE z 0 -1 REV WITHSCORES
    ZRANGE z 2 4 BYSCORE
    ZRANGE z (2 4 BYSCORE WITHSCORES
    ZRANGE z 4 2 BYSCORE REV
    ZRANGE z 2 4 BYSCORE REV
    ZRANGE z -inf +inf BYSCORE LIMIT 1 2
    ZRANGE z +inf -inf BYSCORE REV LIMIT 1 2
    ZRANGE z -inf +inf BYSCORE LIMIT 1 -1
    ZRANGE z -inf +inf BYSCORE LIMIT -1 2
    ZRANGE z -inf +inf BYSCORE LIMIT 9 2
    ZRANGE z -inf +inf BYSCORE LIMIT 0 0
    ZRANGE z 0 1 LIMIT 0 1
    ZRANGE z 0 1 LIMIT 0
    ZRANGE z 0 1 LIMIT 0 -1
    ZRANGE z 0 1 BYSCORE BYLEX
    ZRANGE z 0 1 REV REV
    ZRANGE z - + BYLEX WITHSCORES
    ZRANGEBYSCORE z 2 3
    ZRANGEBYSCORE z 2 3 WITHSCORES LIMIT 0 1
    ZRANGEBYSCORE z x 3
    ZRANGEBYSCORE z 2 3 REV
    ZRANGEBYSCORE missing 2 3
    ZREVRANGEBYSCORE z 3 2
    ZREVRANGEBYSCORE z +inf (3 WITHSCORES LIMIT 1 5
    ZRANGEBYSCORE z 1 2 LIMIT x 1
    ZRANGE z 1 2 3 4 5
  `,
  'ranges of bytes': `
    ZADD z 0 a 0 aa 0 ab 0 b 0 "\\x00" 0 "\\xff" 0 ""
    ZRANGE z - + BYLEX
    ZRANGE z + - BYLEX REV
    ZRANGEBYLEX z [a [b
    ZRANGEBYLEX z (a (b
    ZRANGEBYLEX z - (a
    ZRANGEBYLEX z [ +
    ZRANGEBYLEX z ( +
    ZRANGEBYLEX z + -
    ZRANGEBYLEX z - + LIMIT 2 2
    ZRANGEBYLEX z a b
    ZRANGEBYLEX z - + WITHSCORES
    ZREVRANGEBYLEX z + -
    ZREVRANGEBYLEX z [b (a
    ZREVRANGEBYLEX z + - LIMIT 1 2
    ZRANGEBYLEX missing - +
  `,
  ZRANGESTORE: `
    ZADD z 1 a 2 b 3 c
    ZRANGESTORE d z 0 1
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d z 2 3 BYSCORE REV
    EXISTS d
    ZRANGESTORE d z 3 2 BYSCORE REV
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d z - + BYLEX LIMIT 1 1
    ZRANGE d 0 -1
    ZRANGESTORE d missing 0 -1
    EXISTS d
    ZRANGESTORE d z 0 1 WITHSCORES
    ZRANGESTORE z z 0 0
    ZRANGE z 0 -1
    SET s x
    ZRANGESTORE s z 0 -1
    TYPE s
    SET s x
    ZRANGESTORE d s 0 -1
  `,
  'random members': `
    ZRANDMEMBER missing
    ZRANDMEMBER missing 2
    ZADD z 1.5 a
    ZRANDMEMBER z
    ZRANDMEMBER z 3
    ZRANDMEMBER z -3
    ZRANDMEMBER z 3 WITHSCORES
    ZRANDMEMBER z -2 WITHSCORES
    ZRANDMEMBER z 0
    ZRANDMEMBER z x
    ZRANDMEMBER z 1 NOSUCH
    ZRANDMEMBER z x NOSUCH
    ZRANDMEMBER z 1 WITHSCORES x
    ZRANDMEMBER z -9223372036854775808
    ZRANDMEMBER z -9223372036854775807 WITHSCORES
    ZADD z 2 b 3 c
    ~ ZRANDMEMBER z 10
    ? ZRANDMEMBER z 2
  `,
  popping: `
    ZADD z 1 a 2 b 3 c 4 d 5 e 6 f
    ZPOPMIN z
    ZPOPMAX z
    ZPOPMIN z 2
    ZPOPMAX z 0
    ZPOPMAX z -1
    ZPOPMAX z x
    ZPOPMIN z 1 2
    ZPOPMIN missing
    ZPOPMIN missing 2
    ZMPOP 2 missing z MAX COUNT 1
    ZMPOP 1 missing MIN
    ZMPOP 1 z MIN COUNT 10
    EXISTS z
    ZMPOP 0 z MIN
    ZMPOP x z MIN
    ZMPOP 1 z
    ZMPOP 1 z NOSUCH
    ZMPOP 2 z MIN
    ZMPOP 1 z MIN COUNT 0
    ZMPOP 1 z MIN COUNT
    ZMPOP 1 z MIN COUNT 1 COUNT 2
    ZADD z 1 a
    BZPOPMIN missing z 0
    ZADD z 1 a
    BZPOPMAX z 0
    ZADD z 1 a 2 b
    BZMPOP 0 2 missing z MIN COUNT 5
    BZMPOP x 1 z MIN
    BZMPOP -1 1 z MIN
    BZPOPMIN z x
    BZPOPMIN z 0.01
    BZMPOP 0.01 1 z MAX
    MULTI
    BZPOPMIN z 0
    BZMPOP 0 1 z MIN
    EXEC
  `,
  'blocked clients are served in order': `
    b! BZPOPMIN z y 0
    c! BZPOPMAX z 0
    d! BZMPOP 0 2 y z MAX COUNT 2
    ZADD z 1 a 2 b 3 c 4 d
    b<
    c<
    d<
    ZRANGE z 0 -1
    b! BZPOPMIN z 0
    SET z x
    DEL z
    ZADD z 7 m
    b<
    EXISTS z
    b! BZPOPMIN z 0
    ZADD other 1 x
    RENAME other z
    b<
  `,
  'unions, intersections and differences': `
    ZADD a 1 x 2 y 3 z
    ZADD b 10 y 20 z 30 w
    SADD s x z
    ZUNION 2 a b WITHSCORES
    ZUNION 3 a b s WITHSCORES WEIGHTS 1 2 3
    ZUNION 2 a b AGGREGATE MIN WITHSCORES
    ZUNION 2 a b AGGREGATE MAX WITHSCORES
    ZUNION 2 a missing
    ZUNION 1 missing
    ZINTER 2 a b WITHSCORES
    ZINTER 3 a b s WITHSCORES WEIGHTS 1 2 0.5
    ZINTER 2 a missing
    ZINTER 2 a a WITHSCORES
    ZDIFF 2 a b WITHSCORES
    ZDIFF 2 a s
    ZDIFF 1 s WITHSCORES
    ZDIFF 2 missing a
    ZDIFF 2 a b WEIGHTS 1 2
    ZDIFF 2 a b AGGREGATE SUM
    ZINTERCARD 2 a b
    ZINTERCARD 2 a b LIMIT 1
    ZINTERCARD 2 a b LIMIT -1
    ZINTERCARD 2 a b LIMIT
    ZINTERCARD 2 a b WEIGHTS 1 2
    ZINTERCARD 0 a
    ZUNIONSTORE d 2 a b WEIGHTS 2 0.1
    ZRANGE d 0 -1 WITHSCORES
    ZINTERSTORE d 2 a b AGGREGATE MIN
    ZRANGE d 0 -1 WITHSCORES
    ZDIFFSTORE d 2 a b
    ZRANGE d 0 -1 WITHSCORES
    ZINTERSTORE d 2 a missing
    EXISTS d
    ZUNIONSTORE a 2 a a
    ZRANGE a 0 -1 WITHSCORES
    ZADD i +inf x
    ZADD j -inf x
    ZUNION 2 i j WITHSCORES
    ZINTER 2 i j WITHSCORES WEIGHTS 0 1
    ZUNION 0 a
    ZUNION x a
    ZUNION 3 a b
    ZUNION 2 a b WEIGHTS 1
    ZUNION 2 a b WEIGHTS 1 x
    ZUNION 2 a b AGGREGATE
    ZUNION 2 a b AGGREGATE NOSUCH
    ZUNIONSTORE d 2 a b WITHSCORES
    ZUNIONSTORE d 0 a
    SET str x
    ZUNION 2 a str
    ZINTERSTORE str 1 a
    TYPE str
  `,
  'encodings and ZSCAN': `
    ZADD z {1..128}
    OBJECT ENCODING z
    ZADD s 1 {x*64}
    OBJECT ENCODING s
    ZADD s 1 {x*65}
    OBJECT ENCODING s
    ZADD m 1.5 a 2 b inf c
    ZSCAN m 0
    ZSCAN m 0 MATCH b
    ZSCAN m x
    ZSCAN missing 0
    ZUNIONSTORE u 1 s
    OBJECT ENCODING u
    ZREM s {x*65}
    ZUNIONSTORE u 1 s
    OBJECT ENCODING u
  `,
  'wrong types and arities': `
    SET s 1
    ZADD s 1 a
    ZADD s 1
    ZINCRBY s 1 a
    ZREM s a
    ZCARD s
    ZSCORE s a
    ZRANGE s 0 -1
    ZRANGE s x -1
    ZPOPMIN s
    ZPOPMIN s 0
    BZPOPMIN s 0
    ZMPOP 1 s MIN
    ZRANDMEMBER s
    ZSCAN s 0
    ZREMRANGEBYRANK s 0 1
    ZCOUNT s 0 1
    ZRANGE z
    ZUNION 1
    ZINCRBY z 1
  `,
  'minus zero': `
    ZADD lex 0 a
    ZINTER 1 lex WEIGHTS -2 WITHSCORES
    ZUNION 1 lex WEIGHTS -2 WITHSCORES
    ZUNION 2 lex lex WEIGHTS -2 1 AGGREGATE MIN WITHSCORES
    ZUNION 2 lex lex WEIGHTS 1 -2 AGGREGATE MIN WITHSCORES
    ZUNION 2 lex lex WEIGHTS -2 -2 WITHSCORES
    ZUNION 2 lex lex WEIGHTS -2 1 AGGREGATE MAX WITHSCORES
    ZINTER 2 lex lex WEIGHTS -2 -2 WITHSCORES
    ZUNIONSTORE d 1 lex WEIGHTS -2
    ZRANGE d 0 -1 WITHSCORES
  `,
  'what C reads of numbers': `
    ZADD z 1 a 2 b 3 c
    ZADD new INCR -0 a
    ZSCORE new a
    ZINCRBY new -0 b
    ZADD new INCR -0 b
    ZRANGEBYSCORE z "1\\x00x" (3
    ZRANGE z "(1\\x00" +inf BYSCORE
    ZREMRANGEBYSCORE z "\\x00" "\\x00"
    ZCOUNT z -inf "+inf\\x00"
    BZMPOP x 0 z MIN
    BZMPOP x 1 z MIN COUNT 0
    BZMPOP -1 1 z MIN
    ZRANK z a WITHSCORE
    MULTI
    ZREVRANK z a WITHSCORE
    DISCARD
  `,
}

export const templates: readonly string[] = [
  'ZADD <key> <float> <value> <float> <value>',
  'ZADD <key> NX|XX CH <float> <value>',
  'ZADD <key> GT|LT INCR <float> <value>',
  'ZINCRBY <key> <float> <value>',
  'ZREM <key> <value> <value>',
  'ZCARD <key>',
  'ZSCORE <key> <value>',
  'ZRANK|ZREVRANK <key> <value>',
  'ZRANGE <key> <index> <index> WITHSCORES',
  'ZREVRANGE <key> <index> <index>',
  'ZRANGEBYSCORE <key> <float> <float> LIMIT <count> <count>',
  'ZCOUNT <key> <float> <float>',
  'ZPOPMIN|ZPOPMAX <key> <count>',
  'ZMPOP 2 <key> <key> MIN|MAX COUNT <count>',
  'ZREMRANGEBYRANK <key> <index> <index>',
  'ZUNIONSTORE|ZINTERSTORE|ZDIFFSTORE <key> 2 <key> <key>',
  'ZRANGESTORE <key> <key> <index> <index>',
]
