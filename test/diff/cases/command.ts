import type { Cases } from '../script.ts'

export const cases: Cases = {
  'COMMAND tells keys': `
    COMMAND GETKEYS get
    COMMAND GETKEYS
    COMMAND GETKEYS foo a
    COMMAND GETKEYS ping x
    COMMAND GETKEYS get a
    COMMAND GETKEYS get a b
    COMMAND GETKEYS mset a 1 b 2
    COMMAND GETKEYS EVAL x 2 a b c
    COMMAND GETKEYS EVAL x 0
    COMMAND GETKEYS EVAL x 9 a
    COMMAND GETKEYS XREAD COUNT 1 STREAMS a b 1 2
    COMMAND GETKEYS SORT k BY x GET y STORE d
    COMMAND GETKEYS object encoding k
    COMMAND GETKEYS zunionstore d 2 a b
    COMMAND GETKEYS memory usage k
    COMMAND GETKEYSANDFLAGS set a b get
    COMMAND GETKEYSANDFLAGS set a b
    COMMAND GETKEYSANDFLAGS rename a b
    COMMAND GETKEYSANDFLAGS bitfield a get u8 0
    COMMAND GETKEYSANDFLAGS bitfield a set u8 0 1
    COMMAND GETKEYSANDFLAGS lmove a b left right
    COMMAND GETKEYSANDFLAGS smove a b c
  `,
  'COMMAND lists commands': `
    ? COMMAND
    ? COMMAND COUNT
    ? COMMAND LIST
    ~ COMMAND LIST FILTERBY PATTERN xr*
    ~ COMMAND LIST FILTERBY ACLCAT geo
    COMMAND LIST FILTERBY aclcat foo
    COMMAND LIST FILTERBY module x
    COMMAND LIST FILTERBY foo a
    COMMAND LIST foo
    COMMAND FOO
    COMMAND HELP
    COMMAND INFO foo get config|get nosuch|x
    COMMAND INFO mset
    COMMAND INFO xread
    COMMAND INFO object|encoding
    COMMAND INFO subscribe
    ? COMMAND DOCS get
    COMMAND DOCS nosuch
  `,
  'a container needs a subcommand that is there': `
    COMMAND GETKEYS config nosuch
    COMMAND GETKEYS config|get a
    COMMAND GETKEYS object
    COMMAND GETKEYS migrate h 1 "" 0 1 KEYS a b
    COMMAND GETKEYSANDFLAGS migrate h 1 k 0 1 AUTH KEYS
    ACL DRYRUN default config nosuch
    ACL DRYRUN default object nosuch a
    ACL DRYRUN default migrate a
  `,
}

export const templates: readonly string[] = [
  'COMMAND GETKEYS SET <key> <value>',
  'COMMAND GETKEYSANDFLAGS LMOVE <key> <key> LEFT RIGHT',
  'COMMAND GETKEYS EVAL x <count> <key> <key>',
]
