import type { Cases } from '../script.ts'

export const cases: Cases = {
  'adding and counting': `
    PFADD h a b c d e f g
    PFADD h a b
    PFADD h z
    PFCOUNT h
    PFCOUNT missing
    PFADD empty
    PFADD empty
    GET empty
    PFCOUNT empty
    GET h
    PFADD i {1..2000}
    PFCOUNT i
    PFCOUNT h i missing
    PFCOUNT missing nosuch
    PFDEBUG ENCODING i
    PFDEBUG ENCODING h
    GET i
  `,
  merging: `
    PFADD a 1 2 3
    PFADD b 3 4 5
    PFMERGE d a b missing
    PFCOUNT d
    GET d
    PFMERGE e
    GET e
    PFCOUNT e
    PFADD big {1..3000}
    PFMERGE d big
    PFDEBUG ENCODING d
    PFCOUNT d
    PFMERGE a a
    PFCOUNT a
  `,
  debugging: `
    PFADD h a b c
    PFDEBUG DECODE h
    PFDEBUG ENCODING h
    PFDEBUG TODENSE h
    PFDEBUG TODENSE h
    PFDEBUG DECODE h
    PFDEBUG ENCODING h
    PFADD g x
    PFDEBUG GETREG g
    PFDEBUG ENCODING g
    PFDEBUG ENCODING missing
    PFDEBUG NOSUCH g
  `,
  'what is no HyperLogLog': `
    SET s hello
    PFADD s a
    PFCOUNT s
    PFMERGE d s
    PFCOUNT s missing
    RPUSH l x
    PFADD l a
    PFCOUNT l
    PFMERGE l s
    PFADD h a
    SETRANGE h 20 "\\xff\\xff\\xff"
    PFADD h b
    PFCOUNT h
    PFADD
    PFCOUNT
  `,
  'the self test': `
    PFSELFTEST
    PFSELFTEST x
    SET s x
    PFDEBUG "a\\r\\nb" s
  `,
}

export const templates: readonly string[] = [
  'PFADD <key> <value> <value>',
  'PFCOUNT <key>',
  'PFCOUNT <key> <key>',
  'PFMERGE <key> <key> <key>',
]
