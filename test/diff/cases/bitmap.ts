import type { Cases } from '../script.ts'

export const cases: Cases = {
  'single bits': `
    SETBIT b 7 1
    SETBIT b 7 1
    SETBIT b 7 0
    SETBIT b 100 1
    GETBIT b 100
    GETBIT b 101
    GETBIT b 100000
    GETBIT missing 0
    GET b
    STRLEN b
    SET s abc
    SETBIT s 6 1
    GET s
    OBJECT ENCODING s
    GETBIT s 1
    SET n 12
    GETBIT n 3
    SETBIT n 0 1
    GET n
    SETBIT b -1 1
    SETBIT b x 1
    SETBIT b 4294967296 1
    GETBIT b 4294967296
    SETBIT b 0 2
    SETBIT b 0 x
    SETBIT b 0 -1
    GETBIT b "#1"
  `,
  BITCOUNT: `
    SET s foobar
    BITCOUNT s
    BITCOUNT s 0 0
    BITCOUNT s 1 1
    BITCOUNT s 1 -2
    BITCOUNT s -100 100
    BITCOUNT s -2 -3
    BITCOUNT s 5 2
    BITCOUNT s 5 30 BIT
    BITCOUNT s 5 -30 BIT
    BITCOUNT s 0 1 BYTE
    BITCOUNT s 0 1 NOSUCH
    BITCOUNT s 0
    BITCOUNT s x 1
    BITCOUNT s -2 -3 NOSUCH
    BITCOUNT missing
    BITCOUNT missing 0
    BITCOUNT missing x y
    SET e ""
    BITCOUNT e 0 -1
    BITCOUNT s 0 1 BIT x
  `,
  BITPOS: `
    SET s "\\xff\\xf0\\x00"
    BITPOS s 0
    BITPOS s 1
    BITPOS s 1 2
    BITPOS s 0 0 0
    BITPOS s 0 0
    BITPOS s 1 -1
    BITPOS s 0 7 12 BIT
    BITPOS s 1 12 -1 BIT
    BITPOS s 0 1 -1 BYTE
    BITPOS s 0 1 -1 NOSUCH
    BITPOS s 2
    BITPOS s x
    BITPOS s 1 x
    BITPOS s 1 5 2
    BITPOS missing 0
    BITPOS missing 1
    BITPOS missing 1 x
    SET f "\\xff\\xff"
    BITPOS f 0
    BITPOS f 0 1
    BITPOS f 0 0 -1
    BITPOS f 0 2
    SET e ""
    BITPOS e 0
    BITPOS e 1
    BITPOS s 1 0 1 BIT x
  `,
  BITOP: `
    SET a "abcd"
    SET b "\\xff\\x0f"
    BITOP AND d a b
    SET ten 10
    BITOP AND result ten ten
    GET result
    OBJECT ENCODING result
    GET d
    BITOP OR d a b missing
    GET d
    BITOP XOR d a b
    GET d
    BITOP NOT d a
    GET d
    BITOP NOT d a b
    BITOP NOSUCH d a
    BITOP AND d missing nosuch
    EXISTS d
    BITOP AND a a
    RPUSH l x
    BITOP OR d a l
    BITOP OR l a b
    TYPE l
  `,
  BITFIELD: `
    BITFIELD k SET u8 0 255 GET u8 0 INCRBY u8 0 10
    GET k
    BITFIELD k INCRBY i5 100 1 GET u4 0
    BITFIELD k OVERFLOW SAT INCRBY u2 102 3 OVERFLOW FAIL INCRBY u2 102 1 OVERFLOW WRAP INCRBY u2 102 1
    BITFIELD k SET i64 0 -9223372036854775808 GET i64 0
    BITFIELD k OVERFLOW SAT INCRBY i64 0 -1
    BITFIELD k OVERFLOW WRAP INCRBY i64 0 -1
    BITFIELD k SET u63 #1 9223372036854775807 GET u63 #1
    BITFIELD k GET u1 #3 GET i8 #0
    BITFIELD k OVERFLOW FAIL SET u4 0 99
    BITFIELD k SET u8 0 -1
    BITFIELD k
    BITFIELD missing GET u8 0
    EXISTS missing
    BITFIELD k GET u64 0
    BITFIELD k GET i65 0
    BITFIELD k GET x8 0
    BITFIELD k GET u0 0
    BITFIELD k GET u8
    BITFIELD k SET u8 0
    BITFIELD k SET u8 x 1
    BITFIELD k SET u8 0 x
    BITFIELD k SET u8 -1 1
    BITFIELD k OVERFLOW NOSUCH
    BITFIELD k OVERFLOW
    BITFIELD k NOSUCH u8 0
    BITFIELD_RO k GET u8 0
    BITFIELD_RO k SET u8 0 1
    BITFIELD_RO missing GET u8 0
  `,
  'wrong types': `
    RPUSH l x
    SETBIT l 0 1
    GETBIT l 0
    BITCOUNT l
    BITPOS l 1
    BITFIELD l GET u8 0
    BITFIELD l SET u8 0 1
    SETBIT l x 1
    BITCOUNT l x y
  `,
  'offsets that wrap around': `
    BITFIELD b SET u8 #0 255
    BITFIELD_RO b GET i8 #4611686018427387904
    BITFIELD_RO b GET u8 #1152921504606846976
    BITFIELD_RO b GET u8 #-1
    BITFIELD_RO b GET u8 #9223372036854775807
  `,
}

export const templates: readonly string[] = [
  'SETBIT <key> <count> 0|1',
  'GETBIT <key> <count>',
  'BITCOUNT <key> <index> <index>',
  'BITCOUNT <key> <index> <index> BIT',
  'BITPOS <key> 0|1 <index>',
  'BITPOS <key> 0|1 <index> <index>',
  'BITOP AND|OR|XOR <key> <key> <key>',
  'BITFIELD <key> SET u8 <count> <count> INCRBY i5 3 <count> GET u16 1',
]
