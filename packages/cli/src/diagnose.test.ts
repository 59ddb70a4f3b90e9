import { expect, test } from 'vitest'
import { bytes, diagnose, type Facts, parseInfo } from './diagnose.ts'

const healthy: Facts = {
  info: parseInfo(
    '# Server\r\nredis_version:7.0.15\r\nused_memory:1000\r\nmaxmemory:100000\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\naof_last_write_status:ok\r\nconnected_clients:3\r\nmaxclients:10000\r\n',
  ),
  config: { appendfsync: 'everysec', save: '' },
  pingMs: [0.1, 0.2, 0.3],
  slow: [],
  big: { sampled: 10, keys: [{ key: 'k', type: 'string', bytes: 100 }] },
  cluster: null,
}

const problems = (facts: Partial<Facts>): string[] =>
  diagnose({ ...healthy, ...facts })
    .filter((finding) => finding.severity !== 'good')
    .map((finding) => `${finding.severity} ${finding.check}`)

test('a healthy server has only good findings', () => {
  expect(problems({})).toEqual([])
  expect(diagnose(healthy).length).toBeGreaterThanOrEqual(7)
})

test.each<[string, Partial<Facts>, string]>([
  ['an old server', { info: { ...healthy.info, redis_version: '6.0.16' } }, 'problem version'],
  ['a server on 6.2', { info: { ...healthy.info, redis_version: '6.2.0' } }, 'advice version'],
  ['full memory', { info: { ...healthy.info, used_memory: '95000' } }, 'problem memory'],
  ['no memory limit', { info: { ...healthy.info, maxmemory: '0' } }, 'advice memory'],
  ['an evicting policy', { info: { ...healthy.info, maxmemory_policy: 'allkeys-lru' } }, 'advice memory'],
  ['a failing append-only file', { info: { ...healthy.info, aof_last_write_status: 'err' } }, 'problem persistence'],
  ['no persistence', { info: { ...healthy.info, aof_enabled: '0' } }, 'advice persistence'],
  ['a slow link', { pingMs: [20, 20, 20] }, 'advice latency'],
  ['a slow command', { slow: [{ micros: 50_000, command: 'keys' }] }, 'advice slowlog'],
  ['a big key', { big: { sampled: 1, keys: [{ key: 'b', type: 'hash', bytes: 2 << 20 }] } }, 'advice keys'],
  ['rejected connections', { info: { ...healthy.info, rejected_connections: '4' } }, 'problem clients'],
  [
    'a broken cluster',
    { info: { ...healthy.info, cluster_enabled: '1' }, cluster: { cluster_state: 'fail' } },
    'problem cluster',
  ],
])('%s is found', (_, facts, expected) => {
  expect(problems(facts)).toEqual([expected])
})

test('problems come first, and each has advice', () => {
  const findings = diagnose({ ...healthy, pingMs: [20], info: { ...healthy.info, redis_version: '5.0.0' } })
  expect(findings[0]).toMatchObject({ severity: 'problem', check: 'version' })
  for (const finding of findings) expect(finding.advice === undefined).toBe(finding.severity === 'good')
})

test('sizes are readable', () => {
  expect([0, 1536, 5 * 1024 ** 3].map(bytes)).toEqual(['0 B', '1.5 KB', '5.0 GB'])
})
