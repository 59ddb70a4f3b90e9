// `ochre models`: what the models of a module are, their rows, and whether rows and indexes agree.

import { rowJson } from '@ochre/gateway'
import { Command } from 'commander'
import { counted, EXIT, type Io, print, tell, throwIfStopped, write } from '../io.ts'
import { wholeNumber } from '../options.ts'
import { progress } from '../progress.ts'
import {
  type FilterOptions,
  type OpenedModel,
  queryOf,
  type StoreOptions,
  withFilter,
  withModels,
  withStores,
} from '../stores.ts'

interface Options extends StoreOptions, FilterOptions {
  readonly limit: number
  readonly json?: true
}

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
    example: string,
    arity: 'one' | 'any',
    work: (opened: OpenedModel, options: Options) => Promise<number>,
  ): Command =>
    withModels(new Command(name))
      .description(about)
      .argument(arity === 'one' ? '<model>' : '[model]', 'the exported name of a model or the name in Redis')
      .addHelpText('after', `\nExample:\n  ochre models ${name} ${example}`)
      .action(async (model: string | undefined, options: Options) => {
        exit(
          await withStores(io, options, model, async (opened) => {
            let code: number = EXIT.ok
            for (const each of opened) code = Math.max(code, await work(each, options))
            return code
          }),
        )
      })

  models.addCommand(
    verb('list', 'fields, indexes and number of rows', '--models ./models.ts', 'any', (opened, options) =>
      list(io, opened, options),
    ).option('--json', 'print one JSON object per model'),
  )
  models.addCommand(
    withFilter(
      verb(
        'show',
        'rows as JSON, one per line',
        `Book --models ./models.ts --where '{"published":{"gte":1960}}'`,
        'one',
        async ({ store }, options) => {
          const rows = await store.find({ ...queryOf(store, options), limit: options.limit })
          await write(io, rows.map((row) => `${rowJson(store.spec, row)}\n`).join(''))
          return EXIT.ok
        },
      ),
    ).option('--limit <n>', 'at most so many rows', wholeNumber(1, 100_000), 20),
  )
  models.addCommand(
    withFilter(
      verb(
        'explain',
        'how a query would be answered, and at what cost',
        `Book --models ./models.ts --where '{"title":"Solaris"}'`,
        'one',
        (opened, options) => explain(io, opened, options),
      ),
    ).option('--json', 'print the plan as JSON'),
  )
  for (const [name, about] of [
    ['verify', 'compare every row with its index entries, both ways; ends with 1 when they disagree'],
    ['repair', 'make index entries agree with the rows'],
    ['reindex', 'build new and changed indexes while the model is in use'],
  ] as const)
    models.addCommand(
      verb(name, about, '--models ./models.ts', 'any', (opened, options) => maintain(io, name, opened, options)).option(
        '--json',
        'print one JSON object per model',
      ),
    )
  return models
}

async function list(io: Io, { name, model, store }: OpenedModel, options: Options): Promise<number> {
  const rows = await store.find({}).count()
  const { id, scalars, collections, indexes, uniques } = model.spec
  const fields = [id, ...scalars, ...collections]
  if (options.json) {
    const about = {
      model: name,
      name: model.name,
      rows,
      fields: fields.map(({ property, kind }) => ({ property, kind })),
      indexes: indexes.map((index) => index.name),
      uniques: uniques.map((unique) => unique.name),
    }
    print(io, JSON.stringify(about))
  } else {
    print(io, `${name} (${model.name}): ${counted(rows, 'row')}`)
    for (const field of fields) print(io, `  ${field.property.padEnd(16)} ${field.kind}`)
    for (const index of indexes) print(io, `  index   ${index.name}`)
    for (const unique of uniques) print(io, `  unique  ${unique.name}`)
  }
  return EXIT.ok
}

async function explain(io: Io, { store }: OpenedModel, options: Options): Promise<number> {
  const plan = await store.find(queryOf(store, options)).explain()
  if (options.json) print(io, JSON.stringify(plan))
  else {
    print(io, `${plan.plan}: up to ${plan.entries} entries of ${plan.keys.join(', ')}`)
    if (plan.tested) print(io, 'Rows are tested one by one as well.')
    for (const other of plan.alternatives) print(io, `Instead of ${other.entries} entries of ${other.keys.join(', ')}`)
  }
  return EXIT.ok
}

async function maintain(
  io: Io,
  work: 'verify' | 'repair' | 'reindex',
  { name, store }: OpenedModel,
  options: Options,
): Promise<number> {
  const bar = progress(io, `${work} ${name}`, io.stderr.isTTY ? await store.find({}).count() : null)
  const onProgress = ({ rows }: { readonly rows: number }): void => {
    throwIfStopped(io, 'What was done is right; run it again for the rest.')
    bar.update(rows)
  }
  const found = await store[work]({ onProgress }).finally(() => bar.end())
  if (options.json) print(io, JSON.stringify({ model: name, ...found }))
  else {
    const problems = counted(found.problems.length, 'problem')
    const entries = found.entries.toLocaleString('en-US')
    print(io, `${name}: ${counted(found.rows, 'row')}, ${entries} index entries, ${problems}`)
    for (const problem of found.problems.slice(0, 100))
      print(io, `  ${problem.code} ${problem.where} of row ${problem.id}`)
  }
  if (work !== 'verify' || found.problems.length === 0) return EXIT.ok
  tell(io, `Repair with: ochre models repair ${name}`)
  return EXIT.failed
}
