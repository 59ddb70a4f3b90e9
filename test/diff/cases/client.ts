import type { Cases } from '../script.ts'

export const cases: Cases = {
  'CLIENT HELP and wrong calls': `
    CLIENT HELP
    CLIENT KILL
    CLIENT KILL ID 0
    CLIENT KILL ID x
    CLIENT KILL ID
    CLIENT KILL FOO a
    CLIENT KILL ID 99999 FOO
    CLIENT KILL 1.1.1.1:1
    CLIENT KILL USER nosuch
    CLIENT KILL TYPE foo
    CLIENT KILL SKIPME foo
    CLIENT KILL ID 99999
    CLIENT KILL ADDR 1.1.1.1:1
    CLIENT KILL LADDR 1.1.1.1:1
    CLIENT KILL TYPE master
    CLIENT KILL TYPE replica
    CLIENT PAUSE
    CLIENT PAUSE x
    CLIENT PAUSE -1
    CLIENT PAUSE 1 FOO
    CLIENT PAUSE 1 WRITE x
    CLIENT UNPAUSE
    CLIENT NO-EVICT FOO
    CLIENT NO-EVICT on
    CLIENT NO-EVICT OFF
    CLIENT REPLY FOO
  `,
  'subscribers can be killed': `
    b: SUBSCRIBE c
    CLIENT KILL TYPE pubsub
    PUBSUB NUMSUB c
    CLIENT KILL TYPE pubsub
  `,
  'of two filters of a kind the last counts': `
    b: SUBSCRIBE c
    CLIENT KILL TYPE pubsub TYPE master
    CLIENT KILL TYPE master TYPE pubsub
    PUBSUB NUMSUB c
    CLIENT KILL TYPE pubsub
  `,
  'writes can be paused': `
    CLIENT PAUSE 100000 WRITE
    GET k
    b: GET k
    c! SET k 1
    d: MULTI
    d! SET k 2
    CLIENT UNPAUSE
    c<
    d<
    d: EXEC
    GET k
  `,
  'a pause of all ends by itself': `
    CLIENT PAUSE 50
    PING
    SET k 1
    GET k
  `,
  'passwords of the default user': `
    CONFIG SET requirepass secret
    CONFIG GET requirepass
    b: GET k
    b: HELLO 3
    b: AUTH wrong
    b: AUTH default wrong
    b: NOSUCH
    b: GET
    b: MULTI
    b: RESET
    b: AUTH secret
    b: GET k
    b: RESET
    b: GET k
    b: ? HELLO 3 AUTH default secret SETNAME me
    b: CLIENT GETNAME
    b: HELLO 3 AUTH default wrong
    b: GET k
    b: ACL WHOAMI
    CONFIG SET requirepass ""
    b: AUTH default anything
    b: AUTH x
    ACL LOG RESET
  `,
  'blocked clients can be unblocked': `
    b! BLPOP l 0
    CLIENT UNBLOCK 0
    CLIENT KILL TYPE normal SKIPME yes ID 999999
    RPUSH l x
    b<
  `,
  'what may write waits, by what scripts say of themselves': `
    FUNCTION LOAD "#!lua name=l\\nredis.register_function('w',function() return 1 end) redis.register_function{function_name='ro',callback=function() return 1 end,flags={'no-writes'}}"
    CLIENT PAUSE 100000 WRITE
    b! EVAL "return 1" 0
    c! EVAL "#!lua\\nreturn 1" 0
    d! PUBLISH a b
    e! SPUBLISH a b
    f! PFCOUNT k
    g! EVALSHA nosuch 0
    h! FCALL nosuch 0
    i! FCALL w 0
    j! FCALL_RO w 0
    k! EVAL "#!lua flags=nosuch\\nreturn 1" 0
    EVAL_RO "return 1" 0
    EVAL "#!lua flags=no-writes\\nreturn 1" 0
    FCALL ro 0
    FCALL_RO ro 0
    l: MULTI
    l! PFCOUNT k
    CLIENT UNPAUSE
    b<
    c<
    d<
    e<
    f<
    g<
    h<
    i<
    j<
    k<
    l<
    l: DISCARD
    FUNCTION FLUSH
  `,
}

export const templates: readonly string[] = ['CLIENT GETREDIR', 'CLIENT TRACKINGINFO']
