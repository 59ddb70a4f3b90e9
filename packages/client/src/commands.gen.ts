// The typed methods of every command. Written by `npm run gen`; do not edit.
import { type CommandSpec, lookupCommand } from '@ochre/protocol'
import type { AtMostOne, Decimal, Integer, Many, OneOf, Pairs, Rest } from './arguments.ts'
import { checkOptions, insertCount, isArg, many, pushAll, pushColumns, pushCounted, pushPairs, rest } from './arguments.ts'
import type { Arg, Issuer, Shape } from './command.ts'
import type { Mode, Result } from './mode.ts'
import type { Alignment, Claimed, ClaimedIds, Coordinates, FieldPage, KeyedScore, Located, MemberPage, NamePage, Page, PendingEntry, PendingSummary, Popped, PoppedScores, Ranked, ScorePage, Scored, StreamEntries, StreamEntry } from './shapes.ts'
import * as shapes from './shapes.ts'
import type { AclLogEntry, AclUser, ClusterLink, ClusterShard, CommandDocs, CommandInfo, ConsumerInfo, FullStreamInfo, FunctionStats, GroupInfo, LatencyEvent, LatencyHistogram, LibraryInfo, ModuleInfo, Role, SlotRange, SlotStats, SlowlogEntry, StreamInfo, TrackingInfo } from './shapes-server.ts'
import * as serverShapes from './shapes-server.ts'
import type { Attributed, Chunk, Counted, CursorRows, Documents, RawVector, Rows, Sample, Series, SeriesSample, Similar, Spelling, Suggestion } from './shapes-modules.ts'
import * as modulesShapes from './shapes-modules.ts'

const ACL_CAT: CommandSpec = lookupCommand('acl cat')!
const ACL_DELUSER: CommandSpec = lookupCommand('acl deluser')!
const ACL_DRYRUN: CommandSpec = lookupCommand('acl dryrun')!
const ACL_GENPASS: CommandSpec = lookupCommand('acl genpass')!
const ACL_GETUSER: CommandSpec = lookupCommand('acl getuser')!
const ACL_LIST: CommandSpec = lookupCommand('acl list')!
const ACL_LOAD: CommandSpec = lookupCommand('acl load')!
const ACL_LOG: CommandSpec = lookupCommand('acl log')!
const ACL_SAVE: CommandSpec = lookupCommand('acl save')!
const ACL_SETUSER: CommandSpec = lookupCommand('acl setuser')!
const ACL_USERS: CommandSpec = lookupCommand('acl users')!
const ACL_WHOAMI: CommandSpec = lookupCommand('acl whoami')!
const APPEND: CommandSpec = lookupCommand('append')!
const BF_ADD: CommandSpec = lookupCommand('bf.add')!
const BF_CARD: CommandSpec = lookupCommand('bf.card')!
const BF_EXISTS: CommandSpec = lookupCommand('bf.exists')!
const BF_INFO: CommandSpec = lookupCommand('bf.info')!
const BF_INSERT: CommandSpec = lookupCommand('bf.insert')!
const BF_LOADCHUNK: CommandSpec = lookupCommand('bf.loadchunk')!
const BF_MADD: CommandSpec = lookupCommand('bf.madd')!
const BF_MEXISTS: CommandSpec = lookupCommand('bf.mexists')!
const BF_RESERVE: CommandSpec = lookupCommand('bf.reserve')!
const BF_SCANDUMP: CommandSpec = lookupCommand('bf.scandump')!
const BGREWRITEAOF: CommandSpec = lookupCommand('bgrewriteaof')!
const BGSAVE: CommandSpec = lookupCommand('bgsave')!
const BITCOUNT: CommandSpec = lookupCommand('bitcount')!
const BITFIELD: CommandSpec = lookupCommand('bitfield')!
const BITFIELD_RO: CommandSpec = lookupCommand('bitfield_ro')!
const BITOP: CommandSpec = lookupCommand('bitop')!
const BITPOS: CommandSpec = lookupCommand('bitpos')!
const BLMOVE: CommandSpec = lookupCommand('blmove')!
const BLMPOP: CommandSpec = lookupCommand('blmpop')!
const BLPOP: CommandSpec = lookupCommand('blpop')!
const BRPOP: CommandSpec = lookupCommand('brpop')!
const BRPOPLPUSH: CommandSpec = lookupCommand('brpoplpush')!
const BZMPOP: CommandSpec = lookupCommand('bzmpop')!
const BZPOPMAX: CommandSpec = lookupCommand('bzpopmax')!
const BZPOPMIN: CommandSpec = lookupCommand('bzpopmin')!
const CF_ADD: CommandSpec = lookupCommand('cf.add')!
const CF_ADDNX: CommandSpec = lookupCommand('cf.addnx')!
const CF_COUNT: CommandSpec = lookupCommand('cf.count')!
const CF_DEL: CommandSpec = lookupCommand('cf.del')!
const CF_EXISTS: CommandSpec = lookupCommand('cf.exists')!
const CF_INFO: CommandSpec = lookupCommand('cf.info')!
const CF_INSERT: CommandSpec = lookupCommand('cf.insert')!
const CF_INSERTNX: CommandSpec = lookupCommand('cf.insertnx')!
const CF_LOADCHUNK: CommandSpec = lookupCommand('cf.loadchunk')!
const CF_MEXISTS: CommandSpec = lookupCommand('cf.mexists')!
const CF_RESERVE: CommandSpec = lookupCommand('cf.reserve')!
const CF_SCANDUMP: CommandSpec = lookupCommand('cf.scandump')!
const CLIENT_CACHING: CommandSpec = lookupCommand('client caching')!
const CLIENT_CAPA: CommandSpec = lookupCommand('client capa')!
const CLIENT_GETNAME: CommandSpec = lookupCommand('client getname')!
const CLIENT_GETREDIR: CommandSpec = lookupCommand('client getredir')!
const CLIENT_ID: CommandSpec = lookupCommand('client id')!
const CLIENT_INFO: CommandSpec = lookupCommand('client info')!
const CLIENT_KILL: CommandSpec = lookupCommand('client kill')!
const CLIENT_LIST: CommandSpec = lookupCommand('client list')!
const CLIENT_NO_EVICT: CommandSpec = lookupCommand('client no-evict')!
const CLIENT_NO_TOUCH: CommandSpec = lookupCommand('client no-touch')!
const CLIENT_PAUSE: CommandSpec = lookupCommand('client pause')!
const CLIENT_SETINFO: CommandSpec = lookupCommand('client setinfo')!
const CLIENT_SETNAME: CommandSpec = lookupCommand('client setname')!
const CLIENT_TRACKING: CommandSpec = lookupCommand('client tracking')!
const CLIENT_TRACKINGINFO: CommandSpec = lookupCommand('client trackinginfo')!
const CLIENT_UNBLOCK: CommandSpec = lookupCommand('client unblock')!
const CLIENT_UNPAUSE: CommandSpec = lookupCommand('client unpause')!
const CLUSTER_ADDSLOTS: CommandSpec = lookupCommand('cluster addslots')!
const CLUSTER_ADDSLOTSRANGE: CommandSpec = lookupCommand('cluster addslotsrange')!
const CLUSTER_BUMPEPOCH: CommandSpec = lookupCommand('cluster bumpepoch')!
const CLUSTER_COUNT_FAILURE_REPORTS: CommandSpec = lookupCommand('cluster count-failure-reports')!
const CLUSTER_COUNTKEYSINSLOT: CommandSpec = lookupCommand('cluster countkeysinslot')!
const CLUSTER_DELSLOTS: CommandSpec = lookupCommand('cluster delslots')!
const CLUSTER_DELSLOTSRANGE: CommandSpec = lookupCommand('cluster delslotsrange')!
const CLUSTER_FAILOVER: CommandSpec = lookupCommand('cluster failover')!
const CLUSTER_FLUSHSLOTS: CommandSpec = lookupCommand('cluster flushslots')!
const CLUSTER_FORGET: CommandSpec = lookupCommand('cluster forget')!
const CLUSTER_GETKEYSINSLOT: CommandSpec = lookupCommand('cluster getkeysinslot')!
const CLUSTER_INFO: CommandSpec = lookupCommand('cluster info')!
const CLUSTER_KEYSLOT: CommandSpec = lookupCommand('cluster keyslot')!
const CLUSTER_LINKS: CommandSpec = lookupCommand('cluster links')!
const CLUSTER_MEET: CommandSpec = lookupCommand('cluster meet')!
const CLUSTER_MIGRATION: CommandSpec = lookupCommand('cluster migration')!
const CLUSTER_MYID: CommandSpec = lookupCommand('cluster myid')!
const CLUSTER_MYSHARDID: CommandSpec = lookupCommand('cluster myshardid')!
const CLUSTER_NODES: CommandSpec = lookupCommand('cluster nodes')!
const CLUSTER_REPLICAS: CommandSpec = lookupCommand('cluster replicas')!
const CLUSTER_REPLICATE: CommandSpec = lookupCommand('cluster replicate')!
const CLUSTER_RESET: CommandSpec = lookupCommand('cluster reset')!
const CLUSTER_SAVECONFIG: CommandSpec = lookupCommand('cluster saveconfig')!
const CLUSTER_SET_CONFIG_EPOCH: CommandSpec = lookupCommand('cluster set-config-epoch')!
const CLUSTER_SETSLOT: CommandSpec = lookupCommand('cluster setslot')!
const CLUSTER_SHARDS: CommandSpec = lookupCommand('cluster shards')!
const CLUSTER_SLAVES: CommandSpec = lookupCommand('cluster slaves')!
const CLUSTER_SLOT_STATS: CommandSpec = lookupCommand('cluster slot-stats')!
const CLUSTER_SLOTS: CommandSpec = lookupCommand('cluster slots')!
const CMS_INCRBY: CommandSpec = lookupCommand('cms.incrby')!
const CMS_INFO: CommandSpec = lookupCommand('cms.info')!
const CMS_INITBYDIM: CommandSpec = lookupCommand('cms.initbydim')!
const CMS_INITBYPROB: CommandSpec = lookupCommand('cms.initbyprob')!
const CMS_MERGE: CommandSpec = lookupCommand('cms.merge')!
const CMS_QUERY: CommandSpec = lookupCommand('cms.query')!
const COMMAND_COUNT: CommandSpec = lookupCommand('command count')!
const COMMAND_DOCS: CommandSpec = lookupCommand('command docs')!
const COMMAND_GETKEYS: CommandSpec = lookupCommand('command getkeys')!
const COMMAND_GETKEYSANDFLAGS: CommandSpec = lookupCommand('command getkeysandflags')!
const COMMAND_INFO: CommandSpec = lookupCommand('command info')!
const COMMAND_LIST: CommandSpec = lookupCommand('command list')!
const CONFIG_GET: CommandSpec = lookupCommand('config get')!
const CONFIG_RESETSTAT: CommandSpec = lookupCommand('config resetstat')!
const CONFIG_REWRITE: CommandSpec = lookupCommand('config rewrite')!
const CONFIG_SET: CommandSpec = lookupCommand('config set')!
const COPY: CommandSpec = lookupCommand('copy')!
const DBSIZE: CommandSpec = lookupCommand('dbsize')!
const DECR: CommandSpec = lookupCommand('decr')!
const DECRBY: CommandSpec = lookupCommand('decrby')!
const DEL: CommandSpec = lookupCommand('del')!
const DELEX: CommandSpec = lookupCommand('delex')!
const DIGEST: CommandSpec = lookupCommand('digest')!
const DUMP: CommandSpec = lookupCommand('dump')!
const ECHO: CommandSpec = lookupCommand('echo')!
const EVAL: CommandSpec = lookupCommand('eval')!
const EVAL_RO: CommandSpec = lookupCommand('eval_ro')!
const EVALSHA: CommandSpec = lookupCommand('evalsha')!
const EVALSHA_RO: CommandSpec = lookupCommand('evalsha_ro')!
const EXISTS: CommandSpec = lookupCommand('exists')!
const EXPIRE: CommandSpec = lookupCommand('expire')!
const EXPIREAT: CommandSpec = lookupCommand('expireat')!
const EXPIRETIME: CommandSpec = lookupCommand('expiretime')!
const FAILOVER: CommandSpec = lookupCommand('failover')!
const FCALL: CommandSpec = lookupCommand('fcall')!
const FCALL_RO: CommandSpec = lookupCommand('fcall_ro')!
const FLUSHALL: CommandSpec = lookupCommand('flushall')!
const FLUSHDB: CommandSpec = lookupCommand('flushdb')!
const FT_LIST: CommandSpec = lookupCommand('ft._list')!
const FT_AGGREGATE: CommandSpec = lookupCommand('ft.aggregate')!
const FT_ALIASADD: CommandSpec = lookupCommand('ft.aliasadd')!
const FT_ALIASDEL: CommandSpec = lookupCommand('ft.aliasdel')!
const FT_ALIASUPDATE: CommandSpec = lookupCommand('ft.aliasupdate')!
const FT_ALTER: CommandSpec = lookupCommand('ft.alter')!
const FT_CONFIG_GET: CommandSpec = lookupCommand('ft.config get')!
const FT_CONFIG_SET: CommandSpec = lookupCommand('ft.config set')!
const FT_CREATE: CommandSpec = lookupCommand('ft.create')!
const FT_CURSOR_DEL: CommandSpec = lookupCommand('ft.cursor del')!
const FT_CURSOR_READ: CommandSpec = lookupCommand('ft.cursor read')!
const FT_DICTADD: CommandSpec = lookupCommand('ft.dictadd')!
const FT_DICTDEL: CommandSpec = lookupCommand('ft.dictdel')!
const FT_DICTDUMP: CommandSpec = lookupCommand('ft.dictdump')!
const FT_DROPINDEX: CommandSpec = lookupCommand('ft.dropindex')!
const FT_EXPLAIN: CommandSpec = lookupCommand('ft.explain')!
const FT_EXPLAINCLI: CommandSpec = lookupCommand('ft.explaincli')!
const FT_INFO: CommandSpec = lookupCommand('ft.info')!
const FT_PROFILE: CommandSpec = lookupCommand('ft.profile')!
const FT_SEARCH: CommandSpec = lookupCommand('ft.search')!
const FT_SPELLCHECK: CommandSpec = lookupCommand('ft.spellcheck')!
const FT_SUGADD: CommandSpec = lookupCommand('ft.sugadd')!
const FT_SUGDEL: CommandSpec = lookupCommand('ft.sugdel')!
const FT_SUGGET: CommandSpec = lookupCommand('ft.sugget')!
const FT_SUGLEN: CommandSpec = lookupCommand('ft.suglen')!
const FT_SYNDUMP: CommandSpec = lookupCommand('ft.syndump')!
const FT_SYNUPDATE: CommandSpec = lookupCommand('ft.synupdate')!
const FT_TAGVALS: CommandSpec = lookupCommand('ft.tagvals')!
const FUNCTION_DELETE: CommandSpec = lookupCommand('function delete')!
const FUNCTION_DUMP: CommandSpec = lookupCommand('function dump')!
const FUNCTION_FLUSH: CommandSpec = lookupCommand('function flush')!
const FUNCTION_KILL: CommandSpec = lookupCommand('function kill')!
const FUNCTION_LIST: CommandSpec = lookupCommand('function list')!
const FUNCTION_LOAD: CommandSpec = lookupCommand('function load')!
const FUNCTION_RESTORE: CommandSpec = lookupCommand('function restore')!
const FUNCTION_STATS: CommandSpec = lookupCommand('function stats')!
const GEOADD: CommandSpec = lookupCommand('geoadd')!
const GEODIST: CommandSpec = lookupCommand('geodist')!
const GEOHASH: CommandSpec = lookupCommand('geohash')!
const GEOPOS: CommandSpec = lookupCommand('geopos')!
const GEORADIUS: CommandSpec = lookupCommand('georadius')!
const GEORADIUS_RO: CommandSpec = lookupCommand('georadius_ro')!
const GEORADIUSBYMEMBER: CommandSpec = lookupCommand('georadiusbymember')!
const GEORADIUSBYMEMBER_RO: CommandSpec = lookupCommand('georadiusbymember_ro')!
const GEOSEARCH: CommandSpec = lookupCommand('geosearch')!
const GEOSEARCHSTORE: CommandSpec = lookupCommand('geosearchstore')!
const GET: CommandSpec = lookupCommand('get')!
const GETBIT: CommandSpec = lookupCommand('getbit')!
const GETDEL: CommandSpec = lookupCommand('getdel')!
const GETEX: CommandSpec = lookupCommand('getex')!
const GETRANGE: CommandSpec = lookupCommand('getrange')!
const GETSET: CommandSpec = lookupCommand('getset')!
const HDEL: CommandSpec = lookupCommand('hdel')!
const HEXISTS: CommandSpec = lookupCommand('hexists')!
const HEXPIRE: CommandSpec = lookupCommand('hexpire')!
const HEXPIREAT: CommandSpec = lookupCommand('hexpireat')!
const HEXPIRETIME: CommandSpec = lookupCommand('hexpiretime')!
const HGET: CommandSpec = lookupCommand('hget')!
const HGETALL: CommandSpec = lookupCommand('hgetall')!
const HGETDEL: CommandSpec = lookupCommand('hgetdel')!
const HGETEX: CommandSpec = lookupCommand('hgetex')!
const HINCRBY: CommandSpec = lookupCommand('hincrby')!
const HINCRBYFLOAT: CommandSpec = lookupCommand('hincrbyfloat')!
const HKEYS: CommandSpec = lookupCommand('hkeys')!
const HLEN: CommandSpec = lookupCommand('hlen')!
const HMGET: CommandSpec = lookupCommand('hmget')!
const HMSET: CommandSpec = lookupCommand('hmset')!
const HPERSIST: CommandSpec = lookupCommand('hpersist')!
const HPEXPIRE: CommandSpec = lookupCommand('hpexpire')!
const HPEXPIREAT: CommandSpec = lookupCommand('hpexpireat')!
const HPEXPIRETIME: CommandSpec = lookupCommand('hpexpiretime')!
const HPTTL: CommandSpec = lookupCommand('hpttl')!
const HRANDFIELD: CommandSpec = lookupCommand('hrandfield')!
const HSCAN: CommandSpec = lookupCommand('hscan')!
const HSET: CommandSpec = lookupCommand('hset')!
const HSETEX: CommandSpec = lookupCommand('hsetex')!
const HSETNX: CommandSpec = lookupCommand('hsetnx')!
const HSTRLEN: CommandSpec = lookupCommand('hstrlen')!
const HTTL: CommandSpec = lookupCommand('httl')!
const HVALS: CommandSpec = lookupCommand('hvals')!
const INCR: CommandSpec = lookupCommand('incr')!
const INCRBY: CommandSpec = lookupCommand('incrby')!
const INCRBYFLOAT: CommandSpec = lookupCommand('incrbyfloat')!
const INFO: CommandSpec = lookupCommand('info')!
const JSON_ARRAPPEND: CommandSpec = lookupCommand('json.arrappend')!
const JSON_ARRINDEX: CommandSpec = lookupCommand('json.arrindex')!
const JSON_ARRINSERT: CommandSpec = lookupCommand('json.arrinsert')!
const JSON_ARRLEN: CommandSpec = lookupCommand('json.arrlen')!
const JSON_ARRPOP: CommandSpec = lookupCommand('json.arrpop')!
const JSON_ARRTRIM: CommandSpec = lookupCommand('json.arrtrim')!
const JSON_CLEAR: CommandSpec = lookupCommand('json.clear')!
const JSON_DEBUG_MEMORY: CommandSpec = lookupCommand('json.debug memory')!
const JSON_DEL: CommandSpec = lookupCommand('json.del')!
const JSON_FORGET: CommandSpec = lookupCommand('json.forget')!
const JSON_GET: CommandSpec = lookupCommand('json.get')!
const JSON_MERGE: CommandSpec = lookupCommand('json.merge')!
const JSON_MGET: CommandSpec = lookupCommand('json.mget')!
const JSON_MSET: CommandSpec = lookupCommand('json.mset')!
const JSON_NUMINCRBY: CommandSpec = lookupCommand('json.numincrby')!
const JSON_NUMMULTBY: CommandSpec = lookupCommand('json.nummultby')!
const JSON_OBJKEYS: CommandSpec = lookupCommand('json.objkeys')!
const JSON_OBJLEN: CommandSpec = lookupCommand('json.objlen')!
const JSON_RESP: CommandSpec = lookupCommand('json.resp')!
const JSON_SET: CommandSpec = lookupCommand('json.set')!
const JSON_STRAPPEND: CommandSpec = lookupCommand('json.strappend')!
const JSON_STRLEN: CommandSpec = lookupCommand('json.strlen')!
const JSON_TOGGLE: CommandSpec = lookupCommand('json.toggle')!
const JSON_TYPE: CommandSpec = lookupCommand('json.type')!
const KEYS: CommandSpec = lookupCommand('keys')!
const LASTSAVE: CommandSpec = lookupCommand('lastsave')!
const LATENCY_DOCTOR: CommandSpec = lookupCommand('latency doctor')!
const LATENCY_GRAPH: CommandSpec = lookupCommand('latency graph')!
const LATENCY_HISTOGRAM: CommandSpec = lookupCommand('latency histogram')!
const LATENCY_HISTORY: CommandSpec = lookupCommand('latency history')!
const LATENCY_LATEST: CommandSpec = lookupCommand('latency latest')!
const LATENCY_RESET: CommandSpec = lookupCommand('latency reset')!
const LCS: CommandSpec = lookupCommand('lcs')!
const LINDEX: CommandSpec = lookupCommand('lindex')!
const LINSERT: CommandSpec = lookupCommand('linsert')!
const LLEN: CommandSpec = lookupCommand('llen')!
const LMOVE: CommandSpec = lookupCommand('lmove')!
const LMPOP: CommandSpec = lookupCommand('lmpop')!
const LOLWUT: CommandSpec = lookupCommand('lolwut')!
const LPOP: CommandSpec = lookupCommand('lpop')!
const LPOS: CommandSpec = lookupCommand('lpos')!
const LPUSH: CommandSpec = lookupCommand('lpush')!
const LPUSHX: CommandSpec = lookupCommand('lpushx')!
const LRANGE: CommandSpec = lookupCommand('lrange')!
const LREM: CommandSpec = lookupCommand('lrem')!
const LSET: CommandSpec = lookupCommand('lset')!
const LTRIM: CommandSpec = lookupCommand('ltrim')!
const MEMORY_DOCTOR: CommandSpec = lookupCommand('memory doctor')!
const MEMORY_MALLOC_STATS: CommandSpec = lookupCommand('memory malloc-stats')!
const MEMORY_PURGE: CommandSpec = lookupCommand('memory purge')!
const MEMORY_STATS: CommandSpec = lookupCommand('memory stats')!
const MEMORY_USAGE: CommandSpec = lookupCommand('memory usage')!
const MGET: CommandSpec = lookupCommand('mget')!
const MIGRATE: CommandSpec = lookupCommand('migrate')!
const MODULE_LIST: CommandSpec = lookupCommand('module list')!
const MODULE_LOAD: CommandSpec = lookupCommand('module load')!
const MODULE_LOADEX: CommandSpec = lookupCommand('module loadex')!
const MODULE_UNLOAD: CommandSpec = lookupCommand('module unload')!
const MOVE: CommandSpec = lookupCommand('move')!
const MSET: CommandSpec = lookupCommand('mset')!
const MSETEX: CommandSpec = lookupCommand('msetex')!
const MSETNX: CommandSpec = lookupCommand('msetnx')!
const OBJECT_ENCODING: CommandSpec = lookupCommand('object encoding')!
const OBJECT_FREQ: CommandSpec = lookupCommand('object freq')!
const OBJECT_IDLETIME: CommandSpec = lookupCommand('object idletime')!
const OBJECT_REFCOUNT: CommandSpec = lookupCommand('object refcount')!
const PERSIST: CommandSpec = lookupCommand('persist')!
const PEXPIRE: CommandSpec = lookupCommand('pexpire')!
const PEXPIREAT: CommandSpec = lookupCommand('pexpireat')!
const PEXPIRETIME: CommandSpec = lookupCommand('pexpiretime')!
const PFADD: CommandSpec = lookupCommand('pfadd')!
const PFCOUNT: CommandSpec = lookupCommand('pfcount')!
const PFMERGE: CommandSpec = lookupCommand('pfmerge')!
const PING: CommandSpec = lookupCommand('ping')!
const PSETEX: CommandSpec = lookupCommand('psetex')!
const PTTL: CommandSpec = lookupCommand('pttl')!
const PUBLISH: CommandSpec = lookupCommand('publish')!
const PUBSUB_CHANNELS: CommandSpec = lookupCommand('pubsub channels')!
const PUBSUB_NUMPAT: CommandSpec = lookupCommand('pubsub numpat')!
const PUBSUB_NUMSUB: CommandSpec = lookupCommand('pubsub numsub')!
const PUBSUB_SHARDCHANNELS: CommandSpec = lookupCommand('pubsub shardchannels')!
const PUBSUB_SHARDNUMSUB: CommandSpec = lookupCommand('pubsub shardnumsub')!
const RANDOMKEY: CommandSpec = lookupCommand('randomkey')!
const RENAME: CommandSpec = lookupCommand('rename')!
const RENAMENX: CommandSpec = lookupCommand('renamenx')!
const REPLICAOF: CommandSpec = lookupCommand('replicaof')!
const RESTORE: CommandSpec = lookupCommand('restore')!
const ROLE: CommandSpec = lookupCommand('role')!
const RPOP: CommandSpec = lookupCommand('rpop')!
const RPOPLPUSH: CommandSpec = lookupCommand('rpoplpush')!
const RPUSH: CommandSpec = lookupCommand('rpush')!
const RPUSHX: CommandSpec = lookupCommand('rpushx')!
const SADD: CommandSpec = lookupCommand('sadd')!
const SAVE: CommandSpec = lookupCommand('save')!
const SCAN: CommandSpec = lookupCommand('scan')!
const SCARD: CommandSpec = lookupCommand('scard')!
const SCRIPT_DEBUG: CommandSpec = lookupCommand('script debug')!
const SCRIPT_EXISTS: CommandSpec = lookupCommand('script exists')!
const SCRIPT_FLUSH: CommandSpec = lookupCommand('script flush')!
const SCRIPT_KILL: CommandSpec = lookupCommand('script kill')!
const SCRIPT_LOAD: CommandSpec = lookupCommand('script load')!
const SCRIPT_SHOW: CommandSpec = lookupCommand('script show')!
const SDIFF: CommandSpec = lookupCommand('sdiff')!
const SDIFFSTORE: CommandSpec = lookupCommand('sdiffstore')!
const SET: CommandSpec = lookupCommand('set')!
const SETBIT: CommandSpec = lookupCommand('setbit')!
const SETEX: CommandSpec = lookupCommand('setex')!
const SETNX: CommandSpec = lookupCommand('setnx')!
const SETRANGE: CommandSpec = lookupCommand('setrange')!
const SHUTDOWN: CommandSpec = lookupCommand('shutdown')!
const SINTER: CommandSpec = lookupCommand('sinter')!
const SINTERCARD: CommandSpec = lookupCommand('sintercard')!
const SINTERSTORE: CommandSpec = lookupCommand('sinterstore')!
const SISMEMBER: CommandSpec = lookupCommand('sismember')!
const SLAVEOF: CommandSpec = lookupCommand('slaveof')!
const SLOWLOG_GET: CommandSpec = lookupCommand('slowlog get')!
const SLOWLOG_LEN: CommandSpec = lookupCommand('slowlog len')!
const SLOWLOG_RESET: CommandSpec = lookupCommand('slowlog reset')!
const SMEMBERS: CommandSpec = lookupCommand('smembers')!
const SMISMEMBER: CommandSpec = lookupCommand('smismember')!
const SMOVE: CommandSpec = lookupCommand('smove')!
const SORT: CommandSpec = lookupCommand('sort')!
const SORT_RO: CommandSpec = lookupCommand('sort_ro')!
const SPOP: CommandSpec = lookupCommand('spop')!
const SPUBLISH: CommandSpec = lookupCommand('spublish')!
const SRANDMEMBER: CommandSpec = lookupCommand('srandmember')!
const SREM: CommandSpec = lookupCommand('srem')!
const SSCAN: CommandSpec = lookupCommand('sscan')!
const STRLEN: CommandSpec = lookupCommand('strlen')!
const SUBSTR: CommandSpec = lookupCommand('substr')!
const SUNION: CommandSpec = lookupCommand('sunion')!
const SUNIONSTORE: CommandSpec = lookupCommand('sunionstore')!
const SWAPDB: CommandSpec = lookupCommand('swapdb')!
const TDIGEST_ADD: CommandSpec = lookupCommand('tdigest.add')!
const TDIGEST_BYRANK: CommandSpec = lookupCommand('tdigest.byrank')!
const TDIGEST_BYREVRANK: CommandSpec = lookupCommand('tdigest.byrevrank')!
const TDIGEST_CDF: CommandSpec = lookupCommand('tdigest.cdf')!
const TDIGEST_CREATE: CommandSpec = lookupCommand('tdigest.create')!
const TDIGEST_INFO: CommandSpec = lookupCommand('tdigest.info')!
const TDIGEST_MAX: CommandSpec = lookupCommand('tdigest.max')!
const TDIGEST_MERGE: CommandSpec = lookupCommand('tdigest.merge')!
const TDIGEST_MIN: CommandSpec = lookupCommand('tdigest.min')!
const TDIGEST_QUANTILE: CommandSpec = lookupCommand('tdigest.quantile')!
const TDIGEST_RANK: CommandSpec = lookupCommand('tdigest.rank')!
const TDIGEST_RESET: CommandSpec = lookupCommand('tdigest.reset')!
const TDIGEST_REVRANK: CommandSpec = lookupCommand('tdigest.revrank')!
const TDIGEST_TRIMMED_MEAN: CommandSpec = lookupCommand('tdigest.trimmed_mean')!
const TIME: CommandSpec = lookupCommand('time')!
const TOPK_ADD: CommandSpec = lookupCommand('topk.add')!
const TOPK_COUNT: CommandSpec = lookupCommand('topk.count')!
const TOPK_INCRBY: CommandSpec = lookupCommand('topk.incrby')!
const TOPK_INFO: CommandSpec = lookupCommand('topk.info')!
const TOPK_LIST: CommandSpec = lookupCommand('topk.list')!
const TOPK_QUERY: CommandSpec = lookupCommand('topk.query')!
const TOPK_RESERVE: CommandSpec = lookupCommand('topk.reserve')!
const TOUCH: CommandSpec = lookupCommand('touch')!
const TS_ADD: CommandSpec = lookupCommand('ts.add')!
const TS_ALTER: CommandSpec = lookupCommand('ts.alter')!
const TS_CREATE: CommandSpec = lookupCommand('ts.create')!
const TS_CREATERULE: CommandSpec = lookupCommand('ts.createrule')!
const TS_DECRBY: CommandSpec = lookupCommand('ts.decrby')!
const TS_DEL: CommandSpec = lookupCommand('ts.del')!
const TS_DELETERULE: CommandSpec = lookupCommand('ts.deleterule')!
const TS_GET: CommandSpec = lookupCommand('ts.get')!
const TS_INCRBY: CommandSpec = lookupCommand('ts.incrby')!
const TS_INFO: CommandSpec = lookupCommand('ts.info')!
const TS_MADD: CommandSpec = lookupCommand('ts.madd')!
const TS_MGET: CommandSpec = lookupCommand('ts.mget')!
const TS_MRANGE: CommandSpec = lookupCommand('ts.mrange')!
const TS_MREVRANGE: CommandSpec = lookupCommand('ts.mrevrange')!
const TS_QUERYINDEX: CommandSpec = lookupCommand('ts.queryindex')!
const TS_RANGE: CommandSpec = lookupCommand('ts.range')!
const TS_REVRANGE: CommandSpec = lookupCommand('ts.revrange')!
const TTL: CommandSpec = lookupCommand('ttl')!
const TYPE: CommandSpec = lookupCommand('type')!
const UNLINK: CommandSpec = lookupCommand('unlink')!
const VADD: CommandSpec = lookupCommand('vadd')!
const VCARD: CommandSpec = lookupCommand('vcard')!
const VDIM: CommandSpec = lookupCommand('vdim')!
const VEMB: CommandSpec = lookupCommand('vemb')!
const VGETATTR: CommandSpec = lookupCommand('vgetattr')!
const VINFO: CommandSpec = lookupCommand('vinfo')!
const VISMEMBER: CommandSpec = lookupCommand('vismember')!
const VLINKS: CommandSpec = lookupCommand('vlinks')!
const VRANDMEMBER: CommandSpec = lookupCommand('vrandmember')!
const VRANGE: CommandSpec = lookupCommand('vrange')!
const VREM: CommandSpec = lookupCommand('vrem')!
const VSETATTR: CommandSpec = lookupCommand('vsetattr')!
const VSIM: CommandSpec = lookupCommand('vsim')!
const WAIT: CommandSpec = lookupCommand('wait')!
const WAITAOF: CommandSpec = lookupCommand('waitaof')!
const XACK: CommandSpec = lookupCommand('xack')!
const XACKDEL: CommandSpec = lookupCommand('xackdel')!
const XADD: CommandSpec = lookupCommand('xadd')!
const XAUTOCLAIM: CommandSpec = lookupCommand('xautoclaim')!
const XCLAIM: CommandSpec = lookupCommand('xclaim')!
const XDEL: CommandSpec = lookupCommand('xdel')!
const XDELEX: CommandSpec = lookupCommand('xdelex')!
const XGROUP_CREATE: CommandSpec = lookupCommand('xgroup create')!
const XGROUP_CREATECONSUMER: CommandSpec = lookupCommand('xgroup createconsumer')!
const XGROUP_DELCONSUMER: CommandSpec = lookupCommand('xgroup delconsumer')!
const XGROUP_DESTROY: CommandSpec = lookupCommand('xgroup destroy')!
const XGROUP_SETID: CommandSpec = lookupCommand('xgroup setid')!
const XINFO_CONSUMERS: CommandSpec = lookupCommand('xinfo consumers')!
const XINFO_GROUPS: CommandSpec = lookupCommand('xinfo groups')!
const XINFO_STREAM: CommandSpec = lookupCommand('xinfo stream')!
const XLEN: CommandSpec = lookupCommand('xlen')!
const XPENDING: CommandSpec = lookupCommand('xpending')!
const XRANGE: CommandSpec = lookupCommand('xrange')!
const XREAD: CommandSpec = lookupCommand('xread')!
const XREADGROUP: CommandSpec = lookupCommand('xreadgroup')!
const XREVRANGE: CommandSpec = lookupCommand('xrevrange')!
const XSETID: CommandSpec = lookupCommand('xsetid')!
const XTRIM: CommandSpec = lookupCommand('xtrim')!
const ZADD: CommandSpec = lookupCommand('zadd')!
const ZCARD: CommandSpec = lookupCommand('zcard')!
const ZCOUNT: CommandSpec = lookupCommand('zcount')!
const ZDIFF: CommandSpec = lookupCommand('zdiff')!
const ZDIFFSTORE: CommandSpec = lookupCommand('zdiffstore')!
const ZINCRBY: CommandSpec = lookupCommand('zincrby')!
const ZINTER: CommandSpec = lookupCommand('zinter')!
const ZINTERCARD: CommandSpec = lookupCommand('zintercard')!
const ZINTERSTORE: CommandSpec = lookupCommand('zinterstore')!
const ZLEXCOUNT: CommandSpec = lookupCommand('zlexcount')!
const ZMPOP: CommandSpec = lookupCommand('zmpop')!
const ZMSCORE: CommandSpec = lookupCommand('zmscore')!
const ZPOPMAX: CommandSpec = lookupCommand('zpopmax')!
const ZPOPMIN: CommandSpec = lookupCommand('zpopmin')!
const ZRANDMEMBER: CommandSpec = lookupCommand('zrandmember')!
const ZRANGE: CommandSpec = lookupCommand('zrange')!
const ZRANGEBYLEX: CommandSpec = lookupCommand('zrangebylex')!
const ZRANGEBYSCORE: CommandSpec = lookupCommand('zrangebyscore')!
const ZRANGESTORE: CommandSpec = lookupCommand('zrangestore')!
const ZRANK: CommandSpec = lookupCommand('zrank')!
const ZREM: CommandSpec = lookupCommand('zrem')!
const ZREMRANGEBYLEX: CommandSpec = lookupCommand('zremrangebylex')!
const ZREMRANGEBYRANK: CommandSpec = lookupCommand('zremrangebyrank')!
const ZREMRANGEBYSCORE: CommandSpec = lookupCommand('zremrangebyscore')!
const ZREVRANGE: CommandSpec = lookupCommand('zrevrange')!
const ZREVRANGEBYLEX: CommandSpec = lookupCommand('zrevrangebylex')!
const ZREVRANGEBYSCORE: CommandSpec = lookupCommand('zrevrangebyscore')!
const ZREVRANK: CommandSpec = lookupCommand('zrevrank')!
const ZSCAN: CommandSpec = lookupCommand('zscan')!
const ZSCORE: CommandSpec = lookupCommand('zscore')!
const ZUNION: CommandSpec = lookupCommand('zunion')!
const ZUNIONSTORE: CommandSpec = lookupCommand('zunionstore')!

export type BfInfoOptions = AtMostOne<{ capacity: boolean; size: boolean; filters: boolean; items: boolean; expansion: boolean }>
export type BfInsertOptions = { readonly capacity?: Integer | undefined; readonly error?: Decimal | undefined; readonly expansion?: Integer | undefined; readonly noCreate?: boolean | undefined; readonly nonScaling?: boolean | undefined }
export type BfReserveOptions = { readonly expansion?: Integer | undefined; readonly nonScaling?: boolean | undefined }
export type BgsaveOptions = { readonly schedule?: boolean | undefined }
export type BitfieldOperation = OneOf<{ get: readonly [encoding: Arg, offset: Arg]; overflow: 'WRAP' | 'SAT' | 'FAIL'; set: readonly [encoding: Arg, offset: Arg, value: Integer]; incrby: readonly [encoding: Arg, offset: Arg, increment: Integer] }>
export type BitfieldRoGet = { readonly encoding: Arg; readonly offset: Arg }
export type BlmpopOptions = { readonly count?: Integer | undefined }
export type BzmpopOptions = { readonly count?: Integer | undefined }
export type CfInsertOptions = { readonly capacity?: Integer | undefined; readonly noCreate?: boolean | undefined }
export type CfInsertnxOptions = { readonly capacity?: Integer | undefined; readonly noCreate?: boolean | undefined }
export type CfReserveOptions = { readonly bucketSize?: Integer | undefined; readonly maxIterations?: Integer | undefined; readonly expansion?: Integer | undefined }
export type ClientKillOptions = { readonly id?: Integer | undefined; readonly type?: 'NORMAL' | 'MASTER' | 'SLAVE' | 'REPLICA' | 'PUBSUB' | undefined; readonly user?: Arg | undefined; readonly addr?: Arg | undefined; readonly laddr?: Arg | undefined; readonly skipMe?: 'YES' | 'NO' | undefined; readonly maxAge?: Integer | undefined }
export type ClientListOptions = { readonly type?: 'NORMAL' | 'MASTER' | 'REPLICA' | 'PUBSUB' | undefined; readonly id?: Many<Integer> | undefined }
export type ClientSetinfoOptions = OneOf<{ libName: Arg; libVer: Arg }>
export type ClientTrackingOptions = { readonly redirect?: Integer | undefined; readonly prefix?: Many<Arg> | undefined; readonly bcast?: boolean | undefined; readonly optIn?: boolean | undefined; readonly optOut?: boolean | undefined; readonly noLoop?: boolean | undefined }
export type ClusterAddslotsrangeEntry = { readonly startSlot: Integer; readonly endSlot: Integer }
export type ClusterDelslotsrangeEntry = { readonly startSlot: Integer; readonly endSlot: Integer }
export type ClusterFailoverOptions = AtMostOne<{ force: boolean; takeover: boolean }>
export type ClusterMigrationOptions = OneOf<{ import: Many<{ readonly startSlot: Integer; readonly endSlot: Integer }>; cancel: OneOf<{ id: Arg; all: true }>; status: OneOf<{ id: Arg; all: true }> }>
export type ClusterResetOptions = AtMostOne<{ hard: boolean; soft: boolean }>
export type ClusterSetslotOptions = OneOf<{ importing: Arg; migrating: Arg; node: Arg; stable: true }>
export type ClusterSlotStatsOptions = { readonly limit?: Integer | undefined } & AtMostOne<{ asc: boolean; desc: boolean }> & OneOf<{ slotsRange: readonly [startSlot: Integer, endSlot: Integer]; orderBy: Arg }>
export type CmsIncrbyEntry = { readonly item: Arg; readonly increment: Integer }
export type CmsMergeOptions = { readonly weights?: Many<Integer> | undefined }
export type CommandListOptions = { readonly filterBy?: OneOf<{ module: Arg; aclCat: Arg; pattern: Arg }> | undefined }
export type CopyOptions = { readonly db?: Integer | undefined; readonly replace?: boolean | undefined }
export type DelexOptions = AtMostOne<{ ifEq: Arg; ifNe: Arg; ifDeq: Arg; ifDne: Arg }>
export type ExpireOptions = AtMostOne<{ nx: boolean; xx: boolean; gt: boolean; lt: boolean }>
export type ExpireatOptions = AtMostOne<{ nx: boolean; xx: boolean; gt: boolean; lt: boolean }>
export type FailoverOptions = { readonly force?: boolean | undefined; readonly to?: readonly [host: Arg, port: Integer] | undefined; readonly abort?: boolean | undefined; readonly timeout?: Integer | undefined }
export type FlushallOptions = AtMostOne<{ async: boolean; sync: boolean }>
export type FlushdbOptions = AtMostOne<{ async: boolean; sync: boolean }>
export type FtAggregateOptions = { readonly verbatim?: boolean | undefined; readonly load?: Many<{ readonly identifier: Arg; readonly as?: Arg | undefined }> | undefined; readonly timeout?: Integer | undefined; readonly steps?: Many<{ readonly reduce?: Many<{ readonly name: Arg; readonly args: Many<Arg>; readonly as?: Arg | undefined }> | undefined; readonly max?: Integer | undefined } & OneOf<{ groupBy: Many<Arg>; sortBy: Many<{ readonly property: Arg } & AtMostOne<{ asc: boolean; desc: boolean }>>; apply: { readonly expression: Arg; readonly as: Arg }; limit: readonly [offset: Integer, num: Integer]; filter: Arg }>> | undefined; readonly withCursor?: boolean | { readonly count?: Integer | undefined; readonly maxIdle?: Integer | undefined } | undefined; readonly params?: Pairs | undefined; readonly scorer?: Arg | undefined; readonly addScores?: boolean | undefined; readonly dialect?: Integer | undefined }
export type FtAlterAdd = { readonly field: Arg; readonly type: 'TEXT' | 'TAG' | 'NUMERIC' | 'GEO' | 'GEOSHAPE' | 'VECTOR'; readonly algorithm?: 'FLAT' | 'HNSW' | 'SVS-VAMANA' | undefined; readonly attributes?: Pairs | undefined; readonly as?: Arg | undefined; readonly weight?: Decimal | undefined; readonly noStem?: boolean | undefined; readonly phonetic?: Arg | undefined; readonly withSuffixTrie?: boolean | undefined; readonly separator?: Arg | undefined; readonly caseSensitive?: boolean | undefined; readonly indexEmpty?: boolean | undefined; readonly indexMissing?: boolean | undefined; readonly unf?: boolean | undefined; readonly sortable?: boolean | undefined; readonly noIndex?: boolean | undefined }
export type FtAlterOptions = { readonly skipInitialScan?: boolean | undefined }
export type FtCreateSchema = { readonly field: Arg; readonly type: 'TEXT' | 'TAG' | 'NUMERIC' | 'GEO' | 'GEOSHAPE' | 'VECTOR'; readonly algorithm?: 'FLAT' | 'HNSW' | 'SVS-VAMANA' | undefined; readonly attributes?: Pairs | undefined; readonly as?: Arg | undefined; readonly weight?: Decimal | undefined; readonly noStem?: boolean | undefined; readonly phonetic?: Arg | undefined; readonly withSuffixTrie?: boolean | undefined; readonly separator?: Arg | undefined; readonly caseSensitive?: boolean | undefined; readonly indexEmpty?: boolean | undefined; readonly indexMissing?: boolean | undefined; readonly unf?: boolean | undefined; readonly sortable?: boolean | undefined; readonly noIndex?: boolean | undefined }
export type FtCreateOptions = { readonly on?: 'HASH' | 'JSON' | undefined; readonly prefix?: Many<Arg> | undefined; readonly filter?: Arg | undefined; readonly language?: Arg | undefined; readonly languageField?: Arg | undefined; readonly score?: Decimal | undefined; readonly scoreField?: Arg | undefined; readonly payloadField?: Arg | undefined; readonly maxTextFields?: boolean | undefined; readonly temporary?: Integer | undefined; readonly noOffsets?: boolean | undefined; readonly noHl?: boolean | undefined; readonly noFields?: boolean | undefined; readonly noFreqs?: boolean | undefined; readonly stopWords?: Many<Arg> | undefined; readonly skipInitialScan?: boolean | undefined; readonly indexAll?: 'ENABLE' | 'DISABLE' | undefined }
export type FtCursorReadOptions = { readonly count?: Integer | undefined }
export type FtDropindexOptions = { readonly dd?: boolean | undefined }
export type FtExplainOptions = { readonly dialect?: Integer | undefined }
export type FtExplaincliOptions = { readonly dialect?: Integer | undefined }
export type FtProfileOptions = { readonly limited?: boolean | undefined }
export type FtSearchOptions = { readonly noContent?: boolean | undefined; readonly verbatim?: boolean | undefined; readonly noStopWords?: boolean | undefined; readonly withScores?: boolean | undefined; readonly withPayloads?: boolean | undefined; readonly withSortKeys?: boolean | undefined; readonly filter?: Many<{ readonly numericField: Arg; readonly min: Arg; readonly max: Arg }> | undefined; readonly geoFilter?: Many<{ readonly geoField: Arg; readonly longitude: Decimal; readonly latitude: Decimal; readonly radius: Decimal; readonly unit: 'M' | 'KM' | 'MI' | 'FT' }> | undefined; readonly inKeys?: Many<Arg> | undefined; readonly inFields?: Many<Arg> | undefined; readonly return?: Many<{ readonly identifier: Arg; readonly as?: Arg | undefined }> | undefined; readonly summarize?: boolean | { readonly fields?: Many<Arg> | undefined; readonly frags?: Integer | undefined; readonly len?: Integer | undefined; readonly separator?: Arg | undefined } | undefined; readonly highlight?: boolean | { readonly fields?: Many<Arg> | undefined; readonly tags?: readonly [open: Arg, close: Arg] | undefined } | undefined; readonly slop?: Integer | undefined; readonly timeout?: Integer | undefined; readonly inOrder?: boolean | undefined; readonly language?: Arg | undefined; readonly expander?: Arg | undefined; readonly scorer?: Arg | undefined; readonly explainScore?: boolean | undefined; readonly payload?: Arg | undefined; readonly sortBy?: Arg | undefined; readonly limit?: readonly [offset: Integer, num: Integer] | undefined; readonly params?: Pairs | undefined; readonly dialect?: Integer | undefined } & AtMostOne<{ asc: boolean; desc: boolean }>
export type FtSpellcheckOptions = { readonly distance?: Integer | undefined; readonly terms?: Many<{ readonly includeExclude: 'INCLUDE' | 'EXCLUDE'; readonly dictionary: Arg }> | undefined; readonly dialect?: Integer | undefined }
export type FtSugaddOptions = { readonly incr?: boolean | undefined; readonly payload?: Arg | undefined }
export type FtSuggetOptions = { readonly fuzzy?: boolean | undefined; readonly withScores?: boolean | undefined; readonly withPayloads?: boolean | undefined; readonly max?: Integer | undefined }
export type FtSynupdateOptions = { readonly skipInitialScan?: boolean | undefined }
export type FunctionFlushOptions = AtMostOne<{ async: boolean; sync: boolean }>
export type FunctionListOptions = { readonly libraryName?: Arg | undefined; readonly withCode?: boolean | undefined }
export type FunctionLoadOptions = { readonly replace?: boolean | undefined }
export type FunctionRestoreOptions = AtMostOne<{ flush: boolean; append: boolean; replace: boolean }>
export type GeoaddEntry = { readonly longitude: Decimal; readonly latitude: Decimal; readonly member: Arg }
export type GeoaddOptions = { readonly ch?: boolean | undefined } & AtMostOne<{ nx: boolean; xx: boolean }>
export type GeoradiusOptions = { readonly withCoord?: boolean | undefined; readonly withDist?: boolean | undefined; readonly withHash?: boolean | undefined; readonly any?: boolean | undefined; readonly count?: Integer | undefined } & AtMostOne<{ asc: boolean; desc: boolean }> & AtMostOne<{ store: Arg; storeDist: Arg }>
export type GeoradiusRoOptions = { readonly withCoord?: boolean | undefined; readonly withDist?: boolean | undefined; readonly withHash?: boolean | undefined; readonly any?: boolean | undefined; readonly count?: Integer | undefined } & AtMostOne<{ asc: boolean; desc: boolean }>
export type GeoradiusbymemberOptions = { readonly withCoord?: boolean | undefined; readonly withDist?: boolean | undefined; readonly withHash?: boolean | undefined; readonly any?: boolean | undefined; readonly count?: Integer | undefined } & AtMostOne<{ asc: boolean; desc: boolean }> & AtMostOne<{ store: Arg; storeDist: Arg }>
export type GeoradiusbymemberRoOptions = { readonly withCoord?: boolean | undefined; readonly withDist?: boolean | undefined; readonly withHash?: boolean | undefined; readonly any?: boolean | undefined; readonly count?: Integer | undefined } & AtMostOne<{ asc: boolean; desc: boolean }>
export type GeosearchOptions = { readonly any?: boolean | undefined; readonly count?: Integer | undefined; readonly withCoord?: boolean | undefined; readonly withDist?: boolean | undefined; readonly withHash?: boolean | undefined } & OneOf<{ fromMember: Arg; fromLonLat: readonly [longitude: Decimal, latitude: Decimal] }> & OneOf<{ byRadius: readonly [radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI']; byBox: readonly [width: Decimal, height: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI'] }> & AtMostOne<{ asc: boolean; desc: boolean }>
export type GeosearchstoreOptions = { readonly any?: boolean | undefined; readonly count?: Integer | undefined; readonly storeDist?: boolean | undefined } & OneOf<{ fromMember: Arg; fromLonLat: readonly [longitude: Decimal, latitude: Decimal] }> & OneOf<{ byRadius: readonly [radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI']; byBox: readonly [width: Decimal, height: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI'] }> & AtMostOne<{ asc: boolean; desc: boolean }>
export type GetexOptions = AtMostOne<{ ex: Integer; px: Integer; exAt: Integer; pxAt: Integer; persist: boolean }>
export type HexpireOptions = AtMostOne<{ nx: boolean; xx: boolean; gt: boolean; lt: boolean }>
export type HexpireatOptions = AtMostOne<{ nx: boolean; xx: boolean; gt: boolean; lt: boolean }>
export type HgetexOptions = AtMostOne<{ ex: Integer; px: Integer; exAt: Integer; pxAt: Integer; persist: boolean }>
export type HpexpireOptions = AtMostOne<{ nx: boolean; xx: boolean; gt: boolean; lt: boolean }>
export type HpexpireatOptions = AtMostOne<{ nx: boolean; xx: boolean; gt: boolean; lt: boolean }>
export type HrandfieldOptions = { readonly withValues?: boolean | undefined }
export type HscanOptions = { readonly match?: Arg | undefined; readonly count?: Integer | undefined; readonly noValues?: boolean | undefined }
export type HsetexOptions = AtMostOne<{ fnx: boolean; fxx: boolean }> & AtMostOne<{ ex: Integer; px: Integer; exAt: Integer; pxAt: Integer; keepTtl: boolean }>
export type JsonGetOptions = { readonly indent?: Arg | undefined; readonly newline?: Arg | undefined; readonly space?: Arg | undefined }
export type JsonMsetEntry = { readonly key: Arg; readonly path: Arg; readonly value: Arg }
export type JsonSetOptions = AtMostOne<{ nx: boolean; xx: boolean }>
export type LcsOptions = { readonly minMatchLen?: Integer | undefined; readonly withMatchLen?: boolean | undefined } & AtMostOne<{ len: boolean; idx: boolean }>
export type LmpopOptions = { readonly count?: Integer | undefined }
export type LolwutOptions = { readonly version?: Integer | undefined }
export type LposOptions = { readonly rank?: Integer | undefined; readonly count?: Integer | undefined; readonly maxLen?: Integer | undefined }
export type MemoryUsageOptions = { readonly samples?: Integer | undefined }
export type MigrateOptions = { readonly copy?: boolean | undefined; readonly replace?: boolean | undefined; readonly keys?: Many<Arg> | undefined } & AtMostOne<{ auth: Arg; auth2: readonly [username: Arg, password: Arg] }>
export type ModuleLoadexOptions = { readonly config?: Many<{ readonly name: Arg; readonly value: Arg }> | undefined; readonly args?: Many<Arg> | undefined }
export type MsetexOptions = AtMostOne<{ nx: boolean; xx: boolean }> & AtMostOne<{ ex: Integer; px: Integer; exAt: Integer; pxAt: Integer; keepTtl: boolean }>
export type PexpireOptions = AtMostOne<{ nx: boolean; xx: boolean; gt: boolean; lt: boolean }>
export type PexpireatOptions = AtMostOne<{ nx: boolean; xx: boolean; gt: boolean; lt: boolean }>
export type RestoreOptions = { readonly replace?: boolean | undefined; readonly absTtl?: boolean | undefined; readonly idleTime?: Integer | undefined; readonly freq?: Integer | undefined }
export type ScanOptions = { readonly match?: Arg | undefined; readonly count?: Integer | undefined; readonly type?: Arg | undefined }
export type ScriptFlushOptions = AtMostOne<{ async: boolean; sync: boolean }>
export type SetOptions = { readonly get?: boolean | undefined } & AtMostOne<{ nx: boolean; xx: boolean; ifEq: Arg; ifNe: Arg; ifDeq: Arg; ifDne: Arg }> & AtMostOne<{ ex: Integer; px: Integer; exAt: Integer; pxAt: Integer; keepTtl: boolean }>
export type ShutdownOptions = { readonly now?: boolean | undefined; readonly force?: boolean | undefined; readonly abort?: boolean | undefined } & AtMostOne<{ nosave: boolean; save: boolean }>
export type SintercardOptions = { readonly limit?: Integer | undefined }
export type SortOptions = { readonly by?: Arg | undefined; readonly limit?: readonly [offset: Integer, count: Integer] | undefined; readonly get?: Many<Arg> | undefined; readonly alpha?: boolean | undefined; readonly store?: Arg | undefined } & AtMostOne<{ asc: boolean; desc: boolean }>
export type SortRoOptions = { readonly by?: Arg | undefined; readonly limit?: readonly [offset: Integer, count: Integer] | undefined; readonly get?: Many<Arg> | undefined; readonly alpha?: boolean | undefined } & AtMostOne<{ asc: boolean; desc: boolean }>
export type SscanOptions = { readonly match?: Arg | undefined; readonly count?: Integer | undefined }
export type TdigestCreateOptions = { readonly compression?: Integer | undefined }
export type TdigestMergeOptions = { readonly compression?: Integer | undefined; readonly override?: boolean | undefined }
export type TopkIncrbyEntry = { readonly item: Arg; readonly increment: Integer }
export type TopkListOptions = { readonly withCount?: boolean | undefined }
export type TsAddOptions = { readonly retention?: Integer | undefined; readonly encoding?: 'UNCOMPRESSED' | 'COMPRESSED' | undefined; readonly chunkSize?: Integer | undefined; readonly duplicatePolicy?: 'BLOCK' | 'FIRST' | 'LAST' | 'MIN' | 'MAX' | 'SUM' | undefined; readonly onDuplicate?: 'BLOCK' | 'FIRST' | 'LAST' | 'MIN' | 'MAX' | 'SUM' | undefined; readonly ignore?: readonly [ignoreMaxTimeDiff: Integer, ignoreMaxValDiff: Decimal] | undefined; readonly labels?: Pairs | undefined }
export type TsAlterOptions = { readonly retention?: Integer | undefined; readonly chunkSize?: Integer | undefined; readonly duplicatePolicy?: 'BLOCK' | 'FIRST' | 'LAST' | 'MIN' | 'MAX' | 'SUM' | undefined; readonly ignore?: readonly [ignoreMaxTimeDiff: Integer, ignoreMaxValDiff: Decimal] | undefined; readonly labels?: Pairs | undefined }
export type TsCreateOptions = { readonly retention?: Integer | undefined; readonly encoding?: 'UNCOMPRESSED' | 'COMPRESSED' | undefined; readonly chunkSize?: Integer | undefined; readonly duplicatePolicy?: 'BLOCK' | 'FIRST' | 'LAST' | 'MIN' | 'MAX' | 'SUM' | undefined; readonly ignore?: readonly [ignoreMaxTimeDiff: Integer, ignoreMaxValDiff: Decimal] | undefined; readonly labels?: Pairs | undefined }
export type TsDecrbyOptions = { readonly timestamp?: Arg | undefined; readonly retention?: Integer | undefined; readonly encoding?: 'UNCOMPRESSED' | 'COMPRESSED' | undefined; readonly chunkSize?: Integer | undefined; readonly duplicatePolicy?: 'BLOCK' | 'FIRST' | 'LAST' | 'MIN' | 'MAX' | 'SUM' | undefined; readonly ignore?: readonly [ignoreMaxTimeDiff: Integer, ignoreMaxValDiff: Decimal] | undefined; readonly labels?: Pairs | undefined }
export type TsGetOptions = { readonly latest?: boolean | undefined }
export type TsIncrbyOptions = { readonly timestamp?: Arg | undefined; readonly retention?: Integer | undefined; readonly encoding?: 'UNCOMPRESSED' | 'COMPRESSED' | undefined; readonly chunkSize?: Integer | undefined; readonly duplicatePolicy?: 'BLOCK' | 'FIRST' | 'LAST' | 'MIN' | 'MAX' | 'SUM' | undefined; readonly ignore?: readonly [ignoreMaxTimeDiff: Integer, ignoreMaxValDiff: Decimal] | undefined; readonly labels?: Pairs | undefined }
export type TsInfoOptions = { readonly debug?: boolean | undefined }
export type TsMaddEntry = { readonly key: Arg; readonly timestamp: Arg; readonly value: Decimal }
export type TsMgetOptions = { readonly latest?: boolean | undefined } & AtMostOne<{ withLabels: boolean; selectedLabels: Many<Arg> }>
export type TsMrangeOptions = { readonly latest?: boolean | undefined; readonly filterByTs?: Many<Arg> | undefined; readonly filterByValue?: readonly [min: Decimal, max: Decimal] | undefined; readonly count?: Integer | undefined; readonly align?: Arg | undefined; readonly bucketTimestamp?: Arg | undefined; readonly empty?: boolean | undefined; readonly aggregation?: readonly [aggregator: Arg, bucketDuration: Integer] | undefined; readonly groupBy?: { readonly label: Arg; readonly reduce: Arg } | undefined } & AtMostOne<{ withLabels: boolean; selectedLabels: Many<Arg> }>
export type TsMrevrangeOptions = { readonly latest?: boolean | undefined; readonly filterByTs?: Many<Arg> | undefined; readonly filterByValue?: readonly [min: Decimal, max: Decimal] | undefined; readonly count?: Integer | undefined; readonly align?: Arg | undefined; readonly bucketTimestamp?: Arg | undefined; readonly empty?: boolean | undefined; readonly aggregation?: readonly [aggregator: Arg, bucketDuration: Integer] | undefined; readonly groupBy?: { readonly label: Arg; readonly reduce: Arg } | undefined } & AtMostOne<{ withLabels: boolean; selectedLabels: Many<Arg> }>
export type TsRangeOptions = { readonly latest?: boolean | undefined; readonly filterByTs?: Many<Arg> | undefined; readonly filterByValue?: readonly [min: Decimal, max: Decimal] | undefined; readonly count?: Integer | undefined; readonly align?: Arg | undefined; readonly bucketTimestamp?: Arg | undefined; readonly empty?: boolean | undefined; readonly aggregation?: readonly [aggregator: Arg, bucketDuration: Integer] | undefined }
export type TsRevrangeOptions = { readonly latest?: boolean | undefined; readonly filterByTs?: Many<Arg> | undefined; readonly filterByValue?: readonly [min: Decimal, max: Decimal] | undefined; readonly count?: Integer | undefined; readonly align?: Arg | undefined; readonly bucketTimestamp?: Arg | undefined; readonly empty?: boolean | undefined; readonly aggregation?: readonly [aggregator: Arg, bucketDuration: Integer] | undefined }
export type VaddOptions = { readonly reduce?: Integer | undefined; readonly cas?: boolean | undefined; readonly ef?: Integer | undefined; readonly setAttr?: Arg | undefined; readonly m?: Integer | undefined } & OneOf<{ fp32: Arg; values: Many<Decimal> }> & AtMostOne<{ noQuant: boolean; q8: boolean; bin: boolean }>
export type VembOptions = { readonly raw?: boolean | undefined }
export type VlinksOptions = { readonly withScores?: boolean | undefined }
export type VsimOptions = { readonly withScores?: boolean | undefined; readonly withAttribs?: boolean | undefined; readonly count?: Integer | undefined; readonly epsilon?: Decimal | undefined; readonly ef?: Integer | undefined; readonly filter?: Arg | undefined; readonly filterEf?: Integer | undefined; readonly truth?: boolean | undefined; readonly noThread?: boolean | undefined } & OneOf<{ ele: Arg; fp32: Arg; values: Many<Decimal> }>
export type XackdelOptions = AtMostOne<{ keepRef: boolean; delRef: boolean; acked: boolean }>
export type XaddOptions = { readonly noMkStream?: boolean | undefined; readonly limit?: Integer | undefined } & AtMostOne<{ keepRef: boolean; delRef: boolean; acked: boolean }> & AtMostOne<{ maxLen: Integer | readonly [operator: '=' | '~', threshold: Integer]; minId: Arg | readonly [operator: '=' | '~', threshold: Arg] }>
export type XautoclaimOptions = { readonly count?: Integer | undefined; readonly justId?: boolean | undefined }
export type XclaimOptions = { readonly retryCount?: Integer | undefined; readonly force?: boolean | undefined; readonly justId?: boolean | undefined; readonly lastId?: Arg | undefined } & AtMostOne<{ idle: Integer; time: Integer }>
export type XdelexOptions = AtMostOne<{ keepRef: boolean; delRef: boolean; acked: boolean }>
export type XgroupCreateOptions = { readonly mkStream?: boolean | undefined; readonly entriesRead?: Integer | undefined }
export type XgroupSetidOptions = { readonly entriesRead?: Integer | undefined }
export type XinfoStreamOptions = { readonly count?: Integer | undefined; readonly full?: boolean | undefined }
export type XpendingOptions = { readonly idle?: Integer | undefined }
export type XrangeOptions = { readonly count?: Integer | undefined }
export type XreadOptions = { readonly count?: Integer | undefined; readonly block?: Integer | undefined }
export type XreadgroupOptions = { readonly count?: Integer | undefined; readonly block?: Integer | undefined; readonly claim?: Integer | undefined; readonly noAck?: boolean | undefined }
export type XrevrangeOptions = { readonly count?: Integer | undefined }
export type XsetidOptions = { readonly entriesAdded?: Integer | undefined; readonly maxDeletedId?: Arg | undefined }
export type XtrimOptions = { readonly limit?: Integer | undefined } & OneOf<{ maxLen: Integer | readonly [operator: '=' | '~', threshold: Integer]; minId: Arg | readonly [operator: '=' | '~', threshold: Arg] }> & AtMostOne<{ keepRef: boolean; delRef: boolean; acked: boolean }>
export type ZaddEntry = { readonly score: Decimal; readonly member: Arg }
export type ZaddOptions = { readonly ch?: boolean | undefined; readonly incr?: boolean | undefined } & AtMostOne<{ nx: boolean; xx: boolean }> & AtMostOne<{ gt: boolean; lt: boolean }>
export type ZdiffOptions = { readonly withScores?: boolean | undefined }
export type ZinterOptions = { readonly weights?: Many<Decimal> | undefined; readonly aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined; readonly withScores?: boolean | undefined }
export type ZintercardOptions = { readonly limit?: Integer | undefined }
export type ZinterstoreOptions = { readonly weights?: Many<Decimal> | undefined; readonly aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined }
export type ZmpopOptions = { readonly count?: Integer | undefined }
export type ZrandmemberOptions = { readonly withScores?: boolean | undefined }
export type ZrangeOptions = { readonly rev?: boolean | undefined; readonly limit?: readonly [offset: Integer, count: Integer] | undefined; readonly withScores?: boolean | undefined } & AtMostOne<{ byScore: boolean; byLex: boolean }>
export type ZrangebylexOptions = { readonly limit?: readonly [offset: Integer, count: Integer] | undefined }
export type ZrangebyscoreOptions = { readonly withScores?: boolean | undefined; readonly limit?: readonly [offset: Integer, count: Integer] | undefined }
export type ZrangestoreOptions = { readonly rev?: boolean | undefined; readonly limit?: readonly [offset: Integer, count: Integer] | undefined } & AtMostOne<{ byScore: boolean; byLex: boolean }>
export type ZrankOptions = { readonly withScore?: boolean | undefined }
export type ZrevrangeOptions = { readonly withScores?: boolean | undefined }
export type ZrevrangebylexOptions = { readonly limit?: readonly [offset: Integer, count: Integer] | undefined }
export type ZrevrangebyscoreOptions = { readonly withScores?: boolean | undefined; readonly limit?: readonly [offset: Integer, count: Integer] | undefined }
export type ZrevrankOptions = { readonly withScore?: boolean | undefined }
export type ZscanOptions = { readonly match?: Arg | undefined; readonly count?: Integer | undefined }
export type ZunionOptions = { readonly weights?: Many<Decimal> | undefined; readonly aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined; readonly withScores?: boolean | undefined }
export type ZunionstoreOptions = { readonly weights?: Many<Decimal> | undefined; readonly aggregate?: 'SUM' | 'MIN' | 'MAX' | undefined }

/** A method for each command. A subclass says where the commands go and, by its mode, what the methods return. */
export abstract class Commands<M extends Mode> implements Issuer {
  /** Takes the command, whose words after the name are `args`; `shape` turns the decoded reply into the method's own. */
  abstract issue<R>(spec: CommandSpec, args: Arg[], shape?: Shape): Result<M, R>

  /** `ACL CAT [categoryname]`. Since 6.0.0. */
  aclCat(categoryname?: Arg): Result<M, string[]> {
    const words: Arg[] = []
    if (categoryname !== undefined) words.push(categoryname)
    return this.issue<string[]>(ACL_CAT, words, shapes.texts)
  }

  /** `ACL DELUSER username...`. Since 6.0.0. */
  aclDeluser(...usernames: Rest<Arg>): Result<M, number> {
    return this.issue<number>(ACL_DELUSER, rest(usernames))
  }

  /** `ACL DRYRUN username command [arg...]`. Since 7.0.0. */
  aclDryrun(username: Arg, command: Arg, ...args: Rest<Arg>): Result<M, string> {
    return this.issue<string>(ACL_DRYRUN, [username, command, ...rest(args)], shapes.text)
  }

  /** `ACL GENPASS [bits:int]`. Since 6.0.0. */
  aclGenpass(bits?: Integer): Result<M, string> {
    const words: Arg[] = []
    if (bits !== undefined) words.push(bits)
    return this.issue<string>(ACL_GENPASS, words, shapes.text)
  }

  /** `ACL GETUSER username`. Since 6.0.0. */
  aclGetuser(username: Arg): Result<M, AclUser | null> {
    return this.issue<AclUser | null>(ACL_GETUSER, [username], serverShapes.aclUser)
  }

  /** `ACL LIST`. Since 6.0.0. */
  aclList(): Result<M, string[]> {
    return this.issue<string[]>(ACL_LIST, [], shapes.texts)
  }

  /** `ACL LOAD`. Since 6.0.0. */
  aclLoad(): Result<M, 'OK'> {
    return this.issue<'OK'>(ACL_LOAD, [])
  }

  /** `ACL LOG [count:int|RESET]`. Since 6.0.0. */
  aclLog(count: 'RESET'): Result<M, 'OK'>
  aclLog(count?: Integer): Result<M, AclLogEntry[]>
  aclLog(count?: Integer | 'RESET'): Result<M, AclLogEntry[] | 'OK'>
  aclLog(count?: Integer | 'RESET'): Result<M, 'OK'> | Result<M, AclLogEntry[]> | Result<M, AclLogEntry[] | 'OK'> {
    const words: Arg[] = []
    if (count !== undefined) words.push(count)
    return this.issue<'OK'>(ACL_LOG, words, count === 'RESET' ? undefined : serverShapes.aclLog)
  }

  /** `ACL SAVE`. Since 6.0.0. */
  aclSave(): Result<M, 'OK'> {
    return this.issue<'OK'>(ACL_SAVE, [])
  }

  /** `ACL SETUSER username [rule...]`. Since 6.0.0. */
  aclSetuser(username: Arg, ...rules: Rest<Arg>): Result<M, 'OK'> {
    return this.issue<'OK'>(ACL_SETUSER, [username, ...rest(rules)])
  }

  /** `ACL USERS`. Since 6.0.0. */
  aclUsers(): Result<M, string[]> {
    return this.issue<string[]>(ACL_USERS, [], shapes.texts)
  }

  /** `ACL WHOAMI`. Since 6.0.0. */
  aclWhoami(): Result<M, string> {
    return this.issue<string>(ACL_WHOAMI, [], shapes.text)
  }

  /** `APPEND key value`. Since 2.0.0. */
  append(key: Arg, value: Arg): Result<M, number> {
    return this.issue<number>(APPEND, [key, value])
  }

  /** `BF.ADD key item`. Since 1.0.0. */
  bfAdd(key: Arg, item: Arg): Result<M, number> {
    return this.issue<number>(BF_ADD, [key, item], shapes.flag)
  }

  /** `BF.CARD key`. Since 2.4.4. */
  bfCard(key: Arg): Result<M, number> {
    return this.issue<number>(BF_CARD, [key])
  }

  /** `BF.EXISTS key item`. Since 1.0.0. */
  bfExists(key: Arg, item: Arg): Result<M, number> {
    return this.issue<number>(BF_EXISTS, [key, item], shapes.flag)
  }

  /** `BF.INFO key [CAPACITY|SIZE|FILTERS|ITEMS|EXPANSION]`. Since 1.0.0. */
  bfInfo(key: Arg, options: BfInfoOptions & { capacity: true }): Result<M, number | null>
  bfInfo(key: Arg, options: BfInfoOptions & { size: true }): Result<M, number | null>
  bfInfo(key: Arg, options: BfInfoOptions & { filters: true }): Result<M, number | null>
  bfInfo(key: Arg, options: BfInfoOptions & { items: true }): Result<M, number | null>
  bfInfo(key: Arg, options: BfInfoOptions & { expansion: true }): Result<M, number | null>
  bfInfo(key: Arg, options?: BfInfoOptions & { capacity?: false | undefined; size?: false | undefined; filters?: false | undefined; items?: false | undefined; expansion?: false | undefined }): Result<M, Record<string, number | string | null>>
  bfInfo(key: Arg, options?: BfInfoOptions): Result<M, Record<string, number | string | null> | number | null>
  bfInfo(key: Arg, options?: BfInfoOptions): Result<M, number | null> | Result<M, Record<string, number | string | null>> | Result<M, Record<string, number | string | null> | number | null> {
    const words: Arg[] = [key]
    checkOptions(options, 'capacity size filters items expansion')
    if (options !== undefined) {
      if (options.capacity) words.push('CAPACITY')
      if (options.size) words.push('SIZE')
      if (options.filters) words.push('FILTERS')
      if (options.items) words.push('ITEMS')
      if (options.expansion) words.push('EXPANSION')
    }
    return this.issue<number | null>(BF_INFO, words, options?.capacity || options?.size || options?.filters || options?.items || options?.expansion ? modulesShapes.onlyNumber : modulesShapes.infoRecord)
  }

  /** `BF.INSERT key [CAPACITY capacity:int] [ERROR error:double] [EXPANSION expansion:int] [NOCREATE] [NONSCALING] ITEMS item...`. Since 1.0.0. */
  bfInsert(key: Arg, items: Many<Arg>, options?: BfInsertOptions): Result<M, number[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'capacity error expansion noCreate nonScaling')
    if (options !== undefined) {
      if (options.capacity !== undefined) words.push('CAPACITY', options.capacity)
      if (options.error !== undefined) words.push('ERROR', options.error)
      if (options.expansion !== undefined) words.push('EXPANSION', options.expansion)
      if (options.noCreate) words.push('NOCREATE')
      if (options.nonScaling) words.push('NONSCALING')
    }
    words.push('ITEMS')
    pushAll(words, items)
    return this.issue<number[]>(BF_INSERT, words, shapes.flags)
  }

  /** `BF.LOADCHUNK key iterator:int data`. Since 1.0.0. */
  bfLoadchunk(key: Arg, iterator: Integer, data: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(BF_LOADCHUNK, [key, iterator, data])
  }

  /** `BF.MADD key item...`. Since 1.0.0. */
  bfMadd(key: Arg, ...items: Rest<Arg>): Result<M, number[]> {
    return this.issue<number[]>(BF_MADD, [key, ...rest(items)], shapes.flags)
  }

  /** `BF.MEXISTS key item...`. Since 1.0.0. */
  bfMexists(key: Arg, ...items: Rest<Arg>): Result<M, number[]> {
    return this.issue<number[]>(BF_MEXISTS, [key, ...rest(items)], shapes.flags)
  }

  /** `BF.RESERVE key error-rate:double capacity:int [EXPANSION expansion:int] [NONSCALING]`. Since 1.0.0. */
  bfReserve(key: Arg, errorRate: Decimal, capacity: Integer, options?: BfReserveOptions): Result<M, 'OK'> {
    const words: Arg[] = [key, errorRate, capacity]
    checkOptions(options, 'expansion nonScaling')
    if (options !== undefined) {
      if (options.expansion !== undefined) words.push('EXPANSION', options.expansion)
      if (options.nonScaling) words.push('NONSCALING')
    }
    return this.issue<'OK'>(BF_RESERVE, words)
  }

  /** `BF.SCANDUMP key iterator:int`. Since 1.0.0. */
  bfScandump(key: Arg, iterator: Integer): Result<M, Chunk> {
    return this.issue<Chunk>(BF_SCANDUMP, [key, iterator], modulesShapes.chunk)
  }

  /** `BGREWRITEAOF`. Since 1.0.0. */
  bgrewriteaof(): Result<M, string> {
    return this.issue<string>(BGREWRITEAOF, [], shapes.text)
  }

  /** `BGSAVE [SCHEDULE]`. Since 1.0.0. */
  bgsave(options?: BgsaveOptions): Result<M, string> {
    const words: Arg[] = []
    checkOptions(options, 'schedule')
    if (options !== undefined) {
      if (options.schedule) words.push('SCHEDULE')
    }
    return this.issue<string>(BGSAVE, words, shapes.text)
  }

  /** `BITCOUNT key [start:int end:int [BYTE|BIT]]`. Since 2.6.0. */
  bitcount(key: Arg, start: Integer, end: Integer, unit?: 'BYTE' | 'BIT'): Result<M, number>
  bitcount(key: Arg): Result<M, number>
  bitcount(key: Arg, start?: Integer, end?: Integer, unit?: 'BYTE' | 'BIT'): Result<M, number> {
    const words: Arg[] = [key]
    if (start !== undefined) {
      words.push(start)
      if (end !== undefined) words.push(end)
      if (unit !== undefined) words.push(unit)
    }
    return this.issue<number>(BITCOUNT, words)
  }

  /** `BITFIELD key [GET {encoding offset:int}|[OVERFLOW (WRAP|SAT|FAIL)] write_operation=(SET {encoding offset:int value:int}|INCRBY {encoding offset:int increment:int})]...`. Since 3.2.0. */
  bitfield(key: Arg, operations: Many<BitfieldOperation>): Result<M, (number | null)[]> {
    const words: Arg[] = [key]
    for (const row of many<BitfieldOperation>(operations)) {
      if (row.get !== undefined) words.push('GET', ...row.get)
      if (row.overflow !== undefined) words.push('OVERFLOW', row.overflow)
      if (row.set !== undefined) words.push('SET', ...row.set)
      if (row.incrby !== undefined) words.push('INCRBY', ...row.incrby)
    }
    return this.issue<(number | null)[]>(BITFIELD, words)
  }

  /** `BITFIELD_RO key [GET encoding offset:int]...`. Since 6.0.0. */
  bitfieldRo(key: Arg, get: Many<BitfieldRoGet>): Result<M, number[]> {
    const words: Arg[] = [key]
    for (const row of many<BitfieldRoGet>(get)) {
      words.push('GET')
      words.push(row.encoding, row.offset)
    }
    return this.issue<number[]>(BITFIELD_RO, words)
  }

  /** `BITOP operation=(AND|OR|XOR|NOT|DIFF|DIFF1|ANDOR|ONE) destkey:key key...`. Since 2.6.0. */
  bitop(operation: 'AND' | 'OR' | 'XOR' | 'NOT' | 'DIFF' | 'DIFF1' | 'ANDOR' | 'ONE', destkey: Arg, ...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(BITOP, [operation, destkey, ...rest(keys)])
  }

  /** `BITPOS key bit:int [start:int [end:int [BYTE|BIT]]]`. Since 2.8.7. */
  bitpos(key: Arg, bit: Integer, start?: Integer, end?: Integer, unit?: 'BYTE' | 'BIT'): Result<M, number> {
    const words: Arg[] = [key, bit]
    if (start !== undefined) {
      words.push(start)
      if (end !== undefined) {
        words.push(end)
        if (unit !== undefined) words.push(unit)
      }
    }
    return this.issue<number>(BITPOS, words)
  }

  /** `BLMOVE source:key destination:key wherefrom=(LEFT|RIGHT) whereto=(LEFT|RIGHT) timeout:double`. Since 6.2.0. */
  blmove(source: Arg, destination: Arg, wherefrom: 'LEFT' | 'RIGHT', whereto: 'LEFT' | 'RIGHT', timeout: Decimal): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(BLMOVE, [source, destination, wherefrom, whereto, timeout])
  }

  /** `BLMPOP timeout:double numkeys:int key... where=(LEFT|RIGHT) [COUNT count:int]`. Since 7.0.0. */
  blmpop(timeout: Decimal, keys: Many<Arg>, where: 'LEFT' | 'RIGHT', options?: BlmpopOptions): Result<M, Popped<M['value']> | null> {
    const words: Arg[] = [timeout]
    checkOptions(options, 'count')
    pushCounted(words, keys)
    words.push(where)
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<Popped<M['value']> | null>(BLMPOP, words, shapes.popped)
  }

  /** `BLPOP key... timeout:double`. Since 2.0.0. */
  blpop(keys: Many<Arg>, timeout: Decimal): Result<M, [key: M['value'], element: M['value']] | null> {
    const words: Arg[] = []
    pushAll(words, keys)
    words.push(timeout)
    return this.issue<[key: M['value'], element: M['value']] | null>(BLPOP, words)
  }

  /** `BRPOP key... timeout:double`. Since 2.0.0. */
  brpop(keys: Many<Arg>, timeout: Decimal): Result<M, [key: M['value'], element: M['value']] | null> {
    const words: Arg[] = []
    pushAll(words, keys)
    words.push(timeout)
    return this.issue<[key: M['value'], element: M['value']] | null>(BRPOP, words)
  }

  /** `BRPOPLPUSH source:key destination:key timeout:double`. Since 2.2.0. @deprecated */
  brpoplpush(source: Arg, destination: Arg, timeout: Decimal): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(BRPOPLPUSH, [source, destination, timeout])
  }

  /** `BZMPOP timeout:double numkeys:int key... where=(MIN|MAX) [COUNT count:int]`. Since 7.0.0. */
  bzmpop(timeout: Decimal, keys: Many<Arg>, where: 'MIN' | 'MAX', options?: BzmpopOptions): Result<M, PoppedScores<M['value']> | null> {
    const words: Arg[] = [timeout]
    checkOptions(options, 'count')
    pushCounted(words, keys)
    words.push(where)
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<PoppedScores<M['value']> | null>(BZMPOP, words, shapes.poppedScores)
  }

  /** `BZPOPMAX key... timeout:double`. Since 5.0.0. */
  bzpopmax(keys: Many<Arg>, timeout: Decimal): Result<M, KeyedScore<M['value']> | null> {
    const words: Arg[] = []
    pushAll(words, keys)
    words.push(timeout)
    return this.issue<KeyedScore<M['value']> | null>(BZPOPMAX, words, shapes.keyedScore)
  }

  /** `BZPOPMIN key... timeout:double`. Since 5.0.0. */
  bzpopmin(keys: Many<Arg>, timeout: Decimal): Result<M, KeyedScore<M['value']> | null> {
    const words: Arg[] = []
    pushAll(words, keys)
    words.push(timeout)
    return this.issue<KeyedScore<M['value']> | null>(BZPOPMIN, words, shapes.keyedScore)
  }

  /** `CF.ADD key item`. Since 1.0.0. */
  cfAdd(key: Arg, item: Arg): Result<M, number> {
    return this.issue<number>(CF_ADD, [key, item], shapes.flag)
  }

  /** `CF.ADDNX key item`. Since 1.0.0. */
  cfAddnx(key: Arg, item: Arg): Result<M, number> {
    return this.issue<number>(CF_ADDNX, [key, item], shapes.flag)
  }

  /** `CF.COUNT key item`. Since 1.0.0. */
  cfCount(key: Arg, item: Arg): Result<M, number> {
    return this.issue<number>(CF_COUNT, [key, item])
  }

  /** `CF.DEL key item`. Since 1.0.0. */
  cfDel(key: Arg, item: Arg): Result<M, number> {
    return this.issue<number>(CF_DEL, [key, item], shapes.flag)
  }

  /** `CF.EXISTS key item`. Since 1.0.0. */
  cfExists(key: Arg, item: Arg): Result<M, number> {
    return this.issue<number>(CF_EXISTS, [key, item], shapes.flag)
  }

  /** `CF.INFO key`. Since 1.0.0. */
  cfInfo(key: Arg): Result<M, Record<string, number | string | null>> {
    return this.issue<Record<string, number | string | null>>(CF_INFO, [key], modulesShapes.infoRecord)
  }

  /** `CF.INSERT key [CAPACITY capacity:int] [NOCREATE] ITEMS item...`. Since 1.0.0. */
  cfInsert(key: Arg, items: Many<Arg>, options?: CfInsertOptions): Result<M, number[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'capacity noCreate')
    if (options !== undefined) {
      if (options.capacity !== undefined) words.push('CAPACITY', options.capacity)
      if (options.noCreate) words.push('NOCREATE')
    }
    words.push('ITEMS')
    pushAll(words, items)
    return this.issue<number[]>(CF_INSERT, words, shapes.flags)
  }

  /** `CF.INSERTNX key [CAPACITY capacity:int] [NOCREATE] ITEMS item...`. Since 1.0.0. */
  cfInsertnx(key: Arg, items: Many<Arg>, options?: CfInsertnxOptions): Result<M, number[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'capacity noCreate')
    if (options !== undefined) {
      if (options.capacity !== undefined) words.push('CAPACITY', options.capacity)
      if (options.noCreate) words.push('NOCREATE')
    }
    words.push('ITEMS')
    pushAll(words, items)
    return this.issue<number[]>(CF_INSERTNX, words, shapes.flags)
  }

  /** `CF.LOADCHUNK key iterator:int data`. Since 1.0.0. */
  cfLoadchunk(key: Arg, iterator: Integer, data: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(CF_LOADCHUNK, [key, iterator, data])
  }

  /** `CF.MEXISTS key item...`. Since 1.0.0. */
  cfMexists(key: Arg, ...items: Rest<Arg>): Result<M, number[]> {
    return this.issue<number[]>(CF_MEXISTS, [key, ...rest(items)], shapes.flags)
  }

  /** `CF.RESERVE key capacity:int [BUCKETSIZE bucketsize:int] [MAXITERATIONS maxiterations:int] [EXPANSION expansion:int]`. Since 1.0.0. */
  cfReserve(key: Arg, capacity: Integer, options?: CfReserveOptions): Result<M, 'OK'> {
    const words: Arg[] = [key, capacity]
    checkOptions(options, 'bucketSize maxIterations expansion')
    if (options !== undefined) {
      if (options.bucketSize !== undefined) words.push('BUCKETSIZE', options.bucketSize)
      if (options.maxIterations !== undefined) words.push('MAXITERATIONS', options.maxIterations)
      if (options.expansion !== undefined) words.push('EXPANSION', options.expansion)
    }
    return this.issue<'OK'>(CF_RESERVE, words)
  }

  /** `CF.SCANDUMP key iterator:int`. Since 1.0.0. */
  cfScandump(key: Arg, iterator: Integer): Result<M, Chunk> {
    return this.issue<Chunk>(CF_SCANDUMP, [key, iterator], modulesShapes.chunk)
  }

  /** `CLIENT CACHING mode=(YES|NO)`. Since 6.0.0. */
  clientCaching(mode: 'YES' | 'NO'): Result<M, 'OK'> {
    return this.issue<'OK'>(CLIENT_CACHING, [mode])
  }

  /** `CLIENT CAPA capability...`. Since 8.0.0. */
  clientCapa(...capabilities: Rest<Arg>): Result<M, 'OK'> {
    return this.issue<'OK'>(CLIENT_CAPA, rest(capabilities))
  }

  /** `CLIENT GETNAME`. Since 2.6.9. */
  clientGetname(): Result<M, string | null> {
    return this.issue<string | null>(CLIENT_GETNAME, [], shapes.text)
  }

  /** `CLIENT GETREDIR`. Since 6.0.0. */
  clientGetredir(): Result<M, number> {
    return this.issue<number>(CLIENT_GETREDIR, [])
  }

  /** `CLIENT ID`. Since 5.0.0. */
  clientId(): Result<M, number> {
    return this.issue<number>(CLIENT_ID, [])
  }

  /** `CLIENT INFO`. Since 6.2.0. */
  clientInfo(): Result<M, string> {
    return this.issue<string>(CLIENT_INFO, [], shapes.text)
  }

  /** `CLIENT KILL filter=(ip-port|(ID client-id:int|TYPE (NORMAL|MASTER|SLAVE|REPLICA|PUBSUB)|USER username|ADDR ip-port|LADDR ip-port|SKIPME yes-no|MAXAGE maxage:int)...)`. Since 2.4.0. */
  clientKill(options?: ClientKillOptions): Result<M, number> {
    const words: Arg[] = []
    checkOptions(options, 'id type user addr laddr skipMe maxAge')
    if (options !== undefined) {
      if (options.id !== undefined) words.push('ID', options.id)
      if (options.type !== undefined) words.push('TYPE', options.type)
      if (options.user !== undefined) words.push('USER', options.user)
      if (options.addr !== undefined) words.push('ADDR', options.addr)
      if (options.laddr !== undefined) words.push('LADDR', options.laddr)
      if (options.skipMe !== undefined) words.push('SKIPME', options.skipMe)
      if (options.maxAge !== undefined) words.push('MAXAGE', options.maxAge)
    }
    return this.issue<number>(CLIENT_KILL, words)
  }

  /** `CLIENT LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID client-id:int...]`. Since 2.4.0. */
  clientList(options?: ClientListOptions): Result<M, string> {
    const words: Arg[] = []
    checkOptions(options, 'type id')
    if (options !== undefined) {
      if (options.type !== undefined) words.push('TYPE', options.type)
      if (options.id !== undefined) {
        words.push('ID')
        pushAll(words, options.id)
      }
    }
    return this.issue<string>(CLIENT_LIST, words, shapes.text)
  }

  /** `CLIENT NO-EVICT enabled=(ON|OFF)`. Since 7.0.0. */
  clientNoEvict(enabled: 'ON' | 'OFF'): Result<M, 'OK'> {
    return this.issue<'OK'>(CLIENT_NO_EVICT, [enabled])
  }

  /** `CLIENT NO-TOUCH enabled=(ON|OFF)`. Since 7.2.0. */
  clientNoTouch(enabled: 'ON' | 'OFF'): Result<M, 'OK'> {
    return this.issue<'OK'>(CLIENT_NO_TOUCH, [enabled])
  }

  /** `CLIENT PAUSE timeout:int [WRITE|ALL]`. Since 2.9.50. */
  clientPause(timeout: Integer, mode?: 'WRITE' | 'ALL'): Result<M, 'OK'> {
    const words: Arg[] = [timeout]
    if (mode !== undefined) words.push(mode)
    return this.issue<'OK'>(CLIENT_PAUSE, words)
  }

  /** `CLIENT SETINFO (LIB-NAME libname|LIB-VER libver)`. Since 7.2.0. */
  clientSetinfo(options: ClientSetinfoOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'libName libVer')
    if (options.libName !== undefined) words.push('LIB-NAME', options.libName)
    if (options.libVer !== undefined) words.push('LIB-VER', options.libVer)
    return this.issue<'OK'>(CLIENT_SETINFO, words)
  }

  /** `CLIENT SETNAME connection-name`. Since 2.6.9. */
  clientSetname(connectionName: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(CLIENT_SETNAME, [connectionName])
  }

  /** `CLIENT TRACKING status=(ON|OFF) [REDIRECT client-id:int] [PREFIX prefix]... [BCAST] [OPTIN] [OPTOUT] [NOLOOP]`. Since 6.0.0. */
  clientTracking(status: 'ON' | 'OFF', options?: ClientTrackingOptions): Result<M, 'OK'> {
    const words: Arg[] = [status]
    checkOptions(options, 'redirect prefix bcast optIn optOut noLoop')
    if (options !== undefined) {
      if (options.redirect !== undefined) words.push('REDIRECT', options.redirect)
      if (options.prefix !== undefined) for (const word of many(options.prefix)) words.push('PREFIX', word)
      if (options.bcast) words.push('BCAST')
      if (options.optIn) words.push('OPTIN')
      if (options.optOut) words.push('OPTOUT')
      if (options.noLoop) words.push('NOLOOP')
    }
    return this.issue<'OK'>(CLIENT_TRACKING, words)
  }

  /** `CLIENT TRACKINGINFO`. Since 6.2.0. */
  clientTrackinginfo(): Result<M, TrackingInfo> {
    return this.issue<TrackingInfo>(CLIENT_TRACKINGINFO, [], serverShapes.trackingInfo)
  }

  /** `CLIENT UNBLOCK client-id:int [TIMEOUT|ERROR]`. Since 5.0.0. */
  clientUnblock(clientId: Integer, reason?: 'TIMEOUT' | 'ERROR'): Result<M, number> {
    const words: Arg[] = [clientId]
    if (reason !== undefined) words.push(reason)
    return this.issue<number>(CLIENT_UNBLOCK, words)
  }

  /** `CLIENT UNPAUSE`. Since 6.2.0. */
  clientUnpause(): Result<M, 'OK'> {
    return this.issue<'OK'>(CLIENT_UNPAUSE, [])
  }

  /** `CLUSTER ADDSLOTS slot:int...`. Since 3.0.0. */
  clusterAddslots(...slots: Rest<Integer>): Result<M, 'OK'> {
    return this.issue<'OK'>(CLUSTER_ADDSLOTS, rest(slots))
  }

  /** `CLUSTER ADDSLOTSRANGE start-slot_end-slot={start-slot:int end-slot:int}...`. Since 7.0.0. */
  clusterAddslotsrange(entries: Many<ClusterAddslotsrangeEntry>): Result<M, 'OK'>
  clusterAddslotsrange(startSlot: Integer, endSlot: Integer): Result<M, 'OK'>
  clusterAddslotsrange(entries: Arg | Many<ClusterAddslotsrangeEntry>, ...more: readonly unknown[]): Result<M, 'OK'> {
    const words: Arg[] = []
    if (isArg(entries)) words.push(entries, more[0] as Integer)
    else {
      for (const row of many<ClusterAddslotsrangeEntry>(entries)) {
        words.push(row.startSlot, row.endSlot)
      }
    }
    return this.issue<'OK'>(CLUSTER_ADDSLOTSRANGE, words)
  }

  /** `CLUSTER BUMPEPOCH`. Since 3.0.0. */
  clusterBumpepoch(): Result<M, string> {
    return this.issue<string>(CLUSTER_BUMPEPOCH, [], shapes.text)
  }

  /** `CLUSTER COUNT-FAILURE-REPORTS node-id`. Since 3.0.0. */
  clusterCountFailureReports(nodeId: Arg): Result<M, number> {
    return this.issue<number>(CLUSTER_COUNT_FAILURE_REPORTS, [nodeId])
  }

  /** `CLUSTER COUNTKEYSINSLOT slot:int`. Since 3.0.0. */
  clusterCountkeysinslot(slot: Integer): Result<M, number> {
    return this.issue<number>(CLUSTER_COUNTKEYSINSLOT, [slot])
  }

  /** `CLUSTER DELSLOTS slot:int...`. Since 3.0.0. */
  clusterDelslots(...slots: Rest<Integer>): Result<M, 'OK'> {
    return this.issue<'OK'>(CLUSTER_DELSLOTS, rest(slots))
  }

  /** `CLUSTER DELSLOTSRANGE start-slot_end-slot={start-slot:int end-slot:int}...`. Since 7.0.0. */
  clusterDelslotsrange(entries: Many<ClusterDelslotsrangeEntry>): Result<M, 'OK'>
  clusterDelslotsrange(startSlot: Integer, endSlot: Integer): Result<M, 'OK'>
  clusterDelslotsrange(entries: Arg | Many<ClusterDelslotsrangeEntry>, ...more: readonly unknown[]): Result<M, 'OK'> {
    const words: Arg[] = []
    if (isArg(entries)) words.push(entries, more[0] as Integer)
    else {
      for (const row of many<ClusterDelslotsrangeEntry>(entries)) {
        words.push(row.startSlot, row.endSlot)
      }
    }
    return this.issue<'OK'>(CLUSTER_DELSLOTSRANGE, words)
  }

  /** `CLUSTER FAILOVER [FORCE|TAKEOVER]`. Since 3.0.0. */
  clusterFailover(options?: ClusterFailoverOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'force takeover')
    if (options !== undefined) {
      if (options.force) words.push('FORCE')
      if (options.takeover) words.push('TAKEOVER')
    }
    return this.issue<'OK'>(CLUSTER_FAILOVER, words)
  }

  /** `CLUSTER FLUSHSLOTS`. Since 3.0.0. */
  clusterFlushslots(): Result<M, 'OK'> {
    return this.issue<'OK'>(CLUSTER_FLUSHSLOTS, [])
  }

  /** `CLUSTER FORGET node-id`. Since 3.0.0. */
  clusterForget(nodeId: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(CLUSTER_FORGET, [nodeId])
  }

  /** `CLUSTER GETKEYSINSLOT slot:int count:int`. Since 3.0.0. */
  clusterGetkeysinslot(slot: Integer, count: Integer): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(CLUSTER_GETKEYSINSLOT, [slot, count])
  }

  /** `CLUSTER INFO`. Since 3.0.0. */
  clusterInfo(): Result<M, string> {
    return this.issue<string>(CLUSTER_INFO, [], shapes.text)
  }

  /** `CLUSTER KEYSLOT key`. Since 3.0.0. */
  clusterKeyslot(key: Arg): Result<M, number> {
    return this.issue<number>(CLUSTER_KEYSLOT, [key])
  }

  /** `CLUSTER LINKS`. Since 7.0.0. */
  clusterLinks(): Result<M, ClusterLink[]> {
    return this.issue<ClusterLink[]>(CLUSTER_LINKS, [], serverShapes.records)
  }

  /** `CLUSTER MEET ip port:int [cluster_bus_port:int]`. Since 3.0.0. */
  clusterMeet(ip: Arg, port: Integer, clusterBusPort?: Integer): Result<M, 'OK'> {
    const words: Arg[] = [ip, port]
    if (clusterBusPort !== undefined) words.push(clusterBusPort)
    return this.issue<'OK'>(CLUSTER_MEET, words)
  }

  /** `CLUSTER MIGRATION (IMPORT {start-slot:int end-slot:int}...|CANCEL (ID task-id|ALL)|STATUS (ID task-id|ALL))`. Since 8.4.0. */
  clusterMigration(options: ClusterMigrationOptions & { import: Many<{ readonly startSlot: Integer; readonly endSlot: Integer }> }): Result<M, string>
  clusterMigration(options: ClusterMigrationOptions & { cancel: OneOf<{ id: Arg; all: true }> }): Result<M, number>
  clusterMigration(options: ClusterMigrationOptions & { import?: undefined; cancel?: undefined }): Result<M, Record<string, unknown>[]>
  clusterMigration(options: ClusterMigrationOptions): Result<M, Record<string, unknown>[] | string | number>
  clusterMigration(options: ClusterMigrationOptions): Result<M, string> | Result<M, number> | Result<M, Record<string, unknown>[]> | Result<M, Record<string, unknown>[] | string | number> {
    const words: Arg[] = []
    checkOptions(options, 'import cancel status')
    if (options.import !== undefined) {
      words.push('IMPORT')
      for (const row of many<{ readonly startSlot: Integer; readonly endSlot: Integer }>(options.import)) {
        words.push(row.startSlot, row.endSlot)
      }
    }
    if (options.cancel !== undefined) {
      words.push('CANCEL')
      if (options.cancel.id !== undefined) words.push('ID', options.cancel.id)
      if (options.cancel.all) words.push('ALL')
    }
    if (options.status !== undefined) {
      words.push('STATUS')
      if (options.status.id !== undefined) words.push('ID', options.status.id)
      if (options.status.all) words.push('ALL')
    }
    return this.issue<string>(CLUSTER_MIGRATION, words, options.import !== undefined ? shapes.text : options.cancel !== undefined ? undefined : serverShapes.records)
  }

  /** `CLUSTER MYID`. Since 3.0.0. */
  clusterMyid(): Result<M, string> {
    return this.issue<string>(CLUSTER_MYID, [], shapes.text)
  }

  /** `CLUSTER MYSHARDID`. Since 7.2.0. */
  clusterMyshardid(): Result<M, string> {
    return this.issue<string>(CLUSTER_MYSHARDID, [], shapes.text)
  }

  /** `CLUSTER NODES`. Since 3.0.0. */
  clusterNodes(): Result<M, string> {
    return this.issue<string>(CLUSTER_NODES, [], shapes.text)
  }

  /** `CLUSTER REPLICAS node-id`. Since 5.0.0. */
  clusterReplicas(nodeId: Arg): Result<M, string[]> {
    return this.issue<string[]>(CLUSTER_REPLICAS, [nodeId], shapes.texts)
  }

  /** `CLUSTER REPLICATE node-id`. Since 3.0.0. */
  clusterReplicate(nodeId: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(CLUSTER_REPLICATE, [nodeId])
  }

  /** `CLUSTER RESET [HARD|SOFT]`. Since 3.0.0. */
  clusterReset(options?: ClusterResetOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'hard soft')
    if (options !== undefined) {
      if (options.hard) words.push('HARD')
      if (options.soft) words.push('SOFT')
    }
    return this.issue<'OK'>(CLUSTER_RESET, words)
  }

  /** `CLUSTER SAVECONFIG`. Since 3.0.0. */
  clusterSaveconfig(): Result<M, 'OK'> {
    return this.issue<'OK'>(CLUSTER_SAVECONFIG, [])
  }

  /** `CLUSTER SET-CONFIG-EPOCH config-epoch:int`. Since 3.0.0. */
  clusterSetConfigEpoch(configEpoch: Integer): Result<M, 'OK'> {
    return this.issue<'OK'>(CLUSTER_SET_CONFIG_EPOCH, [configEpoch])
  }

  /** `CLUSTER SETSLOT slot:int subcommand=(IMPORTING node-id|MIGRATING node-id|NODE node-id|STABLE)`. Since 3.0.0. */
  clusterSetslot(slot: Integer, options: ClusterSetslotOptions): Result<M, 'OK'> {
    const words: Arg[] = [slot]
    checkOptions(options, 'importing migrating node stable')
    if (options.importing !== undefined) words.push('IMPORTING', options.importing)
    if (options.migrating !== undefined) words.push('MIGRATING', options.migrating)
    if (options.node !== undefined) words.push('NODE', options.node)
    if (options.stable) words.push('STABLE')
    return this.issue<'OK'>(CLUSTER_SETSLOT, words)
  }

  /** `CLUSTER SHARDS`. Since 7.0.0. */
  clusterShards(): Result<M, ClusterShard[]> {
    return this.issue<ClusterShard[]>(CLUSTER_SHARDS, [], serverShapes.clusterShards)
  }

  /** `CLUSTER SLAVES node-id`. Since 3.0.0. @deprecated */
  clusterSlaves(nodeId: Arg): Result<M, string[]> {
    return this.issue<string[]>(CLUSTER_SLAVES, [nodeId], shapes.texts)
  }

  /** `CLUSTER SLOT-STATS (SLOTSRANGE start-slot:int end-slot:int|ORDERBY metric [LIMIT limit:int] [ASC|DESC])`. Since 8.0.0. */
  clusterSlotStats(options: ClusterSlotStatsOptions): Result<M, SlotStats[]> {
    const words: Arg[] = []
    checkOptions(options, 'limit asc desc slotsRange orderBy')
    if (options.slotsRange !== undefined) words.push('SLOTSRANGE', ...options.slotsRange)
    if (options.orderBy !== undefined) {
      words.push('ORDERBY', options.orderBy)
      if (options.limit !== undefined) words.push('LIMIT', options.limit)
      if (options.asc) words.push('ASC')
      if (options.desc) words.push('DESC')
    }
    return this.issue<SlotStats[]>(CLUSTER_SLOT_STATS, words, serverShapes.slotStats)
  }

  /** `CLUSTER SLOTS`. Since 3.0.0. @deprecated */
  clusterSlots(): Result<M, SlotRange[]> {
    return this.issue<SlotRange[]>(CLUSTER_SLOTS, [], serverShapes.slotRanges)
  }

  /** `CMS.INCRBY key {item increment:int}...`. Since 2.0.0. */
  cmsIncrby(key: Arg, entries: Many<CmsIncrbyEntry>): Result<M, number[]>
  cmsIncrby(key: Arg, item: Arg, increment: Integer): Result<M, number[]>
  cmsIncrby(key: Arg, entries: Arg | Many<CmsIncrbyEntry>, ...more: readonly unknown[]): Result<M, number[]> {
    const words: Arg[] = [key]
    if (isArg(entries)) words.push(entries, more[0] as Integer)
    else {
      for (const row of many<CmsIncrbyEntry>(entries)) {
        words.push(row.item, row.increment)
      }
    }
    return this.issue<number[]>(CMS_INCRBY, words)
  }

  /** `CMS.INFO key`. Since 2.0.0. */
  cmsInfo(key: Arg): Result<M, Record<string, number | string | null>> {
    return this.issue<Record<string, number | string | null>>(CMS_INFO, [key], modulesShapes.infoRecord)
  }

  /** `CMS.INITBYDIM key width:int depth:int`. Since 2.0.0. */
  cmsInitbydim(key: Arg, width: Integer, depth: Integer): Result<M, 'OK'> {
    return this.issue<'OK'>(CMS_INITBYDIM, [key, width, depth])
  }

  /** `CMS.INITBYPROB key error:double probability:double`. Since 2.0.0. */
  cmsInitbyprob(key: Arg, error: Decimal, probability: Decimal): Result<M, 'OK'> {
    return this.issue<'OK'>(CMS_INITBYPROB, [key, error, probability])
  }

  /** `CMS.MERGE destination:key numkeys:int source:key... [WEIGHTS weight:int...]`. Since 2.0.0. */
  cmsMerge(destination: Arg, sources: Many<Arg>, options?: CmsMergeOptions): Result<M, 'OK'> {
    const words: Arg[] = [destination]
    checkOptions(options, 'weights')
    pushCounted(words, sources)
    if (options !== undefined) {
      if (options.weights !== undefined) {
        words.push('WEIGHTS')
        pushAll(words, options.weights)
      }
    }
    return this.issue<'OK'>(CMS_MERGE, words)
  }

  /** `CMS.QUERY key item...`. Since 2.0.0. */
  cmsQuery(key: Arg, ...items: Rest<Arg>): Result<M, number[]> {
    return this.issue<number[]>(CMS_QUERY, [key, ...rest(items)])
  }

  /** `COMMAND COUNT`. Since 2.8.13. */
  commandCount(): Result<M, number> {
    return this.issue<number>(COMMAND_COUNT, [])
  }

  /** `COMMAND DOCS [command-name...]`. Since 7.0.0. */
  commandDocs(...commandNames: Rest<Arg>): Result<M, Record<string, CommandDocs>> {
    return this.issue<Record<string, CommandDocs>>(COMMAND_DOCS, rest(commandNames), serverShapes.commandDocs)
  }

  /** `COMMAND GETKEYS command [arg...]`. Since 2.8.13. */
  commandGetkeys(command: Arg, ...args: Rest<Arg>): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(COMMAND_GETKEYS, [command, ...rest(args)])
  }

  /** `COMMAND GETKEYSANDFLAGS command [arg...]`. Since 7.0.0. */
  commandGetkeysandflags(command: Arg, ...args: Rest<Arg>): Result<M, [key: M['value'], flags: string[]][]> {
    return this.issue<[key: M['value'], flags: string[]][]>(COMMAND_GETKEYSANDFLAGS, [command, ...rest(args)])
  }

  /** `COMMAND INFO [command-name...]`. Since 2.8.13. */
  commandInfo(...commandNames: Rest<Arg>): Result<M, (CommandInfo | null)[]> {
    return this.issue<(CommandInfo | null)[]>(COMMAND_INFO, rest(commandNames), serverShapes.commandInfos)
  }

  /** `COMMAND LIST [FILTERBY (MODULE module-name|ACLCAT category|PATTERN pattern)]`. Since 7.0.0. */
  commandList(options?: CommandListOptions): Result<M, string[]> {
    const words: Arg[] = []
    checkOptions(options, 'filterBy')
    if (options !== undefined) {
      if (options.filterBy !== undefined) {
        words.push('FILTERBY')
        if (options.filterBy.module !== undefined) words.push('MODULE', options.filterBy.module)
        if (options.filterBy.aclCat !== undefined) words.push('ACLCAT', options.filterBy.aclCat)
        if (options.filterBy.pattern !== undefined) words.push('PATTERN', options.filterBy.pattern)
      }
    }
    return this.issue<string[]>(COMMAND_LIST, words, shapes.texts)
  }

  /** `CONFIG GET parameter={parameter}...`. Since 2.0.0. */
  configGet(...parameters: Rest<Arg>): Result<M, Record<string, string>> {
    return this.issue<Record<string, string>>(CONFIG_GET, rest(parameters), serverShapes.textRecord)
  }

  /** `CONFIG RESETSTAT`. Since 2.0.0. */
  configResetstat(): Result<M, 'OK'> {
    return this.issue<'OK'>(CONFIG_RESETSTAT, [])
  }

  /** `CONFIG REWRITE`. Since 2.8.0. */
  configRewrite(): Result<M, 'OK'> {
    return this.issue<'OK'>(CONFIG_REWRITE, [])
  }

  /** `CONFIG SET parameter_value={parameter value}...`. Since 2.0.0. */
  configSet(parameters: Pairs): Result<M, 'OK'>
  configSet(parameter: Arg, value: Arg): Result<M, 'OK'>
  configSet(parameters: Arg | Pairs, ...more: readonly unknown[]): Result<M, 'OK'> {
    const words: Arg[] = []
    if (isArg(parameters)) words.push(parameters, more[0] as Arg)
    else pushPairs(words, parameters)
    return this.issue<'OK'>(CONFIG_SET, words)
  }

  /** `COPY source:key destination:key [DB destination-db:int] [REPLACE]`. Since 6.2.0. */
  copy(source: Arg, destination: Arg, options?: CopyOptions): Result<M, number> {
    const words: Arg[] = [source, destination]
    checkOptions(options, 'db replace')
    if (options !== undefined) {
      if (options.db !== undefined) words.push('DB', options.db)
      if (options.replace) words.push('REPLACE')
    }
    return this.issue<number>(COPY, words)
  }

  /** `DBSIZE`. Since 1.0.0. */
  dbsize(): Result<M, number> {
    return this.issue<number>(DBSIZE, [])
  }

  /** `DECR key`. Since 1.0.0. */
  decr(key: Arg): Result<M, number> {
    return this.issue<number>(DECR, [key])
  }

  /** `DECRBY key decrement:int`. Since 1.0.0. */
  decrby(key: Arg, decrement: Integer): Result<M, number> {
    return this.issue<number>(DECRBY, [key, decrement])
  }

  /** `DEL key...`. Since 1.0.0. */
  del(...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(DEL, rest(keys))
  }

  /** `DELEX key [IFEQ comparison-value|IFNE comparison-value|IFDEQ comparison-digest|IFDNE comparison-digest]`. Since 8.4.0. */
  delex(key: Arg, options?: DelexOptions): Result<M, number> {
    const words: Arg[] = [key]
    checkOptions(options, 'ifEq ifNe ifDeq ifDne')
    if (options !== undefined) {
      if (options.ifEq !== undefined) words.push('IFEQ', options.ifEq)
      if (options.ifNe !== undefined) words.push('IFNE', options.ifNe)
      if (options.ifDeq !== undefined) words.push('IFDEQ', options.ifDeq)
      if (options.ifDne !== undefined) words.push('IFDNE', options.ifDne)
    }
    return this.issue<number>(DELEX, words)
  }

  /** `DIGEST key`. Since 8.4.0. */
  digest(key: Arg): Result<M, string | null> {
    return this.issue<string | null>(DIGEST, [key], shapes.text)
  }

  /** `DUMP key`. Since 2.6.0. */
  dump(key: Arg): Result<M, Buffer | null> {
    return this.issue<Buffer | null>(DUMP, [key])
  }

  /** `ECHO message`. Since 1.0.0. */
  echo(message: Arg): Result<M, M['value']> {
    return this.issue<M['value']>(ECHO, [message])
  }

  /** `EVAL script numkeys:int [key...] [arg...]`. Since 2.6.0. */
  eval(script: Arg, keys?: Many<Arg>, args?: Many<Arg>): Result<M, unknown> {
    const words: Arg[] = [script]
    pushCounted(words, keys)
    if (args !== undefined) pushAll(words, args)
    return this.issue<unknown>(EVAL, words)
  }

  /** `EVAL_RO script numkeys:int [key...] [arg...]`. Since 7.0.0. */
  evalRo(script: Arg, keys?: Many<Arg>, args?: Many<Arg>): Result<M, unknown> {
    const words: Arg[] = [script]
    pushCounted(words, keys)
    if (args !== undefined) pushAll(words, args)
    return this.issue<unknown>(EVAL_RO, words)
  }

  /** `EVALSHA sha1 numkeys:int [key...] [arg...]`. Since 2.6.0. */
  evalsha(sha1: Arg, keys?: Many<Arg>, args?: Many<Arg>): Result<M, unknown> {
    const words: Arg[] = [sha1]
    pushCounted(words, keys)
    if (args !== undefined) pushAll(words, args)
    return this.issue<unknown>(EVALSHA, words)
  }

  /** `EVALSHA_RO sha1 numkeys:int [key...] [arg...]`. Since 7.0.0. */
  evalshaRo(sha1: Arg, keys?: Many<Arg>, args?: Many<Arg>): Result<M, unknown> {
    const words: Arg[] = [sha1]
    pushCounted(words, keys)
    if (args !== undefined) pushAll(words, args)
    return this.issue<unknown>(EVALSHA_RO, words)
  }

  /** `EXISTS key...`. Since 1.0.0. */
  exists(...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(EXISTS, rest(keys))
  }

  /** `EXPIRE key seconds:int [NX|XX|GT|LT]`. Since 1.0.0. */
  expire(key: Arg, seconds: Integer, options?: ExpireOptions): Result<M, number> {
    const words: Arg[] = [key, seconds]
    checkOptions(options, 'nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
    }
    return this.issue<number>(EXPIRE, words)
  }

  /** `EXPIREAT key unix-time-seconds:unix [NX|XX|GT|LT]`. Since 1.2.0. */
  expireat(key: Arg, unixTimeSeconds: Integer, options?: ExpireatOptions): Result<M, number> {
    const words: Arg[] = [key, unixTimeSeconds]
    checkOptions(options, 'nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
    }
    return this.issue<number>(EXPIREAT, words)
  }

  /** `EXPIRETIME key`. Since 7.0.0. */
  expiretime(key: Arg): Result<M, number> {
    return this.issue<number>(EXPIRETIME, [key])
  }

  /** `FAILOVER [TO host port:int [FORCE]] [ABORT] [TIMEOUT milliseconds:int]`. Since 6.2.0. */
  failover(options?: FailoverOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'force to abort timeout')
    if (options !== undefined) {
      if (options.to !== undefined) {
        words.push('TO', ...options.to)
        if (options.force) words.push('FORCE')
      }
      if (options.abort) words.push('ABORT')
      if (options.timeout !== undefined) words.push('TIMEOUT', options.timeout)
    }
    return this.issue<'OK'>(FAILOVER, words)
  }

  /** `FCALL function numkeys:int [key...] [arg...]`. Since 7.0.0. */
  fcall(name: Arg, keys?: Many<Arg>, args?: Many<Arg>): Result<M, unknown> {
    const words: Arg[] = [name]
    pushCounted(words, keys)
    if (args !== undefined) pushAll(words, args)
    return this.issue<unknown>(FCALL, words)
  }

  /** `FCALL_RO function numkeys:int [key...] [arg...]`. Since 7.0.0. */
  fcallRo(name: Arg, keys?: Many<Arg>, args?: Many<Arg>): Result<M, unknown> {
    const words: Arg[] = [name]
    pushCounted(words, keys)
    if (args !== undefined) pushAll(words, args)
    return this.issue<unknown>(FCALL_RO, words)
  }

  /** `FLUSHALL [ASYNC|SYNC]`. Since 1.0.0. */
  flushall(options?: FlushallOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'async sync')
    if (options !== undefined) {
      if (options.async) words.push('ASYNC')
      if (options.sync) words.push('SYNC')
    }
    return this.issue<'OK'>(FLUSHALL, words)
  }

  /** `FLUSHDB [ASYNC|SYNC]`. Since 1.0.0. */
  flushdb(options?: FlushdbOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'async sync')
    if (options !== undefined) {
      if (options.async) words.push('ASYNC')
      if (options.sync) words.push('SYNC')
    }
    return this.issue<'OK'>(FLUSHDB, words)
  }

  /** `FT._LIST`. Since 2.0.0. */
  ftList(): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(FT_LIST, [])
  }

  /** `FT.AGGREGATE index query [VERBATIM] [LOAD nargs:int {identifier [AS property]}...] [TIMEOUT timeout:int] [steps=(GROUPBY nargs:int property... [REDUCE {function nargs:int arg... [AS name]}]...|SORTBY nargs:int {property [ASC|DESC]}... [MAX num:int]|APPLY expression AS name|LIMIT offset:int num:int|FILTER filter)...] [WITHCURSOR [COUNT read-size:int] [MAXIDLE idle-time:int]] [PARAMS nargs:int {name value}...] [SCORER scorer] [ADDSCORES] [DIALECT dialect:int]`. Since 1.1.0. */
  ftAggregate(index: Arg, query: Arg, options: FtAggregateOptions & { withCursor: true | { readonly count?: Integer | undefined; readonly maxIdle?: Integer | undefined } }): Result<M, CursorRows<M['value']>>
  ftAggregate(index: Arg, query: Arg, options?: FtAggregateOptions & { withCursor?: false | undefined }): Result<M, Rows<M['value']>>
  ftAggregate(index: Arg, query: Arg, options?: FtAggregateOptions): Result<M, Rows<M['value']> | CursorRows<M['value']>>
  ftAggregate(index: Arg, query: Arg, options?: FtAggregateOptions): Result<M, CursorRows<M['value']>> | Result<M, Rows<M['value']>> | Result<M, Rows<M['value']> | CursorRows<M['value']>> {
    const words: Arg[] = [index, query]
    checkOptions(options, 'verbatim load timeout steps withCursor params scorer addScores dialect')
    if (options !== undefined) {
      if (options.verbatim) words.push('VERBATIM')
      if (options.load !== undefined) {
        words.push('LOAD')
        const start0 = words.length
        for (const row of many<{ readonly identifier: Arg; readonly as?: Arg | undefined }>(options.load)) {
          words.push(row.identifier)
          if (row.as !== undefined) words.push('AS', row.as)
        }
        insertCount(words, start0, words.length - start0)
      }
      if (options.timeout !== undefined) words.push('TIMEOUT', options.timeout)
      if (options.steps !== undefined) {
        for (const row of many<{ readonly reduce?: Many<{ readonly name: Arg; readonly args: Many<Arg>; readonly as?: Arg | undefined }> | undefined; readonly max?: Integer | undefined } & OneOf<{ groupBy: Many<Arg>; sortBy: Many<{ readonly property: Arg } & AtMostOne<{ asc: boolean; desc: boolean }>>; apply: { readonly expression: Arg; readonly as: Arg }; limit: readonly [offset: Integer, num: Integer]; filter: Arg }>>(options.steps)) {
          if (row.groupBy !== undefined) {
            words.push('GROUPBY')
            pushCounted(words, row.groupBy)
            if (row.reduce !== undefined) {
              for (const row2 of many<{ readonly name: Arg; readonly args: Many<Arg>; readonly as?: Arg | undefined }>(row.reduce)) {
                words.push('REDUCE')
                words.push(row2.name)
                pushCounted(words, row2.args)
                if (row2.as !== undefined) words.push('AS', row2.as)
              }
            }
          }
          if (row.sortBy !== undefined) {
            words.push('SORTBY')
            const start1 = words.length
            for (const row2 of many<{ readonly property: Arg } & AtMostOne<{ asc: boolean; desc: boolean }>>(row.sortBy)) {
              words.push(row2.property)
              if (row2.asc) words.push('ASC')
              if (row2.desc) words.push('DESC')
            }
            insertCount(words, start1, words.length - start1)
            if (row.max !== undefined) words.push('MAX', row.max)
          }
          if (row.apply !== undefined) {
            words.push('APPLY')
            words.push(row.apply.expression, 'AS', row.apply.as)
          }
          if (row.limit !== undefined) words.push('LIMIT', ...row.limit)
          if (row.filter !== undefined) words.push('FILTER', row.filter)
        }
      }
      if (options.withCursor) {
        words.push('WITHCURSOR')
        if (options.withCursor !== true) {
          if (options.withCursor.count !== undefined) words.push('COUNT', options.withCursor.count)
          if (options.withCursor.maxIdle !== undefined) words.push('MAXIDLE', options.withCursor.maxIdle)
        }
      }
      if (options.params !== undefined) {
        words.push('PARAMS')
        const at = words.length
        insertCount(words, at, pushPairs(words, options.params) * 2)
      }
      if (options.scorer !== undefined) words.push('SCORER', options.scorer)
      if (options.addScores) words.push('ADDSCORES')
      if (options.dialect !== undefined) words.push('DIALECT', options.dialect)
    }
    return this.issue<CursorRows<M['value']>>(FT_AGGREGATE, words, options?.withCursor ? modulesShapes.cursorRows : modulesShapes.rows)
  }

  /** `FT.ALIASADD alias index`. Since 1.0.0. */
  ftAliasadd(alias: Arg, index: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(FT_ALIASADD, [alias, index])
  }

  /** `FT.ALIASDEL alias`. Since 1.0.0. */
  ftAliasdel(alias: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(FT_ALIASDEL, [alias])
  }

  /** `FT.ALIASUPDATE alias index`. Since 1.0.0. */
  ftAliasupdate(alias: Arg, index: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(FT_ALIASUPDATE, [alias, index])
  }

  /** `FT.ALTER index [SKIPINITIALSCAN] SCHEMA ADD {field [AS alias] type [option...]}...`. Since 1.0.0. */
  ftAlter(index: Arg, add: Many<FtAlterAdd>, options?: FtAlterOptions): Result<M, 'OK'> {
    const words: Arg[] = [index]
    checkOptions(options, 'skipInitialScan')
    if (options !== undefined) {
      if (options.skipInitialScan) words.push('SKIPINITIALSCAN')
    }
    words.push('SCHEMA', 'ADD')
    for (const row of many<FtAlterAdd>(add)) {
      words.push(row.field)
      if (row.as !== undefined) words.push('AS', row.as)
      words.push(row.type)
      if (row.algorithm !== undefined) {
        words.push(row.algorithm)
        const at = words.length
        insertCount(words, at, pushPairs(words, row.attributes) * 2)
      }
      if (row.weight !== undefined) words.push('WEIGHT', row.weight)
      if (row.noStem) words.push('NOSTEM')
      if (row.phonetic !== undefined) words.push('PHONETIC', row.phonetic)
      if (row.withSuffixTrie) words.push('WITHSUFFIXTRIE')
      if (row.separator !== undefined) words.push('SEPARATOR', row.separator)
      if (row.caseSensitive) words.push('CASESENSITIVE')
      if (row.indexEmpty) words.push('INDEXEMPTY')
      if (row.indexMissing) words.push('INDEXMISSING')
      if (row.sortable) {
        words.push('SORTABLE')
        if (row.unf) words.push('UNF')
      }
      if (row.noIndex) words.push('NOINDEX')
    }
    return this.issue<'OK'>(FT_ALTER, words)
  }

  /** `FT.CONFIG GET option`. Since 1.0.0. @deprecated */
  ftConfigGet(option: Arg): Result<M, Record<string, unknown>> {
    return this.issue<Record<string, unknown>>(FT_CONFIG_GET, [option], modulesShapes.configRecord)
  }

  /** `FT.CONFIG SET option value`. Since 1.0.0. @deprecated */
  ftConfigSet(option: Arg, value: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(FT_CONFIG_SET, [option, value])
  }

  /** `FT.CREATE index [ON (HASH|JSON)] [PREFIX count-of-prefixes:int prefix...] [FILTER filter] [LANGUAGE default-language] [LANGUAGE_FIELD language-attribute] [SCORE default-score:double] [SCORE_FIELD score-attribute] [PAYLOAD_FIELD payload-attribute] [MAXTEXTFIELDS] [TEMPORARY seconds:int] [NOOFFSETS] [NOHL] [NOFIELDS] [NOFREQS] [STOPWORDS count-of-stopwords:int [stopword...]] [SKIPINITIALSCAN] [INDEXALL (ENABLE|DISABLE)] SCHEMA {field [AS alias] type [option...]}...`. Since 1.0.0. */
  ftCreate(index: Arg, schema: Many<FtCreateSchema>, options?: FtCreateOptions): Result<M, 'OK'> {
    const words: Arg[] = [index]
    checkOptions(options, 'on prefix filter language languageField score scoreField payloadField maxTextFields temporary noOffsets noHl noFields noFreqs stopWords skipInitialScan indexAll')
    if (options !== undefined) {
      if (options.on !== undefined) words.push('ON', options.on)
      if (options.prefix !== undefined) {
        words.push('PREFIX')
        pushCounted(words, options.prefix)
      }
      if (options.filter !== undefined) words.push('FILTER', options.filter)
      if (options.language !== undefined) words.push('LANGUAGE', options.language)
      if (options.languageField !== undefined) words.push('LANGUAGE_FIELD', options.languageField)
      if (options.score !== undefined) words.push('SCORE', options.score)
      if (options.scoreField !== undefined) words.push('SCORE_FIELD', options.scoreField)
      if (options.payloadField !== undefined) words.push('PAYLOAD_FIELD', options.payloadField)
      if (options.maxTextFields) words.push('MAXTEXTFIELDS')
      if (options.temporary !== undefined) words.push('TEMPORARY', options.temporary)
      if (options.noOffsets) words.push('NOOFFSETS')
      if (options.noHl) words.push('NOHL')
      if (options.noFields) words.push('NOFIELDS')
      if (options.noFreqs) words.push('NOFREQS')
      if (options.stopWords !== undefined) {
        words.push('STOPWORDS')
        pushCounted(words, options.stopWords)
      }
      if (options.skipInitialScan) words.push('SKIPINITIALSCAN')
      if (options.indexAll !== undefined) words.push('INDEXALL', options.indexAll)
    }
    words.push('SCHEMA')
    for (const row of many<FtCreateSchema>(schema)) {
      words.push(row.field)
      if (row.as !== undefined) words.push('AS', row.as)
      words.push(row.type)
      if (row.algorithm !== undefined) {
        words.push(row.algorithm)
        const at = words.length
        insertCount(words, at, pushPairs(words, row.attributes) * 2)
      }
      if (row.weight !== undefined) words.push('WEIGHT', row.weight)
      if (row.noStem) words.push('NOSTEM')
      if (row.phonetic !== undefined) words.push('PHONETIC', row.phonetic)
      if (row.withSuffixTrie) words.push('WITHSUFFIXTRIE')
      if (row.separator !== undefined) words.push('SEPARATOR', row.separator)
      if (row.caseSensitive) words.push('CASESENSITIVE')
      if (row.indexEmpty) words.push('INDEXEMPTY')
      if (row.indexMissing) words.push('INDEXMISSING')
      if (row.sortable) {
        words.push('SORTABLE')
        if (row.unf) words.push('UNF')
      }
      if (row.noIndex) words.push('NOINDEX')
    }
    return this.issue<'OK'>(FT_CREATE, words)
  }

  /** `FT.CURSOR DEL index cursor-id`. Since 1.1.0. */
  ftCursorDel(index: Arg, cursorId: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(FT_CURSOR_DEL, [index, cursorId])
  }

  /** `FT.CURSOR READ index cursor-id [COUNT read-size:int]`. Since 1.1.0. */
  ftCursorRead(index: Arg, cursorId: Arg, options?: FtCursorReadOptions): Result<M, CursorRows<M['value']>> {
    const words: Arg[] = [index, cursorId]
    checkOptions(options, 'count')
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<CursorRows<M['value']>>(FT_CURSOR_READ, words, modulesShapes.cursorRows)
  }

  /** `FT.DICTADD dict term...`. Since 1.4.0. */
  ftDictadd(dict: Arg, ...terms: Rest<Arg>): Result<M, number> {
    return this.issue<number>(FT_DICTADD, [dict, ...rest(terms)])
  }

  /** `FT.DICTDEL dict term...`. Since 1.4.0. */
  ftDictdel(dict: Arg, ...terms: Rest<Arg>): Result<M, number> {
    return this.issue<number>(FT_DICTDEL, [dict, ...rest(terms)])
  }

  /** `FT.DICTDUMP dict`. Since 1.4.0. */
  ftDictdump(dict: Arg): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(FT_DICTDUMP, [dict])
  }

  /** `FT.DROPINDEX index [DD]`. Since 2.0.0. */
  ftDropindex(index: Arg, options?: FtDropindexOptions): Result<M, 'OK'> {
    const words: Arg[] = [index]
    checkOptions(options, 'dd')
    if (options !== undefined) {
      if (options.dd) words.push('DD')
    }
    return this.issue<'OK'>(FT_DROPINDEX, words)
  }

  /** `FT.EXPLAIN index query [DIALECT dialect:int]`. Since 1.0.0. */
  ftExplain(index: Arg, query: Arg, options?: FtExplainOptions): Result<M, string> {
    const words: Arg[] = [index, query]
    checkOptions(options, 'dialect')
    if (options !== undefined) {
      if (options.dialect !== undefined) words.push('DIALECT', options.dialect)
    }
    return this.issue<string>(FT_EXPLAIN, words, shapes.text)
  }

  /** `FT.EXPLAINCLI index query [DIALECT dialect:int]`. Since 1.0.0. */
  ftExplaincli(index: Arg, query: Arg, options?: FtExplaincliOptions): Result<M, string[]> {
    const words: Arg[] = [index, query]
    checkOptions(options, 'dialect')
    if (options !== undefined) {
      if (options.dialect !== undefined) words.push('DIALECT', options.dialect)
    }
    return this.issue<string[]>(FT_EXPLAINCLI, words, shapes.texts)
  }

  /** `FT.INFO index`. Since 1.0.0. */
  ftInfo(index: Arg): Result<M, Record<string, unknown>> {
    return this.issue<Record<string, unknown>>(FT_INFO, [index], serverShapes.deepRecord)
  }

  /** `FT.PROFILE index querytype=(SEARCH|AGGREGATE) [LIMITED] QUERY query [arg...]`. Since 2.2.0. */
  ftProfile(index: Arg, querytype: 'SEARCH' | 'AGGREGATE', query: Arg, args?: Many<Arg>, options?: FtProfileOptions): Result<M, unknown> {
    const words: Arg[] = [index, querytype]
    checkOptions(options, 'limited')
    if (options !== undefined) {
      if (options.limited) words.push('LIMITED')
    }
    words.push('QUERY', query)
    if (args !== undefined) pushAll(words, args)
    return this.issue<unknown>(FT_PROFILE, words)
  }

  /** `FT.SEARCH index query [NOCONTENT] [VERBATIM] [NOSTOPWORDS] [WITHSCORES] [WITHPAYLOADS] [WITHSORTKEYS] [FILTER numeric-field min max]... [GEOFILTER geo-field longitude:double latitude:double radius:double unit=(M|KM|MI|FT)]... [INKEYS count-of-keys:int key:string...] [INFIELDS count-of-fields:int field...] [RETURN nargs:int {identifier [AS property]}...] [SUMMARIZE [FIELDS count-of-fields:int field...] [FRAGS num:int] [LEN fragsize:int] [SEPARATOR separator]] [HIGHLIGHT [FIELDS count-of-fields:int field...] [TAGS open close]] [SLOP slop:int] [TIMEOUT timeout:int] [INORDER] [LANGUAGE language] [EXPANDER expander] [SCORER scorer] [EXPLAINSCORE] [PAYLOAD payload] [SORTBY sortby [ASC|DESC]] [LIMIT offset:int num:int] [PARAMS nargs:int {name value}...] [DIALECT dialect:int]`. Since 1.0.0. */
  ftSearch(index: Arg, query: Arg, options?: FtSearchOptions): Result<M, Documents<M['value']>> {
    const words: Arg[] = [index, query]
    checkOptions(options, 'noContent verbatim noStopWords withScores withPayloads withSortKeys filter geoFilter inKeys inFields return summarize highlight slop timeout inOrder language expander scorer explainScore payload sortBy limit params dialect asc desc')
    if (options !== undefined) {
      if (options.noContent) words.push('NOCONTENT')
      if (options.verbatim) words.push('VERBATIM')
      if (options.noStopWords) words.push('NOSTOPWORDS')
      if (options.withScores) words.push('WITHSCORES')
      if (options.withPayloads) words.push('WITHPAYLOADS')
      if (options.withSortKeys) words.push('WITHSORTKEYS')
      if (options.filter !== undefined) {
        for (const row of many<{ readonly numericField: Arg; readonly min: Arg; readonly max: Arg }>(options.filter)) {
          words.push('FILTER')
          words.push(row.numericField, row.min, row.max)
        }
      }
      if (options.geoFilter !== undefined) {
        for (const row of many<{ readonly geoField: Arg; readonly longitude: Decimal; readonly latitude: Decimal; readonly radius: Decimal; readonly unit: 'M' | 'KM' | 'MI' | 'FT' }>(options.geoFilter)) {
          words.push('GEOFILTER')
          words.push(row.geoField, row.longitude, row.latitude, row.radius, row.unit)
        }
      }
      if (options.inKeys !== undefined) {
        words.push('INKEYS')
        pushCounted(words, options.inKeys)
      }
      if (options.inFields !== undefined) {
        words.push('INFIELDS')
        pushCounted(words, options.inFields)
      }
      if (options.return !== undefined) {
        words.push('RETURN')
        const start0 = words.length
        for (const row of many<{ readonly identifier: Arg; readonly as?: Arg | undefined }>(options.return)) {
          words.push(row.identifier)
          if (row.as !== undefined) words.push('AS', row.as)
        }
        insertCount(words, start0, words.length - start0)
      }
      if (options.summarize) {
        words.push('SUMMARIZE')
        if (options.summarize !== true) {
          if (options.summarize.fields !== undefined) {
            words.push('FIELDS')
            pushCounted(words, options.summarize.fields)
          }
          if (options.summarize.frags !== undefined) words.push('FRAGS', options.summarize.frags)
          if (options.summarize.len !== undefined) words.push('LEN', options.summarize.len)
          if (options.summarize.separator !== undefined) words.push('SEPARATOR', options.summarize.separator)
        }
      }
      if (options.highlight) {
        words.push('HIGHLIGHT')
        if (options.highlight !== true) {
          if (options.highlight.fields !== undefined) {
            words.push('FIELDS')
            pushCounted(words, options.highlight.fields)
          }
          if (options.highlight.tags !== undefined) words.push('TAGS', ...options.highlight.tags)
        }
      }
      if (options.slop !== undefined) words.push('SLOP', options.slop)
      if (options.timeout !== undefined) words.push('TIMEOUT', options.timeout)
      if (options.inOrder) words.push('INORDER')
      if (options.language !== undefined) words.push('LANGUAGE', options.language)
      if (options.expander !== undefined) words.push('EXPANDER', options.expander)
      if (options.scorer !== undefined) words.push('SCORER', options.scorer)
      if (options.explainScore) words.push('EXPLAINSCORE')
      if (options.payload !== undefined) words.push('PAYLOAD', options.payload)
      if (options.sortBy !== undefined) {
        words.push('SORTBY', options.sortBy)
        if (options.asc) words.push('ASC')
        if (options.desc) words.push('DESC')
      }
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
      if (options.params !== undefined) {
        words.push('PARAMS')
        const at = words.length
        insertCount(words, at, pushPairs(words, options.params) * 2)
      }
      if (options.dialect !== undefined) words.push('DIALECT', options.dialect)
    }
    return this.issue<Documents<M['value']>>(FT_SEARCH, words, modulesShapes.documents(options))
  }

  /** `FT.SPELLCHECK index query [DISTANCE distance:int] [TERMS (INCLUDE|EXCLUDE) dictionary]... [DIALECT dialect:int]`. Since 1.4.0. */
  ftSpellcheck(index: Arg, query: Arg, options?: FtSpellcheckOptions): Result<M, Record<string, Spelling[]>> {
    const words: Arg[] = [index, query]
    checkOptions(options, 'distance terms dialect')
    if (options !== undefined) {
      if (options.distance !== undefined) words.push('DISTANCE', options.distance)
      if (options.terms !== undefined) {
        for (const row of many<{ readonly includeExclude: 'INCLUDE' | 'EXCLUDE'; readonly dictionary: Arg }>(options.terms)) {
          words.push('TERMS')
          words.push(row.includeExclude, row.dictionary)
        }
      }
      if (options.dialect !== undefined) words.push('DIALECT', options.dialect)
    }
    return this.issue<Record<string, Spelling[]>>(FT_SPELLCHECK, words, modulesShapes.spellings)
  }

  /** `FT.SUGADD key string score:double [INCR] [PAYLOAD payload]`. Since 1.0.0. */
  ftSugadd(key: Arg, string: Arg, score: Decimal, options?: FtSugaddOptions): Result<M, number> {
    const words: Arg[] = [key, string, score]
    checkOptions(options, 'incr payload')
    if (options !== undefined) {
      if (options.incr) words.push('INCR')
      if (options.payload !== undefined) words.push('PAYLOAD', options.payload)
    }
    return this.issue<number>(FT_SUGADD, words)
  }

  /** `FT.SUGDEL key string`. Since 1.0.0. */
  ftSugdel(key: Arg, string: Arg): Result<M, number> {
    return this.issue<number>(FT_SUGDEL, [key, string])
  }

  /** `FT.SUGGET key prefix [FUZZY] [WITHSCORES] [WITHPAYLOADS] [MAX max:int]`. Since 1.0.0. */
  ftSugget(key: Arg, prefix: Arg, options: FtSuggetOptions & { withScores: true; withPayloads: true }): Result<M, Suggestion<M['value']>[]>
  ftSugget(key: Arg, prefix: Arg, options: FtSuggetOptions & { withScores: true }): Result<M, Suggestion<M['value']>[]>
  ftSugget(key: Arg, prefix: Arg, options: FtSuggetOptions & { withPayloads: true }): Result<M, Suggestion<M['value']>[]>
  ftSugget(key: Arg, prefix: Arg, options?: FtSuggetOptions & { withScores?: false | undefined; withPayloads?: false | undefined }): Result<M, M['value'][]>
  ftSugget(key: Arg, prefix: Arg, options?: FtSuggetOptions): Result<M, M['value'][] | Suggestion<M['value']>[]>
  ftSugget(key: Arg, prefix: Arg, options?: FtSuggetOptions): Result<M, Suggestion<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Suggestion<M['value']>[]> {
    const words: Arg[] = [key, prefix]
    checkOptions(options, 'fuzzy withScores withPayloads max')
    if (options !== undefined) {
      if (options.fuzzy) words.push('FUZZY')
      if (options.withScores) words.push('WITHSCORES')
      if (options.withPayloads) words.push('WITHPAYLOADS')
      if (options.max !== undefined) words.push('MAX', options.max)
    }
    return this.issue<Suggestion<M['value']>[]>(FT_SUGGET, words, options?.withScores || options?.withPayloads ? modulesShapes.suggestions(options) : undefined)
  }

  /** `FT.SUGLEN key`. Since 1.0.0. */
  ftSuglen(key: Arg): Result<M, number> {
    return this.issue<number>(FT_SUGLEN, [key])
  }

  /** `FT.SYNDUMP index`. Since 1.2.0. */
  ftSyndump(index: Arg): Result<M, Record<string, M['value'][]>> {
    return this.issue<Record<string, M['value'][]>>(FT_SYNDUMP, [index], shapes.record)
  }

  /** `FT.SYNUPDATE index synonym-group-id [SKIPINITIALSCAN] term...`. Since 1.2.0. */
  ftSynupdate(index: Arg, synonymGroupId: Arg, terms: Many<Arg>, options?: FtSynupdateOptions): Result<M, 'OK'> {
    const words: Arg[] = [index, synonymGroupId]
    checkOptions(options, 'skipInitialScan')
    if (options !== undefined) {
      if (options.skipInitialScan) words.push('SKIPINITIALSCAN')
    }
    pushAll(words, terms)
    return this.issue<'OK'>(FT_SYNUPDATE, words)
  }

  /** `FT.TAGVALS index field`. Since 1.0.0. */
  ftTagvals(index: Arg, field: Arg): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(FT_TAGVALS, [index, field])
  }

  /** `FUNCTION DELETE library-name`. Since 7.0.0. */
  functionDelete(libraryName: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(FUNCTION_DELETE, [libraryName])
  }

  /** `FUNCTION DUMP`. Since 7.0.0. */
  functionDump(): Result<M, Buffer | null> {
    return this.issue<Buffer | null>(FUNCTION_DUMP, [])
  }

  /** `FUNCTION FLUSH [ASYNC|SYNC]`. Since 7.0.0. */
  functionFlush(options?: FunctionFlushOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'async sync')
    if (options !== undefined) {
      if (options.async) words.push('ASYNC')
      if (options.sync) words.push('SYNC')
    }
    return this.issue<'OK'>(FUNCTION_FLUSH, words)
  }

  /** `FUNCTION KILL`. Since 7.0.0. */
  functionKill(): Result<M, 'OK'> {
    return this.issue<'OK'>(FUNCTION_KILL, [])
  }

  /** `FUNCTION LIST [LIBRARYNAME library-name-pattern] [WITHCODE]`. Since 7.0.0. */
  functionList(options?: FunctionListOptions): Result<M, LibraryInfo[]> {
    const words: Arg[] = []
    checkOptions(options, 'libraryName withCode')
    if (options !== undefined) {
      if (options.libraryName !== undefined) words.push('LIBRARYNAME', options.libraryName)
      if (options.withCode) words.push('WITHCODE')
    }
    return this.issue<LibraryInfo[]>(FUNCTION_LIST, words, serverShapes.libraries)
  }

  /** `FUNCTION LOAD [REPLACE] function-code`. Since 7.0.0. */
  functionLoad(functionCode: Arg, options?: FunctionLoadOptions): Result<M, string> {
    const words: Arg[] = []
    checkOptions(options, 'replace')
    if (options !== undefined) {
      if (options.replace) words.push('REPLACE')
    }
    words.push(functionCode)
    return this.issue<string>(FUNCTION_LOAD, words, shapes.text)
  }

  /** `FUNCTION RESTORE serialized-value [FLUSH|APPEND|REPLACE]`. Since 7.0.0. */
  functionRestore(serializedValue: Arg, options?: FunctionRestoreOptions): Result<M, 'OK'> {
    const words: Arg[] = [serializedValue]
    checkOptions(options, 'flush append replace')
    if (options !== undefined) {
      if (options.flush) words.push('FLUSH')
      if (options.append) words.push('APPEND')
      if (options.replace) words.push('REPLACE')
    }
    return this.issue<'OK'>(FUNCTION_RESTORE, words)
  }

  /** `FUNCTION STATS`. Since 7.0.0. */
  functionStats(): Result<M, FunctionStats> {
    return this.issue<FunctionStats>(FUNCTION_STATS, [], serverShapes.functionStats)
  }

  /** `GEOADD key [NX|XX] [CH] longitude_latitude_member={longitude:double latitude:double member}...`. Since 3.2.0. */
  geoadd(key: Arg, entries: Many<GeoaddEntry>, options?: GeoaddOptions): Result<M, number>
  geoadd(key: Arg, longitude: Decimal, latitude: Decimal, member: Arg, options?: GeoaddOptions): Result<M, number>
  geoadd(key: Arg, entries: Arg | Many<GeoaddEntry>, ...more: readonly unknown[]): Result<M, number> {
    const words: Arg[] = [key]
    const options = more[isArg(entries) ? 2 : 0] as GeoaddOptions | undefined
    checkOptions(options, 'ch nx xx')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.ch) words.push('CH')
    }
    if (isArg(entries)) words.push(entries, more[0] as Decimal, more[1] as Arg)
    else {
      for (const row of many<GeoaddEntry>(entries)) {
        words.push(row.longitude, row.latitude, row.member)
      }
    }
    return this.issue<number>(GEOADD, words)
  }

  /** `GEODIST key member1 member2 [M|KM|FT|MI]`. Since 3.2.0. */
  geodist(key: Arg, member1: Arg, member2: Arg, unit?: 'M' | 'KM' | 'FT' | 'MI'): Result<M, number | null> {
    const words: Arg[] = [key, member1, member2]
    if (unit !== undefined) words.push(unit)
    return this.issue<number | null>(GEODIST, words, shapes.double)
  }

  /** `GEOHASH key member...`. Since 3.2.0. */
  geohash(key: Arg, ...members: Rest<Arg>): Result<M, (string | null)[]> {
    return this.issue<(string | null)[]>(GEOHASH, [key, ...rest(members)], shapes.texts)
  }

  /** `GEOPOS key member...`. Since 3.2.0. */
  geopos(key: Arg, ...members: Rest<Arg>): Result<M, (Coordinates | null)[]> {
    return this.issue<(Coordinates | null)[]>(GEOPOS, [key, ...rest(members)], shapes.coordinatesList)
  }

  /** `GEORADIUS key longitude:double latitude:double radius:double unit=(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count:int [ANY]] [ASC|DESC] [STORE key] [STOREDIST key]`. Since 3.2.0. @deprecated */
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { withCoord: true; withDist: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { withCoord: true; withDist: true }): Result<M, Located<M['value'], 'coordinates' | 'distance'>[]>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { withCoord: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'hash'>[]>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { withDist: true; withHash: true }): Result<M, Located<M['value'], 'distance' | 'hash'>[]>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { withCoord: true }): Result<M, Located<M['value'], 'coordinates'>[]>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { withDist: true }): Result<M, Located<M['value'], 'distance'>[]>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { withHash: true }): Result<M, Located<M['value'], 'hash'>[]>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { store: Arg }): Result<M, number>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusOptions & { storeDist: Arg }): Result<M, number>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusOptions & { withCoord?: false | undefined; withDist?: false | undefined; withHash?: false | undefined; store?: undefined; storeDist?: undefined }): Result<M, M['value'][]>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusOptions): Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[] | number>
  georadius(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusOptions): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates' | 'distance'>[]> | Result<M, Located<M['value'], 'coordinates' | 'hash'>[]> | Result<M, Located<M['value'], 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates'>[]> | Result<M, Located<M['value'], 'distance'>[]> | Result<M, Located<M['value'], 'hash'>[]> | Result<M, number> | Result<M, M['value'][]> | Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[] | number> {
    const words: Arg[] = [key, longitude, latitude, radius, unit]
    checkOptions(options, 'withCoord withDist withHash any count asc desc store storeDist')
    if (options !== undefined) {
      if (options.withCoord) words.push('WITHCOORD')
      if (options.withDist) words.push('WITHDIST')
      if (options.withHash) words.push('WITHHASH')
      if (options.count !== undefined) {
        words.push('COUNT', options.count)
        if (options.any) words.push('ANY')
      }
      if (options.asc) words.push('ASC')
      if (options.desc) words.push('DESC')
      if (options.store !== undefined) words.push('STORE', options.store)
      if (options.storeDist !== undefined) words.push('STOREDIST', options.storeDist)
    }
    return this.issue<Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>(GEORADIUS, words, options?.withCoord || options?.withDist || options?.withHash ? shapes.located(options) : undefined)
  }

  /** `GEORADIUS_RO key longitude:double latitude:double radius:double unit=(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count:int [ANY]] [ASC|DESC]`. Since 3.2.10. @deprecated */
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusRoOptions & { withCoord: true; withDist: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusRoOptions & { withCoord: true; withDist: true }): Result<M, Located<M['value'], 'coordinates' | 'distance'>[]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusRoOptions & { withCoord: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'hash'>[]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusRoOptions & { withDist: true; withHash: true }): Result<M, Located<M['value'], 'distance' | 'hash'>[]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusRoOptions & { withCoord: true }): Result<M, Located<M['value'], 'coordinates'>[]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusRoOptions & { withDist: true }): Result<M, Located<M['value'], 'distance'>[]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusRoOptions & { withHash: true }): Result<M, Located<M['value'], 'hash'>[]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusRoOptions & { withCoord?: false | undefined; withDist?: false | undefined; withHash?: false | undefined }): Result<M, M['value'][]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusRoOptions): Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[]>
  georadiusRo(key: Arg, longitude: Decimal, latitude: Decimal, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusRoOptions): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates' | 'distance'>[]> | Result<M, Located<M['value'], 'coordinates' | 'hash'>[]> | Result<M, Located<M['value'], 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates'>[]> | Result<M, Located<M['value'], 'distance'>[]> | Result<M, Located<M['value'], 'hash'>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[]> {
    const words: Arg[] = [key, longitude, latitude, radius, unit]
    checkOptions(options, 'withCoord withDist withHash any count asc desc')
    if (options !== undefined) {
      if (options.withCoord) words.push('WITHCOORD')
      if (options.withDist) words.push('WITHDIST')
      if (options.withHash) words.push('WITHHASH')
      if (options.count !== undefined) {
        words.push('COUNT', options.count)
        if (options.any) words.push('ANY')
      }
      if (options.asc) words.push('ASC')
      if (options.desc) words.push('DESC')
    }
    return this.issue<Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>(GEORADIUS_RO, words, options?.withCoord || options?.withDist || options?.withHash ? shapes.located(options) : undefined)
  }

  /** `GEORADIUSBYMEMBER key member radius:double unit=(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count:int [ANY]] [ASC|DESC] [STORE key] [STOREDIST key]`. Since 3.2.0. @deprecated */
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { withCoord: true; withDist: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { withCoord: true; withDist: true }): Result<M, Located<M['value'], 'coordinates' | 'distance'>[]>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { withCoord: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'hash'>[]>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { withDist: true; withHash: true }): Result<M, Located<M['value'], 'distance' | 'hash'>[]>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { withCoord: true }): Result<M, Located<M['value'], 'coordinates'>[]>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { withDist: true }): Result<M, Located<M['value'], 'distance'>[]>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { withHash: true }): Result<M, Located<M['value'], 'hash'>[]>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { store: Arg }): Result<M, number>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberOptions & { storeDist: Arg }): Result<M, number>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusbymemberOptions & { withCoord?: false | undefined; withDist?: false | undefined; withHash?: false | undefined; store?: undefined; storeDist?: undefined }): Result<M, M['value'][]>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusbymemberOptions): Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[] | number>
  georadiusbymember(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusbymemberOptions): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates' | 'distance'>[]> | Result<M, Located<M['value'], 'coordinates' | 'hash'>[]> | Result<M, Located<M['value'], 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates'>[]> | Result<M, Located<M['value'], 'distance'>[]> | Result<M, Located<M['value'], 'hash'>[]> | Result<M, number> | Result<M, M['value'][]> | Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[] | number> {
    const words: Arg[] = [key, member, radius, unit]
    checkOptions(options, 'withCoord withDist withHash any count asc desc store storeDist')
    if (options !== undefined) {
      if (options.withCoord) words.push('WITHCOORD')
      if (options.withDist) words.push('WITHDIST')
      if (options.withHash) words.push('WITHHASH')
      if (options.count !== undefined) {
        words.push('COUNT', options.count)
        if (options.any) words.push('ANY')
      }
      if (options.asc) words.push('ASC')
      if (options.desc) words.push('DESC')
      if (options.store !== undefined) words.push('STORE', options.store)
      if (options.storeDist !== undefined) words.push('STOREDIST', options.storeDist)
    }
    return this.issue<Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>(GEORADIUSBYMEMBER, words, options?.withCoord || options?.withDist || options?.withHash ? shapes.located(options) : undefined)
  }

  /** `GEORADIUSBYMEMBER_RO key member radius:double unit=(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count:int [ANY]] [ASC|DESC]`. Since 3.2.10. @deprecated */
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberRoOptions & { withCoord: true; withDist: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberRoOptions & { withCoord: true; withDist: true }): Result<M, Located<M['value'], 'coordinates' | 'distance'>[]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberRoOptions & { withCoord: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'hash'>[]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberRoOptions & { withDist: true; withHash: true }): Result<M, Located<M['value'], 'distance' | 'hash'>[]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberRoOptions & { withCoord: true }): Result<M, Located<M['value'], 'coordinates'>[]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberRoOptions & { withDist: true }): Result<M, Located<M['value'], 'distance'>[]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options: GeoradiusbymemberRoOptions & { withHash: true }): Result<M, Located<M['value'], 'hash'>[]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusbymemberRoOptions & { withCoord?: false | undefined; withDist?: false | undefined; withHash?: false | undefined }): Result<M, M['value'][]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusbymemberRoOptions): Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[]>
  georadiusbymemberRo(key: Arg, member: Arg, radius: Decimal, unit: 'M' | 'KM' | 'FT' | 'MI', options?: GeoradiusbymemberRoOptions): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates' | 'distance'>[]> | Result<M, Located<M['value'], 'coordinates' | 'hash'>[]> | Result<M, Located<M['value'], 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates'>[]> | Result<M, Located<M['value'], 'distance'>[]> | Result<M, Located<M['value'], 'hash'>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[]> {
    const words: Arg[] = [key, member, radius, unit]
    checkOptions(options, 'withCoord withDist withHash any count asc desc')
    if (options !== undefined) {
      if (options.withCoord) words.push('WITHCOORD')
      if (options.withDist) words.push('WITHDIST')
      if (options.withHash) words.push('WITHHASH')
      if (options.count !== undefined) {
        words.push('COUNT', options.count)
        if (options.any) words.push('ANY')
      }
      if (options.asc) words.push('ASC')
      if (options.desc) words.push('DESC')
    }
    return this.issue<Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>(GEORADIUSBYMEMBER_RO, words, options?.withCoord || options?.withDist || options?.withHash ? shapes.located(options) : undefined)
  }

  /** `GEOSEARCH key from=(FROMMEMBER member|FROMLONLAT {longitude:double latitude:double}) by=(BYRADIUS radius:double unit=(M|KM|FT|MI)|BYBOX width:double height:double unit=(M|KM|FT|MI)) [ASC|DESC] [COUNT count:int [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`. Since 6.2.0. */
  geosearch(key: Arg, options: GeosearchOptions & { withCoord: true; withDist: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>
  geosearch(key: Arg, options: GeosearchOptions & { withCoord: true; withDist: true }): Result<M, Located<M['value'], 'coordinates' | 'distance'>[]>
  geosearch(key: Arg, options: GeosearchOptions & { withCoord: true; withHash: true }): Result<M, Located<M['value'], 'coordinates' | 'hash'>[]>
  geosearch(key: Arg, options: GeosearchOptions & { withDist: true; withHash: true }): Result<M, Located<M['value'], 'distance' | 'hash'>[]>
  geosearch(key: Arg, options: GeosearchOptions & { withCoord: true }): Result<M, Located<M['value'], 'coordinates'>[]>
  geosearch(key: Arg, options: GeosearchOptions & { withDist: true }): Result<M, Located<M['value'], 'distance'>[]>
  geosearch(key: Arg, options: GeosearchOptions & { withHash: true }): Result<M, Located<M['value'], 'hash'>[]>
  geosearch(key: Arg, options: GeosearchOptions & { withCoord?: false | undefined; withDist?: false | undefined; withHash?: false | undefined }): Result<M, M['value'][]>
  geosearch(key: Arg, options: GeosearchOptions): Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[]>
  geosearch(key: Arg, options: GeosearchOptions): Result<M, Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates' | 'distance'>[]> | Result<M, Located<M['value'], 'coordinates' | 'hash'>[]> | Result<M, Located<M['value'], 'distance' | 'hash'>[]> | Result<M, Located<M['value'], 'coordinates'>[]> | Result<M, Located<M['value'], 'distance'>[]> | Result<M, Located<M['value'], 'hash'>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Located<M['value'], 'coordinates' | 'distance' | 'hash'>[] | Located<M['value'], 'coordinates' | 'distance'>[] | Located<M['value'], 'coordinates' | 'hash'>[] | Located<M['value'], 'distance' | 'hash'>[] | Located<M['value'], 'coordinates'>[] | Located<M['value'], 'distance'>[] | Located<M['value'], 'hash'>[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'any count withCoord withDist withHash fromMember fromLonLat byRadius byBox asc desc')
    if (options.fromMember !== undefined) words.push('FROMMEMBER', options.fromMember)
    if (options.fromLonLat !== undefined) words.push('FROMLONLAT', ...options.fromLonLat)
    if (options.byRadius !== undefined) words.push('BYRADIUS', ...options.byRadius)
    if (options.byBox !== undefined) words.push('BYBOX', ...options.byBox)
    if (options.asc) words.push('ASC')
    if (options.desc) words.push('DESC')
    if (options.count !== undefined) {
      words.push('COUNT', options.count)
      if (options.any) words.push('ANY')
    }
    if (options.withCoord) words.push('WITHCOORD')
    if (options.withDist) words.push('WITHDIST')
    if (options.withHash) words.push('WITHHASH')
    return this.issue<Located<M['value'], 'coordinates' | 'distance' | 'hash'>[]>(GEOSEARCH, words, options.withCoord || options.withDist || options.withHash ? shapes.located(options) : undefined)
  }

  /** `GEOSEARCHSTORE destination:key source:key from=(FROMMEMBER member|FROMLONLAT {longitude:double latitude:double}) by=(BYRADIUS radius:double unit=(M|KM|FT|MI)|BYBOX width:double height:double unit=(M|KM|FT|MI)) [ASC|DESC] [COUNT count:int [ANY]] [STOREDIST]`. Since 6.2.0. */
  geosearchstore(destination: Arg, source: Arg, options: GeosearchstoreOptions): Result<M, number> {
    const words: Arg[] = [destination, source]
    checkOptions(options, 'any count storeDist fromMember fromLonLat byRadius byBox asc desc')
    if (options.fromMember !== undefined) words.push('FROMMEMBER', options.fromMember)
    if (options.fromLonLat !== undefined) words.push('FROMLONLAT', ...options.fromLonLat)
    if (options.byRadius !== undefined) words.push('BYRADIUS', ...options.byRadius)
    if (options.byBox !== undefined) words.push('BYBOX', ...options.byBox)
    if (options.asc) words.push('ASC')
    if (options.desc) words.push('DESC')
    if (options.count !== undefined) {
      words.push('COUNT', options.count)
      if (options.any) words.push('ANY')
    }
    if (options.storeDist) words.push('STOREDIST')
    return this.issue<number>(GEOSEARCHSTORE, words)
  }

  /** `GET key`. Since 1.0.0. */
  get(key: Arg): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(GET, [key])
  }

  /** `GETBIT key offset:int`. Since 2.2.0. */
  getbit(key: Arg, offset: Integer): Result<M, number> {
    return this.issue<number>(GETBIT, [key, offset])
  }

  /** `GETDEL key`. Since 6.2.0. */
  getdel(key: Arg): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(GETDEL, [key])
  }

  /** `GETEX key [EX seconds:int|PX milliseconds:int|EXAT unix-time-seconds:unix|PXAT unix-time-milliseconds:unix|PERSIST]`. Since 6.2.0. */
  getex(key: Arg, options?: GetexOptions): Result<M, M['value'] | null> {
    const words: Arg[] = [key]
    checkOptions(options, 'ex px exAt pxAt persist')
    if (options !== undefined) {
      if (options.ex !== undefined) words.push('EX', options.ex)
      if (options.px !== undefined) words.push('PX', options.px)
      if (options.exAt !== undefined) words.push('EXAT', options.exAt)
      if (options.pxAt !== undefined) words.push('PXAT', options.pxAt)
      if (options.persist) words.push('PERSIST')
    }
    return this.issue<M['value'] | null>(GETEX, words)
  }

  /** `GETRANGE key start:int end:int`. Since 2.4.0. */
  getrange(key: Arg, start: Integer, end: Integer): Result<M, M['value']> {
    return this.issue<M['value']>(GETRANGE, [key, start, end])
  }

  /** `GETSET key value`. Since 1.0.0. @deprecated */
  getset(key: Arg, value: Arg): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(GETSET, [key, value])
  }

  /** `HDEL key field...`. Since 2.0.0. */
  hdel(key: Arg, ...fields: Rest<Arg>): Result<M, number> {
    return this.issue<number>(HDEL, [key, ...rest(fields)])
  }

  /** `HEXISTS key field`. Since 2.0.0. */
  hexists(key: Arg, field: Arg): Result<M, number> {
    return this.issue<number>(HEXISTS, [key, field])
  }

  /** `HEXPIRE key seconds:int [NX|XX|GT|LT] FIELDS numfields:int field...`. Since 7.4.0. */
  hexpire(key: Arg, seconds: Integer, fields: Many<Arg>, options?: HexpireOptions): Result<M, number[]> {
    const words: Arg[] = [key, seconds]
    checkOptions(options, 'nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
    }
    words.push('FIELDS')
    pushCounted(words, fields)
    return this.issue<number[]>(HEXPIRE, words)
  }

  /** `HEXPIREAT key unix-time-seconds:unix [NX|XX|GT|LT] FIELDS numfields:int field...`. Since 7.4.0. */
  hexpireat(key: Arg, unixTimeSeconds: Integer, fields: Many<Arg>, options?: HexpireatOptions): Result<M, number[]> {
    const words: Arg[] = [key, unixTimeSeconds]
    checkOptions(options, 'nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
    }
    words.push('FIELDS')
    pushCounted(words, fields)
    return this.issue<number[]>(HEXPIREAT, words)
  }

  /** `HEXPIRETIME key FIELDS numfields:int field...`. Since 7.4.0. */
  hexpiretime(key: Arg, fields: Many<Arg>): Result<M, number[]> {
    const words: Arg[] = [key, 'FIELDS']
    pushCounted(words, fields)
    return this.issue<number[]>(HEXPIRETIME, words)
  }

  /** `HGET key field`. Since 2.0.0. */
  hget(key: Arg, field: Arg): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(HGET, [key, field])
  }

  /** `HGETALL key`. Since 2.0.0. */
  hgetall(key: Arg): Result<M, Record<string, M['value']>> {
    return this.issue<Record<string, M['value']>>(HGETALL, [key], shapes.record)
  }

  /** `HGETDEL key FIELDS numfields:int field...`. Since 8.0.0. */
  hgetdel(key: Arg, fields: Many<Arg>): Result<M, (M['value'] | null)[]> {
    const words: Arg[] = [key, 'FIELDS']
    pushCounted(words, fields)
    return this.issue<(M['value'] | null)[]>(HGETDEL, words)
  }

  /** `HGETEX key [EX seconds:int|PX milliseconds:int|EXAT unix-time-seconds:unix|PXAT unix-time-milliseconds:unix|PERSIST] FIELDS numfields:int field...`. Since 8.0.0. */
  hgetex(key: Arg, fields: Many<Arg>, options?: HgetexOptions): Result<M, (M['value'] | null)[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'ex px exAt pxAt persist')
    if (options !== undefined) {
      if (options.ex !== undefined) words.push('EX', options.ex)
      if (options.px !== undefined) words.push('PX', options.px)
      if (options.exAt !== undefined) words.push('EXAT', options.exAt)
      if (options.pxAt !== undefined) words.push('PXAT', options.pxAt)
      if (options.persist) words.push('PERSIST')
    }
    words.push('FIELDS')
    pushCounted(words, fields)
    return this.issue<(M['value'] | null)[]>(HGETEX, words)
  }

  /** `HINCRBY key field increment:int`. Since 2.0.0. */
  hincrby(key: Arg, field: Arg, increment: Integer): Result<M, number> {
    return this.issue<number>(HINCRBY, [key, field, increment])
  }

  /** `HINCRBYFLOAT key field increment:double`. Since 2.6.0. */
  hincrbyfloat(key: Arg, field: Arg, increment: Decimal): Result<M, number> {
    return this.issue<number>(HINCRBYFLOAT, [key, field, increment], shapes.double)
  }

  /** `HKEYS key`. Since 2.0.0. */
  hkeys(key: Arg): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(HKEYS, [key])
  }

  /** `HLEN key`. Since 2.0.0. */
  hlen(key: Arg): Result<M, number> {
    return this.issue<number>(HLEN, [key])
  }

  /** `HMGET key field...`. Since 2.0.0. */
  hmget(key: Arg, ...fields: Rest<Arg>): Result<M, (M['value'] | null)[]> {
    return this.issue<(M['value'] | null)[]>(HMGET, [key, ...rest(fields)])
  }

  /** `HMSET key field_value={field value}...`. Since 2.0.0. @deprecated */
  hmset(key: Arg, fields: Pairs): Result<M, 'OK'>
  hmset(key: Arg, field: Arg, value: Arg): Result<M, 'OK'>
  hmset(key: Arg, fields: Arg | Pairs, ...more: readonly unknown[]): Result<M, 'OK'> {
    const words: Arg[] = [key]
    if (isArg(fields)) words.push(fields, more[0] as Arg)
    else pushPairs(words, fields)
    return this.issue<'OK'>(HMSET, words)
  }

  /** `HPERSIST key FIELDS numfields:int field...`. Since 7.4.0. */
  hpersist(key: Arg, fields: Many<Arg>): Result<M, number[]> {
    const words: Arg[] = [key, 'FIELDS']
    pushCounted(words, fields)
    return this.issue<number[]>(HPERSIST, words)
  }

  /** `HPEXPIRE key milliseconds:int [NX|XX|GT|LT] FIELDS numfields:int field...`. Since 7.4.0. */
  hpexpire(key: Arg, milliseconds: Integer, fields: Many<Arg>, options?: HpexpireOptions): Result<M, number[]> {
    const words: Arg[] = [key, milliseconds]
    checkOptions(options, 'nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
    }
    words.push('FIELDS')
    pushCounted(words, fields)
    return this.issue<number[]>(HPEXPIRE, words)
  }

  /** `HPEXPIREAT key unix-time-milliseconds:unix [NX|XX|GT|LT] FIELDS numfields:int field...`. Since 7.4.0. */
  hpexpireat(key: Arg, unixTimeMilliseconds: Integer, fields: Many<Arg>, options?: HpexpireatOptions): Result<M, number[]> {
    const words: Arg[] = [key, unixTimeMilliseconds]
    checkOptions(options, 'nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
    }
    words.push('FIELDS')
    pushCounted(words, fields)
    return this.issue<number[]>(HPEXPIREAT, words)
  }

  /** `HPEXPIRETIME key FIELDS numfields:int field...`. Since 7.4.0. */
  hpexpiretime(key: Arg, fields: Many<Arg>): Result<M, number[]> {
    const words: Arg[] = [key, 'FIELDS']
    pushCounted(words, fields)
    return this.issue<number[]>(HPEXPIRETIME, words)
  }

  /** `HPTTL key FIELDS numfields:int field...`. Since 7.4.0. */
  hpttl(key: Arg, fields: Many<Arg>): Result<M, number[]> {
    const words: Arg[] = [key, 'FIELDS']
    pushCounted(words, fields)
    return this.issue<number[]>(HPTTL, words)
  }

  /** `HRANDFIELD key [count:int [WITHVALUES]]`. Since 6.2.0. */
  hrandfield(key: Arg, count: Integer, options: HrandfieldOptions & { withValues: true }): Result<M, [field: M['value'], value: M['value']][]>
  hrandfield(key: Arg, count: Integer, options?: HrandfieldOptions & { withValues?: false | undefined }): Result<M, M['value'][]>
  hrandfield(key: Arg): Result<M, M['value'] | null>
  hrandfield(key: Arg, count: Integer, options?: HrandfieldOptions): Result<M, M['value'] | null | [field: M['value'], value: M['value']][] | M['value'][]>
  hrandfield(key: Arg, count?: Integer, options?: HrandfieldOptions): Result<M, [field: M['value'], value: M['value']][]> | Result<M, M['value'][]> | Result<M, M['value'] | null> | Result<M, M['value'] | null | [field: M['value'], value: M['value']][] | M['value'][]> {
    const words: Arg[] = [key]
    checkOptions(options, 'withValues')
    if (count !== undefined) {
      words.push(count)
      if (options?.withValues) words.push('WITHVALUES')
    }
    return this.issue<[field: M['value'], value: M['value']][]>(HRANDFIELD, words, count !== undefined && options?.withValues ? shapes.couples : undefined)
  }

  /** `HSCAN key cursor:int [MATCH pattern] [COUNT count:int] [NOVALUES]`. Since 2.8.0. */
  hscan(key: Arg, cursor: Arg, options: HscanOptions & { noValues: true }): Result<M, NamePage<M['value']>>
  hscan(key: Arg, cursor: Arg, options?: HscanOptions & { noValues?: false | undefined }): Result<M, FieldPage<M['value']>>
  hscan(key: Arg, cursor: Arg, options?: HscanOptions): Result<M, FieldPage<M['value']> | NamePage<M['value']>>
  hscan(key: Arg, cursor: Arg, options?: HscanOptions): Result<M, NamePage<M['value']>> | Result<M, FieldPage<M['value']>> | Result<M, FieldPage<M['value']> | NamePage<M['value']>> {
    const words: Arg[] = [key, cursor]
    checkOptions(options, 'match count noValues')
    if (options !== undefined) {
      if (options.match !== undefined) words.push('MATCH', options.match)
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.noValues) words.push('NOVALUES')
    }
    return this.issue<NamePage<M['value']>>(HSCAN, words, options?.noValues ? shapes.namePage : shapes.fieldPage)
  }

  /** `HSET key field_value={field value}...`. Since 2.0.0. */
  hset(key: Arg, fields: Pairs): Result<M, number>
  hset(key: Arg, field: Arg, value: Arg): Result<M, number>
  hset(key: Arg, fields: Arg | Pairs, ...more: readonly unknown[]): Result<M, number> {
    const words: Arg[] = [key]
    if (isArg(fields)) words.push(fields, more[0] as Arg)
    else pushPairs(words, fields)
    return this.issue<number>(HSET, words)
  }

  /** `HSETEX key [FNX|FXX] [EX seconds:int|PX milliseconds:int|EXAT unix-time-seconds:unix|PXAT unix-time-milliseconds:unix|KEEPTTL] FIELDS numfields:int {field value}...`. Since 8.0.0. */
  hsetex(key: Arg, fields: Pairs, options?: HsetexOptions): Result<M, number> {
    const words: Arg[] = [key]
    checkOptions(options, 'fnx fxx ex px exAt pxAt keepTtl')
    if (options !== undefined) {
      if (options.fnx) words.push('FNX')
      if (options.fxx) words.push('FXX')
      if (options.ex !== undefined) words.push('EX', options.ex)
      if (options.px !== undefined) words.push('PX', options.px)
      if (options.exAt !== undefined) words.push('EXAT', options.exAt)
      if (options.pxAt !== undefined) words.push('PXAT', options.pxAt)
      if (options.keepTtl) words.push('KEEPTTL')
    }
    words.push('FIELDS')
    const at = words.length
    insertCount(words, at, pushPairs(words, fields))
    return this.issue<number>(HSETEX, words)
  }

  /** `HSETNX key field value`. Since 2.0.0. */
  hsetnx(key: Arg, field: Arg, value: Arg): Result<M, number> {
    return this.issue<number>(HSETNX, [key, field, value])
  }

  /** `HSTRLEN key field`. Since 3.2.0. */
  hstrlen(key: Arg, field: Arg): Result<M, number> {
    return this.issue<number>(HSTRLEN, [key, field])
  }

  /** `HTTL key FIELDS numfields:int field...`. Since 7.4.0. */
  httl(key: Arg, fields: Many<Arg>): Result<M, number[]> {
    const words: Arg[] = [key, 'FIELDS']
    pushCounted(words, fields)
    return this.issue<number[]>(HTTL, words)
  }

  /** `HVALS key`. Since 2.0.0. */
  hvals(key: Arg): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(HVALS, [key])
  }

  /** `INCR key`. Since 1.0.0. */
  incr(key: Arg): Result<M, number> {
    return this.issue<number>(INCR, [key])
  }

  /** `INCRBY key increment:int`. Since 1.0.0. */
  incrby(key: Arg, increment: Integer): Result<M, number> {
    return this.issue<number>(INCRBY, [key, increment])
  }

  /** `INCRBYFLOAT key increment:double`. Since 2.6.0. */
  incrbyfloat(key: Arg, increment: Decimal): Result<M, number> {
    return this.issue<number>(INCRBYFLOAT, [key, increment], shapes.double)
  }

  /** `INFO [section...]`. Since 1.0.0. */
  info(...sections: Rest<Arg>): Result<M, string> {
    return this.issue<string>(INFO, rest(sections), shapes.text)
  }

  /** `JSON.ARRAPPEND key path value...`. Since 1.0.0. */
  jsonArrappend(key: Arg, path: Arg, ...values: Rest<Arg>): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_ARRAPPEND, [key, path, ...rest(values)])
  }

  /** `JSON.ARRINDEX key path value [start:int [stop:int]]`. Since 1.0.0. */
  jsonArrindex(key: Arg, path: Arg, value: Arg, start?: Integer, stop?: Integer): Result<M, (number | null)[] | number | null> {
    const words: Arg[] = [key, path, value]
    if (start !== undefined) {
      words.push(start)
      if (stop !== undefined) words.push(stop)
    }
    return this.issue<(number | null)[] | number | null>(JSON_ARRINDEX, words)
  }

  /** `JSON.ARRINSERT key path index:int value...`. Since 1.0.0. */
  jsonArrinsert(key: Arg, path: Arg, index: Integer, ...values: Rest<Arg>): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_ARRINSERT, [key, path, index, ...rest(values)])
  }

  /** `JSON.ARRLEN key [path]`. Since 1.0.0. */
  jsonArrlen(key: Arg, path: Arg): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_ARRLEN, [key, path])
  }

  /** `JSON.ARRPOP key [path [index:int]]`. Since 1.0.0. */
  jsonArrpop(key: Arg, path: Arg, index?: Integer): Result<M, (M['value'] | null)[] | M['value'] | null> {
    const words: Arg[] = [key, path]
    if (index !== undefined) words.push(index)
    return this.issue<(M['value'] | null)[] | M['value'] | null>(JSON_ARRPOP, words)
  }

  /** `JSON.ARRTRIM key path start:int stop:int`. Since 1.0.0. */
  jsonArrtrim(key: Arg, path: Arg, start: Integer, stop: Integer): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_ARRTRIM, [key, path, start, stop])
  }

  /** `JSON.CLEAR key [path]`. Since 2.0.0. */
  jsonClear(key: Arg, path?: Arg): Result<M, number> {
    const words: Arg[] = [key]
    if (path !== undefined) words.push(path)
    return this.issue<number>(JSON_CLEAR, words)
  }

  /** `JSON.DEBUG MEMORY key [path]`. Since 1.0.0. */
  jsonDebugMemory(key: Arg, path: Arg): Result<M, number[] | number | null> {
    return this.issue<number[] | number | null>(JSON_DEBUG_MEMORY, [key, path])
  }

  /** `JSON.DEL key [path]`. Since 1.0.0. */
  jsonDel(key: Arg, path?: Arg): Result<M, number> {
    const words: Arg[] = [key]
    if (path !== undefined) words.push(path)
    return this.issue<number>(JSON_DEL, words)
  }

  /** `JSON.FORGET key [path]`. Since 1.0.0. */
  jsonForget(key: Arg, path?: Arg): Result<M, number> {
    const words: Arg[] = [key]
    if (path !== undefined) words.push(path)
    return this.issue<number>(JSON_FORGET, words)
  }

  /** `JSON.GET key [INDENT indent] [NEWLINE newline] [SPACE space] [path...]`. Since 1.0.0. */
  jsonGet(key: Arg, paths: Many<Arg>, options?: JsonGetOptions): Result<M, M['value'] | null> {
    const words: Arg[] = [key]
    checkOptions(options, 'indent newline space')
    if (options !== undefined) {
      if (options.indent !== undefined) words.push('INDENT', options.indent)
      if (options.newline !== undefined) words.push('NEWLINE', options.newline)
      if (options.space !== undefined) words.push('SPACE', options.space)
    }
    pushAll(words, paths)
    return this.issue<M['value'] | null>(JSON_GET, words)
  }

  /** `JSON.MERGE key path value`. Since 2.6.0. */
  jsonMerge(key: Arg, path: Arg, value: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(JSON_MERGE, [key, path, value])
  }

  /** `JSON.MGET key... path`. Since 1.0.0. */
  jsonMget(keys: Many<Arg>, path: Arg): Result<M, (M['value'] | null)[]> {
    const words: Arg[] = []
    pushAll(words, keys)
    words.push(path)
    return this.issue<(M['value'] | null)[]>(JSON_MGET, words)
  }

  /** `JSON.MSET {key path value}...`. Since 2.6.0. */
  jsonMset(entries: Many<JsonMsetEntry>): Result<M, 'OK'>
  jsonMset(key: Arg, path: Arg, value: Arg): Result<M, 'OK'>
  jsonMset(entries: Arg | Many<JsonMsetEntry>, ...more: readonly unknown[]): Result<M, 'OK'> {
    const words: Arg[] = []
    if (isArg(entries)) words.push(entries, more[0] as Arg, more[1] as Arg)
    else {
      for (const row of many<JsonMsetEntry>(entries)) {
        words.push(row.key, row.path, row.value)
      }
    }
    return this.issue<'OK'>(JSON_MSET, words)
  }

  /** `JSON.NUMINCRBY key path value:double`. Since 1.0.0. */
  jsonNumincrby(key: Arg, path: Arg, value: Decimal): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_NUMINCRBY, [key, path, value], modulesShapes.jsonNumbers)
  }

  /** `JSON.NUMMULTBY key path value:double`. Since 1.0.0. @deprecated */
  jsonNummultby(key: Arg, path: Arg, value: Decimal): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_NUMMULTBY, [key, path, value], modulesShapes.jsonNumbers)
  }

  /** `JSON.OBJKEYS key [path]`. Since 1.0.0. */
  jsonObjkeys(key: Arg, path: Arg): Result<M, (M['value'][] | null)[] | M['value'][] | null> {
    return this.issue<(M['value'][] | null)[] | M['value'][] | null>(JSON_OBJKEYS, [key, path])
  }

  /** `JSON.OBJLEN key [path]`. Since 1.0.0. */
  jsonObjlen(key: Arg, path: Arg): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_OBJLEN, [key, path])
  }

  /** `JSON.RESP key [path]`. Since 1.0.0. @deprecated */
  jsonResp(key: Arg, path: Arg): Result<M, unknown> {
    return this.issue<unknown>(JSON_RESP, [key, path])
  }

  /** `JSON.SET key path value [NX|XX]`. Since 1.0.0. */
  jsonSet(key: Arg, path: Arg, value: Arg, options?: JsonSetOptions): Result<M, 'OK' | null> {
    const words: Arg[] = [key, path, value]
    checkOptions(options, 'nx xx')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
    }
    return this.issue<'OK' | null>(JSON_SET, words)
  }

  /** `JSON.STRAPPEND key [path] value`. Since 1.0.0. */
  jsonStrappend(key: Arg, path: Arg, value: Arg): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_STRAPPEND, [key, path, value])
  }

  /** `JSON.STRLEN key [path]`. Since 1.0.0. */
  jsonStrlen(key: Arg, path: Arg): Result<M, (number | null)[] | number | null> {
    return this.issue<(number | null)[] | number | null>(JSON_STRLEN, [key, path])
  }

  /** `JSON.TOGGLE key path`. Since 2.0.0. */
  jsonToggle(key: Arg, path: Arg): Result<M, (number | null)[] | number | string | null> {
    return this.issue<(number | null)[] | number | string | null>(JSON_TOGGLE, [key, path], modulesShapes.jsonFlags)
  }

  /** `JSON.TYPE key [path]`. Since 1.0.0. */
  jsonType(key: Arg, path: Arg): Result<M, string[] | string | null> {
    return this.issue<string[] | string | null>(JSON_TYPE, [key, path], modulesShapes.jsonTypes)
  }

  /** `KEYS pattern`. Since 1.0.0. */
  keys(pattern: Arg): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(KEYS, [pattern])
  }

  /** `LASTSAVE`. Since 1.0.0. */
  lastsave(): Result<M, number> {
    return this.issue<number>(LASTSAVE, [])
  }

  /** `LATENCY DOCTOR`. Since 2.8.13. */
  latencyDoctor(): Result<M, string> {
    return this.issue<string>(LATENCY_DOCTOR, [], shapes.text)
  }

  /** `LATENCY GRAPH event`. Since 2.8.13. */
  latencyGraph(event: Arg): Result<M, string> {
    return this.issue<string>(LATENCY_GRAPH, [event], shapes.text)
  }

  /** `LATENCY HISTOGRAM [command...]`. Since 7.0.0. */
  latencyHistogram(...commands: Rest<Arg>): Result<M, Record<string, LatencyHistogram>> {
    return this.issue<Record<string, LatencyHistogram>>(LATENCY_HISTOGRAM, rest(commands), serverShapes.histograms)
  }

  /** `LATENCY HISTORY event`. Since 2.8.13. */
  latencyHistory(event: Arg): Result<M, [time: number, milliseconds: number][]> {
    return this.issue<[time: number, milliseconds: number][]>(LATENCY_HISTORY, [event])
  }

  /** `LATENCY LATEST`. Since 2.8.13. */
  latencyLatest(): Result<M, LatencyEvent[]> {
    return this.issue<LatencyEvent[]>(LATENCY_LATEST, [], serverShapes.latencyEvents)
  }

  /** `LATENCY RESET [event...]`. Since 2.8.13. */
  latencyReset(...events: Rest<Arg>): Result<M, number> {
    return this.issue<number>(LATENCY_RESET, rest(events))
  }

  /** `LCS key1:key key2:key [LEN] [IDX] [MINMATCHLEN len:int] [WITHMATCHLEN]`. Since 7.0.0. */
  lcs(key1: Arg, key2: Arg, options: LcsOptions & { len: true }): Result<M, number>
  lcs(key1: Arg, key2: Arg, options: LcsOptions & { idx: true }): Result<M, Alignment>
  lcs(key1: Arg, key2: Arg, options?: LcsOptions & { len?: false | undefined; idx?: false | undefined }): Result<M, M['value']>
  lcs(key1: Arg, key2: Arg, options?: LcsOptions): Result<M, M['value'] | number | Alignment>
  lcs(key1: Arg, key2: Arg, options?: LcsOptions): Result<M, number> | Result<M, Alignment> | Result<M, M['value']> | Result<M, M['value'] | number | Alignment> {
    const words: Arg[] = [key1, key2]
    checkOptions(options, 'minMatchLen withMatchLen len idx')
    if (options !== undefined) {
      if (options.len) words.push('LEN')
      if (options.idx) words.push('IDX')
      if (options.minMatchLen !== undefined) words.push('MINMATCHLEN', options.minMatchLen)
      if (options.withMatchLen) words.push('WITHMATCHLEN')
    }
    return this.issue<number>(LCS, words, options?.len ? undefined : options?.idx ? shapes.alignment : undefined)
  }

  /** `LINDEX key index:int`. Since 1.0.0. */
  lindex(key: Arg, index: Integer): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(LINDEX, [key, index])
  }

  /** `LINSERT key where=(BEFORE|AFTER) pivot element`. Since 2.2.0. */
  linsert(key: Arg, where: 'BEFORE' | 'AFTER', pivot: Arg, element: Arg): Result<M, number> {
    return this.issue<number>(LINSERT, [key, where, pivot, element])
  }

  /** `LLEN key`. Since 1.0.0. */
  llen(key: Arg): Result<M, number> {
    return this.issue<number>(LLEN, [key])
  }

  /** `LMOVE source:key destination:key wherefrom=(LEFT|RIGHT) whereto=(LEFT|RIGHT)`. Since 6.2.0. */
  lmove(source: Arg, destination: Arg, wherefrom: 'LEFT' | 'RIGHT', whereto: 'LEFT' | 'RIGHT'): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(LMOVE, [source, destination, wherefrom, whereto])
  }

  /** `LMPOP numkeys:int key... where=(LEFT|RIGHT) [COUNT count:int]`. Since 7.0.0. */
  lmpop(keys: Many<Arg>, where: 'LEFT' | 'RIGHT', options?: LmpopOptions): Result<M, Popped<M['value']> | null> {
    const words: Arg[] = []
    checkOptions(options, 'count')
    pushCounted(words, keys)
    words.push(where)
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<Popped<M['value']> | null>(LMPOP, words, shapes.popped)
  }

  /** `LOLWUT [VERSION version:int]`. Since 5.0.0. */
  lolwut(options?: LolwutOptions): Result<M, string> {
    const words: Arg[] = []
    checkOptions(options, 'version')
    if (options !== undefined) {
      if (options.version !== undefined) words.push('VERSION', options.version)
    }
    return this.issue<string>(LOLWUT, words, shapes.text)
  }

  /** `LPOP key [count:int]`. Since 1.0.0. */
  lpop(key: Arg, count: Integer): Result<M, M['value'][] | null>
  lpop(key: Arg): Result<M, M['value'] | null>
  lpop(key: Arg, count?: Integer): Result<M, M['value'] | null | M['value'][]>
  lpop(key: Arg, count?: Integer): Result<M, M['value'][] | null> | Result<M, M['value'] | null> | Result<M, M['value'] | null | M['value'][]> {
    const words: Arg[] = [key]
    if (count !== undefined) words.push(count)
    return this.issue<M['value'][] | null>(LPOP, words)
  }

  /** `LPOS key element [RANK rank:int] [COUNT num-matches:int] [MAXLEN len:int]`. Since 6.0.6. */
  lpos(key: Arg, element: Arg, options: LposOptions & { count: Integer }): Result<M, number[]>
  lpos(key: Arg, element: Arg, options?: LposOptions & { count?: undefined }): Result<M, number | null>
  lpos(key: Arg, element: Arg, options?: LposOptions): Result<M, number | null | number[]>
  lpos(key: Arg, element: Arg, options?: LposOptions): Result<M, number[]> | Result<M, number | null> | Result<M, number | null | number[]> {
    const words: Arg[] = [key, element]
    checkOptions(options, 'rank count maxLen')
    if (options !== undefined) {
      if (options.rank !== undefined) words.push('RANK', options.rank)
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.maxLen !== undefined) words.push('MAXLEN', options.maxLen)
    }
    return this.issue<number[]>(LPOS, words)
  }

  /** `LPUSH key element...`. Since 1.0.0. */
  lpush(key: Arg, ...elements: Rest<Arg>): Result<M, number> {
    return this.issue<number>(LPUSH, [key, ...rest(elements)])
  }

  /** `LPUSHX key element...`. Since 2.2.0. */
  lpushx(key: Arg, ...elements: Rest<Arg>): Result<M, number> {
    return this.issue<number>(LPUSHX, [key, ...rest(elements)])
  }

  /** `LRANGE key start:int stop:int`. Since 1.0.0. */
  lrange(key: Arg, start: Integer, stop: Integer): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(LRANGE, [key, start, stop])
  }

  /** `LREM key count:int element`. Since 1.0.0. */
  lrem(key: Arg, count: Integer, element: Arg): Result<M, number> {
    return this.issue<number>(LREM, [key, count, element])
  }

  /** `LSET key index:int element`. Since 1.0.0. */
  lset(key: Arg, index: Integer, element: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(LSET, [key, index, element])
  }

  /** `LTRIM key start:int stop:int`. Since 1.0.0. */
  ltrim(key: Arg, start: Integer, stop: Integer): Result<M, 'OK'> {
    return this.issue<'OK'>(LTRIM, [key, start, stop])
  }

  /** `MEMORY DOCTOR`. Since 4.0.0. */
  memoryDoctor(): Result<M, string> {
    return this.issue<string>(MEMORY_DOCTOR, [], shapes.text)
  }

  /** `MEMORY MALLOC-STATS`. Since 4.0.0. */
  memoryMallocStats(): Result<M, string> {
    return this.issue<string>(MEMORY_MALLOC_STATS, [], shapes.text)
  }

  /** `MEMORY PURGE`. Since 4.0.0. */
  memoryPurge(): Result<M, 'OK'> {
    return this.issue<'OK'>(MEMORY_PURGE, [])
  }

  /** `MEMORY STATS`. Since 4.0.0. */
  memoryStats(): Result<M, Record<string, unknown>> {
    return this.issue<Record<string, unknown>>(MEMORY_STATS, [], serverShapes.memoryStats)
  }

  /** `MEMORY USAGE key [SAMPLES count:int]`. Since 4.0.0. */
  memoryUsage(key: Arg, options?: MemoryUsageOptions): Result<M, number | null> {
    const words: Arg[] = [key]
    checkOptions(options, 'samples')
    if (options !== undefined) {
      if (options.samples !== undefined) words.push('SAMPLES', options.samples)
    }
    return this.issue<number | null>(MEMORY_USAGE, words)
  }

  /** `MGET key...`. Since 1.0.0. */
  mget(...keys: Rest<Arg>): Result<M, (M['value'] | null)[]> {
    return this.issue<(M['value'] | null)[]>(MGET, rest(keys))
  }

  /** `MIGRATE host port:int key_or_empty_string=(key|"") destination-db:int timeout:int [COPY] [REPLACE] [AUTH password|AUTH2 {username password}] [KEYS key...]`. Since 2.6.0. */
  migrate(host: Arg, port: Integer, key: Arg, destinationDb: Integer, timeout: Integer, options?: MigrateOptions): Result<M, 'OK' | 'NOKEY'> {
    const words: Arg[] = [host, port, key, destinationDb, timeout]
    checkOptions(options, 'copy replace keys auth auth2')
    if (options !== undefined) {
      if (options.copy) words.push('COPY')
      if (options.replace) words.push('REPLACE')
      if (options.auth !== undefined) words.push('AUTH', options.auth)
      if (options.auth2 !== undefined) words.push('AUTH2', ...options.auth2)
      if (options.keys !== undefined) {
        words.push('KEYS')
        pushAll(words, options.keys)
      }
    }
    return this.issue<'OK' | 'NOKEY'>(MIGRATE, words)
  }

  /** `MODULE LIST`. Since 4.0.0. */
  moduleList(): Result<M, ModuleInfo[]> {
    return this.issue<ModuleInfo[]>(MODULE_LIST, [], serverShapes.modules)
  }

  /** `MODULE LOAD path [arg...]`. Since 4.0.0. */
  moduleLoad(path: Arg, ...args: Rest<Arg>): Result<M, 'OK'> {
    return this.issue<'OK'>(MODULE_LOAD, [path, ...rest(args)])
  }

  /** `MODULE LOADEX path [CONFIG name value]... [ARGS {arg}...]`. Since 7.0.0. */
  moduleLoadex(path: Arg, options?: ModuleLoadexOptions): Result<M, 'OK'> {
    const words: Arg[] = [path]
    checkOptions(options, 'config args')
    if (options !== undefined) {
      if (options.config !== undefined) {
        for (const row of many<{ readonly name: Arg; readonly value: Arg }>(options.config)) {
          words.push('CONFIG')
          words.push(row.name, row.value)
        }
      }
      if (options.args !== undefined) {
        words.push('ARGS')
        pushAll(words, options.args)
      }
    }
    return this.issue<'OK'>(MODULE_LOADEX, words)
  }

  /** `MODULE UNLOAD name`. Since 4.0.0. */
  moduleUnload(name: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(MODULE_UNLOAD, [name])
  }

  /** `MOVE key db:int`. Since 1.0.0. */
  move(key: Arg, db: Integer): Result<M, number> {
    return this.issue<number>(MOVE, [key, db])
  }

  /** `MSET key_value={key value}...`. Since 1.0.1. */
  mset(entries: Pairs): Result<M, 'OK'>
  mset(key: Arg, value: Arg): Result<M, 'OK'>
  mset(entries: Arg | Pairs, ...more: readonly unknown[]): Result<M, 'OK'> {
    const words: Arg[] = []
    if (isArg(entries)) words.push(entries, more[0] as Arg)
    else pushPairs(words, entries)
    return this.issue<'OK'>(MSET, words)
  }

  /** `MSETEX numkeys:int {key value}... [NX|XX] [EX seconds:int|PX milliseconds:int|EXAT unix-time-seconds:unix|PXAT unix-time-milliseconds:unix|KEEPTTL]`. Since 8.4.0. */
  msetex(entries: Pairs, options?: MsetexOptions): Result<M, number> {
    const words: Arg[] = []
    checkOptions(options, 'nx xx ex px exAt pxAt keepTtl')
    const at = words.length
    insertCount(words, at, pushPairs(words, entries))
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.ex !== undefined) words.push('EX', options.ex)
      if (options.px !== undefined) words.push('PX', options.px)
      if (options.exAt !== undefined) words.push('EXAT', options.exAt)
      if (options.pxAt !== undefined) words.push('PXAT', options.pxAt)
      if (options.keepTtl) words.push('KEEPTTL')
    }
    return this.issue<number>(MSETEX, words)
  }

  /** `MSETNX key_value={key value}...`. Since 1.0.1. */
  msetnx(entries: Pairs): Result<M, number>
  msetnx(key: Arg, value: Arg): Result<M, number>
  msetnx(entries: Arg | Pairs, ...more: readonly unknown[]): Result<M, number> {
    const words: Arg[] = []
    if (isArg(entries)) words.push(entries, more[0] as Arg)
    else pushPairs(words, entries)
    return this.issue<number>(MSETNX, words)
  }

  /** `OBJECT ENCODING key`. Since 2.2.3. */
  objectEncoding(key: Arg): Result<M, string | null> {
    return this.issue<string | null>(OBJECT_ENCODING, [key], shapes.text)
  }

  /** `OBJECT FREQ key`. Since 4.0.0. */
  objectFreq(key: Arg): Result<M, number | null> {
    return this.issue<number | null>(OBJECT_FREQ, [key])
  }

  /** `OBJECT IDLETIME key`. Since 2.2.3. */
  objectIdletime(key: Arg): Result<M, number | null> {
    return this.issue<number | null>(OBJECT_IDLETIME, [key])
  }

  /** `OBJECT REFCOUNT key`. Since 2.2.3. */
  objectRefcount(key: Arg): Result<M, number | null> {
    return this.issue<number | null>(OBJECT_REFCOUNT, [key])
  }

  /** `PERSIST key`. Since 2.2.0. */
  persist(key: Arg): Result<M, number> {
    return this.issue<number>(PERSIST, [key])
  }

  /** `PEXPIRE key milliseconds:int [NX|XX|GT|LT]`. Since 2.6.0. */
  pexpire(key: Arg, milliseconds: Integer, options?: PexpireOptions): Result<M, number> {
    const words: Arg[] = [key, milliseconds]
    checkOptions(options, 'nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
    }
    return this.issue<number>(PEXPIRE, words)
  }

  /** `PEXPIREAT key unix-time-milliseconds:unix [NX|XX|GT|LT]`. Since 2.6.0. */
  pexpireat(key: Arg, unixTimeMilliseconds: Integer, options?: PexpireatOptions): Result<M, number> {
    const words: Arg[] = [key, unixTimeMilliseconds]
    checkOptions(options, 'nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
    }
    return this.issue<number>(PEXPIREAT, words)
  }

  /** `PEXPIRETIME key`. Since 7.0.0. */
  pexpiretime(key: Arg): Result<M, number> {
    return this.issue<number>(PEXPIRETIME, [key])
  }

  /** `PFADD key [element...]`. Since 2.8.9. */
  pfadd(key: Arg, ...elements: Rest<Arg>): Result<M, number> {
    return this.issue<number>(PFADD, [key, ...rest(elements)])
  }

  /** `PFCOUNT key...`. Since 2.8.9. */
  pfcount(...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(PFCOUNT, rest(keys))
  }

  /** `PFMERGE destkey:key sourcekey:key...`. Since 2.8.9. */
  pfmerge(destkey: Arg, ...sourcekeys: Rest<Arg>): Result<M, 'OK'> {
    return this.issue<'OK'>(PFMERGE, [destkey, ...rest(sourcekeys)])
  }

  /** `PING [message]`. Since 1.0.0. */
  ping(message: Arg): Result<M, M['value']>
  ping(): Result<M, 'PONG'>
  ping(message?: Arg): Result<M, 'PONG' | M['value']>
  ping(message?: Arg): Result<M, M['value']> | Result<M, 'PONG'> | Result<M, 'PONG' | M['value']> {
    const words: Arg[] = []
    if (message !== undefined) words.push(message)
    return this.issue<M['value']>(PING, words)
  }

  /** `PSETEX key milliseconds:int value`. Since 2.6.0. */
  psetex(key: Arg, milliseconds: Integer, value: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(PSETEX, [key, milliseconds, value])
  }

  /** `PTTL key`. Since 2.6.0. */
  pttl(key: Arg): Result<M, number> {
    return this.issue<number>(PTTL, [key])
  }

  /** `PUBLISH channel message`. Since 2.0.0. */
  publish(channel: Arg, message: Arg): Result<M, number> {
    return this.issue<number>(PUBLISH, [channel, message])
  }

  /** `PUBSUB CHANNELS [pattern]`. Since 2.8.0. */
  pubsubChannels(pattern?: Arg): Result<M, M['value'][]> {
    const words: Arg[] = []
    if (pattern !== undefined) words.push(pattern)
    return this.issue<M['value'][]>(PUBSUB_CHANNELS, words)
  }

  /** `PUBSUB NUMPAT`. Since 2.8.0. */
  pubsubNumpat(): Result<M, number> {
    return this.issue<number>(PUBSUB_NUMPAT, [])
  }

  /** `PUBSUB NUMSUB [channel...]`. Since 2.8.0. */
  pubsubNumsub(...channels: Rest<Arg>): Result<M, Record<string, number>> {
    return this.issue<Record<string, number>>(PUBSUB_NUMSUB, rest(channels), shapes.record)
  }

  /** `PUBSUB SHARDCHANNELS [pattern]`. Since 7.0.0. */
  pubsubShardchannels(pattern?: Arg): Result<M, M['value'][]> {
    const words: Arg[] = []
    if (pattern !== undefined) words.push(pattern)
    return this.issue<M['value'][]>(PUBSUB_SHARDCHANNELS, words)
  }

  /** `PUBSUB SHARDNUMSUB [shardchannel...]`. Since 7.0.0. */
  pubsubShardnumsub(...shardchannels: Rest<Arg>): Result<M, Record<string, number>> {
    return this.issue<Record<string, number>>(PUBSUB_SHARDNUMSUB, rest(shardchannels), shapes.record)
  }

  /** `RANDOMKEY`. Since 1.0.0. */
  randomkey(): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(RANDOMKEY, [])
  }

  /** `RENAME key newkey:key`. Since 1.0.0. */
  rename(key: Arg, newkey: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(RENAME, [key, newkey])
  }

  /** `RENAMENX key newkey:key`. Since 1.0.0. */
  renamenx(key: Arg, newkey: Arg): Result<M, number> {
    return this.issue<number>(RENAMENX, [key, newkey])
  }

  /** `REPLICAOF args=(host port:int|NO ONE)`. Since 5.0.0. */
  replicaof(host: Arg, port: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(REPLICAOF, [host, port])
  }

  /** `RESTORE key ttl:int serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds:int] [FREQ frequency:int]`. Since 2.6.0. */
  restore(key: Arg, ttl: Integer, serializedValue: Arg, options?: RestoreOptions): Result<M, 'OK'> {
    const words: Arg[] = [key, ttl, serializedValue]
    checkOptions(options, 'replace absTtl idleTime freq')
    if (options !== undefined) {
      if (options.replace) words.push('REPLACE')
      if (options.absTtl) words.push('ABSTTL')
      if (options.idleTime !== undefined) words.push('IDLETIME', options.idleTime)
      if (options.freq !== undefined) words.push('FREQ', options.freq)
    }
    return this.issue<'OK'>(RESTORE, words)
  }

  /** `ROLE`. Since 2.8.12. */
  role(): Result<M, Role> {
    return this.issue<Role>(ROLE, [], serverShapes.role)
  }

  /** `RPOP key [count:int]`. Since 1.0.0. */
  rpop(key: Arg, count: Integer): Result<M, M['value'][] | null>
  rpop(key: Arg): Result<M, M['value'] | null>
  rpop(key: Arg, count?: Integer): Result<M, M['value'] | null | M['value'][]>
  rpop(key: Arg, count?: Integer): Result<M, M['value'][] | null> | Result<M, M['value'] | null> | Result<M, M['value'] | null | M['value'][]> {
    const words: Arg[] = [key]
    if (count !== undefined) words.push(count)
    return this.issue<M['value'][] | null>(RPOP, words)
  }

  /** `RPOPLPUSH source:key destination:key`. Since 1.2.0. @deprecated */
  rpoplpush(source: Arg, destination: Arg): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(RPOPLPUSH, [source, destination])
  }

  /** `RPUSH key element...`. Since 1.0.0. */
  rpush(key: Arg, ...elements: Rest<Arg>): Result<M, number> {
    return this.issue<number>(RPUSH, [key, ...rest(elements)])
  }

  /** `RPUSHX key element...`. Since 2.2.0. */
  rpushx(key: Arg, ...elements: Rest<Arg>): Result<M, number> {
    return this.issue<number>(RPUSHX, [key, ...rest(elements)])
  }

  /** `SADD key member...`. Since 1.0.0. */
  sadd(key: Arg, ...members: Rest<Arg>): Result<M, number> {
    return this.issue<number>(SADD, [key, ...rest(members)])
  }

  /** `SAVE`. Since 1.0.0. */
  save(): Result<M, 'OK'> {
    return this.issue<'OK'>(SAVE, [])
  }

  /** `SCAN cursor:int [MATCH pattern] [COUNT count:int] [TYPE type]`. Since 2.8.0. */
  scan(cursor: Arg, options?: ScanOptions): Result<M, Page<M['value']>> {
    const words: Arg[] = [cursor]
    checkOptions(options, 'match count type')
    if (options !== undefined) {
      if (options.match !== undefined) words.push('MATCH', options.match)
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.type !== undefined) words.push('TYPE', options.type)
    }
    return this.issue<Page<M['value']>>(SCAN, words, shapes.keyPage)
  }

  /** `SCARD key`. Since 1.0.0. */
  scard(key: Arg): Result<M, number> {
    return this.issue<number>(SCARD, [key])
  }

  /** `SCRIPT DEBUG mode=(YES|SYNC|NO)`. Since 3.2.0. */
  scriptDebug(mode: 'YES' | 'SYNC' | 'NO'): Result<M, 'OK'> {
    return this.issue<'OK'>(SCRIPT_DEBUG, [mode])
  }

  /** `SCRIPT EXISTS sha1...`. Since 2.6.0. */
  scriptExists(...sha1s: Rest<Arg>): Result<M, number[]> {
    return this.issue<number[]>(SCRIPT_EXISTS, rest(sha1s))
  }

  /** `SCRIPT FLUSH [ASYNC|SYNC]`. Since 2.6.0. */
  scriptFlush(options?: ScriptFlushOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'async sync')
    if (options !== undefined) {
      if (options.async) words.push('ASYNC')
      if (options.sync) words.push('SYNC')
    }
    return this.issue<'OK'>(SCRIPT_FLUSH, words)
  }

  /** `SCRIPT KILL`. Since 2.6.0. */
  scriptKill(): Result<M, 'OK'> {
    return this.issue<'OK'>(SCRIPT_KILL, [])
  }

  /** `SCRIPT LOAD script`. Since 2.6.0. */
  scriptLoad(script: Arg): Result<M, string> {
    return this.issue<string>(SCRIPT_LOAD, [script], shapes.text)
  }

  /** `SCRIPT SHOW sha1`. Since 8.0.0. */
  scriptShow(sha1: Arg): Result<M, string> {
    return this.issue<string>(SCRIPT_SHOW, [sha1], shapes.text)
  }

  /** `SDIFF key...`. Since 1.0.0. */
  sdiff(...keys: Rest<Arg>): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(SDIFF, rest(keys))
  }

  /** `SDIFFSTORE destination:key key...`. Since 1.0.0. */
  sdiffstore(destination: Arg, ...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(SDIFFSTORE, [destination, ...rest(keys)])
  }

  /** `SET key value [NX|XX|IFEQ comparison-value|IFNE comparison-value|IFDEQ comparison-digest|IFDNE comparison-digest] [GET] [EX seconds:int|PX milliseconds:int|EXAT unix-time-seconds:unix|PXAT unix-time-milliseconds:unix|KEEPTTL]`. Since 1.0.0. */
  set(key: Arg, value: Arg, options: SetOptions & { get: true }): Result<M, M['value'] | null>
  set(key: Arg, value: Arg, options?: SetOptions & { get?: false | undefined }): Result<M, 'OK' | null>
  set(key: Arg, value: Arg, options?: SetOptions): Result<M, 'OK' | null | M['value']>
  set(key: Arg, value: Arg, options?: SetOptions): Result<M, M['value'] | null> | Result<M, 'OK' | null> | Result<M, 'OK' | null | M['value']> {
    const words: Arg[] = [key, value]
    checkOptions(options, 'get nx xx ifEq ifNe ifDeq ifDne ex px exAt pxAt keepTtl')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.ifEq !== undefined) words.push('IFEQ', options.ifEq)
      if (options.ifNe !== undefined) words.push('IFNE', options.ifNe)
      if (options.ifDeq !== undefined) words.push('IFDEQ', options.ifDeq)
      if (options.ifDne !== undefined) words.push('IFDNE', options.ifDne)
      if (options.get) words.push('GET')
      if (options.ex !== undefined) words.push('EX', options.ex)
      if (options.px !== undefined) words.push('PX', options.px)
      if (options.exAt !== undefined) words.push('EXAT', options.exAt)
      if (options.pxAt !== undefined) words.push('PXAT', options.pxAt)
      if (options.keepTtl) words.push('KEEPTTL')
    }
    return this.issue<M['value'] | null>(SET, words)
  }

  /** `SETBIT key offset:int value:int`. Since 2.2.0. */
  setbit(key: Arg, offset: Integer, value: Integer): Result<M, number> {
    return this.issue<number>(SETBIT, [key, offset, value])
  }

  /** `SETEX key seconds:int value`. Since 2.0.0. */
  setex(key: Arg, seconds: Integer, value: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(SETEX, [key, seconds, value])
  }

  /** `SETNX key value`. Since 1.0.0. */
  setnx(key: Arg, value: Arg): Result<M, number> {
    return this.issue<number>(SETNX, [key, value])
  }

  /** `SETRANGE key offset:int value`. Since 2.2.0. */
  setrange(key: Arg, offset: Integer, value: Arg): Result<M, number> {
    return this.issue<number>(SETRANGE, [key, offset, value])
  }

  /** `SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]`. Since 1.0.0. */
  shutdown(options?: ShutdownOptions): Result<M, 'OK'> {
    const words: Arg[] = []
    checkOptions(options, 'now force abort nosave save')
    if (options !== undefined) {
      if (options.nosave) words.push('NOSAVE')
      if (options.save) words.push('SAVE')
      if (options.now) words.push('NOW')
      if (options.force) words.push('FORCE')
      if (options.abort) words.push('ABORT')
    }
    return this.issue<'OK'>(SHUTDOWN, words)
  }

  /** `SINTER key...`. Since 1.0.0. */
  sinter(...keys: Rest<Arg>): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(SINTER, rest(keys))
  }

  /** `SINTERCARD numkeys:int key... [LIMIT limit:int]`. Since 7.0.0. */
  sintercard(keys: Many<Arg>, options?: SintercardOptions): Result<M, number> {
    const words: Arg[] = []
    checkOptions(options, 'limit')
    pushCounted(words, keys)
    if (options !== undefined) {
      if (options.limit !== undefined) words.push('LIMIT', options.limit)
    }
    return this.issue<number>(SINTERCARD, words)
  }

  /** `SINTERSTORE destination:key key...`. Since 1.0.0. */
  sinterstore(destination: Arg, ...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(SINTERSTORE, [destination, ...rest(keys)])
  }

  /** `SISMEMBER key member`. Since 1.0.0. */
  sismember(key: Arg, member: Arg): Result<M, number> {
    return this.issue<number>(SISMEMBER, [key, member])
  }

  /** `SLAVEOF args=(host port:int|NO ONE)`. Since 1.0.0. @deprecated */
  slaveof(host: Arg, port: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(SLAVEOF, [host, port])
  }

  /** `SLOWLOG GET [count:int]`. Since 2.2.12. */
  slowlogGet(count?: Integer): Result<M, SlowlogEntry[]> {
    const words: Arg[] = []
    if (count !== undefined) words.push(count)
    return this.issue<SlowlogEntry[]>(SLOWLOG_GET, words, serverShapes.slowlog)
  }

  /** `SLOWLOG LEN`. Since 2.2.12. */
  slowlogLen(): Result<M, number> {
    return this.issue<number>(SLOWLOG_LEN, [])
  }

  /** `SLOWLOG RESET`. Since 2.2.12. */
  slowlogReset(): Result<M, 'OK'> {
    return this.issue<'OK'>(SLOWLOG_RESET, [])
  }

  /** `SMEMBERS key`. Since 1.0.0. */
  smembers(key: Arg): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(SMEMBERS, [key])
  }

  /** `SMISMEMBER key member...`. Since 6.2.0. */
  smismember(key: Arg, ...members: Rest<Arg>): Result<M, number[]> {
    return this.issue<number[]>(SMISMEMBER, [key, ...rest(members)])
  }

  /** `SMOVE source:key destination:key member`. Since 1.0.0. */
  smove(source: Arg, destination: Arg, member: Arg): Result<M, number> {
    return this.issue<number>(SMOVE, [source, destination, member])
  }

  /** `SORT key [BY pattern] [LIMIT offset:int count:int] [GET pattern]... [ASC|DESC] [ALPHA] [STORE destination:key]`. Since 1.0.0. */
  sort(key: Arg, options: SortOptions & { store: Arg }): Result<M, number>
  sort(key: Arg, options?: SortOptions & { store?: undefined }): Result<M, (M['value'] | null)[]>
  sort(key: Arg, options?: SortOptions): Result<M, (M['value'] | null)[] | number>
  sort(key: Arg, options?: SortOptions): Result<M, number> | Result<M, (M['value'] | null)[]> | Result<M, (M['value'] | null)[] | number> {
    const words: Arg[] = [key]
    checkOptions(options, 'by limit get alpha store asc desc')
    if (options !== undefined) {
      if (options.by !== undefined) words.push('BY', options.by)
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
      if (options.get !== undefined) for (const word of many(options.get)) words.push('GET', word)
      if (options.asc) words.push('ASC')
      if (options.desc) words.push('DESC')
      if (options.alpha) words.push('ALPHA')
      if (options.store !== undefined) words.push('STORE', options.store)
    }
    return this.issue<number>(SORT, words)
  }

  /** `SORT_RO key [BY pattern] [LIMIT offset:int count:int] [GET pattern]... [ASC|DESC] [ALPHA]`. Since 7.0.0. */
  sortRo(key: Arg, options?: SortRoOptions): Result<M, (M['value'] | null)[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'by limit get alpha asc desc')
    if (options !== undefined) {
      if (options.by !== undefined) words.push('BY', options.by)
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
      if (options.get !== undefined) for (const word of many(options.get)) words.push('GET', word)
      if (options.asc) words.push('ASC')
      if (options.desc) words.push('DESC')
      if (options.alpha) words.push('ALPHA')
    }
    return this.issue<(M['value'] | null)[]>(SORT_RO, words)
  }

  /** `SPOP key [count:int]`. Since 1.0.0. */
  spop(key: Arg, count: Integer): Result<M, M['value'][]>
  spop(key: Arg): Result<M, M['value'] | null>
  spop(key: Arg, count?: Integer): Result<M, M['value'] | null | M['value'][]>
  spop(key: Arg, count?: Integer): Result<M, M['value'][]> | Result<M, M['value'] | null> | Result<M, M['value'] | null | M['value'][]> {
    const words: Arg[] = [key]
    if (count !== undefined) words.push(count)
    return this.issue<M['value'][]>(SPOP, words)
  }

  /** `SPUBLISH shardchannel message`. Since 7.0.0. */
  spublish(shardchannel: Arg, message: Arg): Result<M, number> {
    return this.issue<number>(SPUBLISH, [shardchannel, message])
  }

  /** `SRANDMEMBER key [count:int]`. Since 1.0.0. */
  srandmember(key: Arg, count: Integer): Result<M, M['value'][]>
  srandmember(key: Arg): Result<M, M['value'] | null>
  srandmember(key: Arg, count?: Integer): Result<M, M['value'] | null | M['value'][]>
  srandmember(key: Arg, count?: Integer): Result<M, M['value'][]> | Result<M, M['value'] | null> | Result<M, M['value'] | null | M['value'][]> {
    const words: Arg[] = [key]
    if (count !== undefined) words.push(count)
    return this.issue<M['value'][]>(SRANDMEMBER, words)
  }

  /** `SREM key member...`. Since 1.0.0. */
  srem(key: Arg, ...members: Rest<Arg>): Result<M, number> {
    return this.issue<number>(SREM, [key, ...rest(members)])
  }

  /** `SSCAN key cursor:int [MATCH pattern] [COUNT count:int]`. Since 2.8.0. */
  sscan(key: Arg, cursor: Arg, options?: SscanOptions): Result<M, MemberPage<M['value']>> {
    const words: Arg[] = [key, cursor]
    checkOptions(options, 'match count')
    if (options !== undefined) {
      if (options.match !== undefined) words.push('MATCH', options.match)
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<MemberPage<M['value']>>(SSCAN, words, shapes.memberPage)
  }

  /** `STRLEN key`. Since 2.2.0. */
  strlen(key: Arg): Result<M, number> {
    return this.issue<number>(STRLEN, [key])
  }

  /** `SUBSTR key start:int end:int`. Since 1.0.0. @deprecated */
  substr(key: Arg, start: Integer, end: Integer): Result<M, M['value']> {
    return this.issue<M['value']>(SUBSTR, [key, start, end])
  }

  /** `SUNION key...`. Since 1.0.0. */
  sunion(...keys: Rest<Arg>): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(SUNION, rest(keys))
  }

  /** `SUNIONSTORE destination:key key...`. Since 1.0.0. */
  sunionstore(destination: Arg, ...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(SUNIONSTORE, [destination, ...rest(keys)])
  }

  /** `SWAPDB index1:int index2:int`. Since 4.0.0. */
  swapdb(index1: Integer, index2: Integer): Result<M, 'OK'> {
    return this.issue<'OK'>(SWAPDB, [index1, index2])
  }

  /** `TDIGEST.ADD key value:double...`. Since 2.4.0. */
  tdigestAdd(key: Arg, ...values: Rest<Decimal>): Result<M, 'OK'> {
    return this.issue<'OK'>(TDIGEST_ADD, [key, ...rest(values)])
  }

  /** `TDIGEST.BYRANK key rank:int...`. Since 2.4.0. */
  tdigestByrank(key: Arg, ...ranks: Rest<Integer>): Result<M, number[]> {
    return this.issue<number[]>(TDIGEST_BYRANK, [key, ...rest(ranks)], shapes.doubles)
  }

  /** `TDIGEST.BYREVRANK key reverse-rank:int...`. Since 2.4.0. */
  tdigestByrevrank(key: Arg, ...reverseRanks: Rest<Integer>): Result<M, number[]> {
    return this.issue<number[]>(TDIGEST_BYREVRANK, [key, ...rest(reverseRanks)], shapes.doubles)
  }

  /** `TDIGEST.CDF key value:double...`. Since 2.4.0. */
  tdigestCdf(key: Arg, ...values: Rest<Decimal>): Result<M, number[]> {
    return this.issue<number[]>(TDIGEST_CDF, [key, ...rest(values)], shapes.doubles)
  }

  /** `TDIGEST.CREATE key [COMPRESSION compression:int]`. Since 2.4.0. */
  tdigestCreate(key: Arg, options?: TdigestCreateOptions): Result<M, 'OK'> {
    const words: Arg[] = [key]
    checkOptions(options, 'compression')
    if (options !== undefined) {
      if (options.compression !== undefined) words.push('COMPRESSION', options.compression)
    }
    return this.issue<'OK'>(TDIGEST_CREATE, words)
  }

  /** `TDIGEST.INFO key`. Since 2.4.0. */
  tdigestInfo(key: Arg): Result<M, Record<string, number | string | null>> {
    return this.issue<Record<string, number | string | null>>(TDIGEST_INFO, [key], modulesShapes.infoRecord)
  }

  /** `TDIGEST.MAX key`. Since 2.4.0. */
  tdigestMax(key: Arg): Result<M, number> {
    return this.issue<number>(TDIGEST_MAX, [key], shapes.double)
  }

  /** `TDIGEST.MERGE destination-key:key numkeys:int source-key:key... [COMPRESSION compression:int] [OVERRIDE]`. Since 2.4.0. */
  tdigestMerge(destinationKey: Arg, sourceKeys: Many<Arg>, options?: TdigestMergeOptions): Result<M, 'OK'> {
    const words: Arg[] = [destinationKey]
    checkOptions(options, 'compression override')
    pushCounted(words, sourceKeys)
    if (options !== undefined) {
      if (options.compression !== undefined) words.push('COMPRESSION', options.compression)
      if (options.override) words.push('OVERRIDE')
    }
    return this.issue<'OK'>(TDIGEST_MERGE, words)
  }

  /** `TDIGEST.MIN key`. Since 2.4.0. */
  tdigestMin(key: Arg): Result<M, number> {
    return this.issue<number>(TDIGEST_MIN, [key], shapes.double)
  }

  /** `TDIGEST.QUANTILE key quantile:double...`. Since 2.4.0. */
  tdigestQuantile(key: Arg, ...quantiles: Rest<Decimal>): Result<M, number[]> {
    return this.issue<number[]>(TDIGEST_QUANTILE, [key, ...rest(quantiles)], shapes.doubles)
  }

  /** `TDIGEST.RANK key value:double...`. Since 2.4.0. */
  tdigestRank(key: Arg, ...values: Rest<Decimal>): Result<M, number[]> {
    return this.issue<number[]>(TDIGEST_RANK, [key, ...rest(values)])
  }

  /** `TDIGEST.RESET key`. Since 2.4.0. */
  tdigestReset(key: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(TDIGEST_RESET, [key])
  }

  /** `TDIGEST.REVRANK key value:double...`. Since 2.4.0. */
  tdigestRevrank(key: Arg, ...values: Rest<Decimal>): Result<M, number[]> {
    return this.issue<number[]>(TDIGEST_REVRANK, [key, ...rest(values)])
  }

  /** `TDIGEST.TRIMMED_MEAN key low-cut-quantile:double high-cut-quantile:double`. Since 2.4.0. */
  tdigestTrimmedMean(key: Arg, lowCutQuantile: Decimal, highCutQuantile: Decimal): Result<M, number> {
    return this.issue<number>(TDIGEST_TRIMMED_MEAN, [key, lowCutQuantile, highCutQuantile], shapes.double)
  }

  /** `TIME`. Since 2.6.0. */
  time(): Result<M, [seconds: number, microseconds: number]> {
    return this.issue<[seconds: number, microseconds: number]>(TIME, [], shapes.numbers)
  }

  /** `TOPK.ADD key item...`. Since 2.0.0. */
  topkAdd(key: Arg, ...items: Rest<Arg>): Result<M, (M['value'] | null)[]> {
    return this.issue<(M['value'] | null)[]>(TOPK_ADD, [key, ...rest(items)])
  }

  /** `TOPK.COUNT key item...`. Since 2.0.0. @deprecated */
  topkCount(key: Arg, ...items: Rest<Arg>): Result<M, number[]> {
    return this.issue<number[]>(TOPK_COUNT, [key, ...rest(items)])
  }

  /** `TOPK.INCRBY key {item increment:int}...`. Since 2.0.0. */
  topkIncrby(key: Arg, entries: Many<TopkIncrbyEntry>): Result<M, (M['value'] | null)[]>
  topkIncrby(key: Arg, item: Arg, increment: Integer): Result<M, (M['value'] | null)[]>
  topkIncrby(key: Arg, entries: Arg | Many<TopkIncrbyEntry>, ...more: readonly unknown[]): Result<M, (M['value'] | null)[]> {
    const words: Arg[] = [key]
    if (isArg(entries)) words.push(entries, more[0] as Integer)
    else {
      for (const row of many<TopkIncrbyEntry>(entries)) {
        words.push(row.item, row.increment)
      }
    }
    return this.issue<(M['value'] | null)[]>(TOPK_INCRBY, words)
  }

  /** `TOPK.INFO key`. Since 2.0.0. */
  topkInfo(key: Arg): Result<M, Record<string, number | string | null>> {
    return this.issue<Record<string, number | string | null>>(TOPK_INFO, [key], modulesShapes.infoRecord)
  }

  /** `TOPK.LIST key [WITHCOUNT]`. Since 2.0.0. */
  topkList(key: Arg, options: TopkListOptions & { withCount: true }): Result<M, Counted<M['value']>[]>
  topkList(key: Arg, options?: TopkListOptions & { withCount?: false | undefined }): Result<M, M['value'][]>
  topkList(key: Arg, options?: TopkListOptions): Result<M, M['value'][] | Counted<M['value']>[]>
  topkList(key: Arg, options?: TopkListOptions): Result<M, Counted<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Counted<M['value']>[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'withCount')
    if (options !== undefined) {
      if (options.withCount) words.push('WITHCOUNT')
    }
    return this.issue<Counted<M['value']>[]>(TOPK_LIST, words, options?.withCount ? modulesShapes.counted : undefined)
  }

  /** `TOPK.QUERY key item...`. Since 2.0.0. */
  topkQuery(key: Arg, ...items: Rest<Arg>): Result<M, number[]> {
    return this.issue<number[]>(TOPK_QUERY, [key, ...rest(items)], shapes.flags)
  }

  /** `TOPK.RESERVE key topk:int [width:int depth:int decay:double]`. Since 2.0.0. */
  topkReserve(key: Arg, topk: Integer, width: Integer, depth: Integer, decay: Decimal): Result<M, 'OK'>
  topkReserve(key: Arg, topk: Integer): Result<M, 'OK'>
  topkReserve(key: Arg, topk: Integer, width?: Integer, depth?: Integer, decay?: Decimal): Result<M, 'OK'> {
    const words: Arg[] = [key, topk]
    if (width !== undefined) {
      words.push(width)
      if (depth !== undefined) words.push(depth)
      if (decay !== undefined) words.push(decay)
    }
    return this.issue<'OK'>(TOPK_RESERVE, words)
  }

  /** `TOUCH key...`. Since 3.2.1. */
  touch(...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(TOUCH, rest(keys))
  }

  /** `TS.ADD key timestamp value:double [RETENTION retention-period:int] [ENCODING (UNCOMPRESSED|COMPRESSED)] [CHUNK_SIZE size:int] [DUPLICATE_POLICY (BLOCK|FIRST|LAST|MIN|MAX|SUM)] [ON_DUPLICATE (BLOCK|FIRST|LAST|MIN|MAX|SUM)] [IGNORE ignore-max-time-diff:int ignore-max-val-diff:double] [LABELS {label value}...]`. Since 1.0.0. */
  tsAdd(key: Arg, timestamp: Arg, value: Decimal, options?: TsAddOptions): Result<M, number> {
    const words: Arg[] = [key, timestamp, value]
    checkOptions(options, 'retention encoding chunkSize duplicatePolicy onDuplicate ignore labels')
    if (options !== undefined) {
      if (options.retention !== undefined) words.push('RETENTION', options.retention)
      if (options.encoding !== undefined) words.push('ENCODING', options.encoding)
      if (options.chunkSize !== undefined) words.push('CHUNK_SIZE', options.chunkSize)
      if (options.duplicatePolicy !== undefined) words.push('DUPLICATE_POLICY', options.duplicatePolicy)
      if (options.onDuplicate !== undefined) words.push('ON_DUPLICATE', options.onDuplicate)
      if (options.ignore !== undefined) words.push('IGNORE', ...options.ignore)
      if (options.labels !== undefined) {
        words.push('LABELS')
        pushPairs(words, options.labels)
      }
    }
    return this.issue<number>(TS_ADD, words)
  }

  /** `TS.ALTER key [RETENTION retention-period:int] [CHUNK_SIZE size:int] [DUPLICATE_POLICY (BLOCK|FIRST|LAST|MIN|MAX|SUM)] [IGNORE ignore-max-time-diff:int ignore-max-val-diff:double] [LABELS {label value}...]`. Since 1.0.0. */
  tsAlter(key: Arg, options?: TsAlterOptions): Result<M, 'OK'> {
    const words: Arg[] = [key]
    checkOptions(options, 'retention chunkSize duplicatePolicy ignore labels')
    if (options !== undefined) {
      if (options.retention !== undefined) words.push('RETENTION', options.retention)
      if (options.chunkSize !== undefined) words.push('CHUNK_SIZE', options.chunkSize)
      if (options.duplicatePolicy !== undefined) words.push('DUPLICATE_POLICY', options.duplicatePolicy)
      if (options.ignore !== undefined) words.push('IGNORE', ...options.ignore)
      if (options.labels !== undefined) {
        words.push('LABELS')
        pushPairs(words, options.labels)
      }
    }
    return this.issue<'OK'>(TS_ALTER, words)
  }

  /** `TS.CREATE key [RETENTION retention-period:int] [ENCODING (UNCOMPRESSED|COMPRESSED)] [CHUNK_SIZE size:int] [DUPLICATE_POLICY (BLOCK|FIRST|LAST|MIN|MAX|SUM)] [IGNORE ignore-max-time-diff:int ignore-max-val-diff:double] [LABELS {label value}...]`. Since 1.0.0. */
  tsCreate(key: Arg, options?: TsCreateOptions): Result<M, 'OK'> {
    const words: Arg[] = [key]
    checkOptions(options, 'retention encoding chunkSize duplicatePolicy ignore labels')
    if (options !== undefined) {
      if (options.retention !== undefined) words.push('RETENTION', options.retention)
      if (options.encoding !== undefined) words.push('ENCODING', options.encoding)
      if (options.chunkSize !== undefined) words.push('CHUNK_SIZE', options.chunkSize)
      if (options.duplicatePolicy !== undefined) words.push('DUPLICATE_POLICY', options.duplicatePolicy)
      if (options.ignore !== undefined) words.push('IGNORE', ...options.ignore)
      if (options.labels !== undefined) {
        words.push('LABELS')
        pushPairs(words, options.labels)
      }
    }
    return this.issue<'OK'>(TS_CREATE, words)
  }

  /** `TS.CREATERULE source-key:key dest-key:key AGGREGATION aggregator bucket-duration:int [align-timestamp:int]`. Since 1.0.0. */
  tsCreaterule(sourceKey: Arg, destKey: Arg, aggregator: Arg, bucketDuration: Integer, alignTimestamp?: Integer): Result<M, 'OK'> {
    const words: Arg[] = [sourceKey, destKey, 'AGGREGATION', aggregator, bucketDuration]
    if (alignTimestamp !== undefined) words.push(alignTimestamp)
    return this.issue<'OK'>(TS_CREATERULE, words)
  }

  /** `TS.DECRBY key subtrahend:double [TIMESTAMP timestamp] [RETENTION retention-period:int] [ENCODING (UNCOMPRESSED|COMPRESSED)] [CHUNK_SIZE size:int] [DUPLICATE_POLICY (BLOCK|FIRST|LAST|MIN|MAX|SUM)] [IGNORE ignore-max-time-diff:int ignore-max-val-diff:double] [LABELS {label value}...]`. Since 1.0.0. */
  tsDecrby(key: Arg, subtrahend: Decimal, options?: TsDecrbyOptions): Result<M, number> {
    const words: Arg[] = [key, subtrahend]
    checkOptions(options, 'timestamp retention encoding chunkSize duplicatePolicy ignore labels')
    if (options !== undefined) {
      if (options.timestamp !== undefined) words.push('TIMESTAMP', options.timestamp)
      if (options.retention !== undefined) words.push('RETENTION', options.retention)
      if (options.encoding !== undefined) words.push('ENCODING', options.encoding)
      if (options.chunkSize !== undefined) words.push('CHUNK_SIZE', options.chunkSize)
      if (options.duplicatePolicy !== undefined) words.push('DUPLICATE_POLICY', options.duplicatePolicy)
      if (options.ignore !== undefined) words.push('IGNORE', ...options.ignore)
      if (options.labels !== undefined) {
        words.push('LABELS')
        pushPairs(words, options.labels)
      }
    }
    return this.issue<number>(TS_DECRBY, words)
  }

  /** `TS.DEL key from-timestamp to-timestamp`. Since 1.6.0. */
  tsDel(key: Arg, fromTimestamp: Arg, toTimestamp: Arg): Result<M, number> {
    return this.issue<number>(TS_DEL, [key, fromTimestamp, toTimestamp])
  }

  /** `TS.DELETERULE source-key:key dest-key:key`. Since 1.0.0. */
  tsDeleterule(sourceKey: Arg, destKey: Arg): Result<M, 'OK'> {
    return this.issue<'OK'>(TS_DELETERULE, [sourceKey, destKey])
  }

  /** `TS.GET key [LATEST]`. Since 1.0.0. */
  tsGet(key: Arg, options?: TsGetOptions): Result<M, Sample | null> {
    const words: Arg[] = [key]
    checkOptions(options, 'latest')
    if (options !== undefined) {
      if (options.latest) words.push('LATEST')
    }
    return this.issue<Sample | null>(TS_GET, words, modulesShapes.sample)
  }

  /** `TS.INCRBY key addend:double [TIMESTAMP timestamp] [RETENTION retention-period:int] [ENCODING (UNCOMPRESSED|COMPRESSED)] [CHUNK_SIZE size:int] [DUPLICATE_POLICY (BLOCK|FIRST|LAST|MIN|MAX|SUM)] [IGNORE ignore-max-time-diff:int ignore-max-val-diff:double] [LABELS {label value}...]`. Since 1.0.0. */
  tsIncrby(key: Arg, addend: Decimal, options?: TsIncrbyOptions): Result<M, number> {
    const words: Arg[] = [key, addend]
    checkOptions(options, 'timestamp retention encoding chunkSize duplicatePolicy ignore labels')
    if (options !== undefined) {
      if (options.timestamp !== undefined) words.push('TIMESTAMP', options.timestamp)
      if (options.retention !== undefined) words.push('RETENTION', options.retention)
      if (options.encoding !== undefined) words.push('ENCODING', options.encoding)
      if (options.chunkSize !== undefined) words.push('CHUNK_SIZE', options.chunkSize)
      if (options.duplicatePolicy !== undefined) words.push('DUPLICATE_POLICY', options.duplicatePolicy)
      if (options.ignore !== undefined) words.push('IGNORE', ...options.ignore)
      if (options.labels !== undefined) {
        words.push('LABELS')
        pushPairs(words, options.labels)
      }
    }
    return this.issue<number>(TS_INCRBY, words)
  }

  /** `TS.INFO key [DEBUG]`. Since 1.0.0. */
  tsInfo(key: Arg, options?: TsInfoOptions): Result<M, Record<string, unknown>> {
    const words: Arg[] = [key]
    checkOptions(options, 'debug')
    if (options !== undefined) {
      if (options.debug) words.push('DEBUG')
    }
    return this.issue<Record<string, unknown>>(TS_INFO, words, serverShapes.deepRecord)
  }

  /** `TS.MADD {key timestamp value:double}...`. Since 1.0.0. */
  tsMadd(entries: Many<TsMaddEntry>): Result<M, number[]>
  tsMadd(key: Arg, timestamp: Arg, value: Decimal): Result<M, number[]>
  tsMadd(entries: Arg | Many<TsMaddEntry>, ...more: readonly unknown[]): Result<M, number[]> {
    const words: Arg[] = []
    if (isArg(entries)) words.push(entries, more[0] as Arg, more[1] as Decimal)
    else {
      for (const row of many<TsMaddEntry>(entries)) {
        words.push(row.key, row.timestamp, row.value)
      }
    }
    return this.issue<number[]>(TS_MADD, words)
  }

  /** `TS.MGET [LATEST] [WITHLABELS|SELECTED_LABELS label...] FILTER filter...`. Since 1.0.0. */
  tsMget(filters: Many<Arg>, options?: TsMgetOptions): Result<M, SeriesSample[]> {
    const words: Arg[] = []
    checkOptions(options, 'latest withLabels selectedLabels')
    if (options !== undefined) {
      if (options.latest) words.push('LATEST')
      if (options.withLabels) words.push('WITHLABELS')
      if (options.selectedLabels !== undefined) {
        words.push('SELECTED_LABELS')
        pushAll(words, options.selectedLabels)
      }
    }
    words.push('FILTER')
    pushAll(words, filters)
    return this.issue<SeriesSample[]>(TS_MGET, words, modulesShapes.seriesSamples)
  }

  /** `TS.MRANGE from-timestamp to-timestamp [LATEST] [FILTER_BY_TS timestamp...] [FILTER_BY_VALUE min:double max:double] [WITHLABELS|SELECTED_LABELS label...] [COUNT count:int] [ALIGN align] [AGGREGATION aggregator bucket-duration:int [BUCKETTIMESTAMP bucket-timestamp] [EMPTY]] FILTER filter... [GROUPBY label REDUCE reducer]`. Since 1.0.0. */
  tsMrange(fromTimestamp: Arg, toTimestamp: Arg, filters: Many<Arg>, options?: TsMrangeOptions): Result<M, Series[]> {
    const words: Arg[] = [fromTimestamp, toTimestamp]
    checkOptions(options, 'latest filterByTs filterByValue count align bucketTimestamp empty aggregation groupBy withLabels selectedLabels')
    if (options !== undefined) {
      if (options.latest) words.push('LATEST')
      if (options.filterByTs !== undefined) {
        words.push('FILTER_BY_TS')
        pushAll(words, options.filterByTs)
      }
      if (options.filterByValue !== undefined) words.push('FILTER_BY_VALUE', ...options.filterByValue)
      if (options.withLabels) words.push('WITHLABELS')
      if (options.selectedLabels !== undefined) {
        words.push('SELECTED_LABELS')
        pushAll(words, options.selectedLabels)
      }
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.align !== undefined) words.push('ALIGN', options.align)
      if (options.aggregation !== undefined) {
        words.push('AGGREGATION', ...options.aggregation)
        if (options.bucketTimestamp !== undefined) words.push('BUCKETTIMESTAMP', options.bucketTimestamp)
        if (options.empty) words.push('EMPTY')
      }
    }
    words.push('FILTER')
    pushAll(words, filters)
    if (options !== undefined) {
      if (options.groupBy !== undefined) {
        words.push('GROUPBY')
        words.push(options.groupBy.label, 'REDUCE', options.groupBy.reduce)
      }
    }
    return this.issue<Series[]>(TS_MRANGE, words, modulesShapes.series)
  }

  /** `TS.MREVRANGE from-timestamp to-timestamp [LATEST] [FILTER_BY_TS timestamp...] [FILTER_BY_VALUE min:double max:double] [WITHLABELS|SELECTED_LABELS label...] [COUNT count:int] [ALIGN align] [AGGREGATION aggregator bucket-duration:int [BUCKETTIMESTAMP bucket-timestamp] [EMPTY]] FILTER filter... [GROUPBY label REDUCE reducer]`. Since 1.0.0. */
  tsMrevrange(fromTimestamp: Arg, toTimestamp: Arg, filters: Many<Arg>, options?: TsMrevrangeOptions): Result<M, Series[]> {
    const words: Arg[] = [fromTimestamp, toTimestamp]
    checkOptions(options, 'latest filterByTs filterByValue count align bucketTimestamp empty aggregation groupBy withLabels selectedLabels')
    if (options !== undefined) {
      if (options.latest) words.push('LATEST')
      if (options.filterByTs !== undefined) {
        words.push('FILTER_BY_TS')
        pushAll(words, options.filterByTs)
      }
      if (options.filterByValue !== undefined) words.push('FILTER_BY_VALUE', ...options.filterByValue)
      if (options.withLabels) words.push('WITHLABELS')
      if (options.selectedLabels !== undefined) {
        words.push('SELECTED_LABELS')
        pushAll(words, options.selectedLabels)
      }
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.align !== undefined) words.push('ALIGN', options.align)
      if (options.aggregation !== undefined) {
        words.push('AGGREGATION', ...options.aggregation)
        if (options.bucketTimestamp !== undefined) words.push('BUCKETTIMESTAMP', options.bucketTimestamp)
        if (options.empty) words.push('EMPTY')
      }
    }
    words.push('FILTER')
    pushAll(words, filters)
    if (options !== undefined) {
      if (options.groupBy !== undefined) {
        words.push('GROUPBY')
        words.push(options.groupBy.label, 'REDUCE', options.groupBy.reduce)
      }
    }
    return this.issue<Series[]>(TS_MREVRANGE, words, modulesShapes.series)
  }

  /** `TS.QUERYINDEX filter...`. Since 1.0.0. */
  tsQueryindex(...filters: Rest<Arg>): Result<M, M['value'][]> {
    return this.issue<M['value'][]>(TS_QUERYINDEX, rest(filters))
  }

  /** `TS.RANGE key from-timestamp to-timestamp [LATEST] [FILTER_BY_TS timestamp...] [FILTER_BY_VALUE min:double max:double] [COUNT count:int] [ALIGN align] [AGGREGATION aggregator bucket-duration:int [BUCKETTIMESTAMP bucket-timestamp] [EMPTY]]`. Since 1.0.0. */
  tsRange(key: Arg, fromTimestamp: Arg, toTimestamp: Arg, options?: TsRangeOptions): Result<M, Sample[]> {
    const words: Arg[] = [key, fromTimestamp, toTimestamp]
    checkOptions(options, 'latest filterByTs filterByValue count align bucketTimestamp empty aggregation')
    if (options !== undefined) {
      if (options.latest) words.push('LATEST')
      if (options.filterByTs !== undefined) {
        words.push('FILTER_BY_TS')
        pushAll(words, options.filterByTs)
      }
      if (options.filterByValue !== undefined) words.push('FILTER_BY_VALUE', ...options.filterByValue)
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.align !== undefined) words.push('ALIGN', options.align)
      if (options.aggregation !== undefined) {
        words.push('AGGREGATION', ...options.aggregation)
        if (options.bucketTimestamp !== undefined) words.push('BUCKETTIMESTAMP', options.bucketTimestamp)
        if (options.empty) words.push('EMPTY')
      }
    }
    return this.issue<Sample[]>(TS_RANGE, words, modulesShapes.samples)
  }

  /** `TS.REVRANGE key from-timestamp to-timestamp [LATEST] [FILTER_BY_TS timestamp...] [FILTER_BY_VALUE min:double max:double] [COUNT count:int] [ALIGN align] [AGGREGATION aggregator bucket-duration:int [BUCKETTIMESTAMP bucket-timestamp] [EMPTY]]`. Since 1.0.0. */
  tsRevrange(key: Arg, fromTimestamp: Arg, toTimestamp: Arg, options?: TsRevrangeOptions): Result<M, Sample[]> {
    const words: Arg[] = [key, fromTimestamp, toTimestamp]
    checkOptions(options, 'latest filterByTs filterByValue count align bucketTimestamp empty aggregation')
    if (options !== undefined) {
      if (options.latest) words.push('LATEST')
      if (options.filterByTs !== undefined) {
        words.push('FILTER_BY_TS')
        pushAll(words, options.filterByTs)
      }
      if (options.filterByValue !== undefined) words.push('FILTER_BY_VALUE', ...options.filterByValue)
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.align !== undefined) words.push('ALIGN', options.align)
      if (options.aggregation !== undefined) {
        words.push('AGGREGATION', ...options.aggregation)
        if (options.bucketTimestamp !== undefined) words.push('BUCKETTIMESTAMP', options.bucketTimestamp)
        if (options.empty) words.push('EMPTY')
      }
    }
    return this.issue<Sample[]>(TS_REVRANGE, words, modulesShapes.samples)
  }

  /** `TTL key`. Since 1.0.0. */
  ttl(key: Arg): Result<M, number> {
    return this.issue<number>(TTL, [key])
  }

  /** `TYPE key`. Since 1.0.0. */
  type(key: Arg): Result<M, string> {
    return this.issue<string>(TYPE, [key])
  }

  /** `UNLINK key...`. Since 4.0.0. */
  unlink(...keys: Rest<Arg>): Result<M, number> {
    return this.issue<number>(UNLINK, rest(keys))
  }

  /** `VADD key [REDUCE dim:int] (FP32 vector|VALUES num:int value:double...) element [CAS] [NOQUANT|Q8|BIN] [EF build-exploration-factor:int] [SETATTR attributes] [M numlinks:int]`. Since 8.0.0. */
  vadd(key: Arg, element: Arg, options: VaddOptions): Result<M, number> {
    const words: Arg[] = [key]
    checkOptions(options, 'reduce cas ef setAttr m fp32 values noQuant q8 bin')
    if (options.reduce !== undefined) words.push('REDUCE', options.reduce)
    if (options.fp32 !== undefined) words.push('FP32', options.fp32)
    if (options.values !== undefined) {
      words.push('VALUES')
      pushCounted(words, options.values)
    }
    words.push(element)
    if (options.cas) words.push('CAS')
    if (options.noQuant) words.push('NOQUANT')
    if (options.q8) words.push('Q8')
    if (options.bin) words.push('BIN')
    if (options.ef !== undefined) words.push('EF', options.ef)
    if (options.setAttr !== undefined) words.push('SETATTR', options.setAttr)
    if (options.m !== undefined) words.push('M', options.m)
    return this.issue<number>(VADD, words, shapes.flag)
  }

  /** `VCARD key`. Since 8.0.0. */
  vcard(key: Arg): Result<M, number> {
    return this.issue<number>(VCARD, [key])
  }

  /** `VDIM key`. Since 8.0.0. */
  vdim(key: Arg): Result<M, number> {
    return this.issue<number>(VDIM, [key])
  }

  /** `VEMB key element [RAW]`. Since 8.0.0. */
  vemb(key: Arg, element: Arg, options: VembOptions & { raw: true }): Result<M, RawVector | null>
  vemb(key: Arg, element: Arg, options?: VembOptions & { raw?: false | undefined }): Result<M, number[] | null>
  vemb(key: Arg, element: Arg, options?: VembOptions): Result<M, number[] | null | RawVector>
  vemb(key: Arg, element: Arg, options?: VembOptions): Result<M, RawVector | null> | Result<M, number[] | null> | Result<M, number[] | null | RawVector> {
    const words: Arg[] = [key, element]
    checkOptions(options, 'raw')
    if (options !== undefined) {
      if (options.raw) words.push('RAW')
    }
    return this.issue<RawVector | null>(VEMB, words, options?.raw ? modulesShapes.rawVector : shapes.doubles)
  }

  /** `VGETATTR key element`. Since 8.0.0. */
  vgetattr(key: Arg, element: Arg): Result<M, M['value'] | null> {
    return this.issue<M['value'] | null>(VGETATTR, [key, element])
  }

  /** `VINFO key`. Since 8.0.0. */
  vinfo(key: Arg): Result<M, Record<string, unknown> | null> {
    return this.issue<Record<string, unknown> | null>(VINFO, [key], serverShapes.deepRecord)
  }

  /** `VISMEMBER key element`. Since 8.0.0. */
  vismember(key: Arg, element: Arg): Result<M, number> {
    return this.issue<number>(VISMEMBER, [key, element], shapes.flag)
  }

  /** `VLINKS key element [WITHSCORES]`. Since 8.0.0. */
  vlinks(key: Arg, element: Arg, options: VlinksOptions & { withScores: true }): Result<M, Similar[][] | null>
  vlinks(key: Arg, element: Arg, options?: VlinksOptions & { withScores?: false | undefined }): Result<M, M['value'][][] | null>
  vlinks(key: Arg, element: Arg, options?: VlinksOptions): Result<M, M['value'][][] | null | Similar[][]>
  vlinks(key: Arg, element: Arg, options?: VlinksOptions): Result<M, Similar[][] | null> | Result<M, M['value'][][] | null> | Result<M, M['value'][][] | null | Similar[][]> {
    const words: Arg[] = [key, element]
    checkOptions(options, 'withScores')
    if (options !== undefined) {
      if (options.withScores) words.push('WITHSCORES')
    }
    return this.issue<Similar[][] | null>(VLINKS, words, options?.withScores ? modulesShapes.similarLayers : undefined)
  }

  /** `VRANDMEMBER key [count:int]`. Since 8.0.0. */
  vrandmember(key: Arg, count: Integer): Result<M, M['value'][]>
  vrandmember(key: Arg): Result<M, M['value'] | null>
  vrandmember(key: Arg, count?: Integer): Result<M, M['value'] | null | M['value'][]>
  vrandmember(key: Arg, count?: Integer): Result<M, M['value'][]> | Result<M, M['value'] | null> | Result<M, M['value'] | null | M['value'][]> {
    const words: Arg[] = [key]
    if (count !== undefined) words.push(count)
    return this.issue<M['value'][]>(VRANDMEMBER, words)
  }

  /** `VRANGE key start end [count:int]`. Since 8.4.0. */
  vrange(key: Arg, start: Arg, end: Arg, count?: Integer): Result<M, M['value'][]> {
    const words: Arg[] = [key, start, end]
    if (count !== undefined) words.push(count)
    return this.issue<M['value'][]>(VRANGE, words)
  }

  /** `VREM key element`. Since 8.0.0. */
  vrem(key: Arg, element: Arg): Result<M, number> {
    return this.issue<number>(VREM, [key, element], shapes.flag)
  }

  /** `VSETATTR key element attributes`. Since 8.0.0. */
  vsetattr(key: Arg, element: Arg, attributes: Arg): Result<M, number> {
    return this.issue<number>(VSETATTR, [key, element, attributes], shapes.flag)
  }

  /** `VSIM key (ELE element|FP32 vector|VALUES num:int value:double...) [WITHSCORES] [WITHATTRIBS] [COUNT count:int] [EPSILON delta:double] [EF search-exploration-factor:int] [FILTER expression] [FILTER-EF max-filtering-effort:int] [TRUTH] [NOTHREAD]`. Since 8.0.0. */
  vsim(key: Arg, options: VsimOptions & { withScores: true; withAttribs: true }): Result<M, (Similar & Attributed<M['value']>)[]>
  vsim(key: Arg, options: VsimOptions & { withScores: true }): Result<M, Similar[]>
  vsim(key: Arg, options: VsimOptions & { withAttribs: true }): Result<M, Attributed<M['value']>[]>
  vsim(key: Arg, options: VsimOptions & { withScores?: false | undefined; withAttribs?: false | undefined }): Result<M, M['value'][]>
  vsim(key: Arg, options: VsimOptions): Result<M, M['value'][] | (Similar & Attributed<M['value']>)[] | Similar[] | Attributed<M['value']>[]>
  vsim(key: Arg, options: VsimOptions): Result<M, (Similar & Attributed<M['value']>)[]> | Result<M, Similar[]> | Result<M, Attributed<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | (Similar & Attributed<M['value']>)[] | Similar[] | Attributed<M['value']>[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'withScores withAttribs count epsilon ef filter filterEf truth noThread ele fp32 values')
    if (options.ele !== undefined) words.push('ELE', options.ele)
    if (options.fp32 !== undefined) words.push('FP32', options.fp32)
    if (options.values !== undefined) {
      words.push('VALUES')
      pushCounted(words, options.values)
    }
    if (options.withScores) words.push('WITHSCORES')
    if (options.withAttribs) words.push('WITHATTRIBS')
    if (options.count !== undefined) words.push('COUNT', options.count)
    if (options.epsilon !== undefined) words.push('EPSILON', options.epsilon)
    if (options.ef !== undefined) words.push('EF', options.ef)
    if (options.filter !== undefined) words.push('FILTER', options.filter)
    if (options.filterEf !== undefined) words.push('FILTER-EF', options.filterEf)
    if (options.truth) words.push('TRUTH')
    if (options.noThread) words.push('NOTHREAD')
    return this.issue<(Similar & Attributed<M['value']>)[]>(VSIM, words, options.withScores && options.withAttribs ? modulesShapes.similarAttributed : options.withScores ? modulesShapes.similar : options.withAttribs ? modulesShapes.attributed : undefined)
  }

  /** `WAIT numreplicas:int timeout:int`. Since 3.0.0. */
  wait(numreplicas: Integer, timeout: Integer): Result<M, number> {
    return this.issue<number>(WAIT, [numreplicas, timeout])
  }

  /** `WAITAOF numlocal:int numreplicas:int timeout:int`. Since 7.2.0. */
  waitaof(numlocal: Integer, numreplicas: Integer, timeout: Integer): Result<M, [local: number, replicas: number]> {
    return this.issue<[local: number, replicas: number]>(WAITAOF, [numlocal, numreplicas, timeout])
  }

  /** `XACK key group id...`. Since 5.0.0. */
  xack(key: Arg, group: Arg, ...ids: Rest<Arg>): Result<M, number> {
    return this.issue<number>(XACK, [key, group, ...rest(ids)])
  }

  /** `XACKDEL key group [KEEPREF|DELREF|ACKED] IDS numids:int id...`. Since 8.2.0. */
  xackdel(key: Arg, group: Arg, ids: Many<Arg>, options?: XackdelOptions): Result<M, number[]> {
    const words: Arg[] = [key, group]
    checkOptions(options, 'keepRef delRef acked')
    if (options !== undefined) {
      if (options.keepRef) words.push('KEEPREF')
      if (options.delRef) words.push('DELREF')
      if (options.acked) words.push('ACKED')
    }
    words.push('IDS')
    pushCounted(words, ids)
    return this.issue<number[]>(XACKDEL, words)
  }

  /** `XADD key [NOMKSTREAM] [KEEPREF|DELREF|ACKED] [strategy=(MAXLEN|MINID) [=|~] threshold [LIMIT count:int]] id_or_auto=(*|id) field_value={field value}...`. Since 5.0.0. */
  xadd(key: Arg, id: Arg, fields: Pairs, options: XaddOptions & { noMkStream: true }): Result<M, string | null>
  xadd(key: Arg, id: Arg, fields: Pairs, options?: XaddOptions & { noMkStream?: false | undefined }): Result<M, string>
  xadd(key: Arg, id: Arg, fields: Pairs, options?: XaddOptions): Result<M, string | null>
  xadd(key: Arg, id: Arg, field: Arg, value: Arg, options: XaddOptions & { noMkStream: true }): Result<M, string | null>
  xadd(key: Arg, id: Arg, field: Arg, value: Arg, options?: XaddOptions & { noMkStream?: false | undefined }): Result<M, string>
  xadd(key: Arg, id: Arg, field: Arg, value: Arg, options?: XaddOptions): Result<M, string | null>
  xadd(key: Arg, id: Arg, fields: Arg | Pairs, ...more: readonly unknown[]): Result<M, string | null> | Result<M, string> {
    const words: Arg[] = [key]
    const options = more[isArg(fields) ? 1 : 0] as XaddOptions | undefined
    checkOptions(options, 'noMkStream limit keepRef delRef acked maxLen minId')
    if (options !== undefined) {
      if (options.noMkStream) words.push('NOMKSTREAM')
      if (options.keepRef) words.push('KEEPREF')
      if (options.delRef) words.push('DELREF')
      if (options.acked) words.push('ACKED')
      if (options.maxLen !== undefined) {
        words.push('MAXLEN')
        pushAll(words, options.maxLen)
        if (options.limit !== undefined) words.push('LIMIT', options.limit)
      }
      if (options.minId !== undefined) {
        words.push('MINID')
        pushAll(words, options.minId)
        if (options.limit !== undefined) words.push('LIMIT', options.limit)
      }
    }
    words.push(id)
    if (isArg(fields)) words.push(fields, more[0] as Arg)
    else pushPairs(words, fields)
    return this.issue<string | null>(XADD, words, shapes.text)
  }

  /** `XAUTOCLAIM key group consumer min-idle-time start [COUNT count:int] [JUSTID]`. Since 6.2.0. */
  xautoclaim(key: Arg, group: Arg, consumer: Arg, minIdleTime: Integer, start: Arg, options: XautoclaimOptions & { justId: true }): Result<M, ClaimedIds>
  xautoclaim(key: Arg, group: Arg, consumer: Arg, minIdleTime: Integer, start: Arg, options?: XautoclaimOptions & { justId?: false | undefined }): Result<M, Claimed<M['value']>>
  xautoclaim(key: Arg, group: Arg, consumer: Arg, minIdleTime: Integer, start: Arg, options?: XautoclaimOptions): Result<M, Claimed<M['value']> | ClaimedIds>
  xautoclaim(key: Arg, group: Arg, consumer: Arg, minIdleTime: Integer, start: Arg, options?: XautoclaimOptions): Result<M, ClaimedIds> | Result<M, Claimed<M['value']>> | Result<M, Claimed<M['value']> | ClaimedIds> {
    const words: Arg[] = [key, group, consumer, minIdleTime, start]
    checkOptions(options, 'count justId')
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.justId) words.push('JUSTID')
    }
    return this.issue<ClaimedIds>(XAUTOCLAIM, words, options?.justId ? shapes.claimedIds : shapes.claimed)
  }

  /** `XCLAIM key group consumer min-idle-time id... [IDLE ms:int] [TIME unix-time-milliseconds:unix] [RETRYCOUNT count:int] [FORCE] [JUSTID] [LASTID id]`. Since 5.0.0. */
  xclaim(key: Arg, group: Arg, consumer: Arg, minIdleTime: Integer, ids: Many<Arg>, options: XclaimOptions & { justId: true }): Result<M, string[]>
  xclaim(key: Arg, group: Arg, consumer: Arg, minIdleTime: Integer, ids: Many<Arg>, options?: XclaimOptions & { justId?: false | undefined }): Result<M, StreamEntry<M['value']>[]>
  xclaim(key: Arg, group: Arg, consumer: Arg, minIdleTime: Integer, ids: Many<Arg>, options?: XclaimOptions): Result<M, StreamEntry<M['value']>[] | string[]>
  xclaim(key: Arg, group: Arg, consumer: Arg, minIdleTime: Integer, ids: Many<Arg>, options?: XclaimOptions): Result<M, string[]> | Result<M, StreamEntry<M['value']>[]> | Result<M, StreamEntry<M['value']>[] | string[]> {
    const words: Arg[] = [key, group, consumer, minIdleTime]
    checkOptions(options, 'retryCount force justId lastId idle time')
    pushAll(words, ids)
    if (options !== undefined) {
      if (options.idle !== undefined) words.push('IDLE', options.idle)
      if (options.time !== undefined) words.push('TIME', options.time)
      if (options.retryCount !== undefined) words.push('RETRYCOUNT', options.retryCount)
      if (options.force) words.push('FORCE')
      if (options.justId) words.push('JUSTID')
      if (options.lastId !== undefined) words.push('LASTID', options.lastId)
    }
    return this.issue<string[]>(XCLAIM, words, options?.justId ? shapes.texts : shapes.entries)
  }

  /** `XDEL key id...`. Since 5.0.0. */
  xdel(key: Arg, ...ids: Rest<Arg>): Result<M, number> {
    return this.issue<number>(XDEL, [key, ...rest(ids)])
  }

  /** `XDELEX key [KEEPREF|DELREF|ACKED] IDS numids:int id...`. Since 8.2.0. */
  xdelex(key: Arg, ids: Many<Arg>, options?: XdelexOptions): Result<M, number[]> {
    const words: Arg[] = [key]
    checkOptions(options, 'keepRef delRef acked')
    if (options !== undefined) {
      if (options.keepRef) words.push('KEEPREF')
      if (options.delRef) words.push('DELREF')
      if (options.acked) words.push('ACKED')
    }
    words.push('IDS')
    pushCounted(words, ids)
    return this.issue<number[]>(XDELEX, words)
  }

  /** `XGROUP CREATE key groupname id=(id|$) [MKSTREAM] [ENTRIESREAD entries_read:int]`. Since 5.0.0. */
  xgroupCreate(key: Arg, group: Arg, id: Arg, options?: XgroupCreateOptions): Result<M, 'OK'> {
    const words: Arg[] = [key, group, id]
    checkOptions(options, 'mkStream entriesRead')
    if (options !== undefined) {
      if (options.mkStream) words.push('MKSTREAM')
      if (options.entriesRead !== undefined) words.push('ENTRIESREAD', options.entriesRead)
    }
    return this.issue<'OK'>(XGROUP_CREATE, words)
  }

  /** `XGROUP CREATECONSUMER key groupname consumername`. Since 6.2.0. */
  xgroupCreateconsumer(key: Arg, group: Arg, consumer: Arg): Result<M, number> {
    return this.issue<number>(XGROUP_CREATECONSUMER, [key, group, consumer])
  }

  /** `XGROUP DELCONSUMER key groupname consumername`. Since 5.0.0. */
  xgroupDelconsumer(key: Arg, group: Arg, consumer: Arg): Result<M, number> {
    return this.issue<number>(XGROUP_DELCONSUMER, [key, group, consumer])
  }

  /** `XGROUP DESTROY key groupname`. Since 5.0.0. */
  xgroupDestroy(key: Arg, group: Arg): Result<M, number> {
    return this.issue<number>(XGROUP_DESTROY, [key, group])
  }

  /** `XGROUP SETID key groupname id=(id|$) [ENTRIESREAD entries_read:int]`. Since 5.0.0. */
  xgroupSetid(key: Arg, group: Arg, id: Arg, options?: XgroupSetidOptions): Result<M, 'OK'> {
    const words: Arg[] = [key, group, id]
    checkOptions(options, 'entriesRead')
    if (options !== undefined) {
      if (options.entriesRead !== undefined) words.push('ENTRIESREAD', options.entriesRead)
    }
    return this.issue<'OK'>(XGROUP_SETID, words)
  }

  /** `XINFO CONSUMERS key groupname`. Since 5.0.0. */
  xinfoConsumers(key: Arg, group: Arg): Result<M, ConsumerInfo[]> {
    return this.issue<ConsumerInfo[]>(XINFO_CONSUMERS, [key, group], serverShapes.records)
  }

  /** `XINFO GROUPS key`. Since 5.0.0. */
  xinfoGroups(key: Arg): Result<M, GroupInfo[]> {
    return this.issue<GroupInfo[]>(XINFO_GROUPS, [key], serverShapes.records)
  }

  /** `XINFO STREAM key [FULL [COUNT count:int]]`. Since 5.0.0. */
  xinfoStream(key: Arg, options: XinfoStreamOptions & { full: true }): Result<M, FullStreamInfo<M['value']>>
  xinfoStream(key: Arg, options?: XinfoStreamOptions & { full?: false | undefined }): Result<M, StreamInfo<M['value']>>
  xinfoStream(key: Arg, options?: XinfoStreamOptions): Result<M, StreamInfo<M['value']> | FullStreamInfo<M['value']>>
  xinfoStream(key: Arg, options?: XinfoStreamOptions): Result<M, FullStreamInfo<M['value']>> | Result<M, StreamInfo<M['value']>> | Result<M, StreamInfo<M['value']> | FullStreamInfo<M['value']>> {
    const words: Arg[] = [key]
    checkOptions(options, 'count full')
    if (options !== undefined) {
      if (options.full) {
        words.push('FULL')
        if (options.count !== undefined) words.push('COUNT', options.count)
      }
    }
    return this.issue<FullStreamInfo<M['value']>>(XINFO_STREAM, words, options?.full ? serverShapes.fullStreamInfo : serverShapes.streamInfo)
  }

  /** `XLEN key`. Since 5.0.0. */
  xlen(key: Arg): Result<M, number> {
    return this.issue<number>(XLEN, [key])
  }

  /** `XPENDING key group [[IDLE min-idle-time:int] start end count:int [consumer]]`. Since 5.0.0. */
  xpending(key: Arg, group: Arg, start: Arg, end: Arg, count: Integer, consumer?: Arg, options?: XpendingOptions): Result<M, PendingEntry[]>
  xpending(key: Arg, group: Arg): Result<M, PendingSummary>
  xpending(key: Arg, group: Arg, start?: Arg, end?: Arg, count?: Integer, consumer?: Arg, options?: XpendingOptions): Result<M, PendingEntry[]> | Result<M, PendingSummary> {
    const words: Arg[] = [key, group]
    checkOptions(options, 'idle')
    if (start !== undefined) {
      if (options?.idle !== undefined) words.push('IDLE', options.idle)
      words.push(start)
      if (end !== undefined) words.push(end)
      if (count !== undefined) words.push(count)
      if (consumer !== undefined) words.push(consumer)
    }
    return this.issue<PendingEntry[]>(XPENDING, words, start !== undefined ? shapes.pendingEntries : shapes.pendingSummary)
  }

  /** `XRANGE key start end [COUNT count:int]`. Since 5.0.0. */
  xrange(key: Arg, start: Arg, end: Arg, options?: XrangeOptions): Result<M, StreamEntry<M['value']>[]> {
    const words: Arg[] = [key, start, end]
    checkOptions(options, 'count')
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<StreamEntry<M['value']>[]>(XRANGE, words, shapes.entries)
  }

  /** `XREAD [COUNT count:int] [BLOCK milliseconds:int] STREAMS {key... id...}`. Since 5.0.0. */
  xread(streams: Pairs, options?: XreadOptions): Result<M, StreamEntries<M['value']>[] | null> {
    const words: Arg[] = []
    checkOptions(options, 'count block')
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.block !== undefined) words.push('BLOCK', options.block)
    }
    words.push('STREAMS')
    pushColumns(words, streams)
    return this.issue<StreamEntries<M['value']>[] | null>(XREAD, words, shapes.streams)
  }

  /** `XREADGROUP GROUP {group consumer} [COUNT count:int] [BLOCK milliseconds:int] [CLAIM min-idle-time:int] [NOACK] STREAMS {key... id...}`. Since 5.0.0. */
  xreadgroup(group: Arg, consumer: Arg, streams: Pairs, options?: XreadgroupOptions): Result<M, StreamEntries<M['value']>[] | null> {
    const words: Arg[] = ['GROUP', group, consumer]
    checkOptions(options, 'count block claim noAck')
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
      if (options.block !== undefined) words.push('BLOCK', options.block)
      if (options.claim !== undefined) words.push('CLAIM', options.claim)
      if (options.noAck) words.push('NOACK')
    }
    words.push('STREAMS')
    pushColumns(words, streams)
    return this.issue<StreamEntries<M['value']>[] | null>(XREADGROUP, words, shapes.streams)
  }

  /** `XREVRANGE key end start [COUNT count:int]`. Since 5.0.0. */
  xrevrange(key: Arg, end: Arg, start: Arg, options?: XrevrangeOptions): Result<M, StreamEntry<M['value']>[]> {
    const words: Arg[] = [key, end, start]
    checkOptions(options, 'count')
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<StreamEntry<M['value']>[]>(XREVRANGE, words, shapes.entries)
  }

  /** `XSETID key last-id [ENTRIESADDED entries_added:int] [MAXDELETEDID max_deleted_entry_id]`. Since 5.0.0. */
  xsetid(key: Arg, lastId: Arg, options?: XsetidOptions): Result<M, 'OK'> {
    const words: Arg[] = [key, lastId]
    checkOptions(options, 'entriesAdded maxDeletedId')
    if (options !== undefined) {
      if (options.entriesAdded !== undefined) words.push('ENTRIESADDED', options.entriesAdded)
      if (options.maxDeletedId !== undefined) words.push('MAXDELETEDID', options.maxDeletedId)
    }
    return this.issue<'OK'>(XSETID, words)
  }

  /** `XTRIM key trim={strategy=(MAXLEN|MINID) [=|~] threshold [LIMIT count:int] [KEEPREF|DELREF|ACKED]}`. Since 5.0.0. */
  xtrim(key: Arg, options: XtrimOptions): Result<M, number> {
    const words: Arg[] = [key]
    checkOptions(options, 'limit maxLen minId keepRef delRef acked')
    if (options.maxLen !== undefined) {
      words.push('MAXLEN')
      pushAll(words, options.maxLen)
      if (options.limit !== undefined) words.push('LIMIT', options.limit)
    }
    if (options.minId !== undefined) {
      words.push('MINID')
      pushAll(words, options.minId)
      if (options.limit !== undefined) words.push('LIMIT', options.limit)
    }
    if (options.keepRef) words.push('KEEPREF')
    if (options.delRef) words.push('DELREF')
    if (options.acked) words.push('ACKED')
    return this.issue<number>(XTRIM, words)
  }

  /** `ZADD key [NX|XX] [GT|LT] [CH] [INCR] score_member={score:double member}...`. Since 1.2.0. */
  zadd(key: Arg, entries: Many<ZaddEntry>, options: ZaddOptions & { incr: true }): Result<M, number | null>
  zadd(key: Arg, entries: Many<ZaddEntry>, options?: ZaddOptions & { incr?: false | undefined }): Result<M, number>
  zadd(key: Arg, entries: Many<ZaddEntry>, options?: ZaddOptions): Result<M, number | null>
  zadd(key: Arg, score: Decimal, member: Arg, options: ZaddOptions & { incr: true }): Result<M, number | null>
  zadd(key: Arg, score: Decimal, member: Arg, options?: ZaddOptions & { incr?: false | undefined }): Result<M, number>
  zadd(key: Arg, score: Decimal, member: Arg, options?: ZaddOptions): Result<M, number | null>
  zadd(key: Arg, entries: Arg | Many<ZaddEntry>, ...more: readonly unknown[]): Result<M, number | null> | Result<M, number> {
    const words: Arg[] = [key]
    const options = more[isArg(entries) ? 1 : 0] as ZaddOptions | undefined
    checkOptions(options, 'ch incr nx xx gt lt')
    if (options !== undefined) {
      if (options.nx) words.push('NX')
      if (options.xx) words.push('XX')
      if (options.gt) words.push('GT')
      if (options.lt) words.push('LT')
      if (options.ch) words.push('CH')
      if (options.incr) words.push('INCR')
    }
    if (isArg(entries)) words.push(entries, more[0] as Arg)
    else {
      for (const row of many<ZaddEntry>(entries)) {
        words.push(row.score, row.member)
      }
    }
    return this.issue<number | null>(ZADD, words, options?.incr ? shapes.double : undefined)
  }

  /** `ZCARD key`. Since 1.2.0. */
  zcard(key: Arg): Result<M, number> {
    return this.issue<number>(ZCARD, [key])
  }

  /** `ZCOUNT key min:double max:double`. Since 2.0.0. */
  zcount(key: Arg, min: Arg, max: Arg): Result<M, number> {
    return this.issue<number>(ZCOUNT, [key, min, max])
  }

  /** `ZDIFF numkeys:int key... [WITHSCORES]`. Since 6.2.0. */
  zdiff(keys: Many<Arg>, options: ZdiffOptions & { withScores: true }): Result<M, Scored<M['value']>[]>
  zdiff(keys: Many<Arg>, options?: ZdiffOptions & { withScores?: false | undefined }): Result<M, M['value'][]>
  zdiff(keys: Many<Arg>, options?: ZdiffOptions): Result<M, M['value'][] | Scored<M['value']>[]>
  zdiff(keys: Many<Arg>, options?: ZdiffOptions): Result<M, Scored<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Scored<M['value']>[]> {
    const words: Arg[] = []
    checkOptions(options, 'withScores')
    pushCounted(words, keys)
    if (options !== undefined) {
      if (options.withScores) words.push('WITHSCORES')
    }
    return this.issue<Scored<M['value']>[]>(ZDIFF, words, options?.withScores ? shapes.scored : undefined)
  }

  /** `ZDIFFSTORE destination:key numkeys:int key...`. Since 6.2.0. */
  zdiffstore(destination: Arg, keys: Many<Arg>): Result<M, number> {
    const words: Arg[] = [destination]
    pushCounted(words, keys)
    return this.issue<number>(ZDIFFSTORE, words)
  }

  /** `ZINCRBY key increment:int member`. Since 1.2.0. */
  zincrby(key: Arg, increment: Integer, member: Arg): Result<M, number> {
    return this.issue<number>(ZINCRBY, [key, increment, member], shapes.double)
  }

  /** `ZINTER numkeys:int key... [WEIGHTS weight:int...] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]`. Since 6.2.0. */
  zinter(keys: Many<Arg>, options: ZinterOptions & { withScores: true }): Result<M, Scored<M['value']>[]>
  zinter(keys: Many<Arg>, options?: ZinterOptions & { withScores?: false | undefined }): Result<M, M['value'][]>
  zinter(keys: Many<Arg>, options?: ZinterOptions): Result<M, M['value'][] | Scored<M['value']>[]>
  zinter(keys: Many<Arg>, options?: ZinterOptions): Result<M, Scored<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Scored<M['value']>[]> {
    const words: Arg[] = []
    checkOptions(options, 'weights aggregate withScores')
    pushCounted(words, keys)
    if (options !== undefined) {
      if (options.weights !== undefined) {
        words.push('WEIGHTS')
        pushAll(words, options.weights)
      }
      if (options.aggregate !== undefined) words.push('AGGREGATE', options.aggregate)
      if (options.withScores) words.push('WITHSCORES')
    }
    return this.issue<Scored<M['value']>[]>(ZINTER, words, options?.withScores ? shapes.scored : undefined)
  }

  /** `ZINTERCARD numkeys:int key... [LIMIT limit:int]`. Since 7.0.0. */
  zintercard(keys: Many<Arg>, options?: ZintercardOptions): Result<M, number> {
    const words: Arg[] = []
    checkOptions(options, 'limit')
    pushCounted(words, keys)
    if (options !== undefined) {
      if (options.limit !== undefined) words.push('LIMIT', options.limit)
    }
    return this.issue<number>(ZINTERCARD, words)
  }

  /** `ZINTERSTORE destination:key numkeys:int key... [WEIGHTS weight:int...] [AGGREGATE (SUM|MIN|MAX)]`. Since 2.0.0. */
  zinterstore(destination: Arg, keys: Many<Arg>, options?: ZinterstoreOptions): Result<M, number> {
    const words: Arg[] = [destination]
    checkOptions(options, 'weights aggregate')
    pushCounted(words, keys)
    if (options !== undefined) {
      if (options.weights !== undefined) {
        words.push('WEIGHTS')
        pushAll(words, options.weights)
      }
      if (options.aggregate !== undefined) words.push('AGGREGATE', options.aggregate)
    }
    return this.issue<number>(ZINTERSTORE, words)
  }

  /** `ZLEXCOUNT key min max`. Since 2.8.9. */
  zlexcount(key: Arg, min: Arg, max: Arg): Result<M, number> {
    return this.issue<number>(ZLEXCOUNT, [key, min, max])
  }

  /** `ZMPOP numkeys:int key... where=(MIN|MAX) [COUNT count:int]`. Since 7.0.0. */
  zmpop(keys: Many<Arg>, where: 'MIN' | 'MAX', options?: ZmpopOptions): Result<M, PoppedScores<M['value']> | null> {
    const words: Arg[] = []
    checkOptions(options, 'count')
    pushCounted(words, keys)
    words.push(where)
    if (options !== undefined) {
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<PoppedScores<M['value']> | null>(ZMPOP, words, shapes.poppedScores)
  }

  /** `ZMSCORE key member...`. Since 6.2.0. */
  zmscore(key: Arg, ...members: Rest<Arg>): Result<M, (number | null)[]> {
    return this.issue<(number | null)[]>(ZMSCORE, [key, ...rest(members)], shapes.doubles)
  }

  /** `ZPOPMAX key [count:int]`. Since 5.0.0. */
  zpopmax(key: Arg, count: Integer): Result<M, Scored<M['value']>[]>
  zpopmax(key: Arg): Result<M, Scored<M['value']> | null>
  zpopmax(key: Arg, count?: Integer): Result<M, Scored<M['value']> | null | Scored<M['value']>[]>
  zpopmax(key: Arg, count?: Integer): Result<M, Scored<M['value']>[]> | Result<M, Scored<M['value']> | null> | Result<M, Scored<M['value']> | null | Scored<M['value']>[]> {
    const words: Arg[] = [key]
    if (count !== undefined) words.push(count)
    return this.issue<Scored<M['value']>[]>(ZPOPMAX, words, count !== undefined ? shapes.scored : shapes.oneScored)
  }

  /** `ZPOPMIN key [count:int]`. Since 5.0.0. */
  zpopmin(key: Arg, count: Integer): Result<M, Scored<M['value']>[]>
  zpopmin(key: Arg): Result<M, Scored<M['value']> | null>
  zpopmin(key: Arg, count?: Integer): Result<M, Scored<M['value']> | null | Scored<M['value']>[]>
  zpopmin(key: Arg, count?: Integer): Result<M, Scored<M['value']>[]> | Result<M, Scored<M['value']> | null> | Result<M, Scored<M['value']> | null | Scored<M['value']>[]> {
    const words: Arg[] = [key]
    if (count !== undefined) words.push(count)
    return this.issue<Scored<M['value']>[]>(ZPOPMIN, words, count !== undefined ? shapes.scored : shapes.oneScored)
  }

  /** `ZRANDMEMBER key [count:int [WITHSCORES]]`. Since 6.2.0. */
  zrandmember(key: Arg, count: Integer, options: ZrandmemberOptions & { withScores: true }): Result<M, Scored<M['value']>[]>
  zrandmember(key: Arg, count: Integer, options?: ZrandmemberOptions & { withScores?: false | undefined }): Result<M, M['value'][]>
  zrandmember(key: Arg): Result<M, M['value'] | null>
  zrandmember(key: Arg, count: Integer, options?: ZrandmemberOptions): Result<M, M['value'] | null | Scored<M['value']>[] | M['value'][]>
  zrandmember(key: Arg, count?: Integer, options?: ZrandmemberOptions): Result<M, Scored<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'] | null> | Result<M, M['value'] | null | Scored<M['value']>[] | M['value'][]> {
    const words: Arg[] = [key]
    checkOptions(options, 'withScores')
    if (count !== undefined) {
      words.push(count)
      if (options?.withScores) words.push('WITHSCORES')
    }
    return this.issue<Scored<M['value']>[]>(ZRANDMEMBER, words, count !== undefined && options?.withScores ? shapes.scored : undefined)
  }

  /** `ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset:int count:int] [WITHSCORES]`. Since 1.2.0. */
  zrange(key: Arg, start: Arg, stop: Arg, options: ZrangeOptions & { withScores: true }): Result<M, Scored<M['value']>[]>
  zrange(key: Arg, start: Arg, stop: Arg, options?: ZrangeOptions & { withScores?: false | undefined }): Result<M, M['value'][]>
  zrange(key: Arg, start: Arg, stop: Arg, options?: ZrangeOptions): Result<M, M['value'][] | Scored<M['value']>[]>
  zrange(key: Arg, start: Arg, stop: Arg, options?: ZrangeOptions): Result<M, Scored<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Scored<M['value']>[]> {
    const words: Arg[] = [key, start, stop]
    checkOptions(options, 'rev limit withScores byScore byLex')
    if (options !== undefined) {
      if (options.byScore) words.push('BYSCORE')
      if (options.byLex) words.push('BYLEX')
      if (options.rev) words.push('REV')
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
      if (options.withScores) words.push('WITHSCORES')
    }
    return this.issue<Scored<M['value']>[]>(ZRANGE, words, options?.withScores ? shapes.scored : undefined)
  }

  /** `ZRANGEBYLEX key min max [LIMIT offset:int count:int]`. Since 2.8.9. @deprecated */
  zrangebylex(key: Arg, min: Arg, max: Arg, options?: ZrangebylexOptions): Result<M, M['value'][]> {
    const words: Arg[] = [key, min, max]
    checkOptions(options, 'limit')
    if (options !== undefined) {
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
    }
    return this.issue<M['value'][]>(ZRANGEBYLEX, words)
  }

  /** `ZRANGEBYSCORE key min:double max:double [WITHSCORES] [LIMIT offset:int count:int]`. Since 1.0.5. @deprecated */
  zrangebyscore(key: Arg, min: Arg, max: Arg, options: ZrangebyscoreOptions & { withScores: true }): Result<M, Scored<M['value']>[]>
  zrangebyscore(key: Arg, min: Arg, max: Arg, options?: ZrangebyscoreOptions & { withScores?: false | undefined }): Result<M, M['value'][]>
  zrangebyscore(key: Arg, min: Arg, max: Arg, options?: ZrangebyscoreOptions): Result<M, M['value'][] | Scored<M['value']>[]>
  zrangebyscore(key: Arg, min: Arg, max: Arg, options?: ZrangebyscoreOptions): Result<M, Scored<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Scored<M['value']>[]> {
    const words: Arg[] = [key, min, max]
    checkOptions(options, 'withScores limit')
    if (options !== undefined) {
      if (options.withScores) words.push('WITHSCORES')
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
    }
    return this.issue<Scored<M['value']>[]>(ZRANGEBYSCORE, words, options?.withScores ? shapes.scored : undefined)
  }

  /** `ZRANGESTORE dst:key src:key min max [BYSCORE|BYLEX] [REV] [LIMIT offset:int count:int]`. Since 6.2.0. */
  zrangestore(dst: Arg, src: Arg, min: Arg, max: Arg, options?: ZrangestoreOptions): Result<M, number> {
    const words: Arg[] = [dst, src, min, max]
    checkOptions(options, 'rev limit byScore byLex')
    if (options !== undefined) {
      if (options.byScore) words.push('BYSCORE')
      if (options.byLex) words.push('BYLEX')
      if (options.rev) words.push('REV')
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
    }
    return this.issue<number>(ZRANGESTORE, words)
  }

  /** `ZRANK key member [WITHSCORE]`. Since 2.0.0. */
  zrank(key: Arg, member: Arg, options: ZrankOptions & { withScore: true }): Result<M, Ranked | null>
  zrank(key: Arg, member: Arg, options?: ZrankOptions & { withScore?: false | undefined }): Result<M, number | null>
  zrank(key: Arg, member: Arg, options?: ZrankOptions): Result<M, number | null | Ranked>
  zrank(key: Arg, member: Arg, options?: ZrankOptions): Result<M, Ranked | null> | Result<M, number | null> | Result<M, number | null | Ranked> {
    const words: Arg[] = [key, member]
    checkOptions(options, 'withScore')
    if (options !== undefined) {
      if (options.withScore) words.push('WITHSCORE')
    }
    return this.issue<Ranked | null>(ZRANK, words, options?.withScore ? shapes.ranked : undefined)
  }

  /** `ZREM key member...`. Since 1.2.0. */
  zrem(key: Arg, ...members: Rest<Arg>): Result<M, number> {
    return this.issue<number>(ZREM, [key, ...rest(members)])
  }

  /** `ZREMRANGEBYLEX key min max`. Since 2.8.9. */
  zremrangebylex(key: Arg, min: Arg, max: Arg): Result<M, number> {
    return this.issue<number>(ZREMRANGEBYLEX, [key, min, max])
  }

  /** `ZREMRANGEBYRANK key start:int stop:int`. Since 2.0.0. */
  zremrangebyrank(key: Arg, start: Integer, stop: Integer): Result<M, number> {
    return this.issue<number>(ZREMRANGEBYRANK, [key, start, stop])
  }

  /** `ZREMRANGEBYSCORE key min:double max:double`. Since 1.2.0. */
  zremrangebyscore(key: Arg, min: Arg, max: Arg): Result<M, number> {
    return this.issue<number>(ZREMRANGEBYSCORE, [key, min, max])
  }

  /** `ZREVRANGE key start:int stop:int [WITHSCORES]`. Since 1.2.0. @deprecated */
  zrevrange(key: Arg, start: Integer, stop: Integer, options: ZrevrangeOptions & { withScores: true }): Result<M, Scored<M['value']>[]>
  zrevrange(key: Arg, start: Integer, stop: Integer, options?: ZrevrangeOptions & { withScores?: false | undefined }): Result<M, M['value'][]>
  zrevrange(key: Arg, start: Integer, stop: Integer, options?: ZrevrangeOptions): Result<M, M['value'][] | Scored<M['value']>[]>
  zrevrange(key: Arg, start: Integer, stop: Integer, options?: ZrevrangeOptions): Result<M, Scored<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Scored<M['value']>[]> {
    const words: Arg[] = [key, start, stop]
    checkOptions(options, 'withScores')
    if (options !== undefined) {
      if (options.withScores) words.push('WITHSCORES')
    }
    return this.issue<Scored<M['value']>[]>(ZREVRANGE, words, options?.withScores ? shapes.scored : undefined)
  }

  /** `ZREVRANGEBYLEX key max min [LIMIT offset:int count:int]`. Since 2.8.9. @deprecated */
  zrevrangebylex(key: Arg, max: Arg, min: Arg, options?: ZrevrangebylexOptions): Result<M, M['value'][]> {
    const words: Arg[] = [key, max, min]
    checkOptions(options, 'limit')
    if (options !== undefined) {
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
    }
    return this.issue<M['value'][]>(ZREVRANGEBYLEX, words)
  }

  /** `ZREVRANGEBYSCORE key max:double min:double [WITHSCORES] [LIMIT offset:int count:int]`. Since 2.2.0. @deprecated */
  zrevrangebyscore(key: Arg, max: Arg, min: Arg, options: ZrevrangebyscoreOptions & { withScores: true }): Result<M, Scored<M['value']>[]>
  zrevrangebyscore(key: Arg, max: Arg, min: Arg, options?: ZrevrangebyscoreOptions & { withScores?: false | undefined }): Result<M, M['value'][]>
  zrevrangebyscore(key: Arg, max: Arg, min: Arg, options?: ZrevrangebyscoreOptions): Result<M, M['value'][] | Scored<M['value']>[]>
  zrevrangebyscore(key: Arg, max: Arg, min: Arg, options?: ZrevrangebyscoreOptions): Result<M, Scored<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Scored<M['value']>[]> {
    const words: Arg[] = [key, max, min]
    checkOptions(options, 'withScores limit')
    if (options !== undefined) {
      if (options.withScores) words.push('WITHSCORES')
      if (options.limit !== undefined) words.push('LIMIT', ...options.limit)
    }
    return this.issue<Scored<M['value']>[]>(ZREVRANGEBYSCORE, words, options?.withScores ? shapes.scored : undefined)
  }

  /** `ZREVRANK key member [WITHSCORE]`. Since 2.0.0. */
  zrevrank(key: Arg, member: Arg, options: ZrevrankOptions & { withScore: true }): Result<M, Ranked | null>
  zrevrank(key: Arg, member: Arg, options?: ZrevrankOptions & { withScore?: false | undefined }): Result<M, number | null>
  zrevrank(key: Arg, member: Arg, options?: ZrevrankOptions): Result<M, number | null | Ranked>
  zrevrank(key: Arg, member: Arg, options?: ZrevrankOptions): Result<M, Ranked | null> | Result<M, number | null> | Result<M, number | null | Ranked> {
    const words: Arg[] = [key, member]
    checkOptions(options, 'withScore')
    if (options !== undefined) {
      if (options.withScore) words.push('WITHSCORE')
    }
    return this.issue<Ranked | null>(ZREVRANK, words, options?.withScore ? shapes.ranked : undefined)
  }

  /** `ZSCAN key cursor:int [MATCH pattern] [COUNT count:int]`. Since 2.8.0. */
  zscan(key: Arg, cursor: Arg, options?: ZscanOptions): Result<M, ScorePage<M['value']>> {
    const words: Arg[] = [key, cursor]
    checkOptions(options, 'match count')
    if (options !== undefined) {
      if (options.match !== undefined) words.push('MATCH', options.match)
      if (options.count !== undefined) words.push('COUNT', options.count)
    }
    return this.issue<ScorePage<M['value']>>(ZSCAN, words, shapes.scorePage)
  }

  /** `ZSCORE key member`. Since 1.2.0. */
  zscore(key: Arg, member: Arg): Result<M, number | null> {
    return this.issue<number | null>(ZSCORE, [key, member], shapes.double)
  }

  /** `ZUNION numkeys:int key... [WEIGHTS weight:int...] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]`. Since 6.2.0. */
  zunion(keys: Many<Arg>, options: ZunionOptions & { withScores: true }): Result<M, Scored<M['value']>[]>
  zunion(keys: Many<Arg>, options?: ZunionOptions & { withScores?: false | undefined }): Result<M, M['value'][]>
  zunion(keys: Many<Arg>, options?: ZunionOptions): Result<M, M['value'][] | Scored<M['value']>[]>
  zunion(keys: Many<Arg>, options?: ZunionOptions): Result<M, Scored<M['value']>[]> | Result<M, M['value'][]> | Result<M, M['value'][] | Scored<M['value']>[]> {
    const words: Arg[] = []
    checkOptions(options, 'weights aggregate withScores')
    pushCounted(words, keys)
    if (options !== undefined) {
      if (options.weights !== undefined) {
        words.push('WEIGHTS')
        pushAll(words, options.weights)
      }
      if (options.aggregate !== undefined) words.push('AGGREGATE', options.aggregate)
      if (options.withScores) words.push('WITHSCORES')
    }
    return this.issue<Scored<M['value']>[]>(ZUNION, words, options?.withScores ? shapes.scored : undefined)
  }

  /** `ZUNIONSTORE destination:key numkeys:int key... [WEIGHTS weight:int...] [AGGREGATE (SUM|MIN|MAX)]`. Since 2.0.0. */
  zunionstore(destination: Arg, keys: Many<Arg>, options?: ZunionstoreOptions): Result<M, number> {
    const words: Arg[] = [destination]
    checkOptions(options, 'weights aggregate')
    pushCounted(words, keys)
    if (options !== undefined) {
      if (options.weights !== undefined) {
        words.push('WEIGHTS')
        pushAll(words, options.weights)
      }
      if (options.aggregate !== undefined) words.push('AGGREGATE', options.aggregate)
    }
    return this.issue<number>(ZUNIONSTORE, words)
  }
}
