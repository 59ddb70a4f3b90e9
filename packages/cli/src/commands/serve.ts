// `ochre serve`: the gateway over the embedded engine or any Redis, with models.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { connect } from '@ochre/client'
import { Engine } from '@ochre/embedded'
import {
  announceWorker,
  type Config,
  type ConfigInput,
  createLog,
  flagNameOf,
  isWorker,
  loadConfig,
  type RunningGateway,
  runUntilSignal,
  SETTINGS,
  type Setting,
  type StartOptions,
  startGateway,
  superviseWorkers,
} from '@ochre/gateway'
import { open } from '@ochre/model'
import { UsageError } from '@ochre/protocol'
import { Command, Option } from 'commander'
import { EXIT, type Io, print } from '../io.ts'
import { explain, loadModels, type ModelsModule } from '../modules.ts'

/** Options of the verb that are no settings of the gateway. */
interface Options {
  readonly config?: string
  readonly redis?: string
  readonly dir: string
  readonly memory?: true
  readonly json?: true
}

export function serveCommand(io: Io, exit: (code: number) => void): Command {
  const command = withSettings(new Command('serve'))
    .description('serve Redis and models over HTTP, WebSocket and SSE')
    .option('--redis <url>', 'the Redis to serve (default: the embedded engine)')
    .option('--dir <folder>', 'where the embedded engine keeps its data', '.ochre')
    .option('--memory', 'the embedded engine keeps nothing on disk')
    .option('--config <file>', 'configuration file (default: ochre.config.json when there is one)')
    .option('--json', 'print where it listens, and the API key when it is new, as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  ochre serve
  ochre serve --models ./models.ts
  ochre serve --redis redis://127.0.0.1:6379 --port 8000
  ochre serve --workers 4

Every setting can also stand in the file, in .env or in the environment: ochre config check shows where each comes from.
SIGHUP reads the configuration again, SIGTERM ends it in order.`,
    )
  return command.action(async (options: Options & Record<string, unknown>) => {
    const input: ConfigInput = {
      flags: flagsOf(options),
      env: io.env,
      ...(options.config === undefined ? {} : { file: options.config }),
    }
    const { config } = loadConfig(input)
    exit(await serve(io, config, options, input))
  })
}

/** Declares one option per setting of the gateway. The values are checked with all others, by loadConfig. */
export function withSettings(command: Command): Command {
  for (const setting of SETTINGS) if (setting.name !== 'redisUrl') command.addOption(optionOf(setting))
  return command
}

function optionOf(setting: Setting): Option {
  const usual = String(setting.fallback ?? '')
  const fallback = usual === '' ? '' : ` (default: ${usual})`
  return new Option(
    // A switch may be given alone.
    `${flagNameOf(setting.name)} ${setting.kind === 'boolean' ? '[true|false]' : `<${placeholderOf(setting)}>`}`,
    `${setting.about.replace(/\.$/, '')}${fallback}`,
  )
}

function placeholderOf({ name, kind }: Setting): string {
  if (name === 'models' || name.endsWith('File')) return 'file'
  const words: Partial<Record<Setting['kind'], string>> = { integer: 'n', bytes: 'size', list: 'list', level: 'level' }
  return words[kind] ?? 'text'
}

/** The options that are settings, by setting name. */
export function flagsOf(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const flags: Record<string, unknown> = {}
  for (const { name } of SETTINGS) if (options[name] !== undefined) flags[name] = options[name]
  if (options.redis !== undefined) flags.redisUrl = options.redis
  return flags
}

async function serve(io: Io, config: Config, options: Options, input: ConfigInput): Promise<number> {
  const module = config.models === undefined ? null : await loadModels(config.models)
  const read = (): Config => loadConfig(input).config
  if (isWorker()) {
    const running = await startGateway({ redis: config.redisUrl!, config, admin: false, ...withModels(module) })
    announceWorker(running)
    return runUntilSignal(running, read)
  }
  const engine = config.redisUrl === undefined ? await Engine.open(options.memory ? {} : { dir: options.dir }) : null
  try {
    const redis = engine ?? config.redisUrl!
    const example = module && (await prepare(redis, module, config.models!))
    const over =
      engine === null
        ? 'a Redis server'
        : options.memory
          ? 'the embedded engine, in memory only'
          : `the embedded engine, data in ${options.dir}`
    const announce = (place: Place): void => {
      const { url, adminUrl, rootKey } = place
      if (options.json) print(io, JSON.stringify({ url, adminUrl, rootKey, models: Object.keys(module?.models ?? {}) }))
      else greet(io, place, over, module, example)
    }
    if (config.workers > 1) return await supervise(io, config, engine, announce)
    const running = await startGateway({ redis, config, ...withModels(module) })
    // Told to end while it started.
    if (io.interrupted.aborted) {
      await running.close()
      return EXIT.ok
    }
    announce(running)
    return await runUntilSignal(running, read)
  } finally {
    await engine?.close()
  }
}

function withModels(module: ModelsModule | null): Pick<StartOptions, 'models'> {
  return module === null ? {} : { models: module.models }
}

/** Several processes on one port. An engine of this process listens on a socket of its own for them. */
async function supervise(
  io: Io,
  config: Config,
  engine: Engine | null,
  announce: (place: Place) => void,
): Promise<number> {
  const folder = engine === null ? null : await mkdtemp(join(tmpdir(), 'ochre-'))
  try {
    if (engine !== null) {
      const path = join(folder!, 'engine.sock')
      await engine.listen({ path })
      // The workers run this same command line and find the engine by their environment.
      process.env.OCHRE_REDIS_URL = `unix:${path}`
    }
    const supervisor = await superviseWorkers(config, createLog(config.logLevel)).catch((cause: unknown) => {
      // Ctrl-C has reached the workers, too, while they started.
      if (io.interrupted.aborted) return null
      throw cause
    })
    if (supervisor === null) return EXIT.ok
    announce(supervisor)
    process.on('SIGHUP', () => supervisor.reload())
    if (!io.interrupted.aborted)
      await new Promise((resolve) => io.interrupted.addEventListener('abort', resolve, { once: true }))
    await supervisor.close()
    return EXIT.ok
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true })
  }
}

type Place = Pick<RunningGateway, 'url' | 'adminUrl' | 'rootKey'>

/** A row and a number of it that the greeting can count up. */
interface Example {
  readonly model: string
  readonly id: string
  readonly field: string
}

/** Calls the module's seed when all its models are empty, and looks for a row to show. */
async function prepare(redis: Engine | string, { models, seed }: ModelsModule, path: string): Promise<Example | null> {
  const client = await connect(redis)
  try {
    const db = open(client, models, { sweepEvery: 0 })
    const stores = Object.values(models).map((model, i) => ({ model, store: db[Object.keys(models)[i]!]! }))
    const counts = await Promise.all(stores.map(({ store }) => store.find({}).count()))
    if (seed && counts.every((count) => count === 0))
      await seed(db).catch((cause: unknown) => {
        throw new UsageError(`seed() of ${path} fails: ${explain(cause, resolve(path))}`, { cause })
      })
    const numbers = stores.flatMap(({ model, store }) => {
      const fields = model.spec.scalars.filter(
        ({ kind, unique, optional, nullable, max }) =>
          (kind === 'int' || kind === 'float') && !unique && !optional && !nullable && max === undefined,
      )
      return fields.map((field) => ({ model: model.name, store, field }))
    })
    // A counter, such as a number of copies, has a default more often than a year has.
    const counters = numbers.filter(({ field }) => field.default !== undefined)
    for (const { model, store, field } of [...counters, ...numbers]) {
      const [id] = await store.find({ limit: 1 }).ids()
      if (id !== undefined) return { model, id: String(id), field: field.property }
    }
    return null
  } finally {
    await client.close()
  }
}

/** What is served, and how to try it: the lines work when they are pasted into a shell. */
function greet(
  io: Io,
  { url, adminUrl, rootKey }: Place,
  over: string,
  module: ModelsModule | null,
  example: Example | null,
): void {
  // A variable is replaced in double quotes only.
  const header = rootKey === undefined ? '"Authorization: Bearer $OCHRE_TOKEN"' : `'Authorization: Bearer ${rootKey}'`
  const curl = (path: string, rest: string): string => `  curl ${rest} -H ${header} '${url}${path}'`
  print(io, `Serving ${over} at ${url}${adminUrl === undefined ? '' : `, admin at ${adminUrl}`}`)
  if (module) print(io, `Models: ${Object.keys(module.models).join(', ')}`)
  if (rootKey !== undefined) print(io, `\nAPI key, shown this once (only its hash is stored):\n\n  ${rootKey}`)
  else print(io, '\nSet the variable OCHRE_TOKEN to your API key: export OCHRE_TOKEN=...')
  print(io, `\nTry, each in a terminal of its own:\n`)
  print(io, curl('/v1/redis', `-d '["INCR","visits"]'`))
  if (example) {
    const { model, id, field } = example
    const program = { steps: [[field, 'add', 1]], return: { [field]: { $field: field } } }
    const path = `/v1/models/${model}/${encodeURIComponent(id).replaceAll("'", '%27')}/atomic`
    print(io, curl(path, `-d '${JSON.stringify(program)}'`))
  }
  print(io, curl('/v1/redis/pubsub/subscribe?channel=news', '-N'))
}
