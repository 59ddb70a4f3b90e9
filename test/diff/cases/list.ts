import type { Cases } from '../script.ts'

export const cases: Cases = {
  'push, pop and length': `
    RPUSH l a b c
    LPUSH l z y
    LLEN l
    LRANGE l 0 -1
    LPOP l
    RPOP l
    LPOP l 2
    LPOP l 0
    LPOP l 10
    LPOP l
    LPOP l 1
    LPOP l 0
    EXISTS l
    LPUSHX l a
    RPUSHX l a
    RPUSH l a
    LPUSHX l b c
    RPUSHX l d
    LRANGE l 0 -1
    OBJECT ENCODING l
  `,
  'pop refuses bad counts': `
    RPUSH l a
    LPOP l -1
    LPOP l x
    LPOP l 1 2
    RPOP l 1 2
    RPOP l 9223372036854775808
    SET s x
    LPOP s
    RPOP s 1
    LPOP s -1
    LPOP
  `,
  ranges: `
    RPUSH l {0..9}
    LRANGE l 0 -1
    LRANGE l 2 4
    LRANGE l -3 -1
    LRANGE l 5 2
    LRANGE l -100 100
    LRANGE l 100 200
    LRANGE l x 1
    LRANGE l 0 y
    LRANGE missing x 1
    LRANGE missing 0 -1
    LINDEX l 0
    LINDEX l -1
    LINDEX l 10
    LINDEX l -11
    LINDEX l x
    LINDEX missing x
    LTRIM l 1 -2
    LRANGE l 0 -1
    LTRIM l x 1
    LTRIM l 5 1
    EXISTS l
    LTRIM missing 0 1
    LRANGE l 9223372036854775807 1
    LRANGE l -9223372036854775808 1
  `,
  'a long list': `
    RPUSH l {1..300}
    LLEN l
    LINDEX l 250
    LRANGE l 100 105
    LPUSH l {1..50}
    LRANGE l 40 60
    LTRIM l 10 -100
    LLEN l
    LRANGE l 0 -1
    LPOP l 200
    LLEN l
  `,
  'LSET, LINSERT and LREM': `
    RPUSH l a b a c a
    LSET l 1 B
    LSET l -1 A
    LSET l 5 x
    LSET l -6 x
    LSET l x y
    LSET missing 0 y
    LINSERT l BEFORE a first
    LINSERT l after c last
    LINSERT l BEFORE nosuch x
    LINSERT l NEAR a x
    LINSERT missing BEFORE a x
    LINSERT missing NEAR a x
    LRANGE l 0 -1
    LREM l 1 a
    LREM l -1 a
    LREM l 0 nosuch
    LREM l x a
    LREM missing x a
    LRANGE l 0 -1
    RPUSH m a a a a
    LREM m 2 a
    LREM m -1 a
    LREM m 0 a
    EXISTS m
    SET s 1
    LSET s 0 x
    LSET s x x
    LINSERT s BEFORE a b
    LREM s 0 a
    LREM s x a
  `,
  LPOS: `
    RPUSH l a b c 1 2 3 c c
    LPOS l c
    LPOS l nosuch
    LPOS l c RANK 2
    LPOS l c RANK -1
    LPOS l c COUNT 2
    LPOS l c COUNT 0
    LPOS l c RANK -1 COUNT 2
    LPOS l c RANK 2 COUNT 0
    LPOS l c COUNT 0 MAXLEN 3
    LPOS l c COUNT 0 MAXLEN 2
    LPOS l c RANK 9
    LPOS l c RANK 9 COUNT 0
    LPOS missing c
    LPOS missing c COUNT 1
    LPOS l c RANK 0
    LPOS l c RANK x
    LPOS l c RANK -9223372036854775808
    LPOS l c COUNT -1
    LPOS l c COUNT x
    LPOS l c MAXLEN -1
    LPOS l c FOO 1
    LPOS l c RANK
    SET s 1
    LPOS s c
  `,
  'LMOVE and RPOPLPUSH': `
    RPUSH a 1 2 3
    RPOPLPUSH a b
    RPOPLPUSH a b
    LRANGE b 0 -1
    LMOVE a b LEFT RIGHT
    EXISTS a
    LMOVE a b LEFT RIGHT
    RPOPLPUSH a b
    LMOVE b b LEFT RIGHT
    LRANGE b 0 -1
    RPUSH one x
    LMOVE one one LEFT LEFT
    LMOVE one one RIGHT LEFT
    LRANGE one 0 -1
    LMOVE b c UP LEFT
    LMOVE b c LEFT DOWN
    SET s 1
    LMOVE s b LEFT LEFT
    LMOVE b s LEFT LEFT
    LMOVE missing s LEFT LEFT
    LRANGE b 0 -1
  `,
  LMPOP: `
    RPUSH a 1 2 3
    RPUSH b x y z
    LMPOP 2 a b LEFT
    LMPOP 2 a b RIGHT COUNT 10
    LMPOP 2 a b LEFT COUNT 2
    LMPOP 1 missing LEFT
    LMPOP 0 a LEFT
    LMPOP -1 a LEFT
    LMPOP x a LEFT
    LMPOP 2 a LEFT
    LMPOP 1 a UP
    LMPOP 1 b LEFT COUNT 0
    LMPOP 1 b LEFT COUNT -1
    LMPOP 1 b LEFT COUNT x
    LMPOP 1 b LEFT COUNT 1 COUNT 1
    LMPOP 1 b LEFT FOO 1
    LMPOP 1 b LEFT COUNT
    SET s 1
    LMPOP 2 s b LEFT
    LMPOP 2 missing s LEFT
  `,
  'blocking commands that need not wait': `
    RPUSH a 1 2 3
    BLPOP a 0
    BRPOP missing a 0
    BLPOP a b 1
    RPUSH a 1 2 3
    BLMOVE a b LEFT RIGHT 0
    BRPOPLPUSH a b 0
    BLMPOP 0 2 missing b LEFT COUNT 5
    SET s 1
    BLPOP s 0
    BLPOP missing s 0
    BLPOP a s 0
    BLMOVE s a LEFT LEFT 0
  `,
  timeouts: `
    BLPOP l 0.01
    BRPOP l 0.01
    BLMOVE l m LEFT LEFT 0.01
    BRPOPLPUSH l m 0.01
    BLMPOP 0.01 1 l LEFT
    BLPOP l -1
    BLPOP l x
    BLPOP l 1e400
    BLPOP l inf
    BLPOP l nan
    BLPOP l 9223372036854775807
    BLPOP l ""
    BLMOVE l m LEFT LEFT -1
    BLMPOP -1 1 l LEFT
    BLMPOP x 1 l LEFT
    BLMPOP 0 0 l LEFT
    BLMPOP 0 1 l UP
  `,
  'a push wakes a blocked client': `
    b! BLPOP l 0
    RPUSH l x y
    b<
    LRANGE l 0 -1
    c! BRPOP m n 0
    RPUSH n 1 2 3
    c<
    LRANGE n 0 -1
  `,
  'clients are served in the order they came': `
    b! BLPOP l 0
    c! BLPOP l 0
    d! BLPOP l 0
    RPUSH l 1 2
    b<
    c<
    RPUSH l 3 4
    d<
    LRANGE l 0 -1
  `,
  'a client blocked on several keys takes from the first that is filled': `
    b! BLPOP x y z 0
    MULTI
    RPUSH z 3
    RPUSH x 1
    EXEC
    b<
    LRANGE x 0 -1
    LRANGE z 0 -1
  `,
  'a transaction that takes its push back wakes nobody': `
    b! BLPOP l 0
    MULTI
    RPUSH l a
    DEL l
    EXEC
    RPUSH l b
    b<
  `,
  'another type leaves the client waiting': `
    b! BLPOP l 0
    SET l x
    DEL l
    HSET l f v
    DEL l
    RPUSH l y
    b<
  `,
  'BLMOVE feeds the next blocked client': `
    b! BLMOVE a b LEFT RIGHT 0
    c! BLPOP b 0
    RPUSH a 1
    c<
    b<
    EXISTS a b
  `,
  'BLMOVE to a wrong type answers with an error': `
    b! BLMOVE a s LEFT RIGHT 0
    SET s 1
    RPUSH a 1
    b<
    LRANGE a 0 -1
  `,
  'BLMPOP takes several': `
    b! BLMPOP 0 2 x y RIGHT COUNT 2
    RPUSH y 1 2 3
    b<
    LRANGE y 0 -1
  `,
  'RENAME, COPY and SWAPDB wake too': `
    b! BLPOP l 0
    RPUSH m 1
    RENAME m l
    b<
    b! BLPOP l 0
    RPUSH m 2
    COPY m l
    b<
    SELECT 1
    RPUSH l 3
    b! BLPOP l 0
    SWAPDB 0 1
    b<
  `,
  'a pipeline behind a blocked command runs after it': `
    b! BLPOP l 0
    b! ECHO after
    RPUSH l 1
    b<
    b<
  `,
  'wrong arities': `
    LPUSH l
    RPUSHX l
    BLPOP l
    LINSERT l BEFORE a
    LMPOP 1
    LRANGE l 0
    RPOPLPUSH a
  `,
  'wrong types': `
    SET s 1
    LPUSH s a
    RPUSHX s a
    LLEN s
    LRANGE s 0 -1
    LINDEX s 0
    LTRIM s 0 1
    RPOPLPUSH s l
  `,
  'BLMPOP reads its timeout last': `
    BLMPOP x 0 l LEFT
    BLMPOP x 1 l LEFT COUNT 0
    BLMPOP x 1 l UP
    BLMPOP -1 1 l LEFT
    LMPOP 1 l LEFT COUNT 9223372036854775807
    LMPOP 1 l LEFT COUNT 9223372036854775808
  `,
  'a value in place of another wakes nobody': `
    b! BLPOP l 0
    ZADD l 1 a
    SORT l ALPHA STORE l
    LRANGE l 0 -1
    c! BLPOP other 0
    XADD other 1-1 f v
    SORT l ALPHA STORE other
    LRANGE other 0 -1
    LPUSH l x
    LRANGE l 0 -1
    DEL l
    LPUSH l y
    b<
    DEL other
    RPUSH other z
    c<
  `,
}

export const templates: readonly string[] = [
  'LPUSH|RPUSH <key> <value> <value>',
  'LPUSHX|RPUSHX <key> <value>',
  'LPOP|RPOP <key>',
  'LPOP|RPOP <key> <count>',
  'LLEN <key>',
  'LRANGE <key> <index> <index>',
  'LINDEX <key> <index>',
  'LSET <key> <index> <value>',
  'LINSERT <key> BEFORE|AFTER <value> <value>',
  'LREM <key> <count> <value>',
  'LTRIM <key> <index> <index>',
  'LPOS <key> <value>',
  'LPOS <key> <value> RANK <count> COUNT <count>',
  'LMOVE <key> <key> LEFT|RIGHT LEFT|RIGHT',
  'RPOPLPUSH <key> <key>',
  'LMPOP 2 <key> <key> LEFT|RIGHT COUNT <count>',
]
