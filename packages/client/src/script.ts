// Scripts and functions with typed parameters. A definition is a function: called with its parameters it gives a run, which
// a client or a pipeline executes.
//
//   const take = script({ lua, keys: ['stock'], args: { amount: 'number' }, reply: Number })
//   await redis.run(take({ stock: 'stock:7', amount: 2 }))
//
// In Lua, KEYS and ARGV hold the parameters in the order of the definition.
import { createHash } from 'node:crypto'
import { type Arg, type CommandSpec, lookupCommand, UsageError } from '@ochre/protocol'
import type { Shape } from './command.ts'

/** How a parameter travels, and what it is in TypeScript. */
export interface ParameterTypes {
  text: string
  number: number | bigint
  /** 1 or 0. */
  boolean: boolean
  bytes: Uint8Array
  /** What JSON.stringify takes; `cjson.decode` reads it. */
  json: unknown
}

/** A parameter, or with `[]` a list of them, which only the last one can be. */
export type ParameterType = keyof ParameterTypes | `${keyof ParameterTypes}[]`

type Parameter<T extends ParameterType> = T extends `${infer One extends keyof ParameterTypes}[]`
  ? readonly ParameterTypes[One][]
  : T extends keyof ParameterTypes
    ? ParameterTypes[T]
    : never

/** Names of keys; the last may end with `[]` for a list of keys. */
type KeyParameters<K extends readonly string[]> = {
  readonly [N in K[number] as N extends `${infer Name}[]` ? Name : N]: N extends `${string}[]` ? readonly Arg[] : Arg
}

/** What a definition is called with: keys and arguments by their names. */
export type Parameters<
  K extends readonly string[],
  A extends Readonly<Record<string, ParameterType>>,
> = KeyParameters<K> & {
  readonly [N in keyof A]: Parameter<A[N]>
}

interface Definition<K extends readonly string[], A extends Readonly<Record<string, ParameterType>>, R> {
  /** Names of the keys, in the order of KEYS; the last may be a list: `'others[]'`. */
  readonly keys?: K
  /** The other parameters, in the order of ARGV; the last may be a list: `'text[]'`. */
  readonly args?: A
  /** Makes the result out of the reply; without it the reply is the result. */
  readonly reply?: (reply: unknown) => R
  /** It only reads: it may be repeated after a lost connection, and run on a replica. */
  readonly readOnly?: boolean
}

export interface ScriptDefinition<K extends readonly string[], A extends Readonly<Record<string, ParameterType>>, R>
  extends Definition<K, A, R> {
  readonly lua: string
}

export interface FunctionDefinition<K extends readonly string[], A extends Readonly<Record<string, ParameterType>>, R>
  extends Definition<K, A, R> {
  /** As registered in its library. */
  readonly function: string
  /** The source of its library, loaded when the server does not have the function. */
  readonly library?: string
}

/** A script or function with its parameters: for `client.run` and `pipeline.run`. */
export interface ScriptRun<R> {
  readonly lua: string | undefined
  /** SHA-1 of the script in hexadecimal, or the name of the function. */
  readonly name: string
  readonly library: string | undefined
  readonly readOnly: boolean
  readonly keys: readonly Arg[]
  readonly args: readonly Arg[]
  readonly decode: Shape | undefined
  /** Only in the type. */
  readonly result?: R
}

export interface Script<K extends readonly string[], A extends Readonly<Record<string, ParameterType>>, R> {
  (parameters: Parameters<K, A>): ScriptRun<R>
  readonly lua: string
  readonly sha: string
}

const spec = (name: string): CommandSpec => lookupCommand(name)!
const EVAL: CommandSpec = spec('eval')
const EVAL_RO: CommandSpec = spec('eval_ro')
const EVALSHA: CommandSpec = spec('evalsha')
const EVALSHA_RO: CommandSpec = spec('evalsha_ro')
const FCALL: CommandSpec = spec('fcall')
const FCALL_RO: CommandSpec = spec('fcall_ro')

/** Defines a Lua script. Throws UsageError for a wrong definition or, when called, for wrong parameters. */
export function script<
  const K extends readonly string[] = readonly [],
  const A extends Readonly<Record<string, ParameterType>> = Readonly<Record<never, never>>,
  R = unknown,
>(definition: ScriptDefinition<K, A, R>): Script<K, A, R> {
  const { lua } = definition
  if (typeof lua !== 'string' || lua === '') throw new UsageError('A script needs lua.')
  const sha = createHash('sha1').update(lua).digest('hex')
  return Object.assign(bind<K, A, R>(definition, lua, sha, undefined), { lua, sha })
}

/** Defines a function of a library (FUNCTION LOAD). */
export function libraryFunction<
  const K extends readonly string[] = readonly [],
  const A extends Readonly<Record<string, ParameterType>> = Readonly<Record<never, never>>,
  R = unknown,
>(definition: FunctionDefinition<K, A, R>): (parameters: Parameters<K, A>) => ScriptRun<R> {
  return bind<K, A, R>(definition, undefined, definition.function, definition.library)
}

/** The request that works on every server: EVAL with the text, FCALL. */
export function fullRequest(run: ScriptRun<unknown>): { spec: CommandSpec; args: Arg[] } {
  const { lua, readOnly } = run
  if (lua === undefined) return shortRequest(run)
  return { spec: readOnly ? EVAL_RO : EVAL, args: [lua, run.keys.length, ...run.keys, ...run.args] }
}

/** The request that supposes that the server has the script: EVALSHA, FCALL. */
export function shortRequest(run: ScriptRun<unknown>): { spec: CommandSpec; args: Arg[] } {
  const { lua, readOnly } = run
  const isFunction = lua === undefined
  const spec = isFunction ? (readOnly ? FCALL_RO : FCALL) : readOnly ? EVALSHA_RO : EVALSHA
  return { spec, args: [run.name, run.keys.length, ...run.keys, ...run.args] }
}

function bind<K extends readonly string[], A extends Readonly<Record<string, ParameterType>>, R>(
  definition: Definition<K, A, R>,
  lua: string | undefined,
  name: string,
  library: string | undefined,
): (parameters: Parameters<K, A>) => ScriptRun<R> {
  const { readOnly = false, reply } = definition
  const keys = lists(definition.keys ?? [])
  const args = Object.entries<ParameterType>(definition.args ?? {})
  const types = lists(args.map(([, type]) => type))
  const known = new Set([...keys.names, ...args.map(([argument]) => argument)])
  if (known.size !== keys.names.length + args.length) throw new UsageError('Two parameters have the same name.')
  for (const type of types.names) {
    if (!TYPES.has(type)) throw new UsageError(`A parameter is of type ${[...TYPES.keys()].join(', ')}, not "${type}".`)
  }
  return (parameters) => {
    const given = parameters as Readonly<Record<string, unknown>>
    for (const parameter of Object.keys(given)) {
      if (!known.has(parameter)) throw new UsageError(`There is no parameter "${parameter}".`)
    }
    const keyWords: Arg[] = []
    const argWords: Arg[] = []
    keys.names.forEach((key, i) => {
      push(keyWords, key, given[key], i === keys.list, asKey)
    })
    types.names.forEach((type, i) => {
      const argument = args[i]![0]
      push(argWords, argument, given[argument], i === types.list, TYPES.get(type)!)
    })
    return { lua, name, library, readOnly, keys: keyWords, args: argWords, decode: reply }
  }
}

type Encode = (value: unknown) => Arg | undefined

const asKey: Encode = (value) =>
  typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array ? value : undefined

/** Undefined for a value of another type. */
const TYPES: ReadonlyMap<string, Encode> = new Map<keyof ParameterTypes, Encode>([
  ['text', (value) => (typeof value === 'string' ? value : undefined)],
  ['number', (value) => (typeof value === 'number' || typeof value === 'bigint' ? value : undefined)],
  ['boolean', (value) => (typeof value === 'boolean' ? Number(value) : undefined)],
  ['bytes', (value) => (value instanceof Uint8Array ? value : undefined)],
  ['json', (value) => JSON.stringify(value)],
])

function push(words: Arg[], name: string, value: unknown, isList: boolean, encode: Encode): void {
  const values = isList ? (Array.isArray(value) ? (value as unknown[]) : [undefined]) : [value]
  for (const one of values) {
    const word = encode(one)
    if (word === undefined) throw new UsageError(`The parameter "${name}" is missing or of another type.`)
    words.push(word)
  }
}

/** Names without `[]`, and the index of the one that had it, which must be the last. */
function lists(given: readonly string[]): { names: string[]; list: number } {
  const list = given.findIndex((name) => name.endsWith('[]'))
  if (list !== -1 && list !== given.length - 1) throw new UsageError('Only the last parameter can be a list.')
  return { names: given.map((name) => name.replace(/\[\]$/, '')), list }
}
