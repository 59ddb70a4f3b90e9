// Random commands in and around what a grammar of the command table allows: options missing, twice or contradicting, numbers
// at and beyond their limits, other types' keys, empty and binary words, another case.
import type { Argument, CommandSpec } from '@ochre/protocol'
import { sampleWords } from '../commands/sample.ts'

const INTEGERS: readonly string[] = [
  ...['0', '1', '2', '-1', '-2', '3', '10', '100', '-100', '127', '128', '255', '256', '2147483647', '2147483648'],
  ...['-2147483648', '-2147483649', '4294967295', '4294967296', '9223372036854775807', '-9223372036854775808'],
  ...['9223372036854775808', '-9223372036854775809', '18446744073709551615', '18446744073709551616'],
  ...['', ' 1', '1 ', '+1', '01', '-0', '0x10', '1e3', '1.0', '1.5', 'nan', 'inf', '-', 'a', '1\x00', '\xff'],
]

const DOUBLES: readonly string[] = [
  ...['0', '1', '-1', '1.5', '-2.25', '3e2', '1e-5', '0.1', '.5', '5.', '1e308', '1e309', '-1e309', '5e-324', '1e-400'],
  ...['inf', '-inf', '+inf', 'Infinity', 'infinit', 'nan', 'NaN', '-nan', '0x10', '0x1p3', '1e', 'e1', '', ' 1', '1 '],
  ...['+1', '-0', '1\x00', '9007199254740993', '123456789.123456789', '100000000000000000000', '1_0', 'a', '1,5'],
]

/** Around what SETRANGE, SETBIT and BITFIELD may address: nothing that would take much memory. */
const OFFSETS: readonly string[] = [
  ...['0', '1', '7', '8', '9', '100', '-1', '4294967296', '536870912', '9223372036854775807', '-9223372036854775808'],
  ...['9223372036854775808', '', 'a', '1.5', '#0', '#1', '#-1', '#', '#9223372036854775807', '#4611686018427387904'],
]

const TIMEOUTS: readonly string[] = [
  '0.001',
  '1e-3',
  '-1',
  '-0.1',
  '',
  'a',
  'nan',
  'inf',
  '1e30',
  '1e18',
  '9223372036854775808',
  '.001',
]

const VALUES: readonly string[] = [
  ...[
    '',
    'a',
    'b',
    'c',
    'hello world',
    '10',
    '-3',
    '3.5',
    '\x00\xff',
    '\r\n',
    '9223372036854775807',
    'ab\x00cd',
    'x'.repeat(70),
  ],
  ...['*', '?', '[', '[a', '[^a]', '\\', 'a*', '{a}b'],
]

const SCORE_BOUNDS: readonly string[] = [
  '-inf',
  '+inf',
  '(1',
  '(',
  '(inf',
  '((1',
  '[1',
  '1',
  '2',
  '3.5',
  '(nan',
  'nan',
  '',
  '(2 ',
  '-',
  '+',
]
const LEX_BOUNDS: readonly string[] = ['-', '+', '[a', '(a', '[', '(', 'a', '', '[c', '(c', '+a', '-a', '[\x00', '(ab']
const IDS: readonly string[] = [
  ...[
    '-',
    '+',
    '0',
    '1',
    '1-1',
    '2-0',
    '3',
    '(1-1',
    '(2',
    '(',
    '5-5',
    '0-0',
    '18446744073709551615-18446744073709551615',
  ],
  ...[
    '18446744073709551616',
    '1-18446744073709551616',
    '18446744073709551615',
    '1-',
    '-1',
    '1-1-1',
    '1-a',
    'a',
    '',
    '>',
    '$',
  ],
  ...['(18446744073709551615-18446744073709551615', '(0-0', '3-*', '*-1', '01-01', '+1', ' 1'],
]

/** What an argument of that name is often given. Others go by their type. */
const BY_NAME: Readonly<Record<string, readonly string[]>> = {
  bit: ['0', '1', '2', '-1', '', 'a'],
  channel: ['ch1', 'ch2', '', '*'],
  consumer: ['alice', 'bob', 'new', ''],
  consumername: ['alice', 'bob', 'new', ''],
  command: ['get', 'SET', 'zadd', 'nosuch', 'config|get', 'config', 'object', 'eval', 'sort', 'migrate', ''],
  'command-name': ['get', 'SET', 'nosuch', 'config|get', 'config', 'object|nosuch', '', 'get|a'],
  categoryname: ['read', 'WRITE', 'all', 'nosuch', ''],
  category: ['read', 'WRITE', 'all', 'nosuch', ''],
  element: ['a', 'b', 'c', '1', '2', 'nosuch', '', 'hello'],
  encoding: ['u8', 'i8', 'u63', 'u64', 'i64', 'i65', 'u0', 'i1', 'u1', 'U8', '', 'u', 'i', 'u-1', 'u8a', 'i16'],
  event: ['command', 'nosuch', '', 'get'],
  field: ['f1', 'f2', 'n', 'x', '', 'long', 'nosuch'],
  function: ['nosuch', 'fun', 'ro', ''],
  'function-code': [
    '#!lua name=lib\nredis.register_function("f2",function() return 1 end)',
    'return 1',
    '#!lua name=a',
    '#!js name=a\n',
    '',
  ],
  group: ['g1', 'g2', 'nosuch', ''],
  groupname: ['g1', 'g2', 'nosuch', 'new', ''],
  id: IDS,
  'last-id': IDS,
  max_deleted_entry_id: IDS,
  libname: ['a', 'a b', ''],
  libver: ['1', '1 0', ''],
  'library-name': ['lib', 'nosuch', ''],
  'library-name-pattern': ['l*', 'nosuch', '', '['],
  member: ['a', 'b', 'c', '1', '2', '3', 'Palermo', 'Catania', 'nosuch', ''],
  member1: ['Palermo', 'Catania', 'a', 'nosuch', ''],
  member2: ['Palermo', 'Catania', 'a', 'nosuch', ''],
  operation: ['and', 'OR', 'xor', 'NOT', 'nand', ''],
  offset: OFFSETS,
  pattern: [
    '*',
    'str*',
    '[ls]*',
    '?',
    '',
    'nosuch',
    '\\',
    '[',
    'w_*',
    'h_*->f',
    '#',
    'w_*->',
    '*->f',
    '[^a-',
    '[z-a]*',
    '**',
  ],
  pivot: ['a', 'b', '1', 'nosuch', ''],
  protover: ['2', '3', '1', '4', '', 'a', '3.0'],
  script: [
    'return 1',
    'return KEYS',
    'return ARGV',
    "return redis.call('GET',KEYS[1])",
    'return {1,{2,"a"},false}',
    'error',
    "return redis.pcall('INCR',KEYS[1])",
    '#!lua flags=no-writes\nreturn 1',
    '#!nosuch\nreturn 1',
    '',
  ],
  'serialized-value': ['', 'abc', '\x00\x01a\x0a\x00', '\x00\xc0\x01\x0b\x00\x0c\xb5\xa7\x2d\xb0\x69\x83\x1a'],
  sha1: ['e0e1f9fabfc9d4800c877a703b823ac0578ff8db', 'nosuch', '', 'E0E1F9FABFC9D4800C877A703B823AC0578FF8DB'],
  slot: ['0', '16383', '16384', '-1', 'a'],
  start: [...INTEGERS, ...IDS.slice(0, 12)],
  end: [...INTEGERS, ...IDS.slice(0, 12)],
  subcommand: ['ENCODING', 'GETREG', 'DECODE', 'TODENSE', 'nosuch', ''],
  threshold: ['0', '1', '2', '100', '-1', '2-0', '3', 'a', '', '1-1', '9223372036854775807'],
  timeout: TIMEOUTS,
  milliseconds: [...INTEGERS.filter((text) => text !== '0')],
  ttl: ['0', '1000000', '-1', '', 'a', '9223372036854775807', '9223372036854775808'],
  type: ['string', 'list', 'SET', 'zset', 'hash', 'stream', 'nosuch', ''],
  username: ['default', 'nosuch', ''],
  'yes-no': ['yes', 'NO', 'maybe', ''],
  ip: ['127.0.0.1'],
}

/** Words that can stand anywhere. */
const ANYWHERE: readonly string[] = [...VALUES.slice(0, 8), ...INTEGERS.slice(0, 24), 'str', 'list', 'nosuch']

/** A command in or around the grammar of a row of the table. */
export function oddCommand(spec: CommandSpec, keys: readonly string[], random: () => number): string[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const tokens = tokensOf(spec.arguments)
  const name = spec.name.split(' ')
  // Most often the numbers and names are those that mean something; what is odd stands out then.
  const isTame = random() < 0.5
  const wordOf = (argument: Argument): string => {
    if (argument.type === 'key') return pick(keys)
    const pool =
      BY_NAME[argument.name] ??
      (argument.type === 'integer' || argument.type === 'unix-time'
        ? INTEGERS
        : argument.type === 'double'
          ? /^(min|max)$/.test(argument.name)
            ? SCORE_BOUNDS
            : DOUBLES
          : argument.type === 'pattern'
            ? BY_NAME.pattern!
            : /^(min|max)$/.test(argument.name)
              ? LEX_BOUNDS
              : VALUES)
    return isTame ? pool[Math.floor(random() * Math.min(pool.length, 6))]! : pick(pool)
  }
  let words = sampleWords(spec.arguments, random, wordOf)
  const mutations = random() < 0.45 ? 0 : 1 + Math.floor(random() * 3)
  for (let i = 0; i < mutations; i++) words = mutate(words)
  const all = [...name, ...words]
  return random() < 0.15 ? all.map((word) => (random() < 0.3 ? word.toUpperCase() : word)) : all

  function mutate(list: readonly string[]): string[] {
    const at = Math.floor(random() * (list.length + 1))
    const odd = (): string =>
      tokens.length !== 0 && random() < 0.5 ? pick(tokens) : pick(random() < 0.3 ? keys : ANYWHERE)
    switch (Math.floor(random() * 8)) {
      case 0:
        return list.toSpliced(at, 1)
      case 1:
        return at < list.length ? list.toSpliced(at, 0, list[at]!) : [...list]
      case 2:
        return list.toSpliced(at, 0, odd())
      case 3:
        return [...list, odd()]
      case 4:
        return at < list.length ? list.toSpliced(at, 1, odd()) : [...list]
      case 5:
        return list.slice(0, at)
      case 6:
        return tokens.length === 0 ? [...list] : [...list, pick(tokens), pick(INTEGERS)]
      default: {
        const other = Math.floor(random() * Math.max(1, list.length))
        if (at >= list.length) return [...list]
        const swapped = [...list]
        swapped[at] = list[other]!
        swapped[other] = list[at]!
        return swapped
      }
    }
  }
}

function tokensOf(list: readonly Argument[]): string[] {
  return list.flatMap((argument) => [
    ...(argument.token === undefined ? [] : [argument.token]),
    ...tokensOf(argument.arguments ?? []),
  ])
}
