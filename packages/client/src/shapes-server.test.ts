// Replies that one lonely server does not give: of replicas, sentinels and clusters; and words in camel case.
import { describe, expect, it } from 'vitest'
import { camel, clusterShards, latencyEvents, records, role, slotRanges, slotStats } from './shapes-server.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

describe('Replies about servers', () => {
  it('ROLE of a replica, a primary with replicas, a sentinel', () => {
    expect(role(['slave', '10.0.0.1', 6379, 'connected', 42])).toEqual({
      role: 'slave',
      host: '10.0.0.1',
      port: 6379,
      state: 'connected',
      offset: 42,
    })
    expect(role([bytes('master'), 42, [[bytes('10.0.0.2'), bytes('6379'), bytes('41')]]])).toEqual({
      role: 'master',
      offset: 42,
      replicas: [{ host: '10.0.0.2', port: 6379, offset: 41 }],
    })
    expect(role(['sentinel', ['a', 'b']])).toEqual({ role: 'sentinel', masters: ['a', 'b'] })
  })

  it('CLUSTER SHARDS with replicas, from maps and from flat lists', () => {
    const node = {
      id: 'n',
      port: 7000,
      ip: '10.0.0.1',
      endpoint: '10.0.0.1',
      role: 'master',
      'replication-offset': 5,
      health: 'online',
    }
    const expected = [
      {
        slots: [
          [0, 5],
          [7, 7],
        ],
        nodes: [
          {
            id: 'n',
            port: 7000,
            ip: '10.0.0.1',
            endpoint: '10.0.0.1',
            role: 'master',
            replicationOffset: 5,
            health: 'online',
          },
        ],
      },
    ]
    expect(clusterShards([{ slots: [0, 5, 7, 7], nodes: [node] }])).toEqual(expected)
    expect(clusterShards([['slots', ['0', '5', '7', '7'], 'nodes', [Object.entries(node).flat()]]])).toEqual(expected)
  })

  it('CLUSTER SLOTS with host names and without', () => {
    expect(slotRanges([[0, 1, ['10.0.0.1', 7000, 'n', ['hostname', 'a.example']], [null, 7001, 'm', {}]]])).toEqual([
      {
        start: 0,
        end: 1,
        nodes: [
          { host: '10.0.0.1', port: 7000, id: 'n', metadata: { hostname: 'a.example' } },
          { host: null, port: 7001, id: 'm', metadata: {} },
        ],
      },
    ])
  })

  it('CLUSTER SLOT-STATS', () => {
    const expected = [{ slot: 5, stats: { 'key-count': 1 } }]
    expect(slotStats([[5, { 'key-count': 1 }]])).toEqual(expected)
    expect(slotStats([[5, [bytes('key-count'), 1]]])).toEqual(expected)
  })

  it('LATENCY LATEST', () => {
    expect(latencyEvents([[bytes('fork'), 100, 5, 9]])).toEqual([{ event: 'fork', time: 100, latestMs: 5, maxMs: 9 }])
  })

  it('a status in place of a list stays', () => {
    expect(records('OK')).toBe('OK')
  })

  it('names in camel case', () => {
    expect(['last-delivered-id', 'Number of filters', 'library_name', 'k', 'first-entry'].map(camel)).toEqual([
      'lastDeliveredId',
      'numberOfFilters',
      'libraryName',
      'k',
      'firstEntry',
    ])
  })
})
