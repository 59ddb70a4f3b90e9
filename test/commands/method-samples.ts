// Calls of every typed method, each with the words it sends: every signature, every option in turn.
import { type Arg, Commands, type Mode } from '@ochre/client'
import type { CommandSpec } from '@ochre/protocol'
import { type EmittedMethod, formatMethods } from '../../scripts/gen/emit.ts'
import { mergeFacts, readCaptured, readOverlay } from '../../scripts/gen/facts.ts'
import { readReplies, readWords } from '../../scripts/gen/replies.ts'
import { valuesOf } from './sample-type.ts'

export interface MethodSample {
  method: string
  /** The arguments of the call. */
  call: unknown[]
  spec: CommandSpec
  /** What follows the name. */
  words: string[]
}

interface Recorded extends Mode {
  readonly value: string
  readonly result: undefined
}

/** Sends nothing and keeps the last command. */
class Recorder extends Commands<Recorded> {
  spec: CommandSpec | undefined
  words: string[] = []
  issue(spec: CommandSpec, args: Arg[]): undefined {
    this.spec = spec
    this.words = args.map(String)
  }
}

/** Plain values by the name of the argument or option, with the command where it matters. */
const VALUES: Readonly<Record<string, unknown>> = {
  'acl dryrun.username': 'default',
  'acl dryrun.command': 'get',
  'acl dryrun.args': 'key',
  'acl cat.categoryname': 'read',
  'acl setuser.rules': '+get',
  'command docs.commandNames': 'get',
  'command info.commandNames': 'get',
  'command getkeys.command': 'get',
  'command getkeys.args': 'key',
  'command getkeysandflags.command': 'get',
  'command getkeysandflags.args': 'key',
  'config get.parameters': 'maxmemory',
  'config set.parameter': 'maxmemory',
  'config set.parameterName': 'maxmemory',
  'config set.parametersName': 'maxmemory',
  'config set.value': '0',
  'config set.parametersValue': '0',
  'client setinfo.libName': 'ochre',
  'client capa.capabilities': 'redirect',
  'client tracking.optIn': true,
  'client kill.maxAge': 100000,
  'client kill.id': 999999,
  'client kill.user': 'default',
  'cluster slot-stats.orderBy': 'key-count',
  'ft.create.algorithm': 'FLAT',
  'script exists.sha1': 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db',
  'latency graph.event': 'command',
  'client list.id': 1,
  'wait.timeout': 1,
  'waitaof.timeout': 1,
  'restore.idleTime': 10,
  'restore.freq': 10,
  'info.sections': 'server',
  'function load.functionCode': '#!lua name=lib\nredis.register_function("f", function() return 1 end)',
  'vsim.filter': '.year > 1950',
  // Four bytes are a vector of one dimension.
  'vadd.fp32': 'abcd',
  'vadd.m': 16,
  'vsim.fp32': 'abcd',
  'vadd.setAttr': '{"year":1950}',
  'vsetattr.attributes': '{"year":1950}',
  'lolwut.version': 5,
  'set.ifEq': 'value',
  'geoadd.member': 'member',
  'hpexpireat.unixTimeMilliseconds': 4102444800000,
  cursor: '0',
  encoding: 'u8',
  id: '1-1',
  ids: '1-1',
  lastId: '1-1',
  maxDeletedId: '1-1',
  offset: 0,
  maxLen: 1,
  minId: '1',
  threshold: 1,
  fieldsName: 'field',
  fieldsValue: 'value',
  streamsName: 'key',
  streamsValue: '1-1',
  entriesName: 'key',
  entriesValue: 'value',
  bit: 1,
  min: '1',
  max: '2',
  start: '0',
  stop: '1',
  end: '1',
  exAt: 4102444800,
  pxAt: 4102444800000,
  unixTimeSeconds: 4102444800,
  unixTimeMilliseconds: 4102444800000,
  timeout: 0.01,
  timeoutMs: 1,
  block: 1,
  db: 1,
  port: 1,
  longitude: 13.4,
  latitude: 52.5,
  minMatchLen: 2,
  samples: 5,
  type: 'string',
  sha: 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db',
  script: 'return 1',
}

/** `WITHSCORES` and the like need what they belong to: options without which another one is refused. */
const TOGETHER: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'zrange.limit': { byScore: true },
  'zrangestore.limit': { byScore: true },
  'lcs.minMatchLen': { idx: true },
  'lcs.withMatchLen': { idx: true },
  'client tracking.prefix': { bcast: true },
  'xadd.limit': { maxLen: ['~', 10] },
  'xtrim.limit': { maxLen: ['~', 10] },
}

export const METHODS: readonly EmittedMethod[] = formatMethods(
  mergeFacts(readCaptured(), readOverlay()),
  readReplies(),
  readWords(),
).methods

export function methodSamples(method: EmittedMethod): MethodSample[] {
  const named = (name: string, type: string): unknown => {
    const value = VALUES[`${method.command}.${name}`] ?? VALUES[name] ?? (type === 'Arg' ? 'value' : 1)
    return type === 'Integer' && !Number.isInteger(Number(value)) ? 1 : value
  }
  const lists = method.params.map((param) => {
    const values = valuesOf(param.type, param.name, named, method.rows)
    return { ...param, values }
  })
  const required = lists.filter((param) => !param.optional && !param.rest)
  const first = required.map((param) => param.values[0])
  const options: (object | undefined)[] = method.options === undefined ? [undefined] : optionValues(method, named)
  const optional = lists.filter((param) => param.optional)
  const calls: unknown[][] = []
  const shape = (values: readonly unknown[], more: readonly unknown[], own: object | undefined): unknown[] => {
    // Optional arguments stand between the required ones and the options.
    const call = [...values, ...more]
    if (own !== undefined) {
      while (call.length < lists.length) call.push(undefined)
      call.push(own)
    }
    return call
  }
  const restParam = lists.find((param) => param.rest)
  if (restParam !== undefined) {
    for (const values of restParam.values) {
      const list = Array.isArray(values) ? values : [values]
      calls.push([...first, ...list], [...first, list])
    }
  } else {
    for (const own of options) calls.push(shape(first, [], own))
    for (let i = 1; i <= optional.length; i++) {
      // A block is given as far as its required parts go.
      const next = optional[i]
      if (next?.block?.required && next.block.first !== next.name) continue
      calls.push(
        shape(
          first,
          optional.slice(0, i).map((param) => param.values[0]),
          options[0],
        ),
      )
    }
    for (const [i, param] of required.entries())
      for (const value of param.values.slice(1)) calls.push(shape(first.with(i, value), [], options[0]))
    for (const [i, param] of optional.entries())
      for (const value of param.values.slice(1))
        calls.push(shape(first, [...optional.slice(0, i).map((one) => one.values[0]), value], options[0]))
    if (optional.length > 0)
      for (const own of options.slice(1))
        calls.push(
          shape(
            first,
            optional.map((one) => one.values[0]),
            own,
          ),
        )
    const unit = required.find((param) => param.unit !== undefined)
    if (unit !== undefined) {
      const parts = unit.unit!.map((part) => named(part.name, part.type))
      const at = required.indexOf(unit)
      for (const own of options) calls.push([...first.slice(0, at), ...parts, ...(own === undefined ? [] : [own])])
    }
  }
  const recorder = new Recorder()
  return calls.map((call) => {
    const run = recorder[method.name as keyof Recorder] as (...args: unknown[]) => unknown
    run.apply(recorder, call)
    return { method: method.name, call, spec: recorder.spec!, words: recorder.words }
  })
}

function optionValues(method: EmittedMethod, named: (name: string, type: string) => unknown): object[] {
  const all = valuesOf(method.options!, 'options', named, method.rows) as Record<string, unknown>[]
  // Two weights for one key are refused.
  return all
    .filter((own) => !Array.isArray(own.weights))
    .map((own) => {
      const more = Object.keys(own).map((key) => TOGETHER[`${method.command}.${key}`] ?? {})
      return Object.assign({}, own, ...more) as object
    })
}
