import type { Cases } from '../script.ts'

const GOOD = '"\\x00\\xc0\\x01\\x0a\\x00\\x26\\x78\\xe7\\xb6\\xd1\\x01\\x11\\xfc"'

export const cases: Cases = {
  'payloads of each type are the same bytes': `
    SET i 12345
    DUMP i
    SET s hello
    DUMP s
    SET e ""
    DUMP e
    SET big {abc*100}
    DUMP big
    SET n -129
    DUMP n
    SET m 2147483648
    DUMP m
    RPUSH l a b 1 -2 300 70000 {x*70}
    DUMP l
    SADD si 1 2 3 -40000
    DUMP si
    SADD sh one
    DUMP sh
    HSET h a 1 b 2
    DUMP h
    HSET hh f {x*100}
    DUMP hh
    ZADD z 1 a 2.5 b -inf c inf d
    DUMP z
    ZADD zz 1 {x*70}
    DUMP zz
    XADD x 1-1 a 1
    XADD x 2-1 a 1 b 2
    XADD x 3-1 c 1
    XDEL x 2-1
    DUMP x
    XGROUP CREATE x g 1
    DUMP x
    XTRIM x MAXLEN 0
    DUMP x
    DUMP missing
    DUMP
    DUMP a b
  `,
  'RESTORE: options and errors': `
    SET k 1
    DUMP k
    RESTORE r 0 ${GOOD}
    GET r
    RESTORE k 0 ${GOOD}
    RESTORE k x ${GOOD}
    RESTORE new x ${GOOD}
    RESTORE new -1 ${GOOD}
    RESTORE new 0 nonsense
    RESTORE new 0 ""
    RESTORE new 0 "\\x00\\xc0\\x01\\x0a\\x00\\x26\\x78\\xe7\\xb6\\xd1\\x01\\x11\\xfd"
    RESTORE new 0 ${GOOD} FOO
    RESTORE new 0 ${GOOD} IDLETIME
    RESTORE new 0 ${GOOD} IDLETIME -1
    RESTORE new 0 ${GOOD} IDLETIME x
    RESTORE new 0 ${GOOD} FREQ 256
    RESTORE new 0 ${GOOD} FREQ -1
    RESTORE new 0 ${GOOD} FREQ x
    RESTORE new 0 ${GOOD} FREQ 1 IDLETIME 1
    RESTORE new 0 ${GOOD} IDLETIME 1 FREQ 1
    EXISTS new
    RESTORE k 0 ${GOOD} REPLACE
    RESTORE k 100000 ${GOOD} REPLACE
    # PTTL k
    RESTORE k 0 ${GOOD} REPLACE
    TTL k
    RESTORE k 1 ${GOOD} REPLACE ABSTTL
    EXISTS k
    RESTORE k 1 ${GOOD} ABSTTL
    EXISTS k
    RESTORE k 99999999999999 ${GOOD} ABSTTL REPLACE
    PEXPIRETIME k
    RESTORE idle 0 ${GOOD} IDLETIME 100000
    # OBJECT IDLETIME idle
    RESTORE freq 0 ${GOOD} FREQ 5
    GET freq
    RESTORE a
    RESTORE a 0
  `,
  'RESTORE-ASKING is RESTORE': `
    RESTORE-ASKING k 0 "\\x00\\xc0\\x01\\x0b\\x00\\x0c\\xb5\\xa7\\x2d\\xb0\\x69\\x83\\x1a"
    RESTORE-ASKING k 0 x
    RESTORE-ASKING n 0 x
    RESTORE-ASKING n x
    RESTORE-ASKING
  `,
  'MIGRATE that does not get as far as another server': `
    MIGRATE
    MIGRATE h 1 k 0
    MIGRATE h 1 k 0 1
    MIGRATE h 1 k x 1
    MIGRATE h 1 k 0 x
    MIGRATE h 1 "" 0 1
    MIGRATE h 1 "" 0 1 KEYS
    MIGRATE h 1 "" 0 1 KEYS a b c
    MIGRATE h 1 k 0 1 KEYS a b c
    MIGRATE h 1 "" 0 1 COPY REPLACE AUTH x KEYS a
    MIGRATE h 1 "" 0 1 AUTH
    MIGRATE h 1 "" 0 1 AUTH2 u
    MIGRATE h 1 "" 0 1 AUTH2 u p FOO
    MIGRATE h 1 "" 0 1 auth keys keys a
    MIGRATE h 1 "" y z KEYS a
    MULTI
    MIGRATE h 1 k 0 1
    EXEC
  `,
}

export const templates: readonly string[] = ['RESTORE <key> 0 x REPLACE']
