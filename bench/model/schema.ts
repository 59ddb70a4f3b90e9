// The models of the suite, made with the build of a checkout, and their rows.
import { pathToFileURL } from 'node:url'

type ClientModule = typeof import('@ochre/client')
type ModelModule = typeof import('@ochre/model')

/** The fields that programs change are in no index, so that by hand and by model the same is to be done. */
function defineModels({ model, t }: ModelModule) {
  const User = model('user', {
    id: t.string(),
    name: t.string(),
    age: t.int().index(),
    joined: t.int().index(),
    points: t.int().default(0),
    visits: t.int().default(0),
    level: t.string().default('basic'),
    note: t.string().default(''),
  })
  const Event = model('event', {
    id: t.string(),
    kind: t.string().index(),
    at: t.int().index(),
    amount: t.float().index(),
    text: t.string(),
  })
  return { User, Event }
}

/** A client of the build in `root`, and the models on it. */
export async function openModels(root: string, port: number) {
  const load = async (name: string): Promise<unknown> =>
    import(pathToFileURL(`${root}/packages/${name}/dist/index.js`).href)
  const [{ connect }, module] = [(await load('client')) as ClientModule, (await load('model')) as ModelModule]
  const redis = await connect(`redis://127.0.0.1:${port}`)
  const db = module.open(redis, defineModels(module))
  const close = async (): Promise<void> => {
    db.close()
    await redis.close()
  }
  return { redis, db, when: module.when, close }
}

export type Opened = Awaited<ReturnType<typeof openModels>>

/** Different ages; every one has a thousandth of the rows. */
export const AGES = 1000

export const userId = (i: number): string => `u${String(i).padStart(7, '0')}`

/** Users from `first` to before `end`. */
export function* users(first: number, end: number) {
  for (let i = first; i < end; i++)
    // In an order that is not that of the index.
    yield { id: userId(i), name: `User number ${i}`, age: (i * 7919) % AGES, joined: (i * 104_729) % 1_000_000_007 }
}

const KINDS = ['created', 'paid', 'sent', 'returned']

export interface EventRow {
  readonly id: string
  readonly kind: string
  readonly at: number
  readonly amount: number
  readonly text: string
}

/** Events with ids of their own. */
export function events(prefix: string, first: number, count: number): EventRow[] {
  return Array.from({ length: count }, (_, j) => {
    const i = first + j
    return {
      id: `${prefix}${i}`,
      kind: KINDS[i % KINDS.length]!,
      at: 1_700_000_000_000 + ((i * 7919) % 1_000_003),
      amount: (i % 997) / 8,
      text: `Something happened, number ${i}`,
    }
  })
}
