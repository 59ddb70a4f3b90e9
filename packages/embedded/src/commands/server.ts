// The server as such: INFO, time, monitoring, its end; and what a server alone, without replicas, cluster or modules, answers.
import { FailureReply, VerbatimReply } from '@ochre/protocol'
import { integerOf } from '../arguments.ts'
import { OK, SYNTAX } from '../failures.ts'
import { helping } from '../help.ts'
import { describeEngine } from '../info.ts'
import { type Handler, NO_REPLY, type Outcome, type Session } from '../session.ts'
import { REDIS_VERSION } from './connection.ts'

const NO_CLUSTER = new FailureReply('ERR This instance has cluster support disabled')
const NO_REPLICATION = new FailureReply('ERR This server does not replicate')

function info({ engine }: Session, args: readonly string[]): Outcome {
  return new VerbatimReply('txt', describeEngine(engine, args.slice(1)))
}

/** The clock's time, which goes on during a script too. */
function time({ engine }: Session): Outcome {
  const now = engine.clock.now()
  return [String(Math.floor(now / 1000)), String(Math.floor((now % 1000) * 1000))]
}

function lolwut(_session: Session, args: readonly string[]): Outcome {
  if (args[1]?.toLowerCase() === 'version' && args[2] !== undefined) integerOf(args[2])
  return new VerbatimReply('txt', `Redis ver. ${REDIS_VERSION}\n`)
}

function monitor(session: Session): Outcome {
  if (session.isDenyBlocking) throw new FailureReply("ERR MONITOR isn't allowed for DENY BLOCKING client")
  session.engine.monitors.add(session)
  return OK
}

/** Closes the engine, which disconnects everybody; the process goes on. */
function shutdown({ engine }: Session, args: readonly string[]): Outcome {
  let [saves, skips, aborts, others] = [false, false, false, false]
  for (const arg of args.slice(1)) {
    const word = arg.toLowerCase()
    if (word === 'save') saves = true
    else if (word === 'nosave') skips = true
    else if (word === 'abort') aborts = true
    else if (word === 'now' || word === 'force') others = true
    else throw SYNTAX
  }
  if ((saves && skips) || (aborts && (saves || skips || others))) throw SYNTAX
  if (aborts) throw new FailureReply('ERR No shutdown in progress.')
  if (!skips && engine.suspension !== null) return engine.scripting.busy
  setImmediate(() => void engine.close())
  return NO_REPLY
}

// ---- replication ----

/** Nobody replicates, so only a wait for no replica is satisfied; any other ends with its time. */
function wait(session: Session, args: readonly string[]): Outcome {
  const count = integerOf(args[1])
  const timeoutMs = integerOf(args[2], new FailureReply('ERR timeout is not an integer or out of range'))
  if (timeoutMs < 0) throw new FailureReply('ERR timeout is negative')
  if (count <= 0) return 0
  return session.block({ keys: [], timeoutMs, serve: () => undefined, timedOut: 0 })
}

function replicaof(_session: Session, args: readonly string[]): Outcome {
  if (args[1]!.toLowerCase() === 'no' && args[2]!.toLowerCase() === 'one') return OK
  const port = /^\d+$/.test(args[2]!) ? Number(args[2]) : -1
  return port < 0 || port > 65_535 ? new FailureReply('ERR Invalid master port') : NO_REPLICATION
}

/** FAILOVER [TO host port [FORCE]] [TIMEOUT milliseconds], or ABORT alone. */
function failover(_session: Session, args: readonly string[]): Outcome {
  if (args.length === 2 && args[1]!.toLowerCase() === 'abort') throw new FailureReply('ERR No failover in progress.')
  const given = new Set<string>()
  for (let i = 1; i < args.length; i++) {
    const option = args[i]!.toLowerCase()
    const values = option === 'timeout' ? 1 : option === 'to' ? 2 : option === 'force' ? 0 : -1
    if (values < 0 || given.has(option) || i + values >= args.length) throw SYNTAX
    given.add(option)
    i += values
    if (values !== 0 && integerOf(args[i]) <= 0 && option === 'timeout')
      throw new FailureReply('ERR FAILOVER timeout must be greater than 0')
  }
  throw new FailureReply('ERR FAILOVER requires connected replicas.')
}

// ---- modules ----

const MODULE_HELP: readonly string[] = [
  'LIST',
  '    Return a list of loaded modules.',
  'LOAD <path> [<arg> ...]',
  '    Load a module library from <path>, passing to it any optional arguments.',
  'LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]',
  '    Load a module library from <path>, while passing it module configurations and optional arguments.',
  'UNLOAD <name>',
  '    Unload a module.',
]

const noModules: Handler = () => new FailureReply('ERR This server has no modules')

// ---- cluster ----

const CLUSTER: readonly string[] = [
  'addslots',
  'addslotsrange',
  'bumpepoch',
  'count-failure-reports',
  'countkeysinslot',
  'delslots',
  'delslotsrange',
  'failover',
  'flushslots',
  'forget',
  'getkeysinslot',
  'help',
  'info',
  'keyslot',
  'links',
  'meet',
  'myid',
  'nodes',
  'replicas',
  'replicate',
  'reset',
  'saveconfig',
  'set-config-epoch',
  'setslot',
  'shards',
  'slaves',
  'slots',
]

const noCluster: Handler = () => NO_CLUSTER

export const server: Readonly<Record<string, Handler>> = {
  asking: noCluster,
  ...Object.fromEntries(CLUSTER.map((word) => [`cluster ${word}`, noCluster])),
  failover,
  info,
  lolwut,
  'module help': helping(MODULE_HELP),
  'module list': () => [],
  'module load': noModules,
  'module loadex': noModules,
  'module unload': noModules,
  monitor,
  readonly: noCluster,
  readwrite: noCluster,
  replicaof,
  role: () => ['master', 0, []],
  shutdown,
  slaveof: replicaof,
  time,
  wait,
}
