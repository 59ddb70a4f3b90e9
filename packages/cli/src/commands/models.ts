// `ochre models`: what the models of a module are, their rows, and whether rows and indexes agree.

import { type AnyModel, type Fields, open, type Store } from '@ochre/model'
import { UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { counted, EXIT, type Io, print, tell } from '../io.ts'
import { loadModels } from '../modules.ts'
import { progress } from '../progress.ts'
import { type TargetOptions, withClient, withTarget } from '../target.ts'

interface Options extends TargetOptions {
  readonly models?: string
  readonly where?: string
  readonly limit?: string
  readonly scan?: true
  readonly json?: true
}

type AnyStore = Store<Fields>

export function modelsCommand(io: Io, exit: (code: number) => void): Command {
  const models = new Command('models').description('list models, look at rows, verify and repair indexes').addHelpText(
    'after',
    `
Examples:
  ochre models list --models ./models.ts
  ochre models show Book --models ./models.ts --where '{"published":{"gte":1960}}' --limit 10
  ochre models explain Book --models ./models.ts --where '{"title":"Solaris"}'
  ochre models verify --models ./models.ts
  ochre models repair Book --models ./models.ts`,
  )

  const verb = (
    name: string,
    about: string,
    work: (model: AnyModel, store: AnyStore, options: Options, named: string) => Promise<number>,
    arity: 'one' | 'any',
  ): Command =>
    withTarget(new Command(name))
      .description(about)
      .argument(arity === 'one' ? '<model>' : '[model]', 'the exported name of a model or the name in Redis')
      .requiredOption('--models <file>', 'module with the models, TypeScript or JavaScript')
      .option('--json', 'print JSON')
      .addHelpText('after', `\nExample:\n  ochre models ${name}${arity === 'one' ? ' Book' : ''} --models ./models.ts`)
      .action(async (name: string | undefined, options: Options) => {
        const module = await loadModels(options.models!)
        const chosen = Object.entries(module.models).filter(
          ([exported, model]) => name === undefined || name === exported || name === model.name,
        )
        if (chosen.length === 0)
          throw new UsageError(`There is no model ${name}; there are ${Object.keys(module.models).join(', ')}.`)
        exit(
          await withClient(io, options, async (client) => {
            const db = open(client, module.models)
            try {
              let code: number = EXIT.ok
              for (const [exported, model] of chosen)
                code = Math.max(code, await work(model, db[exported] as AnyStore, options, exported))
              return code
            } finally {
              db.close()
            }
          }),
        )
      })

  const filtered = (command: Command): Command =>
    command
      .option('--where <json>', 'a filter: {"age":{"gte":18}}')
      .option('--limit <n>', 'at most so many rows', '20')
      .option('--scan', 'allow a filter that no index narrows')

  models.addCommand(
    verb(
      'list',
      'names, fields, indexes and number of rows',
      async (model, store, options, exported) => {
        const rows = await store.find({}).count()
        const { scalars, collections, indexes, uniques } = model.spec
        if (options.json)
          print(
            io,
            JSON.stringify({
              model: exported,
              name: model.name,
              rows,
              fields: [...scalars, ...collections].map(({ property, kind }) => ({ property, kind })),
              indexes: indexes.map(({ name }) => name),
              uniques: uniques.map(({ name }) => name),
            }),
          )
        else {
          print(io, `${exported} (${model.name}): ${counted(rows, 'row')}`)
          for (const field of [model.spec.id, ...scalars, ...collections])
            print(io, `  ${field.property.padEnd(16)} ${field.kind}`)
          for (const { name } of indexes) print(io, `  index   ${name}`)
          for (const { name } of uniques) print(io, `  unique  ${name}`)
        }
        return EXIT.ok
      },
      'any',
    ),
  )
  models.addCommand(
    filtered(
      verb(
        'show',
        'rows as JSON, one per line',
        async (_model, store, options) => {
          for (const row of await store.find(queryOf(options))) print(io, JSON.stringify(row, plainValue))
          return EXIT.ok
        },
        'one',
      ),
    ),
  )
  models.addCommand(
    filtered(
      verb(
        'explain',
        'how a query would be answered, and at what cost',
        async (_model, store, options) => {
          const plan = await store.find(queryOf(options)).explain()
          if (options.json) print(io, JSON.stringify(plan))
          else {
            print(io, `${plan.plan}: up to ${plan.entries} entries of ${plan.keys.join(', ')}`)
            if (plan.tested) print(io, 'Rows are tested one by one as well.')
            for (const other of plan.alternatives)
              print(io, `Instead of ${other.entries} entries of ${other.keys.join(', ')}`)
          }
          return EXIT.ok
        },
        'one',
      ),
    ),
  )
  for (const [name, about] of [
    ['verify', 'compare every row with its index entries, both ways; ends with 1 when they disagree'],
    ['repair', 'make index entries agree with the rows'],
    ['reindex', 'build new and changed indexes while the model is in use'],
  ] as const)
    models.addCommand(
      verb(
        name,
        about,
        async (_model, store, options, exported) => {
          const bar = progress(io, `${name} ${exported}`, await store.find({}).count())
          const found = await store[name]({ onProgress: ({ rows }) => bar.update(rows) })
          bar.end()
          if (options.json) print(io, JSON.stringify({ model: exported, ...found }))
          else {
            print(
              io,
              `${exported}: ${counted(found.rows, 'row')}, ${found.entries.toLocaleString('en-US')} index entries, ${counted(found.problems.length, 'problem')}`,
            )
            for (const problem of found.problems.slice(0, 100))
              print(io, `  ${problem.code} ${problem.where} of row ${problem.id}`)
          }
          if (name === 'verify' && found.problems.length > 0) tell(io, `Repair with: ochre models repair ${exported}`)
          return name === 'verify' && found.problems.length > 0 ? EXIT.failed : EXIT.ok
        },
        'any',
      ),
    )
  return models
}

function queryOf({ where, limit, scan }: Options): object {
  const count = Number(limit)
  if (!Number.isInteger(count) || count < 1) throw new UsageError('--limit is a positive whole number.')
  return {
    ...(where === undefined ? {} : { where: parseFilter(where) }),
    limit: count,
    ...(scan ? { allowScan: true } : {}),
  }
}

function parseFilter(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {}
  throw new UsageError('--where is a JSON object, such as {"age":{"gte":18}}.')
}

function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
}
