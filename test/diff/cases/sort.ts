import type { Cases } from '../script.ts'

export const cases: Cases = {
  'BY and GET need all keys': `
    ACL SETUSER sorter on nopass +@all ~l ~w_*
    RPUSH l 2 1
    SET w_1 2
    SET w_2 1
    b: AUTH sorter x
    b: SORT l
    b: SORT l BY nosort
    b: SORT l BY w_*
    b: SORT l BY w_* FOO
    b: SORT l FOO BY w_*
    b: SORT l GET #
    b: SORT l BY nosort GET w_*
    b: SORT_RO l GET w_*
    b: SORT_RO l BY w_*
    b: SORT other BY w_*
    b: EVAL "return redis.call('SORT','l','BY','w_*')" 1 l
    b: EVAL "return redis.pcall('SORT','l','GET','w_*')" 1 l
    b: MULTI
    b: SORT l BY w_*
    b: EXEC
    ACL SETUSER sorter %R~*
    b: SORT l BY w_* GET # GET w_*
    b: SORT l BY w_* STORE x
    ACL SETUSER sorter resetkeys ~l (+sort ~*)
    b: SORT l BY w_*
    b: SORT_RO l BY w_*
    ACL SETUSER sorter clearselectors (+sort_ro %W~* %R~w_* ~l)
    b: SORT_RO l BY w_*
    ACL SETUSER sorter allkeys
    b: SORT_RO l BY w_* GET w_*
    ACL DELUSER sorter
  `,
  'numbers and texts': `
    RPUSH l 3 1 2 10 -5 1.5
    SORT l
    SORT l DESC
    SORT l ASC DESC
    SORT l DESC ASC
    SORT l ALPHA
    SORT l ALPHA DESC
    SORT missing
    RPUSH t b a c "" "\\xff" B aa
    SORT t
    SORT t ALPHA
    SORT t ALPHA DESC
    RPUSH w " 1" "" 0x10 1e3 inf -inf
    SORT w
    SORT w DESC
    RPUSH n nan
    SORT n
    RPUSH z "1\\x00abc" 0
    SORT z
    RPUSH p 1a
    SORT p
    RPUSH same 1 1.0 01 1e0
    SORT same
    SORT same DESC
    SADD s 3 1 2
    SORT s
    SORT s DESC ALPHA
    ZADD zs 3 a 2 b 1 c
    OBJECT ENCODING zs
    SORT zs ALPHA
    OBJECT ENCODING zs
    SORT zs
  `,
  LIMIT: `
    RPUSH l 5 4 3 2 1
    SORT l LIMIT 0 2
    SORT l LIMIT 1 2
    SORT l LIMIT 3 10
    SORT l LIMIT 10 2
    SORT l LIMIT 5 1
    SORT l LIMIT -1 2
    SORT l LIMIT 0 -1
    SORT l LIMIT 2 -5
    SORT l LIMIT 0 0
    SORT l LIMIT 0 9223372036854775807
    SORT l LIMIT 9223372036854775807 1
    SORT l LIMIT x 1
    SORT l LIMIT 1 x
    SORT l LIMIT 1
    SORT l LIMIT 0 1 LIMIT 1 1
    SORT l DESC LIMIT 0 2
    SORT l BY nosort LIMIT 1 2
    SORT missing LIMIT 1 2
    SORT l LIMIT 0 2 FOO
  `,
  'BY and GET': `
    RPUSH l 1 2 3
    MSET w_1 30 w_2 20 w_3 10 o_1 one o_3 three
    SORT l BY w_*
    SORT l BY w_* DESC
    SORT l BY w_* GET o_*
    SORT l BY w_* GET # GET o_* GET w_*
    SORT l GET nostar
    SORT l GET ""
    SORT l GET *
    HSET h_1 name a weight 3
    HSET h_2 name b weight 1
    HSET h_3 name c weight 2
    SORT l BY h_*->weight
    SORT l BY h_*->weight GET h_*->name GET h_*->nosuch
    SORT l BY h_*->name ALPHA DESC
    SORT l GET h_*->
    SET h_1-> arrow
    SORT l GET h_*->
    SORT l GET h_*
    SORT l GET o_*->x
    SORT l GET x->*->y
    DEL w_2
    SORT l BY w_*
    SORT l BY o_* ALPHA
    SORT l BY o_* ALPHA DESC
    SORT l BY o_*
    SORT l BY nosort
    SORT l BY nosort DESC
    SORT l BY nosort DESC LIMIT 0 2
    SORT l BY nosort DESC LIMIT 1 1
    SORT l BY nosort GET #
    SORT l BY nosort GET # LIMIT 1 1
    SORT l BY
    SORT l GET
    SORT l BY w_* BY nosort
    SORT l BY nosort BY w_*
    ZADD z 3 a 2 b 1 c
    SORT z BY nosort
    SORT z BY nosort DESC
    SORT z BY nosort DESC LIMIT 0 2
    SORT z BY nosort LIMIT 1 1
    SADD s c a b
    ~ SORT s BY nosort
    EVAL "return redis.call('SORT', KEYS[1], 'BY', 'nosort')" 1 s
    EVAL "return redis.call('SORT', KEYS[1], 'BY', 'nosort', 'GET', '#')" 1 l
  `,
  STORE: `
    RPUSH l 3 1 2
    SORT l STORE out
    LRANGE out 0 -1
    TYPE out
    SORT l DESC STORE out
    LRANGE out 0 -1
    SORT l GET o_* STORE out
    LRANGE out 0 -1
    EXPIRE out 100
    SORT l STORE out
    TTL out
    SORT l STORE l
    LRANGE l 0 -1
    SET str v
    SORT l STORE str
    TYPE str
    SORT missing STORE out
    EXISTS out
    SORT missing STORE out
    SORT l LIMIT 0 0 STORE str
    EXISTS str
    SADD s c a b
    SORT s BY nosort STORE out
    LRANGE out 0 -1
    SORT s STORE out
    LRANGE out 0 -1
    SORT l STORE
    SORT_RO l STORE out
    SORT_RO l DESC
    SORT_RO l BY nosort
    SORT_RO l STORE
    b! BLPOP q 0
    SORT l STORE q
    b<
    LRANGE q 0 -1
  `,
  'wrong types and arities': `
    SET str v
    SORT str
    SORT str FOO
    HSET h f v
    SORT h
    SORT_RO h
    XADD x 1 a 1
    SORT x
    SORT
    SORT_RO
  `,
}

/** Without STORE texts are compared up to their first NUL only, which leaves the order of the rest to chance. */
export const templates: readonly string[] = [
  'SORT <key> ALPHA STORE <key>',
  'SORT <key> ALPHA DESC LIMIT <count> <count> STORE <key>',
  'SORT|SORT_RO <key>',
  'SORT <key> GET # GET k* LIMIT 0 2',
  'SORT <key> ALPHA GET # GET k* STORE <key>',
]
