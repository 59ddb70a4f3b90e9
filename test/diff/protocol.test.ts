// Bytes that are no proper request: a real server and the engine answer alike and then close.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pair, startPair } from './pair.ts'
import { Wire } from './wire.ts'

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  await pair[Symbol.asyncDispose]()
})

/** Everything a side answers to these bytes, until it answers the command after them or closes. */
async function answersOf(port: number, bytes: string): Promise<string[]> {
  const wire = await Wire.open(port)
  const frames: string[] = []
  try {
    wire.sendRaw(bytes.length > 70_000 ? bytes : `${bytes}${FENCE}`)
    while (frames.at(-1) !== FENCED) frames.push(await wire.frame())
  } catch {
    frames.push('closed')
  } finally {
    wire.close()
  }
  return frames
}

const FENCE = '*2\r\n$4\r\nECHO\r\n$5\r\nfence\r\n'
const FENCED = '$5\r\nfence\r\n'

const requests: Readonly<Record<string, string>> = {
  'an inline command': 'PING\r\n',
  'an inline command with a bare line feed': 'PING\n',
  'an inline command with quotes': 'ECHO "a b\\x41\\n"\r\n',
  'a vertical tab between words, and in one': 'ECHO \va\vb\fc\r\n',
  'a line break in place of a dollar': '*2\r\n\r\n',
  'single quotes': "ECHO 'it\\'s'\r\n",
  'an empty line': '\r\n',
  'spaces only': '   \r\n',
  'unbalanced quotes': 'ECHO "abc\r\n',
  'text after a closing quote': 'ECHO "abc"d\r\n',
  'an empty array': '*0\r\n',
  'a negative array': '*-1\r\n',
  'an array length that is no number': '*x\r\n',
  'an array length that is too big': '*2147483648\r\n',
  'an element that is no bulk string': '*1\r\n:1\r\n',
  'a negative bulk length': '*1\r\n$-1\r\n',
  'a bulk length that is no number': '*1\r\n$x\r\n',
  'a bulk string beyond the limit': '*1\r\n$536870913\r\n',
  'CLIENT REPLY and RESET': 'CLIENT REPLY SKIP\r\nRESET\r\nPING 1\r\nCLIENT REPLY OFF\r\nPING 2\r\nRESET\r\nPING 3\r\n',
  'CLIENT REPLY SKIP and OFF':
    'CLIENT REPLY SKIP\r\nPING\r\nECHO 1\r\nCLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nPING\r\nGET\r\nCLIENT REPLY ON\r\nPING\r\n',
  'subscriptions whatever CLIENT REPLY says':
    'CLIENT REPLY SKIP\r\nSUBSCRIBE a\r\nPING\r\nUNSUBSCRIBE a\r\nCLIENT REPLY OFF\r\nSUBSCRIBE a b\r\nUNSUBSCRIBE a b\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\n',
  'an empty name': '*1\r\n$0\r\n\r\n',
  'an endless inline command': 'x'.repeat(70_001),
  'an endless array length': `*${'1'.repeat(70_000)}`,
  'an endless bulk length': `*1\r\n$${'1'.repeat(70_000)}`,
}

describe('requests on the wire', () => {
  for (const [title, bytes] of Object.entries(requests)) {
    it(`answers ${title} alike`, async () => {
      const [real, engine] = await Promise.all(pair.sides.map((side) => answersOf(side.port, bytes)))
      expect(engine).toEqual(real)
    })
  }
})
