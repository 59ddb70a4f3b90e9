// Calls of typed methods and what they return, whatever the protocol.
import type { Client } from '@ochre/client'
import { expect } from 'vitest'

/** Name, words sent before each run, the call, the value. */
export type Case = readonly [
  name: string,
  before: string[][],
  run: (client: Client) => Promise<unknown>,
  value: unknown,
]

const words = (line: string): string[] => line.split(' ')
const lines = (...all: string[]): string[][] => all.map(words)

const HASH = lines('HSET h a 1 b 2')
const ZSET = lines('ZADD z 1 a 2.5 b', 'ZADD y inf b')
const GEO = lines('GEOADD g 13.361389 38.115556 palermo 15.087269 37.502669 catania')
const STREAM = lines('XADD s 1-1 f v g w', 'XADD s 2-1 f x')
const PENDING = [...STREAM, ...lines('XGROUP CREATE s grp 0', 'XREADGROUP GROUP grp alice COUNT 1 STREAMS s >')]
const number = expect.any(Number) as number
const string = expect.any(String) as string
const FIRST = { id: '1-1', fields: { f: 'v', g: 'w' } }
const SECOND = { id: '2-1', fields: { f: 'x' } }
const PALERMO = { longitude: expect.closeTo(13.361389, 5), latitude: expect.closeTo(38.115556, 5) }
const CATANIA = { longitude: expect.closeTo(15.087269, 5), latitude: expect.closeTo(37.502669, 5) }
const AROUND = { fromLonLat: [15, 37], byRadius: [200, 'KM'], asc: true } as const

export const DATA_CASES: readonly Case[] = [
  ['SCAN', lines('SET k v'), (c) => c.scan('0', { count: 100 }), { cursor: '0', keys: ['k'] }],
  ['OBJECT ENCODING', lines('SET k 1'), (c) => c.objectEncoding('k'), 'int'],
  ['OBJECT ENCODING of nothing', [], (c) => c.objectEncoding('k'), null],
  ['TYPE', lines('SET k 1'), (c) => c.type('k'), 'string'],
  ['SET with GET', lines('SET k old'), (c) => c.set('k', 'new', { get: true }), 'old'],
  ['SET refused', lines('SET k old'), (c) => c.set('k', 'new', { nx: true }), null],
  ['GET', lines('SET k v'), (c) => c.get('k'), 'v'],
  ['MGET', lines('SET k v'), (c) => c.mget('k', 'none'), ['v', null]],
  ['INCRBYFLOAT', lines('SET k 1'), (c) => c.incrbyfloat('k', 0.5), 1.5],
  ['LCS', lines('SET k1 ohmytext', 'SET k2 mynewtext'), (c) => c.lcs('k1', 'k2'), 'mytext'],
  ['LCS with LEN', lines('SET k1 ohmytext', 'SET k2 mynewtext'), (c) => c.lcs('k1', 'k2', { len: true }), 6],
  [
    'LCS with IDX',
    lines('SET k1 ohmytext', 'SET k2 mynewtext'),
    (c) => c.lcs('k1', 'k2', { idx: true, withMatchLen: true, minMatchLen: 4 }),
    { matches: [{ key1: [4, 7], key2: [5, 8], length: 4 }], length: 6 },
  ],
  [
    'BITFIELD',
    [],
    (c) => c.bitfield('b', [{ incrby: ['u2', 0, 3] }, { overflow: 'FAIL' }, { incrby: ['u2', 0, 1] }]),
    [3, null],
  ],
  ['HGETALL', HASH, (c) => c.hgetall('h'), { a: '1', b: '2' }],
  ['HGETALL of nothing', [], (c) => c.hgetall('h'), {}],
  ['HINCRBYFLOAT', HASH, (c) => c.hincrbyfloat('h', 'a', '0.25'), 1.25],
  ['HMGET', HASH, (c) => c.hmget('h', ['a', 'none']), ['1', null]],
  ['HRANDFIELD', lines('HSET h a 1'), (c) => c.hrandfield('h'), 'a'],
  ['HRANDFIELD with count', lines('HSET h a 1'), (c) => c.hrandfield('h', 2), ['a']],
  ['HRANDFIELD with values', lines('HSET h a 1'), (c) => c.hrandfield('h', 2, { withValues: true }), [['a', '1']]],
  ['HSCAN', HASH, (c) => c.hscan('h', 0), { cursor: '0', fields: { a: '1', b: '2' } }],
  ['LPOP', lines('RPUSH l a b c'), (c) => c.lpop('l'), 'a'],
  ['LPOP with count', lines('RPUSH l a b c'), (c) => c.lpop('l', 2), ['a', 'b']],
  ['LPOP with count of nothing', [], (c) => c.lpop('l', 2), null],
  [
    'LMPOP',
    lines('RPUSH l a b c'),
    (c) => c.lmpop(['none', 'l'], 'LEFT', { count: 2 }),
    { key: 'l', elements: ['a', 'b'] },
  ],
  ['LMPOP of nothing', [], (c) => c.lmpop('l', 'LEFT'), null],
  ['BLPOP', lines('RPUSH l a'), (c) => c.blpop(['none', 'l'], 1), ['l', 'a']],
  ['BLPOP of nothing', [], (c) => c.blpop('l', 0.01), null],
  ['LPOS with count', lines('RPUSH l a b a'), (c) => c.lpos('l', 'a', { count: 0 }), [0, 2]],
  ['SMEMBERS', lines('SADD s a'), (c) => c.smembers('s'), ['a']],
  ['SISMEMBER', lines('SADD s a'), (c) => c.sismember('s', 'a'), 1],
  ['SMISMEMBER', lines('SADD s a'), (c) => c.smismember('s', 'a', 'b'), [1, 0]],
  ['SPOP with count', lines('SADD s a'), (c) => c.spop('s', 3), ['a']],
  ['SSCAN', lines('SADD s a'), (c) => c.sscan('s', 0), { cursor: '0', members: ['a'] }],
  ['ZRANGE', ZSET, (c) => c.zrange('z', 0, -1), ['a', 'b']],
  [
    'ZRANGE with scores',
    ZSET,
    (c) => c.zrange('z', 0, -1, { withScores: true }),
    [
      { member: 'a', score: 1 },
      { member: 'b', score: 2.5 },
    ],
  ],
  ['ZRANGE with scores of nothing', [], (c) => c.zrange('z', 0, -1, { withScores: true }), []],
  [
    'ZRANGE with an infinite score',
    ZSET,
    (c) => c.zrange('y', 0, -1, { withScores: true }),
    [{ member: 'b', score: Number.POSITIVE_INFINITY }],
  ],
  [
    'ZUNION with scores',
    ZSET,
    (c) => c.zunion(['z'], { withScores: true, weights: [2] }),
    [
      { member: 'a', score: 2 },
      { member: 'b', score: 5 },
    ],
  ],
  ['ZADD with INCR', ZSET, (c) => c.zadd('z', 1.5, 'a', { incr: true }), 2.5],
  ['ZADD with INCR refused', ZSET, (c) => c.zadd('z', { score: 1, member: 'new' }, { incr: true, xx: true }), null],
  ['ZSCORE', ZSET, (c) => c.zscore('z', 'b'), 2.5],
  ['ZSCORE of nothing', ZSET, (c) => c.zscore('z', 'c'), null],
  ['ZSCORE without end', ZSET, (c) => c.zscore('y', 'b'), Number.POSITIVE_INFINITY],
  ['ZMSCORE', ZSET, (c) => c.zmscore('z', 'a', 'c'), [1, null]],
  ['ZINCRBY', ZSET, (c) => c.zincrby('z', 1, 'a'), 2],
  ['ZPOPMIN', ZSET, (c) => c.zpopmin('z'), { member: 'a', score: 1 }],
  ['ZPOPMIN of nothing', [], (c) => c.zpopmin('z'), null],
  [
    'ZPOPMIN with count',
    ZSET,
    (c) => c.zpopmin('z', 2),
    [
      { member: 'a', score: 1 },
      { member: 'b', score: 2.5 },
    ],
  ],
  ['ZMPOP', ZSET, (c) => c.zmpop('z', 'MAX'), { key: 'z', members: [{ member: 'b', score: 2.5 }] }],
  ['ZMPOP of nothing', [], (c) => c.zmpop('z', 'MAX'), null],
  ['BZPOPMIN', ZSET, (c) => c.bzpopmin('z', 1), { key: 'z', member: 'a', score: 1 }],
  ['BZPOPMIN of nothing', [], (c) => c.bzpopmin('z', 0.01), null],
  [
    'ZRANDMEMBER with scores',
    ZSET,
    (c) => c.zrandmember('y', 2, { withScores: true }),
    [{ member: 'b', score: Number.POSITIVE_INFINITY }],
  ],
  [
    'ZSCAN',
    ZSET,
    (c) => c.zscan('z', 0),
    {
      cursor: '0',
      members: [
        { member: 'a', score: 1 },
        { member: 'b', score: 2.5 },
      ],
    },
  ],
  ['GEODIST', GEO, (c) => c.geodist('g', 'palermo', 'catania', 'KM'), expect.closeTo(166.2742, 3)],
  ['GEODIST of nothing', GEO, (c) => c.geodist('g', 'palermo', 'none'), null],
  ['GEOHASH', GEO, (c) => c.geohash('g', 'palermo', 'none'), ['sqc8b49rny0', null]],
  ['GEOPOS', GEO, (c) => c.geopos('g', 'palermo', 'none'), [PALERMO, null]],
  ['GEOSEARCH', GEO, (c) => c.geosearch('g', AROUND), ['catania', 'palermo']],
  [
    'GEOSEARCH with everything',
    GEO,
    (c) => c.geosearch('g', { ...AROUND, withCoord: true, withDist: true, withHash: true }),
    [
      { member: 'catania', distance: expect.closeTo(56.4413, 3), hash: 3479447370796909, coordinates: CATANIA },
      { member: 'palermo', distance: expect.closeTo(190.4424, 3), hash: 3479099956230698, coordinates: PALERMO },
    ],
  ],
  [
    'GEOSEARCH with coordinates',
    GEO,
    (c) => c.geosearch('g', { ...AROUND, count: 1, withCoord: true }),
    [{ member: 'catania', coordinates: CATANIA }],
  ],
  [
    'GEORADIUS with distances',
    GEO,
    (c) => c.georadius('g', 15, 37, 100, 'KM', { withDist: true }),
    [{ member: 'catania', distance: expect.closeTo(56.4413, 3) }],
  ],
  ['SORT', lines('RPUSH l 2 1', 'SET w_1 x'), (c) => c.sort('l', { get: ['#', 'w_*'] }), ['1', 'x', '2', null]],
  ['SORT with STORE', lines('RPUSH l 2 1'), (c) => c.sort('l', { store: 'd' }), 2],
  ['XADD', [], (c) => c.xadd('s', '5-1', { f: 'v' }), '5-1'],
  ['XADD refused', [], (c) => c.xadd('s', '5-1', 'f', 'v', { noMkStream: true }), null],
  ['XRANGE', STREAM, (c) => c.xrange('s', '-', '+'), [FIRST, SECOND]],
  ['XREVRANGE', STREAM, (c) => c.xrevrange('s', '+', '-', { count: 1 }), [SECOND]],
  ['XREAD', STREAM, (c) => c.xread({ s: '1-1', none: 0 }), [{ stream: 's', entries: [SECOND] }]],
  ['XREAD of nothing', STREAM, (c) => c.xread({ s: '9-1' }), null],
  ['XREADGROUP', PENDING, (c) => c.xreadgroup('grp', 'bob', { s: '>' }), [{ stream: 's', entries: [SECOND] }]],
  [
    'XREADGROUP of a deleted entry',
    [...PENDING, ...lines('XDEL s 1-1')],
    (c) => c.xreadgroup('grp', 'alice', { s: 0 }),
    [{ stream: 's', entries: [{ id: '1-1', fields: {} }] }],
  ],
  [
    'XPENDING',
    PENDING,
    (c) => c.xpending('s', 'grp'),
    { count: 1, smallestId: '1-1', greatestId: '1-1', consumers: [{ name: 'alice', count: 1 }] },
  ],
  [
    'XPENDING of nothing',
    [...STREAM, ...lines('XGROUP CREATE s grp 0')],
    (c) => c.xpending('s', 'grp'),
    { count: 0, smallestId: null, greatestId: null, consumers: [] },
  ],
  [
    'XPENDING by entry',
    PENDING,
    (c) => c.xpending('s', 'grp', '-', '+', 10),
    [{ id: '1-1', consumer: 'alice', idleMs: number, deliveries: 1 }],
  ],
  ['XCLAIM', PENDING, (c) => c.xclaim('s', 'grp', 'bob', 0, '1-1'), [FIRST]],
  ['XCLAIM of ids', PENDING, (c) => c.xclaim('s', 'grp', 'bob', 0, ['1-1'], { justId: true }), ['1-1']],
  [
    'XAUTOCLAIM',
    PENDING,
    (c) => c.xautoclaim('s', 'grp', 'bob', 0, '0'),
    { cursor: '0-0', entries: [FIRST], deleted: [] },
  ],
  [
    'XAUTOCLAIM of a deleted entry',
    [...PENDING, ...lines('XDEL s 1-1')],
    (c) => c.xautoclaim('s', 'grp', 'bob', 0, '0'),
    { cursor: '0-0', entries: [], deleted: ['1-1'] },
  ],
  [
    'XAUTOCLAIM of ids',
    PENDING,
    (c) => c.xautoclaim('s', 'grp', 'bob', 0, '0', { justId: true }),
    { cursor: '0-0', ids: ['1-1'], deleted: [] },
  ],
  ['XINFO CONSUMERS', PENDING, (c) => c.xinfoConsumers('s', 'grp'), [{ name: 'alice', pending: 1, idle: number }]],
  [
    'XINFO GROUPS',
    PENDING,
    (c) => c.xinfoGroups('s'),
    [{ name: 'grp', consumers: 1, pending: 1, lastDeliveredId: '1-1', entriesRead: 1, lag: 1 }],
  ],
  [
    'XINFO STREAM',
    STREAM,
    (c) => c.xinfoStream('s'),
    {
      length: 2,
      radixTreeKeys: 1,
      radixTreeNodes: 2,
      lastGeneratedId: '2-1',
      maxDeletedEntryId: '0-0',
      entriesAdded: 2,
      recordedFirstEntryId: '1-1',
      groups: 0,
      firstEntry: FIRST,
      lastEntry: SECOND,
    },
  ],
  [
    'XINFO STREAM of an empty stream',
    lines('XGROUP CREATE s grp $ MKSTREAM'),
    async (c) => (await c.xinfoStream('s')).firstEntry,
    null,
  ],
  [
    'XINFO STREAM FULL',
    PENDING,
    (c) => c.xinfoStream('s', { full: true, count: 1 }),
    {
      length: 2,
      radixTreeKeys: 1,
      radixTreeNodes: 2,
      lastGeneratedId: '2-1',
      maxDeletedEntryId: '0-0',
      entriesAdded: 2,
      recordedFirstEntryId: '1-1',
      entries: [FIRST],
      groups: [
        {
          name: 'grp',
          lastDeliveredId: '1-1',
          entriesRead: 1,
          lag: 1,
          pelCount: 1,
          pending: [{ id: '1-1', consumer: 'alice', deliveredAt: number, deliveries: 1 }],
          consumers: [
            {
              name: 'alice',
              seenTime: number,
              pelCount: 1,
              pending: [{ id: '1-1', deliveredAt: number, deliveries: 1 }],
            },
          ],
        },
      ],
    },
  ],
  ['DUMP', lines('SET k v'), async (c) => (await c.dump('k')) instanceof Buffer, true],
  ['EVAL', [], (c) => c.eval('return {KEYS[1], ARGV[1]}', ['k'], ['a']), ['k', 'a']],
]

const LIBRARY = '#!lua name=lib\nredis.register_function("f", function() return 1 end)'
const SLOW = lines(
  'CONFIG SET slowlog-log-slower-than 0',
  'SLOWLOG RESET',
  'PING slow',
  'CONFIG SET slowlog-log-slower-than -1',
)

export const SERVER_CASES: readonly Case[] = [
  ['PING', [], (c) => c.ping(), 'PONG'],
  ['ECHO', [], (c) => c.echo('hello'), 'hello'],
  ['TIME', [], (c) => c.time(), [number, number]],
  ['INFO', [], async (c) => (await c.info('server')).startsWith('# Server\r\nredis_version:7.0'), true],
  ['CONFIG GET', [], (c) => c.configGet('maxmemory', 'port*x'), { maxmemory: '0' }],
  ['CLIENT GETNAME', [], (c) => c.clientGetname(), null],
  ['CLIENT INFO', [], async (c) => /^id=\d+ /.test(await c.clientInfo()), true],
  ['CLIENT TRACKINGINFO', [], (c) => c.clientTrackinginfo(), { flags: ['off'], redirect: -1, prefixes: [] }],
  ['ACL WHOAMI', [], (c) => c.aclWhoami(), 'default'],
  ['ACL CAT', [], async (c) => (await c.aclCat()).includes('keyspace'), true],
  ['ACL USERS', [], (c) => c.aclUsers(), ['default']],
  [
    'ACL GETUSER',
    lines('ACL SETUSER bob reset on nopass ~app:* +get (+set ~tmp:*)'),
    (c) => c.aclGetuser('bob'),
    {
      flags: expect.arrayContaining(['on', 'nopass']) as string[],
      passwords: [],
      commands: '-@all +get',
      keys: '~app:*',
      channels: '',
      selectors: [{ commands: '-@all +set', keys: '~tmp:*', channels: '' }],
    },
  ],
  ['ACL GETUSER of nobody', [], (c) => c.aclGetuser('nobody'), null],
  ['COMMAND COUNT', [], (c) => c.commandCount(), 240],
  ['COMMAND LIST', [], (c) => c.commandList({ filterBy: { pattern: 'geosearch' } }), ['geosearch']],
  [
    'COMMAND INFO',
    [],
    (c) => c.commandInfo('get', 'none'),
    [
      {
        name: 'get',
        arity: 2,
        flags: ['readonly', 'fast'],
        firstKey: 1,
        lastKey: 1,
        step: 1,
        categories: ['@read', '@string', '@fast'],
        tips: [],
        keySpecifications: [
          {
            flags: ['RO', 'access'],
            beginSearch: { type: 'index', spec: { index: 1 } },
            findKeys: { type: 'range', spec: { lastkey: 0, keystep: 1, limit: 0 } },
          },
        ],
        subcommands: [],
      },
      null,
    ],
  ],
  [
    'COMMAND DOCS',
    [],
    async (c) => (await c.commandDocs('expire')).expire!.arguments!.at(-1),
    {
      name: 'condition',
      type: 'oneof',
      since: '7.0.0',
      flags: ['optional'],
      arguments: [
        { name: 'nx', type: 'pure-token', token: 'NX' },
        { name: 'xx', type: 'pure-token', token: 'XX' },
        { name: 'gt', type: 'pure-token', token: 'GT' },
        { name: 'lt', type: 'pure-token', token: 'LT' },
      ],
    },
  ],
  [
    'COMMAND DOCS of a container',
    [],
    async (c) => (await c.commandDocs('memory')).memory!.subcommands!['memory|usage']!.group,
    'server',
  ],
  ['COMMAND GETKEYS', [], (c) => c.commandGetkeys('mset', 'a', 1, 'b', 2), ['a', 'b']],
  ['COMMAND GETKEYSANDFLAGS', [], (c) => c.commandGetkeysandflags('get', 'a'), [['a', ['RO', 'access']]]],
  ['FUNCTION LOAD', [], (c) => c.functionLoad(LIBRARY, { replace: true }), 'lib'],
  [
    'FUNCTION LIST',
    [['FUNCTION', 'LOAD', 'REPLACE', LIBRARY]],
    (c) => c.functionList(),
    [{ libraryName: 'lib', engine: 'LUA', functions: [{ name: 'f', description: null, flags: [] }] }],
  ],
  [
    'FUNCTION LIST with code',
    [['FUNCTION', 'LOAD', 'REPLACE', LIBRARY]],
    async (c) => (await c.functionList({ withCode: true }))[0]!.libraryCode,
    LIBRARY,
  ],
  [
    'FUNCTION STATS',
    [['FUNCTION', 'LOAD', 'REPLACE', LIBRARY]],
    (c) => c.functionStats(),
    { runningScript: null, engines: { LUA: { librariesCount: 1, functionsCount: 1 } } },
  ],
  [
    'FUNCTION DUMP',
    [['FUNCTION', 'LOAD', 'REPLACE', LIBRARY]],
    async (c) => (await c.functionDump()) instanceof Buffer,
    true,
  ],
  ['SCRIPT LOAD', [], (c) => c.scriptLoad('return 1'), 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db'],
  ['SCRIPT EXISTS', lines('SCRIPT FLUSH'), (c) => c.scriptExists('e0e1f9fabfc9d4800c877a703b823ac0578ff8db'), [0]],
  ['PUBSUB NUMSUB', [], (c) => c.pubsubNumsub('news'), { news: 0 }],
  ['LATENCY LATEST', lines('LATENCY RESET'), (c) => c.latencyLatest(), []],
  ['LATENCY HISTORY', lines('LATENCY RESET'), (c) => c.latencyHistory('command'), []],
  [
    'LATENCY HISTOGRAM',
    lines('CONFIG RESETSTAT', 'ECHO x'),
    (c) => c.latencyHistogram('echo'),
    { echo: { calls: 1, histogramUsec: expect.any(Object) as object } },
  ],
  [
    'MEMORY STATS',
    lines('SET k v'),
    async (c) => {
      const { 'db.0': db, 'keys.count': keys, fragmentation } = await c.memoryStats()
      return { db, keys, fragmentation }
    },
    {
      db: {
        'overhead.hashtable.main': number,
        'overhead.hashtable.expires': number,
        'overhead.hashtable.slot-to-keys': 0,
      },
      keys: 1,
      fragmentation: number,
    },
  ],
  ['MEMORY USAGE', lines('SET k v'), (c) => c.memoryUsage('k'), number],
  ['MEMORY DOCTOR', [], async (c) => typeof (await c.memoryDoctor()), 'string'],
  ['MODULE LIST', [], (c) => c.moduleList(), []],
  ['ROLE', [], (c) => c.role(), { role: 'master', offset: number, replicas: [] }],
  [
    'SLOWLOG GET',
    SLOW,
    async (c) => (await c.slowlogGet(10)).find((one) => one.args[1] === 'slow'),
    { id: number, time: number, microseconds: number, args: ['PING', 'slow'], client: string, clientName: '' },
  ],
]

const VECTORS = lines(
  'VADD v VALUES 2 1 0 1',
  'VADD v VALUES 2 0.9 0.1 2',
  'VADD v VALUES 2 0 1 3',
  'VSETATTR v 1 {"year":1950}',
)
const score = expect.closeTo(1, 2) as number

export const NEWER_CASES: readonly Case[] = [
  ['ZRANK with its score', ZSET, (c) => c.zrank('z', 'b', { withScore: true }), { rank: 1, score: 2.5 }],
  ['ZRANK with its score of nothing', ZSET, (c) => c.zrank('z', 'c', { withScore: true }), null],
  ['HSCAN without values', HASH, (c) => c.hscan('h', 0, { noValues: true }), { cursor: '0', fields: ['a', 'b'] }],
  ['HEXPIRE', HASH, (c) => c.hexpire('h', 100, ['a', 'none'], { nx: true }), [1, -2]],
  ['HTTL', HASH, (c) => c.httl('h', 'a'), [-1]],
  ['HGETEX', HASH, (c) => c.hgetex('h', ['a', 'none'], { ex: 100 }), ['1', null]],
  ['HGETDEL', HASH, (c) => c.hgetdel('h', 'a'), ['1']],
  ['HSETEX', HASH, (c) => c.hsetex('h', { a: 9 }, { fxx: true, ex: 10 }), 1],
  [
    'XINFO CONSUMERS',
    PENDING,
    (c) => c.xinfoConsumers('s', 'grp'),
    [{ name: 'alice', pending: 1, idle: number, inactive: number }],
  ],
  ['WAITAOF', [], (c) => c.waitaof(0, 0, 10), [0, 0]],
  ['VADD', [], (c) => c.vadd('v', 'e', { values: [1, 2] }), 1],
  ['VCARD', VECTORS, (c) => c.vcard('v'), 3],
  ['VEMB', VECTORS, (c) => c.vemb('v', '3'), [expect.closeTo(0, 2), expect.closeTo(1, 2)]],
  ['VEMB of nothing', VECTORS, (c) => c.vemb('v', 'none'), null],
  [
    'VEMB with RAW',
    VECTORS,
    async (c) => {
      const raw = (await c.vemb('v', '3', { raw: true }))!
      return { ...raw, data: raw.data.length }
    },
    { quantization: 'int8', data: 2, norm: score, range: score },
  ],
  ['VGETATTR', VECTORS, (c) => c.vgetattr('v', '1'), '{"year":1950}'],
  ['VINFO', VECTORS, async (c) => (await c.vinfo('v'))!.size, 3],
  ['VISMEMBER', VECTORS, (c) => c.vismember('v', '1'), 1],
  [
    'VLINKS',
    VECTORS,
    async (c) => (await c.vlinks('v', '3'))!.map((layer) => [...layer].sort()),
    expect.arrayContaining([['1', '2']]),
  ],
  [
    'VLINKS with scores',
    VECTORS,
    async (c) => (await c.vlinks('v', '3', { withScores: true }))!.at(-1)!.map((one) => one.element),
    ['2', '1'],
  ],
  ['VSIM', VECTORS, (c) => c.vsim('v', { ele: '1' }), ['1', '2', '3']],
  [
    'VSIM with scores',
    VECTORS,
    (c) => c.vsim('v', { values: [1, 0], withScores: true, count: 2 }),
    [
      { element: '1', score },
      { element: '2', score },
    ],
  ],
  ['VREM', VECTORS, (c) => c.vrem('v', '1'), 1],
  ['VSETATTR', VECTORS, (c) => c.vsetattr('v', '2', '{}'), 1],
]

const NODE = { host: '', port: number, id: string, metadata: {} }

/** On a cluster of one node that has all slots. */
export const CLUSTER_CASES: readonly Case[] = [
  ['CLUSTER INFO', [], async (c) => (await c.clusterInfo()).startsWith('cluster_state:'), true],
  ['CLUSTER KEYSLOT', [], (c) => c.clusterKeyslot('k'), 7629],
  ['CLUSTER SLOTS', [], (c) => c.clusterSlots(), [{ start: 0, end: 16383, nodes: [NODE] }]],
  [
    'CLUSTER SHARDS',
    [],
    (c) => c.clusterShards(),
    [
      {
        slots: [[0, 16383]],
        nodes: [
          { id: string, port: number, ip: '', endpoint: '', role: 'master', replicationOffset: 0, health: 'online' },
        ],
      },
    ],
  ],
  ['CLUSTER LINKS', [], (c) => c.clusterLinks(), []],
  ['CLUSTER GETKEYSINSLOT', [], (c) => c.clusterGetkeysinslot(7629, 5), []],
]
