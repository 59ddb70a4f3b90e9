import type { Cases } from '../script.ts'

export const cases: Cases = {
  'SET and GET keep every byte': `
    SET k "a\\x00\\xff\\r\\nb"
    GET k
    STRLEN k
    GET missing
    SET "" empty
    GET ""
  `,
  'SET with conditions': `
    SET k 1 NX
    SET k 2 NX
    SET k 3 XX
    SET m 1 XX
    GET k
    SET k 4 NX GET
    SET k 5 XX GET
    SET n 6 GET
    SET n 7 nx get
    SET l 1 XX GET
    GET n
  `,
  'SET with an expiry': `
    SET k v EX 100
    # PTTL k
    SET k v KEEPTTL
    TTL k
    SET k v
    TTL k
    SET k v PX 100000
    TTL k
    SET k v EXAT 99999999999
    EXPIRETIME k
    SET k v PXAT 99999999999999
    PEXPIRETIME k
    SET k v EXAT 1
    GET k
  `,
  'SET refuses bad options': `
    SET k
    SET k v NX XX
    SET k v EX
    SET k v EX 10 PX 10
    SET k v EX 10 KEEPTTL
    SET k v KEEPTTL EX 10
    SET k v EX 0
    SET k v EX -1
    SET k v PX 0
    SET k v EX abc
    SET k v EX 9223372036854775807
    SET k v PX 9223372036854775807
    SET k v PXAT 9223372036854775807
    SET k v EX 9223372036854775
    SET k v EX 9223372036854776
    SET k v EX 1 EX 2
    SET k v FOO
    SET k v EXAT 0
    RPUSH l 1
    SET l v GET
    SET l v NX GET
    SET l v
    GET l
  `,
  'SETEX, PSETEX and SETNX': `
    SETEX k 100 v
    TTL k
    PSETEX k 100000 v
    TTL k
    SETEX k 0 v
    SETEX k x v
    SETEX k -5 v
    PSETEX k 0 v
    PSETEX k 9223372036854775807 v
    SETEX k 9223372036854775 v
    SETNX k w
    SETNX n w
    GET k
    SETEX k
  `,
  'GETSET, GETDEL and GETEX': `
    GETSET k 1
    GETSET k 2
    GETDEL k
    GETDEL k
    SET k v
    GETEX k EX 100
    TTL k
    GETEX k PERSIST
    TTL k
    GETEX k PXAT 99999999999999
    PEXPIRETIME k
    GETEX k EXAT 1
    EXISTS k
    GETEX k
    SET k v
    GETEX k EX 0
    GETEX k EX 10 PX 10
    GETEX k EX
    GETEX k FOO
    GETEX k PERSIST EX 10
    RPUSH l 1
    GETEX l
    GETSET l x
    GETDEL l
  `,
  'MSET, MSETNX and MGET': `
    MSET a 1 b 2 a 3
    MGET a b c
    MSETNX c 1 a 2
    MSETNX c 1 d 2
    RPUSH l x
    MGET a l d
    MSET a
    MSET a 1 b
    MSETNX a 1 b
    MSET l 1
    GET l
  `,
  'APPEND and its encodings': `
    APPEND k abc
    OBJECT ENCODING k
    APPEND k def
    OBJECT ENCODING k
    GET k
    SET n 1
    OBJECT ENCODING n
    APPEND n 2
    OBJECT ENCODING n
    INCR n
    OBJECT ENCODING n
    SET e {x*44}
    OBJECT ENCODING e
    SET e {x*45}
    OBJECT ENCODING e
    SET e 12345678901234567890
    OBJECT ENCODING e
    SET e 9223372036854775807
    OBJECT ENCODING e
    SET e 007
    OBJECT ENCODING e
    SET e -0
    OBJECT ENCODING e
    APPEND e ""
    OBJECT ENCODING e
    RPUSH l 1
    APPEND l x
  `,
  'SETRANGE and GETRANGE': `
    SETRANGE k 3 abc
    GET k
    OBJECT ENCODING k
    SETRANGE k 0 ""
    SETRANGE m 0 ""
    EXISTS m
    SETRANGE k -1 x
    SETRANGE k x x
    SETRANGE k 536870911 xx
    SETRANGE k 536870912 x
    SETRANGE k 1 "\\xff"
    GETRANGE k 0 -1
    GETRANGE k 1 3
    GETRANGE k -3 -1
    GETRANGE k -1 -3
    GETRANGE k 5 2
    GETRANGE k 0 100
    GETRANGE k 100 200
    GETRANGE k -100 2
    GETRANGE k -100 -50
    GETRANGE k x 1
    GETRANGE m 0 -1
    SUBSTR k 0 2
    APPEND k tail
    GET k
    INCR k
    RPUSH l 1
    SETRANGE l 0 x
    SETRANGE l 0 ""
    GETRANGE l 0 1
    STRLEN l
  `,
  'counters stay within 64 bits': `
    INCR n
    INCRBY n 41
    DECR n
    DECRBY n 100
    SET n 9223372036854775807
    INCR n
    DECR n
    INCRBY n 1
    INCRBY n 1
    INCRBY n -9223372036854775808
    SET n -9223372036854775808
    DECR n
    DECRBY n 1
    DECRBY n -1
    DECRBY n -9223372036854775808
    INCRBY n 9223372036854775808
    INCRBY n 1.5
    INCRBY n " 1"
    INCRBY n +1
    SET n 9007199254740993
    INCR n
    INCRBY n 9007199254740993
    SET n " 1"
    INCR n
    SET n abc
    INCR n
    SET n ""
    INCR n
    SET n 01
    INCR n
    RPUSH l 1
    INCR l
    INCRBY l x
    SET t 1 EX 100
    INCR t
    TTL t
  `,
  'INCRBYFLOAT computes in long doubles': `
    INCRBYFLOAT n 10.5
    INCRBYFLOAT n 0.1
    INCRBYFLOAT n -5
    INCRBYFLOAT n 5.0e3
    SET n 3.0e3
    INCRBYFLOAT n 200
    SET n 0.1
    INCRBYFLOAT n 0.2
    SET n 1
    INCRBYFLOAT n 0.00000000000000001
    INCRBYFLOAT n 0.000000000000000001
    SET n 100000000000000000000
    INCRBYFLOAT n 1
    INCRBYFLOAT n 1e30
    INCRBYFLOAT n inf
    INCRBYFLOAT n nan
    INCRBYFLOAT n abc
    INCRBYFLOAT n " 1"
    INCRBYFLOAT n "1 "
    INCRBYFLOAT n ""
    INCRBYFLOAT n 0x10
    SET n -1
    INCRBYFLOAT n 1
    SET n -0.5
    INCRBYFLOAT n 0.5
    SET n abc
    INCRBYFLOAT n 1
    RPUSH l 1
    INCRBYFLOAT l 1
    SET t 1 EX 100
    INCRBYFLOAT t 1
    TTL t
    OBJECT ENCODING t
  `,
  'LCS finds the longest common subsequence': `
    MSET a ohmytext b mynewtext
    LCS a b
    LCS a b LEN
    LCS a b IDX
    LCS a b IDX MINMATCHLEN 4
    LCS a b IDX WITHMATCHLEN
    LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
    LCS a b IDX LEN
    LCS a b FOO
    LCS a b MINMATCHLEN
    LCS a b MINMATCHLEN x
    LCS a missing
    LCS a missing IDX
    RPUSH l 1
    LCS a l
    LCS l a
    LCS a
    MSET a abcabba b cbabac
    LCS a b
    LCS a b IDX WITHMATCHLEN
  `,
  'wrong types and arities': `
    RPUSH l 1
    GET l
    STRLEN l
    GET
    GET a b
    STRLEN
    APPEND a
    INCR
    INCRBY a
    GETRANGE a 0
    get a
    gEt a
    HSET h f v
    GET h
    SETNX h v
  `,
}

export const templates: readonly string[] = [
  'SET <key> <value>',
  'SET <key> <value> NX|XX',
  'SET <key> <value> GET',
  'SET <key> <value> NX|XX GET',
  'SET <key> <value> KEEPTTL',
  'SET <key> <value> EX <int>',
  'GET <key>',
  'GETDEL <key>',
  'GETSET <key> <value>',
  'GETEX <key> PERSIST',
  'MGET <key> <key>',
  'MSET <key> <value> <key> <value>',
  'MSETNX <key> <value> <key> <value>',
  'APPEND <key> <value>',
  'STRLEN <key>',
  'SETRANGE <key> <index> <value>',
  'GETRANGE <key> <index> <index>',
  'INCR|DECR <key>',
  'INCRBY|DECRBY <key> <int>',
  'INCRBYFLOAT <key> <float>',
  'LCS <key> <key>',
]
