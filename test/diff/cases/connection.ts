import type { Cases } from '../script.ts'

export const cases: Cases = {
  'PING and ECHO': `
    PING
    PING hello
    PING a b
    ECHO hello
    ECHO ""
    ECHO
  `,
  'unknown commands are named with their arguments': `
    NOSUCH
    NOSUCH a b c
    nosuch "a\\r\\nb" "\\x00x"
    NOSUCH {x*200} y
    {n*200} a
    NOSUCH {x*120} {y*50} z
    "" a
  `,
  names: `
    CLIENT GETNAME
    CLIENT SETNAME me
    CLIENT GETNAME
    CLIENT SETNAME "a b"
    CLIENT SETNAME ""
    CLIENT GETNAME
    CLIENT SETNAME
    CLIENT
    CLIENT NOSUCH
    CLIENT GETNAME x
    client getname
    ? CLIENT ID
    ? CLIENT INFO
    ? CLIENT LIST
    CLIENT LIST FOO
    CLIENT LIST TYPE foo
    CLIENT LIST ID 0
    CLIENT LIST ID x
    CLIENT LIST ID 999999
    CLIENT LIST TYPE pubsub
  `,
  HELLO: `
    HELLO 1
    HELLO 4
    HELLO x
    HELLO 2 SETNAME "a b"
    HELLO 2 FOO
    HELLO 2 AUTH default
    HELLO 2 AUTH nosuch x
    ? HELLO 3 SETNAME me
    CLIENT GETNAME
    HGETALL missing
    ? HELLO 2
    HGETALL missing
    ? HELLO
    ? HELLO 2 AUTH default anything
  `,
  'AUTH without passwords': `
    AUTH x
    AUTH default x
    AUTH nosuch x
    AUTH a b c
  `,
  'HELLO does what comes before a wrong option': `
    ACL SETUSER bob on >x +@all
    HELLO 2 AUTH bob x SETNAME "a b"
    ACL WHOAMI
    HELLO 2 SETNAME me FOO
    CLIENT GETNAME
    HELLO 2 SETNAME you AUTH bob wrong
    CLIENT GETNAME
    HELLO 2 AUTH default
    ACL WHOAMI
  `,
  'RESET goes back to the beginning': `
    SELECT 1
    SET k 1
    CLIENT SETNAME me
    MULTI
    SET k 2
    RESET
    EXEC
    CLIENT GETNAME
    GET k
    HGETALL missing
  `,
  'CLIENT REPLY has three modes': `
    CLIENT REPLY ON
    CLIENT REPLY FOO
    CLIENT REPLY
  `,
  'CLIENT UNBLOCK without a blocked client': `
    CLIENT UNBLOCK 999999
    CLIENT UNBLOCK x
    CLIENT UNBLOCK 1 FOO
    CLIENT UNBLOCK 999999 ERROR
  `,
  'QUIT answers OK': `
    b: QUIT
  `,
}

export const templates: readonly string[] = ['PING', 'ECHO <value>', 'NOSUCH <value>', 'GET']
