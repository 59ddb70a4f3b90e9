import { expect, test } from 'vitest'
import { parseLine } from './monitor.ts'

const same = (binary: string): string => binary

test('a line of MONITOR is taken apart, whatever its words hold', () => {
  expect(parseLine('1339518083.107412 [3 127.0.0.1:60866] "keys" "*"', same)).toEqual({
    time: 1339518083107.412,
    db: 3,
    address: '127.0.0.1:60866',
    args: ['keys', '*'],
  })
  expect(parseLine('1.000001 [0 unix:/run/a b].sock] "SET" "\\"q\\"" "\\x00\\xff\\n\\\\" ""', same)).toEqual({
    time: 1000.001,
    db: 0,
    address: 'unix:/run/a b].sock',
    args: ['SET', '"q"', '\0\xff\n\\', ''],
  })
  expect(parseLine('1.5 [0 lua] "GET" "] \\" ["', same)).toMatchObject({ address: 'lua', args: ['GET', '] " ['] })
})

test.each(['OK', 'PONG', ''])('%j is no command', (line) => {
  expect(parseLine(line, same)).toBeNull()
})
