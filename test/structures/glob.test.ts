// Glob patterns against a real server: random patterns over an alphabet of metacharacters, matched by SCAN and by KEYS.

import { compileGlob, matchGlob } from '@ochre/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type TestServer } from '../servers/index.ts'
import { BinaryClient } from './binary-client.ts'
import { randomFrom } from './random.ts'

let server: TestServer
let redis: BinaryClient

beforeAll(async () => {
  server = await startServer({ name: 'glob', version: 'redis-7.0' })
  redis = await BinaryClient.open(server.path)
})

afterAll(async () => {
  redis?.close()
  await server?.stop()
})

it('matches as the server does', async () => {
  const random = randomFrom(3)
  const pick = (alphabet: string, max: number) =>
    Array.from(
      { length: Math.floor(random() * (max + 1)) },
      () => alphabet[Math.floor(random() * alphabet.length)],
    ).join('')
  const keys = new Set<string>([''])
  for (let i = 0; i < 300; i++) keys.add(pick('abcA-]^\\[\xe9\xff', 5))
  await redis.call('MSET', ...[...keys].flatMap((key) => [key, 'x']))
  const checks: Promise<void>[] = []
  for (let i = 0; i < 4000; i++) {
    const pattern = pick('aabcA*?[]]^-\\\xe9', 8)
    if (pattern === '*') continue
    const glob = compileGlob(pattern)
    const ours = [...keys].filter((key) => matchGlob(glob, key)).sort()
    checks.push(
      redis
        .call('KEYS', pattern)
        .then((theirs) => expect([...(theirs as string[])].sort(), JSON.stringify(pattern)).toEqual(ours)),
    )
  }
  await Promise.all(checks)
})

it('ignores case as CONFIG GET does', async () => {
  const names = ((await redis.call('CONFIG', 'GET', '*')) as string[]).filter((_, i) => i % 2 === 0)
  for (const pattern of ['MAX*', '*[A-C]P*', '[^A-M]*', 'HZ', 'h[Z]', '*-\\F*', '[\\H]z']) {
    const glob = compileGlob(pattern, true)
    const pairs = (await redis.call('CONFIG', 'GET', pattern)) as string[]
    // A pattern without metacharacters is echoed as it was written.
    const theirs = pairs.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(names.filter((name) => matchGlob(glob, name)).sort(), pattern).toEqual(theirs.sort())
  }
})
