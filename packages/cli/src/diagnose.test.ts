import { expect, test } from 'vitest'
import { bytes, diagnose, type Facts, parseInfo } from './diagnose.ts'

const healthy: Facts = {
  info: parseInfo(
    '# Server\r\nredis_version:7.0.15\r\nused_memory:1000\r\nmaxmemory:100000\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\naof_last_write_status:ok\r\nconnected_clients:3\r\nmaxclients:10000\r\nserver_time_usec:1700000000000000\r\n',
  ),
  config: { appendfsync: 'everysec', save: '' },
  pingMs: [0.1, 0.2, 0.3],
  slow: [],
  big: { sampled: 10, keys: [{ key: 'k', type: 'string', bytes: 100 }] },
  cluster: null,
  machine: { hugePages: 'madvise', overcommit: '1' },
}

const problems = (facts: Partial<Facts>): string[] =>
  diagnose({ ...healthy, ...facts })
    .filter((finding) => finding.severity !== 'good')
    .map((finding) => `${finding.severity} ${finding.check}`)

function clustered(state: Record<string, string>): Partial<Facts> {
  const sound = { cluster_state: 'ok', cluster_slots_assigned: '16384', cluster_slots_pfail: '0', cluster_size: '3' }
  return { info: { ...healthy.info, cluster_enabled: '1' }, cluster: { ...sound, ...state } }
}

test('what is long ago, or small, or of another machine, is no finding', () => {
  expect(problems({ slow: [{ at: 1_600_000_000, micros: 50_000, command: 'keys' }] })).toEqual([])
  expect(problems({ info: { ...healthy.info, mem_fragmentation_ratio: '9' } })).toEqual([])
  expect(problems({ machine: null })).toEqual([])
  expect(problems(clustered({}))).toEqual([])
})

test('a healthy server has only good findings', () => {
  expect(problems({})).toEqual([])
  expect(diagnose(healthy)).toHaveLength(7)
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
  ['a slow command', { slow: [{ at: 1_699_999_000, micros: 50_000, command: 'keys' }] }, 'advice slowlog'],
  ['a long fork', { info: { ...healthy.info, latest_fork_usec: '700000' } }, 'advice persistence'],
  ['a failed rewrite', { info: { ...healthy.info, aof_last_bgrewrite_status: 'err' } }, 'problem persistence'],
  [
    'fragmentation',
    { info: { ...healthy.info, used_memory: '200000000', maxmemory: '999999999', mem_fragmentation_ratio: '1.8' } },
    'advice memory',
  ],
  ['huge pages', { machine: { hugePages: 'always', overcommit: '1' } }, 'advice machine'],
  ['strict memory of the kernel', { machine: { hugePages: 'never', overcommit: '2' } }, 'advice machine'],
  ['a node in doubt', { ...clustered({ cluster_slots_pfail: '5461' }) }, 'advice cluster'],
  ['a cluster that is not readable', { ...clustered({}), cluster: null }, 'advice cluster'],
  ['a big key', { big: { sampled: 1, keys: [{ key: 'b', type: 'hash', bytes: 2 << 20 }] } }, 'advice keys'],
  ['rejected connections', { info: { ...healthy.info, rejected_connections: '4' } }, 'problem clients'],
  ['a broken cluster', { ...clustered({ cluster_state: 'fail', cluster_slots_fail: '5461' }) }, 'problem cluster'],
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
