import type { Cases } from '../script.ts'

export const cases: Cases = {
  'entries and ids': `
    XADD s 1-1 a 1
    XADD s 1-2 a 2 b 3
    XADD s 2 a 3
    XADD s 2-* a 4
    XADD s 3-* a 5
    XADD s 2-5 a 6
    XADD s 3-0 a 6
    XADD s 0-0 a 6
    XADD s 0-1 a 6
    XADD s 0-* a 6
    XADD t 0-* a 1
    XADD t 0-* a 2
    XADD z 0 a 1
    EXISTS z
    XADD z 0-0 a 1
    XLEN s
    XLEN missing
    XRANGE s - +
    XRANGE t - +
    TYPE s
    OBJECT ENCODING s
    XADD s x a 1
    XADD s 1-x a 1
    XADD s - a 1
    XADD s + a 1
    XADD s 1-1-1 a 1
    XADD s -1 a 1
    XADD s *-1 a 1
    XADD s 1-** a 1
    XADD s 99999999999999999999 a 1
    XADD s 18446744073709551615-18446744073709551615 f v
    XADD s * f v
    XADD s 18446744073709551615-* f v
    XRANGE s (3-0 +
    XADD u 18446744073709551615-18446744073709551614 f v
    XADD u * f v
    XADD u * f v
    XRANGE u - +
    XADD v 5-18446744073709551615 f v
    XADD v 5-* f v
    XADD v 6-* f v
    XADD w 9223372036854775808-9223372036854775807 f v
    XADD w 9223372036854775808-* f v
    XADD w * f v
    ? XADD auto * f v
  `,
  'XADD: options and arities': `
    XADD
    XADD s
    XADD s *
    XADD s * a
    XADD s 1-1 a
    XADD s 1-1 a 1 b
    XADD s NOMKSTREAM 1-1 a 1
    EXISTS s
    XADD s NOMKSTREAM
    XADD s NOMKSTREAM *
    XADD s 1-1 a 1
    XADD s nomkstream 1-2 a 2
    XADD s MAXLEN 2 1-3 a 3
    XRANGE s - +
    XADD s MAXLEN = 1 1-4 a 4
    XRANGE s - +
    XADD s MAXLEN ~ 1 1-5 a 5
    XADD s MAXLEN ~ 1 LIMIT 10 1-6 a 5
    XADD s MAXLEN 1 LIMIT 10 1-7 a 5
    XADD s LIMIT 10 1-7 a 5
    XADD s LIMIT 0 1-7 a 5
    XADD s LIMIT -1 1-8 a 5
    XADD s LIMIT x 1-8 a 5
    XADD s MAXLEN -1 1-8 a 5
    XADD s MAXLEN x 1-8 a 5
    XADD s MAXLEN ~ x 1-8 a 5
    XADD s MAXLEN 1 MINID 1 1-8 a 5
    XADD s MINID 1 MAXLEN 1 1-8 a 5
    XADD s MAXLEN 1 MAXLEN 1 1-8 a 5
    XADD s MINID x 1-8 a 5
    XADD s MINID - 1-8 a 5
    XADD s MINID 1-5 1-8 a 5
    XADD s MINID = 1-6 1-9 a 5
    XRANGE s - +
    XADD s MAXLEN
    XADD s MAXLEN ~
    XADD s MAXLEN 0 2-1 a 1
    XLEN s
    XADD new MAXLEN 0 2-1 a 1
    EXISTS new
    XADD new 2-1 a 1
    XADD s FOO 3-1 a 1
    XADD s "" a 1
    XADD s 3-1 "" ""
    XADD s 3-2 "\\x00\\xff" "\\r\\n"
    XRANGE s - +
  `,
  'XRANGE and XREVRANGE': `
    XADD s 1-1 a 1
    XADD s 1-2 b 2
    XADD s 2-1 a 3
    XADD s 5-0 a 4
    XADD s 9223372036854775807-1 a 5
    XRANGE s - +
    XRANGE s + -
    XREVRANGE s + -
    XREVRANGE s - +
    XRANGE s 1 1
    XRANGE s 1-2 2
    XRANGE s (1-1 (5
    XRANGE s (1 +
    XRANGE s - (1
    XREVRANGE s (5 (1-1
    XREVRANGE s 2 1
    XRANGE s - + COUNT 2
    XRANGE s - + COUNT 0
    XRANGE s - + COUNT -1
    XRANGE s - + COUNT 1 COUNT 3
    XREVRANGE s + - COUNT 1
    XRANGE s - + COUNT
    XRANGE s - + COUNT x
    XRANGE s - + FOO 1
    XRANGE s x +
    XRANGE s - x
    XRANGE s (- +
    XRANGE s - (+
    XRANGE s ( +
    XRANGE s (18446744073709551615-18446744073709551615 +
    XRANGE s - (0-0
    XRANGE s - (0
    XREVRANGE s (0-0 -
    XRANGE s "1 " +
    XRANGE s " 1" +
    XRANGE s +1 +
    XRANGE s 01 +
    XRANGE s -05 +
    XRANGE s -5 +
    XRANGE missing - +
    XRANGE missing - + COUNT 0
    XRANGE missing x +
    XREVRANGE missing + -
    XRANGE s -
    XREVRANGE s +
    SET str v
    XRANGE str - +
    XRANGE str x +
    XLEN str
  `,
  'XDEL and XTRIM': `
    XADD s 1-1 a 1
    XADD s 1-2 a 2
    XADD s 1-3 a 3
    XADD s 1-4 a 4
    XDEL s 1-2
    XDEL s 1-2 1-9 1-1 1-1
    XDEL missing x
    XDEL missing 1
    XDEL s x
    XDEL s 1-3 x
    XDEL s -
    XRANGE s - +
    XTRIM s MAXLEN 1
    XTRIM s MAXLEN 1
    XRANGE s - +
    XDEL s 1-4
    XLEN s
    EXISTS s
    XADD s 1-4 a 1
    XADD s 1-5 a 1
    XADD s 1-6 a 1
    XADD s 2-6 a 1
    XTRIM s MINID 1-6
    XTRIM s MINID ~ 3
    XTRIM s MINID = 3
    XTRIM s MAXLEN 0
    XTRIM missing MAXLEN 0
    XTRIM s
    XTRIM s MAXLEN
    XTRIM s MAXLEN ~
    XTRIM s FOO 1
    XTRIM s LIMIT 1
    XTRIM s LIMIT 0
    XTRIM s MAXLEN 1 LIMIT 1
    XTRIM s MAXLEN ~ 1 LIMIT 1
    XTRIM s MAXLEN ~ 1 LIMIT -1
    XTRIM s MAXLEN 1 2
    XTRIM s MAXLEN 1 MINID 1
    XTRIM s MAXLEN -1
    XTRIM s MAXLEN 1 NOMKSTREAM
    SET str v
    XTRIM str MAXLEN 0
    XTRIM str MAXLEN x
    XDEL str 1
    XDEL str x
    XADD str 1 a 1
    XADD str x a 1
    XDEL s
  `,
  'approximate trimming removes whole nodes': `
    EVAL "for i = 1, 250 do redis.call('XADD', KEYS[1], i, 'a', 1) end" 1 s
    XINFO STREAM s
    XTRIM s MAXLEN ~ 200
    XTRIM s MAXLEN ~ 120
    XLEN s
    XTRIM s MAXLEN ~ 0 LIMIT 99
    XTRIM s MAXLEN ~ 0 LIMIT 100
    XTRIM s MAXLEN ~ 0 LIMIT 0
    EVAL "for i = 301, 520 do redis.call('XADD', KEYS[1], i, 'a', 1) end" 1 s
    XTRIM s MINID ~ 400
    XTRIM s MINID ~ 401
    XTRIM s MINID ~ 600 LIMIT 1
    XTRIM s MAXLEN 110
    XTRIM s MAXLEN ~ 100
    XDEL s 411
    XTRIM s MAXLEN ~ 101
    XRANGE s - + COUNT 2
    XADD s MAXLEN ~ 1 713 a 1
    XLEN s
    XADD s MINID ~ 713 LIMIT 0 714 a 1
    XLEN s
    XINFO STREAM s
    XTRIM s MAXLEN ~ 0
    XINFO STREAM s
    XADD b 1 f {x*3000}
    XADD b 2 f {x*3000}
    XADD b 3 f {x*30}
    XADD b 4 f {x*1110}
    XADD b 5 f {x*1}
    XTRIM b MAXLEN ~ 1
    XLEN b
  `,
  'nodes of the tree that XINFO counts': `
    XADD s 1-1 a {x*4096}
    XINFO STREAM s
    XADD s 1-2 a {x*4096}
    XINFO STREAM s
    XADD s 1-300 a {x*4096}
    XADD s 257-0 a {x*4096}
    XADD s 257-1 a {x*4096}
    XINFO STREAM s
    XADD s 4294967296-0 a {x*4096}
    XADD s 9223372036854775807-0 a {x*4096}
    XADD s 18446744073709551615-18446744073709551615 a {x*4096}
    XINFO STREAM s
    XDEL s 257-0 1-2
    XINFO STREAM s
    XTRIM s MAXLEN 2
    XINFO STREAM s
  `,
  XSETID: `
    XSETID missing 1
    XSETID missing x
    XADD s 1-1 a 1
    XADD s 2-1 a 1
    XSETID s 2-0
    XSETID s 5
    XADD s 4 a 1
    XADD s 5-* a 1
    XSETID s 9 ENTRIESADDED 2
    XSETID s 9 ENTRIESADDED 3
    XSETID s 9 ENTRIESADDED -1
    XSETID s 9 ENTRIESADDED x
    XSETID s 9 ENTRIESADDED 9223372036854775807
    XINFO STREAM s
    XSETID s 9 MAXDELETEDID 10
    XSETID s 9 MAXDELETEDID 8
    XSETID s 7
    XSETID s 9 MAXDELETEDID x
    XSETID s 9 MAXDELETEDID 0-0
    XSETID s 10 ENTRIESADDED 100 MAXDELETEDID 3
    XINFO STREAM s
    XSETID s 10 FOO 1
    XSETID s 10 ENTRIESADDED
    XSETID s -
    XSETID s
    XDEL s 5-1
    XTRIM s MAXLEN 0
    XSETID s 5-1 ENTRIESADDED 1
    XSETID s 4
    XSETID s 6 ENTRIESADDED 0
    XINFO STREAM s
    SET str v
    XSETID str 1
    XSETID str x
  `,
  'XREAD without waiting': `
    XREAD STREAMS s 0
    XADD s 1-1 a 1
    XADD s 1-2 a 2
    XADD t 5-5 b 1
    XREAD STREAMS s 0
    XREAD STREAMS s t 0 0
    XREAD STREAMS s t 1-2 0
    XREAD STREAMS t s missing 0 1-1 0
    XREAD COUNT 1 STREAMS s t 0 0
    XREAD COUNT 0 STREAMS s 0
    XREAD COUNT -5 STREAMS s 0
    XREAD STREAMS s $
    XREAD STREAMS s t $ $
    XREAD STREAMS missing $
    XREAD STREAMS s 1-2
    XREAD STREAMS s 18446744073709551615-18446744073709551615
    XREAD STREAMS s s 0 1-1
    XREAD
    XREAD STREAMS
    XREAD STREAMS s
    XREAD STREAMS s t 0
    XREAD COUNT x STREAMS s 0
    XREAD COUNT STREAMS s 0
    XREAD FOO STREAMS s 0
    XREAD STREAMS s x
    XREAD STREAMS s -
    XREAD STREAMS s +
    XREAD STREAMS s >
    XREAD GROUP g c STREAMS s 0
    XREAD NOACK STREAMS s 0
    XREAD GROUP g STREAMS s 0
    XREAD BLOCK -1 STREAMS s 0
    XREAD BLOCK x STREAMS s 0
    XREAD BLOCK 1.5 STREAMS s 0
    XREAD BLOCK 10 STREAMS s $
    XREAD BLOCK 10 STREAMS s 0
    XREAD BLOCK 0 COUNT 1 STREAMS s 0
    SET str v
    XREAD STREAMS str 0
    XREAD STREAMS s str 0 0
    XREAD STREAMS str x
    XREAD STREAMS s str x 0
    MULTI
    XREAD BLOCK 0 STREAMS s $
    EXEC
    XDEL s 1-1 1-2
    XREAD STREAMS s 0
    XREAD BLOCK 10 STREAMS s 0
  `,
  'XREAD waits for an entry': `
    b! XREAD BLOCK 0 STREAMS s 0
    XADD s 1-1 a 1
    b<
    b! XREAD BLOCK 0 STREAMS s $
    c! XREAD BLOCK 0 COUNT 1 STREAMS s t 1-1 $
    MULTI
    XADD s 1-2 a 2
    XADD s 1-3 a 3
    EXEC
    b<
    c<
    b! XREAD BLOCK 0 STREAMS s t $ $
    XADD t 1-1 a 1
    b<
    b! XREAD BLOCK 0 STREAMS s 2
    XADD s 1-4 a 1
    XADD s 2-0 a 1
    XADD s 2-1 a 1
    b<
    b! XREAD BLOCK 0 STREAMS s $
    XGROUP CREATE s g $
    XDEL s 2-1
    XTRIM s MAXLEN 1
    XGROUP DESTROY s g
    XSETID s 9
    XADD s 9-1 a 1
    b<
  `,
  'deleting does not end the wait of XREAD': `
    XADD s 1 a 1
    b! XREAD BLOCK 0 STREAMS s $
    DEL s
    SET s v
    DEL s
    RPUSH s x
    DEL s
    XADD s 1 a 1
    XADD s 2 a 1
    b<
    XADD e 5 a 1
    XDEL e 5
    b! XREAD BLOCK 0 STREAMS e 0
    XGROUP CREATE e g 0
    XDEL e 5
    XADD e 6 a 1
    b<
    b! XREAD BLOCK 0 STREAMS e $
    MULTI
    XADD e 7 a 1
    XDEL e 7
    EXEC
    b<
    b! XREAD BLOCK 0 STREAMS n 0
    XADD m 1 a 1
    RENAME m n
    b<
    b! XREAD BLOCK 0 STREAMS o 0
    COPY n o
    b<
  `,
  'wrong arities': `
    XLEN
    XLEN s t
    XRANGE s
    XDEL s
    XTRIM s MAXLEN
    XREAD STREAMS s
    XSETID s
    XINFO STREAM
    XADD s * f
  `,
  'ids end at a NUL': `
    XADD s "1-1\\x00x" f v
    XADD s "2-*\\x00x" f v
    XRANGE s "1\\x00" "+\\x00"
    XRANGE s "(1-1\\x00a" 2
    XDEL s "1-1\\x00"
    XLEN s
  `,
}

export const templates: readonly string[] = [
  'XADD <key> <id> <field> <value>',
  'XADD <key> <id> <field> <value>',
  'XADD <key> <id> <field> <value> <field> <value>',
  'XADD <key> NOMKSTREAM MAXLEN ~|= <count> <id> <field> <value>',
  'XADD <key> MINID <id> <id> <field> <value>',
  'XLEN <key>',
  'XRANGE <key> <id>|- <id>|+',
  'XREVRANGE <key> <id> <id> COUNT <count>',
  'XDEL <key> <id> <id>',
  'XTRIM <key> MAXLEN|MINID <count>',
  'XSETID <key> <id>',
  'XREAD COUNT <count> STREAMS <key> <key> <id> <id>',
  'XINFO STREAM <key>',
]
