import type { Cases } from '../script.ts'

export const cases: Cases = {
  XGROUP: `
    XGROUP CREATE s g 0
    XGROUP CREATE s g $ MKSTREAM
    XGROUP CREATE s g 0
    XGROUP CREATE s g 0 MKSTREAM
    XLEN s
    XADD s 1-1 a 1
    XGROUP CREATE s h $
    XGROUP CREATE s i 1
    XGROUP CREATE s j x
    XGROUP CREATE s j -
    XGROUP CREATE t j x MKSTREAM
    EXISTS t
    XGROUP CREATE s j 0 ENTRIESREAD 1
    XGROUP CREATE s k 0 ENTRIESREAD -1
    XGROUP CREATE s l 0 ENTRIESREAD -2
    XGROUP CREATE s l 0 ENTRIESREAD x
    XGROUP CREATE s l 0 ENTRIESREAD
    XGROUP CREATE s l 0 FOO
    XGROUP CREATE s l 0 MKSTREAM ENTRIESREAD 3
    XGROUP CREATE s m 0 MKSTREAM MKSTREAM MKSTREAM MKSTREAM
    XINFO GROUPS s
    XGROUP SETID s g $
    XGROUP SETID s g 1-1 ENTRIESREAD 7
    XGROUP SETID s g 1 MKSTREAM
    XGROUP SETID s g 1 ENTRIESREAD
    XGROUP SETID s g 1 ENTRIESREAD 1 ENTRIESREAD 1
    XGROUP SETID s g -
    XGROUP SETID s g +
    XGROUP SETID s g x
    XGROUP SETID s nosuch 0
    XGROUP SETID s nosuch x
    XGROUP SETID missing g 0
    XINFO GROUPS s
    XGROUP CREATECONSUMER s g c
    XGROUP CREATECONSUMER s g c
    XGROUP CREATECONSUMER s nosuch c
    XGROUP CREATECONSUMER missing g c
    XGROUP DELCONSUMER s g c
    XGROUP DELCONSUMER s g c
    XGROUP DELCONSUMER s nosuch c
    XGROUP DELCONSUMER missing g c
    XGROUP DESTROY s g
    XGROUP DESTROY s g
    XGROUP DESTROY missing g
    SET str v
    XGROUP CREATE str g 0
    XGROUP CREATE str g x MKSTREAM
    XGROUP DESTROY str g
    XGROUP HELP
    XGROUP HELP x
    XGROUP FOO s g
    XGROUP
    XGROUP CREATE s
    XGROUP CREATE s g
    XGROUP DESTROY s
    XGROUP CREATECONSUMER s g
    XGROUP DELCONSUMER s g c d
  `,
  'XREADGROUP, XACK and XPENDING': `
    XADD s 1-1 a 1
    XADD s 1-2 a 2
    XADD s 1-3 a 3
    XGROUP CREATE s g 0
    XREADGROUP GROUP g alice COUNT 1 STREAMS s >
    XREADGROUP GROUP g bob STREAMS s >
    XREADGROUP GROUP g bob STREAMS s >
    XREADGROUP GROUP g alice STREAMS s 0
    XREADGROUP GROUP g bob COUNT 1 STREAMS s 0
    XREADGROUP GROUP g bob STREAMS s 1-2
    XREADGROUP GROUP g carol STREAMS s 0
    XPENDING s g
    # XPENDING s g - + 10
    # XPENDING s g - + 10 bob
    # XPENDING s g - + 1
    # XPENDING s g (1-1 (1-3 10
    XPENDING s g - + 10 nosuch
    XPENDING s g - + 0
    XPENDING s g - + -1
    XPENDING s g IDLE 100000 - + 10
    # XPENDING s g IDLE 0 - + 10 bob
    XACK s g 1-1
    XACK s g 1-1 1-2 9-9
    XACK s g x
    XACK s g 1-3 x
    XACK s nosuch x
    XACK missing g x
    XPENDING s g
    XACK s g 1-3
    XPENDING s g
    XPENDING s g - + 10
    XPENDING s nosuch
    XPENDING missing g
    XPENDING s nosuch - + 10
    XPENDING s g -
    XPENDING s g - +
    XPENDING s g - + x
    XPENDING s g x + 1
    XPENDING s g - x 1
    XPENDING s g (18446744073709551615-18446744073709551615 + 1
    XPENDING s g - (0 1
    XPENDING s g IDLE x - + 1
    XPENDING s g IDLE 1 - +
    XPENDING s g IDLE 1 - + 1 a b
    XPENDING s g - + 1 c d
    SET str v
    XACK str g 1
    XPENDING str g
    XPENDING str g x + 1
    XREADGROUP GROUP g c STREAMS str >
  `,
  'XREADGROUP: arguments': `
    XADD s 1-1 a 1
    XGROUP CREATE s g 0
    XREADGROUP
    XREADGROUP GROUP g c STREAMS s
    XREADGROUP GROUP g c STREAMS s t >
    XREADGROUP STREAMS s >
    XREADGROUP GROUP g STREAMS s >
    XREADGROUP GROUP g c COUNT x STREAMS s >
    XREADGROUP GROUP g c BLOCK x STREAMS s >
    XREADGROUP GROUP g c BLOCK -1 STREAMS s >
    XREADGROUP COUNT 1 STREAMS s > >
    XREADGROUP GROUP g c STREAMS s $
    XREADGROUP GROUP g c STREAMS s x
    XREADGROUP GROUP g c STREAMS s -
    XREADGROUP GROUP nosuch c STREAMS s >
    XREADGROUP GROUP nosuch c STREAMS s x
    XREADGROUP GROUP g c STREAMS missing >
    XREADGROUP GROUP g c STREAMS s missing > >
    XREADGROUP GROUP g c FOO STREAMS s >
    XINFO CONSUMERS s g
    XREADGROUP GROUP g c COUNT -1 STREAMS s >
    XREADGROUP GROUP g c COUNT 0 STREAMS s 0
    XREADGROUP GROUP g c STREAMS s 18446744073709551615-18446744073709551615
    XREADGROUP GROUP g c STREAMS s 18446744073709551615-18446744073709551614
    XREADGROUP GROUP g c BLOCK 10 STREAMS s >
    XREADGROUP GROUP g fresh BLOCK 10 STREAMS s >
    XREADGROUP GROUP g fresher STREAMS s >
    # XINFO CONSUMERS s g
    MULTI
    XREADGROUP GROUP g c BLOCK 0 STREAMS s >
    EXEC
  `,
  'NOACK, several streams, deleted entries': `
    XADD s 1-1 a 1
    XADD s 1-2 a 2
    XADD t 2-1 b 1
    XGROUP CREATE s g 0
    XGROUP CREATE t g 0
    XREADGROUP GROUP g c NOACK COUNT 1 STREAMS s >
    XPENDING s g
    XREADGROUP GROUP g c STREAMS s t > >
    XREADGROUP GROUP g c STREAMS s t > 0
    XADD t 2-2 b 2
    XREADGROUP GROUP g c STREAMS s t > >
    XDEL t 2-1
    XREADGROUP GROUP g c STREAMS t 0
    XPENDING t g
    XGROUP DELCONSUMER t g c
    XPENDING t g
    XINFO GROUPS t
    XGROUP SETID t g 0
    XREADGROUP GROUP g d STREAMS t >
    XGROUP SETID t g 0
    XREADGROUP GROUP g e STREAMS t >
    # XPENDING t g - + 10
  `,
  XCLAIM: `
    XADD s 1-1 a 1
    XADD s 1-2 a 2
    XADD s 1-3 a 3
    XADD s 1-4 a 4
    XGROUP CREATE s g 0
    XREADGROUP GROUP g alice COUNT 3 STREAMS s >
    XCLAIM s g bob 0 1-1
    XCLAIM s g bob 0 1-1 1-2 JUSTID
    XCLAIM s g bob 100000 1-3
    XCLAIM s g bob 0 1-4
    XCLAIM s g bob 0 1-4 FORCE
    XCLAIM s g bob 0 9-9 FORCE
    XCLAIM s g bob 0 1-4 RETRYCOUNT 7
    XCLAIM s g bob 0 1-4 RETRYCOUNT -7 JUSTID
    # XPENDING s g - + 10
    XCLAIM s g bob 0 1-4 IDLE 100000
    XPENDING s g IDLE 99000 - + 10 nosuch
    # XPENDING s g IDLE 99000 - + 10
    XCLAIM s g bob 0 1-4 TIME 1
    XCLAIM s g bob 0 1-4 TIME 9223372036854775807 JUSTID
    # XPENDING s g - + 10
    XCLAIM s g bob 0 1-4 IDLE -1 JUSTID
    XCLAIM s g bob -5 1-4 JUSTID
    XCLAIM s g bob 0 1-4 LASTID 1-3
    XCLAIM s g bob 0 1-4 LASTID 8-8
    XCLAIM s g bob 0 9-9 LASTID 9-9
    XINFO GROUPS s
    XDEL s 1-2
    XCLAIM s g carol 0 1-2
    XPENDING s g
    XCLAIM s g carol 0 1-3 1-1 1-3
    XCLAIM s g carol 0 JUSTID
    XCLAIM s g carol 0 1-1 x
    XCLAIM s g carol 0 x
    XCLAIM s g carol x 1-1
    XCLAIM s g carol 0 1-1 IDLE
    XCLAIM s g carol 0 1-1 IDLE x
    XCLAIM s g carol 0 1-1 TIME x
    XCLAIM s g carol 0 1-1 RETRYCOUNT x
    XCLAIM s g carol 0 1-1 LASTID x
    XCLAIM s g carol 0 1-1 JUSTID 1-3
    XCLAIM s nosuch carol x 1-1
    XCLAIM missing g carol 0 1-1
    XCLAIM s g carol 0
    SET str v
    XCLAIM str g carol x 1-1
    # XINFO CONSUMERS s g
  `,
  XAUTOCLAIM: `
    XADD s 1-1 a 1
    XADD s 1-2 a 2
    XADD s 1-3 a 3
    XADD s 1-4 a 4
    XGROUP CREATE s g 0
    XREADGROUP GROUP g alice STREAMS s >
    XAUTOCLAIM s g bob 0 -
    XAUTOCLAIM s g bob 0 0 COUNT 1
    XAUTOCLAIM s g carol 0 1-2 COUNT 2 JUSTID
    XAUTOCLAIM s g carol 0 (1-2 COUNT 1
    XAUTOCLAIM s g carol 100000 0
    XAUTOCLAIM s g carol 100000 0 COUNT 1
    XDEL s 1-2 1-3
    XAUTOCLAIM s g dave 0 0 COUNT 2
    XAUTOCLAIM s g dave 0 0 JUSTID
    XPENDING s g
    XAUTOCLAIM s g dave -5 9
    XAUTOCLAIM s g dave x 0
    XAUTOCLAIM s g dave 0 x
    XAUTOCLAIM s g dave 0 (18446744073709551615-18446744073709551615
    XAUTOCLAIM s g dave 0 0 COUNT 0
    XAUTOCLAIM s g dave 0 0 COUNT x
    XAUTOCLAIM s g dave 0 0 COUNT
    XAUTOCLAIM s g dave 0 0 COUNT -1
    XAUTOCLAIM s g dave 0 0 FOO
    XAUTOCLAIM s nosuch dave 0 0
    XAUTOCLAIM missing g dave 0 0
    XAUTOCLAIM s nosuch dave x 0
    XAUTOCLAIM s g dave 0
    SET str v
    XAUTOCLAIM str g dave 0 0
    XAUTOCLAIM str g dave 0 x
    # XINFO CONSUMERS s g
  `,
  'XAUTOCLAIM looks at ten times the count': `
    XGROUP CREATE s g 0 MKSTREAM
    XADD s 1 a 1
    XADD s 2 a 1
    XADD s 3 a 1
    XADD s 4 a 1
    XADD s 5 a 1
    XADD s 6 a 1
    XADD s 7 a 1
    XADD s 8 a 1
    XADD s 9 a 1
    XADD s 10 a 1
    XADD s 11 a 1
    XADD s 12 a 1
    XREADGROUP GROUP g a STREAMS s >
    XCLAIM s g a 0 12 IDLE 100000
    XAUTOCLAIM s g b 50000 0 COUNT 1
    XAUTOCLAIM s g b 50000 11 COUNT 1
    XAUTOCLAIM s g b 50000 0 COUNT 2
  `,
  XINFO: `
    XINFO STREAM missing
    XINFO GROUPS missing
    XINFO CONSUMERS missing g
    XADD s 1-1 a 1
    XADD s 1-2 b 2 c 3
    XINFO STREAM s
    XINFO GROUPS s
    XINFO CONSUMERS s g
    XINFO STREAM s FULL
    XGROUP CREATE s g 0
    XGROUP CREATE s a $
    XREADGROUP GROUP g c1 COUNT 1 STREAMS s >
    # XREADGROUP GROUP g c2 STREAMS s >
    XINFO GROUPS s
    # XINFO CONSUMERS s g
    # XINFO STREAM s FULL
    # XINFO STREAM s full count 1
    # XINFO STREAM s FULL COUNT 0
    # XINFO STREAM s FULL COUNT -1
    XINFO STREAM s FULL COUNT x
    XINFO STREAM s FULL COUNT
    XINFO STREAM s FOO
    XINFO STREAM s FOO COUNT 1
    XINFO STREAM s FULL FOO 1
    XINFO CONSUMERS s nosuch
    XINFO CONSUMERS s
    XINFO GROUPS
    XINFO STREAM
    XINFO HELP
    XINFO FOO s
    XINFO
    XDEL s 1-1 1-2
    XINFO STREAM s
    SET str v
    XINFO STREAM str
    XINFO GROUPS str
    XINFO CONSUMERS str g
    XINFO STREAM str FOO
  `,
  'how far a group has read': `
    XADD s 1 a 1
    XADD s 2 a 1
    XADD s 3 a 1
    XADD s 4 a 1
    XADD s 5 a 1
    XGROUP CREATE s g1 0
    XGROUP CREATE s g2 $
    XGROUP CREATE s g3 1
    XGROUP CREATE s g4 3
    XGROUP CREATE s g5 0-1
    XINFO GROUPS s
    XREADGROUP GROUP g1 c COUNT 2 STREAMS s >
    XREADGROUP GROUP g3 c COUNT 1 STREAMS s >
    XREADGROUP GROUP g4 c COUNT 1 STREAMS s >
    XINFO GROUPS s
    XDEL s 3
    XINFO GROUPS s
    XREADGROUP GROUP g1 c COUNT 1 STREAMS s >
    XREADGROUP GROUP g5 c COUNT 1 STREAMS s >
    XINFO GROUPS s
    XADD s 6 a 1
    XREADGROUP GROUP g1 c STREAMS s >
    XINFO GROUPS s
    XTRIM s MINID 5
    XINFO GROUPS s
    XDEL s 5 6
    XINFO GROUPS s
    XADD s 7 a 1
    XINFO GROUPS s
    XGROUP CREATE s g6 0 ENTRIESREAD 3
    XGROUP SETID s g2 7 ENTRIESREAD 100
    XINFO GROUPS s
    XSETID s 20 ENTRIESADDED 50
    XINFO GROUPS s
  `,
  'XREADGROUP waits and is served in order': `
    XGROUP CREATE s g $ MKSTREAM
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    c! XREADGROUP GROUP g c BLOCK 0 STREAMS s >
    d! XREAD BLOCK 0 STREAMS s $
    # XINFO CONSUMERS s g
    XADD s 1-1 a 1
    b<
    d<
    XADD s 1-2 a 2
    c<
    # XPENDING s g - + 10
    b! XREADGROUP GROUP g b BLOCK 0 NOACK COUNT 1 STREAMS s >
    MULTI
    XADD s 1-3 a 3
    XADD s 1-4 a 4
    EXEC
    b<
    b: XREADGROUP GROUP g b BLOCK 0 NOACK COUNT 5 STREAMS s >
    XPENDING s g
    XINFO GROUPS s
    XGROUP CREATE t g 0 MKSTREAM
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s t > >
    XADD t 5-5 f v
    b<
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s t > >
    XGROUP SETID s g 0
    XADD s 9 a 1
    b<
  `,
  'what ends the wait of a group reader': `
    XGROUP CREATE s g $ MKSTREAM
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    XGROUP DESTROY s g
    b<
    XGROUP CREATE s g $
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    DEL s
    b<
    XGROUP CREATE s g $ MKSTREAM
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    SET s v
    b<
    DEL s
    XGROUP CREATE s g $ MKSTREAM
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    MULTI
    DEL s
    SADD s e
    EXEC
    b<
    DEL s
    XGROUP CREATE s g $ MKSTREAM
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    MULTI
    DEL s
    XADD s 1 a 1
    EXEC
    b<
    XGROUP CREATE s g $
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    FLUSHDB
    b<
    XGROUP CREATE s g $ MKSTREAM
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    RENAME s t
    b<
    XGROUP CREATE s g $ MKSTREAM
    b! XREADGROUP GROUP g b BLOCK 0 STREAMS s >
    SWAPDB 0 1
    b<
    SELECT 1
    DEL s
  `,
  'events of streams': `
    CONFIG SET notify-keyspace-events KEA
    b: SUBSCRIBE __keyspace@0__:s
    XADD s 1 a 1
    b<
    XADD s MAXLEN 1 2 a 1
    b<
    b<
    XGROUP CREATE s g 0
    b<
    XREADGROUP GROUP g c STREAMS s >
    b<
    XGROUP CREATECONSUMER s g d
    b<
    XGROUP SETID s g 0
    b<
    XCLAIM s g e 0 2
    b<
    XAUTOCLAIM s g f 0 0
    b<
    XGROUP DELCONSUMER s g d
    b<
    XGROUP DESTROY s g
    b<
    XSETID s 5
    b<
    XTRIM s MAXLEN 0
    b<
    XADD s 6 a 1
    b<
    XDEL s 6
    b<
    CONFIG SET notify-keyspace-events ""
  `,
}

export const templates: readonly string[] = [
  'XGROUP CREATE <key> g1|g2 <id> MKSTREAM',
  'XGROUP CREATE <key> g1|g2 $',
  'XGROUP SETID <key> g1|g2 <id>',
  'XGROUP DESTROY <key> g1|g2',
  'XGROUP CREATECONSUMER|DELCONSUMER <key> g1|g2 <member>',
  'XREADGROUP GROUP g1|g2 <member> COUNT <count> STREAMS <key> >',
  'XREADGROUP GROUP g1|g2 <member> STREAMS <key> >',
  'XREADGROUP GROUP g1|g2 <member> NOACK STREAMS <key> <key> > <id>',
  'XACK <key> g1|g2 <id> <id>',
  'XPENDING <key> g1|g2',
  'XCLAIM <key> g1|g2 <member> 0 <id> <id> JUSTID',
  'XCLAIM <key> g1|g2 <member> 0 <id> FORCE',
  'XAUTOCLAIM <key> g1|g2 <member> 0 <id> COUNT <count>',
  'XINFO GROUPS <key>',
]
