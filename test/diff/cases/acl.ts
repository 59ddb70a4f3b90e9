import type { Cases } from '../script.ts'

const end = 'ACL DELUSER bob carl dan'

export const cases: Cases = {
  'users by rules': `
    ACL LIST
    ACL USERS
    ACL WHOAMI
    ACL GETUSER default
    ACL GETUSER nosuch
    ACL SETUSER bob
    ACL LIST
    ACL SETUSER bob on nopass ~a* %R~b* %W~c* &news.* -@all +get
    ACL LIST
    ~2 ACL GETUSER bob
    ACL SETUSER bob allkeys allchannels
    ACL GETUSER bob
    ACL SETUSER bob resetkeys resetchannels nocommands >one >two #ed968e840d10d2d313a870bc131a4e2c311d7ad09bdf32b3418147221f51a6e2
    ACL LIST
    ACL SETUSER bob <one
    ACL SETUSER bob !ed968e840d10d2d313a870bc131a4e2c311d7ad09bdf32b3418147221f51a6e2
    ACL SETUSER bob resetpass +@all
    ACL LIST
    ACL SETUSER bob -@all (+get ~x) "(+set %W~y &c)"
    ACL GETUSER bob
    ACL SETUSER bob (+get ~z )
    ACL SETUSER bob clearselectors skip-sanitize-payload
    ACL LIST
    ACL SETUSER bob reset
    ACL LIST
    ACL SETUSER carl +select|0 +select|1
    ACL GETUSER carl
    ACL SETUSER carl allcommands -get
    ACL GETUSER carl
    ACL SETUSER carl ~a %R~a %W~b %R~b
    ACL GETUSER carl
    ACL USERS
    ${end}
    ACL DELUSER default
    ACL DELUSER
  `,
  'rules that are wrong': `
    ACL SETUSER bob foo
    ACL SETUSER bob +foo
    ACL SETUSER bob -foo
    ACL SETUSER bob +get|x|y
    ACL SETUSER bob +get|
    ACL SETUSER bob +config|foo
    ACL SETUSER bob +config|get|x
    ACL SETUSER bob -get|foo
    ACL SETUSER bob <aa
    ACL SETUSER bob #aa
    ACL SETUSER bob !aa
    ACL SETUSER bob %X~a
    ACL SETUSER bob +@foo
    ACL SETUSER bob (+get
    ACL SETUSER bob "(+get on)"
    ACL SETUSER bob on ~* ~a
    ACL SETUSER bob &* &b
    ACL SETUSER bob "~a b"
    ACL SETUSER bob "&a b"
    ACL SETUSER "a b"
    ACL SETUSER bob ""
    ACL GETUSER
    ACL
    ACL NOSUCH
    ACL SAVE
    ACL LOAD
    ACL HELP
    ACL USERS
    ${end}
  `,
  'categories and passwords': `
    ~ ACL CAT
    ~ ACL CAT scripting
    ~ ACL CAT GEO
    ACL CAT foo
    ACL CAT a b
    ? ACL GENPASS
    ? ACL GENPASS 5
    ACL GENPASS 0
    ACL GENPASS 5000
    ACL GENPASS x
  `,
  'DRYRUN tells without doing': `
    ACL SETUSER bob -@all +get +mset +config|get ~a* %R~b &news
    ACL DRYRUN bob get a1
    ACL DRYRUN bob get x
    ACL DRYRUN bob get b
    ACL DRYRUN bob mset a1 1 b 2
    ACL DRYRUN bob set a 1
    ACL DRYRUN bob config get x
    ACL DRYRUN bob config set x y
    ACL DRYRUN bob publish news x
    ACL SETUSER bob +publish +psubscribe +subscribe
    ACL DRYRUN bob publish news x
    ACL DRYRUN bob publish other x
    ACL DRYRUN bob psubscribe news
    ACL DRYRUN bob psubscribe n*
    ACL DRYRUN bob subscribe news other
    ACL DRYRUN nosuch get a
    ACL DRYRUN bob nosuch a
    ACL DRYRUN bob get
    ACL DRYRUN bob ping
    ${end}
  `,
  'rights hold for commands, keys and channels': `
    ACL LOG RESET
    ACL SETUSER bob on >pw ~a* %R~r* %W~w* &news -@all +@read +set +del +publish +subscribe +psubscribe +multi +exec +discard +eval +ping +acl|whoami +copy +bitfield +getset
    b: AUTH bob wrong
    b: AUTH bob pw
    b: ACL WHOAMI
    b: SET a 1
    b: SET x 1
    b: GET x
    b: GET r
    b: SET r 1
    b: SET w 1
    b: GET w
    b: SET w 1 GET
    b: SET a 1 GET
    b: COPY a w
    b: COPY w a
    b: COPY a r
    b: BITFIELD r GET u8 0
    b: BITFIELD r SET u8 0 1
    b: MGET a x
    b: LPUSH a 1
    b: CONFIG GET maxclients
    b: ACL LIST
    b: PUBLISH news 1
    b: PUBLISH other 1
    b: MULTI
    b: SET a 2
    b: SET x 2
    b: EXEC
    b: MULTI
    b: LPUSH a 2
    b: DISCARD
    b: EVAL "return redis.call('get', KEYS[1])" 1 a
    b: EVAL "return redis.call('get', 'x')" 1 a
    b: EVAL "return redis.call('lpush', 'a', 1)" 0
    b: EVAL "return redis.call('publish', 'other', 1)" 0
    b: EVAL "return redis.pcall('get', 'x')" 1 a
    b: EVAL "return redis.acl_check_cmd('get', 'x')" 0
    b: EVAL "return redis.acl_check_cmd('get', 'a')" 0
    b: EVAL "return 1" 1 x
    b: SUBSCRIBE other
    b: PSUBSCRIBE news
    b: SUBSCRIBE news
    ? ACL LOG 3
    ACL LOG RESET
    ACL LOG
    ACL LOG x
    ${end}
    PUBSUB NUMSUB news
  `,
  'rights that change between MULTI and EXEC': `
    ACL SETUSER bob on nopass ~* +@all
    b: AUTH bob x
    b: MULTI
    b: SET a 1
    b: GET a
    b: GET c
    ACL SETUSER bob -set resetkeys ~a
    b: EXEC
    b: GET a
    ACL LOG RESET
    ${end}
  `,
  'a user who is off, and one who goes': `
    ACL SETUSER bob on nopass ~* +@all &*
    b: ? HELLO 3 AUTH bob x
    b: ACL WHOAMI
    ACL SETUSER bob off
    b: ACL WHOAMI
    c: AUTH bob x
    ACL DELUSER bob
    CLIENT KILL USER bob
    ACL LOG RESET
  `,
  'subscribers lose channels': `
    ACL SETUSER bob on nopass +@all &a*
    b: AUTH bob x
    b: SUBSCRIBE abc
    PUBSUB NUMSUB abc
    ACL SETUSER bob &b*
    PUBSUB NUMSUB abc
    ACL SETUSER bob resetchannels
    PUBSUB NUMSUB abc
    ${end}
  `,
}

export const templates: readonly string[] = []
