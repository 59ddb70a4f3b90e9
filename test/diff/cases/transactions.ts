import type { Cases } from '../script.ts'

export const cases: Cases = {
  'a transaction answers with all replies': `
    MULTI
    SET k 1
    INCR k
    GET k
    LPUSH k x
    EXEC
    GET k
  `,
  'EXEC and DISCARD need MULTI': `
    EXEC
    DISCARD
    MULTI
    DISCARD
    EXEC
  `,
  'MULTI does not nest and WATCH is refused inside': `
    MULTI
    MULTI
    SET a 1
    WATCH a
    EXEC
  `,
  'an unknown command aborts the transaction': `
    MULTI
    NOSUCH a b
    SET a 1
    EXEC
    EXISTS a
  `,
  'a wrong arity aborts the transaction': `
    MULTI
    GET
    EXEC
    MULTI
    EXEC x
    EXEC
  `,
  'an unknown subcommand aborts the transaction': `
    MULTI
    OBJECT nosuch a
    EXEC
  `,
  'a watched key that changes stops EXEC': `
    WATCH k
    b: SET k 1
    MULTI
    SET k 2
    EXEC
    GET k
    MULTI
    SET k 3
    EXEC
  `,
  'UNWATCH forgets': `
    WATCH k
    b: SET k 1
    UNWATCH
    MULTI
    SET k 2
    EXEC
  `,
  'flushing and swapping break a watch': `
    SET k 1
    WATCH k
    b: FLUSHALL
    MULTI
    EXEC
    WATCH k
    b: FLUSHALL
    MULTI
    PING
    EXEC
    WATCH k
    b: SELECT 1
    b: SET k 1
    b: SWAPDB 0 1
    MULTI
    EXEC
  `,
  'own changes break a watch too, and DISCARD ends it': `
    WATCH k
    SET k 1
    MULTI
    EXEC
    WATCH k
    b: SET k 2
    MULTI
    DISCARD
    MULTI
    EXEC
  `,
  'blocking commands answer at once inside': `
    MULTI
    BLPOP l 0
    BLMOVE a b LEFT RIGHT 0
    BLMPOP 0 1 l LEFT
    RPUSH l x
    BLPOP l 0
    EXEC
  `,
  'SELECT inside counts': `
    MULTI
    SELECT 1
    SET k db1
    SELECT 0
    EXEC
    GET k
    SELECT 1
    GET k
  `,
  'HELLO inside takes effect at once': `
    MULTI
    HELLO 3
    HGETALL missing
    ? EXEC
    HGETALL missing
  `,
  'MONITOR is not for transactions': `
    MULTI
    MONITOR
    SET k v
    EXEC
    PING
  `,
}

export const templates: readonly string[] = ['MULTI', 'EXEC', 'EXEC', 'DISCARD', 'WATCH <key>', 'UNWATCH']
