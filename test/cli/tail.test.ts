// tail: what happens on a server, line by line, until it is told to end.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { runCli, startCli } from './run-cli.ts'

let server: TestServer
const BINARY = Buffer.from([0xff, 0x0a])

beforeAll(async () => {
  server = await startServer({ name: 'tail', config: { 'notify-keyspace-events': 'KA' } })
})
afterAll(() => server.stop())
beforeEach(async () => {
  await server.call('FLUSHALL')
})

async function follow(args: readonly string[], cause: () => Promise<unknown>, wanted: string): Promise<void> {
  const run = startCli(['tail', '--url', server.url, ...args])
  await run.told('Following')
  await cause()
  await run.wrote(wanted)
  run.stop()
  expect((await run.done).code).toBe(0)
}

test('channels and patterns', async () => {
  await follow(['news', 'sport'], () => server.call('PUBLISH', 'sport', 'hello'), 'sport  hello\n')
  await follow(
    ['--pattern', 'n*', '--json'],
    () => server.call('PUBLISH', 'n1', 'x"'),
    '{"channel":"n1","message":"x\\""}\n',
  )
  await follow(
    ['bytes', '--json'],
    () => server.call('PUBLISH', 'bytes', BINARY),
    '{"channel":"bytes","message":{"base64":"/wo="}}\n',
  )
})

test('events of keys, of every database, and a warning when there can be none', async () => {
  await follow(['--keyspace', 'k*'], () => server.call('SET', 'k1', 'v'), 'k1  set\n')
  const inOther = async (): Promise<void> => {
    await server.call('SELECT', 2)
    await server.call('SET', 'k:2', 'v')
    await server.call('SELECT', 0)
  }
  await follow(['--keyspace', 'k*', '--json'], inOther, '{"db":2,"key":"k:2","event":"set"}\n')
  await follow(['--keyspace', 'k*'], inOther, '[2]  k:2  set\n')
  await using silent = await startServer({ name: 'silent' })
  const run = startCli(['tail', '--url', silent.url, '--keyspace', '*'])
  await run.told('CONFIG SET notify-keyspace-events KEA')
  run.stop()
  await run.done
})

test('streams from now, from the beginning, and from an id; names of fields are their own', async () => {
  await server.call('XADD', 's', '1-1', 'id', 'old')
  await server.call('XADD', 's', '2-1', 'f', BINARY)
  await follow(['--stream', 's'], () => server.call('XADD', 's', '3-1', 'f', 'new'), 's  3-1  f="new"\n')
  const nothing = async (): Promise<void> => {}
  await follow(['--stream', 's', '--from', '0', '--json'], nothing, '{"stream":"s","id":"1-1","fields":{"id":"old"}}\n')
  await follow(['--stream', 's', '--from', '1-1'], nothing, 's  2-1  f="\\xff\\n"\n')
  await follow(['--stream', 'later', 's'], () => server.call('XADD', 'later', '1-1', 'f', 'v'), 'later  1-1  f="v"\n')
})

test('commands, with the time that the server tells', async () => {
  await follow(['--monitor'], () => server.call('ECHO', 'a b'), '"ECHO" "a b"\n')
  const run = startCli(['tail', '--url', server.url, '--monitor', '--json'])
  await run.told('Following')
  await server.call('ECHO', 'seen')
  await run.wrote('seen')
  run.stop()
  const lines = (await run.done).out.trim().split('\n')
  const seen = JSON.parse(lines.find((line) => line.includes('seen'))!) as Record<string, unknown>
  expect(seen).toEqual({ time: expect.any(Number), db: 0, address: expect.any(String), command: '"ECHO" "seen"' })
  expect(Math.abs(Number(seen.time) - Date.now() / 1000)).toBeLessThan(60)
})

test('what it cannot follow', async () => {
  expect(await runCli(['tail', '--url', server.url])).toMatchObject({ code: 2 })
  expect(await runCli(['tail', '--url', server.url, '--stream', '--monitor', 'x'])).toMatchObject({ code: 2 })
  await server.call('SET', 'text', 'x')
  expect(await runCli(['tail', '--url', server.url, '--stream', 'text'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('WRONGTYPE'),
  })
})
