// The same operations through models and by hand, both over our client.
import type { Contender, Environment } from '../suite.ts'
import * as byHand from './by-hand.ts'
import { events, openModels, userId } from './schema.ts'

export interface ModelTarget {
  /** Users that there are. */
  readonly rows: number
  get(i: number): Promise<unknown>
  /** Adds 1 to the points; gives the sum. */
  add(i: number): Promise<unknown>
  /** Five operations, two of them under a condition; gives points, visits and level. */
  program(i: number): Promise<unknown>
  /** The same, recorded anew at each call. */
  recorded?(i: number): Promise<unknown>
  /** 50 users from an age on. */
  page(age: number): Promise<readonly unknown[]>
  /** Creates so many new events with three indexes; gives how many it created. */
  createMany(count: number): Promise<number>
}

/** Ids that no other worker gives. */
const prefix = (): string => `${process.pid}-`

const ours: Contender<ModelTarget> = {
  name: 'model',
  title: 'model',
  role: 'ours',
  async open(environment: Environment, root) {
    const { db, when, close } = await openModels(root, Number(environment.port))
    let created = 0
    type Row = Parameters<Parameters<typeof db.User.atomic>[1]>[0]
    const work = (p: Row) => {
      p.points.add(10)
      p.visits.add(1)
      when(p.points.gte(100), () => p.level.set('gold'))
      when(p.visits.gt(1000), () => p.visits.set(0))
      p.note.set('seen')
      return { points: p.points, visits: p.visits, level: p.level }
    }
    const program = db.User.program({}, work)
    const target: ModelTarget = {
      rows: Number(environment.rows),
      get: (i) => db.User.get(userId(i)),
      add: (i) => db.User.at(userId(i)).points.add(1),
      program: (i) => program(userId(i), {}),
      recorded: (i) => db.User.atomic(userId(i), work),
      page: (age) => db.User.find({ where: (u) => u.age.gte(age), orderBy: (u) => u.age.asc(), limit: 50 }).page(),
      async createMany(count) {
        const { done } = await db.Event.createMany(events(prefix(), created, count))
        created += count
        return done
      },
    }
    return { target, close }
  },
}

const hand: Contender<ModelTarget> = {
  name: 'by-hand',
  title: 'by hand',
  role: 'peer',
  async open(environment: Environment, root) {
    const { redis, close } = await openModels(root, Number(environment.port))
    let created = 0
    const target: ModelTarget = {
      rows: Number(environment.rows),
      get: (i) => byHand.get(redis, i),
      add: (i) => byHand.add(redis, i),
      program: (i) => byHand.program(redis, i),
      page: (age) => byHand.page(redis, age),
      async createMany(count) {
        // As many rows per pipeline as a batch of 64 KB holds, four of them on their way.
        let done = 0
        for (let i = 0; i < count; i += 2000) {
          const portions = [0, 500, 1000, 1500].filter((from) => i + from < count)
          const counts = portions.map((from) =>
            byHand.createMany(redis, events(prefix(), created + i + from, Math.min(500, count - i - from))),
          )
          for (const one of await Promise.all(counts)) done += one
        }
        created += count
        return done
      },
    }
    return { target, close }
  },
}

export const CONTENDERS: readonly Contender<ModelTarget>[] = [ours, hand]
