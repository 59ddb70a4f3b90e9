// Several processes on one port: a primary that starts workers, replaces those that die, and owns the admin server.
//
//   primary: fork n --each worker: startGateway, announce--> admin server: readiness of any, metrics of all
//            SIGTERM --> each worker ends in its own orderly way --> the primary ends

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { OchreError } from '@ochre/protocol'
import type { Logger } from 'pino'
import { createAdmin, type Observed } from './admin.ts'
import { type AuditEntry, type AuditLog, auditFile } from './audit.ts'
import type { Config } from './config.ts'
import type { RunningGateway } from './server.ts'

interface Announcement {
  readonly ochre: 'listening'
  readonly url: string
  readonly rootKey: string | undefined
}
interface Question {
  readonly ochre: 'ask'
  readonly id: number
  readonly what: 'metrics' | 'ready'
}
interface Audited {
  readonly ochre: 'audit'
  readonly entry: AuditEntry
}
interface Answer {
  readonly ochre: 'answer'
  readonly id: number
  readonly text: string
}

const ANSWER_MS = 2_000
const RESTART_MS = 500

export interface Supervisor {
  readonly url: string
  readonly adminUrl: string | undefined
  /** The text of the root key, when one of the workers made one. */
  readonly rootKey: string | undefined
  /** Process ids of the workers. */
  pids(): number[]
  /** Has every worker read its configuration again. */
  reload(): void
  close(): Promise<void>
}

/** In the primary process: starts the workers, which run this same program, and resolves when all of them listen. */
export async function superviseWorkers(config: Config, log: Logger): Promise<Supervisor> {
  let isClosing = false
  let nextId = 0
  const waiting = new Map<number, (text: string) => void>()
  const workers = new Map<Worker, number>()
  const gone = new Map<Worker, Promise<unknown>>()
  const figures = new Figures()
  const audit = config.auditFile === undefined ? undefined : auditFile(config.auditFile, log)

  /** `place`: of so many workers, which a replacement takes over. */
  async function start(place: number): Promise<Announcement> {
    const worker = cluster.fork()
    workers.set(worker, place)
    const listening = new Promise<Announcement>((resolve) => {
      worker.on('message', (message: Answer | Announcement | Audited) => {
        if (message.ochre === 'answer') waiting.get(message.id)?.(message.text)
        else if (message.ochre === 'audit') audit?.append(message.entry)
        else resolve(message)
      })
    })
    // What it has sent is read to the end before it counts as gone.
    const ended = Promise.all([once(worker, 'exit'), once(worker, 'disconnect')])
    gone.set(worker, ended)
    void ended.then(() => {
      workers.delete(worker)
      gone.delete(worker)
      figures.retire(place)
      if (isClosing) return
      log.error({ pid: worker.process.pid }, 'a worker ended; starting another')
      setTimeout(() => {
        if (!isClosing) start(place).catch(() => log.error('a worker did not start'))
      }, RESTART_MS)
    })
    return Promise.race([
      listening,
      ended.then(() => Promise.reject(new OchreError('ABORTED', 'A worker ended before it listened.'))),
    ])
  }

  /** The answer of a worker, or undefined when it does not give one in time. */
  function ask(worker: Worker, what: Question['what']): Promise<string | undefined> {
    const id = nextId++
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(undefined), ANSWER_MS)
      function settle(text: string | undefined): void {
        clearTimeout(timer)
        waiting.delete(id)
        resolve(text)
      }
      waiting.set(id, settle)
      worker.send({ ochre: 'ask', id, what } satisfies Question, (error) => {
        if (error !== null) settle(undefined)
      })
    })
  }

  const observed: Observed = {
    // Ready when any of them is.
    async ready() {
      const answers = await Promise.all([...workers.keys()].map((worker) => ask(worker, 'ready')))
      const ready = answers.filter((text) => text === 'true').length
      const ok = ready > 0 && !isClosing
      return { ok, status: ok ? 'ok' : 'unavailable', workers: ready }
    },
    async metrics() {
      const tell = async ([worker, place]: [Worker, number]): Promise<void> => {
        const text = await ask(worker, 'metrics')
        if (text !== undefined && workers.has(worker)) figures.take(place, text)
      }
      await Promise.all([...workers].map(tell))
      return figures.text()
    },
  }

  const admin = config.admin ? createAdmin(observed) : undefined

  async function close(): Promise<void> {
    isClosing = true
    for (const worker of workers.keys()) worker.process.kill('SIGTERM')
    await Promise.all(gone.values())
    admin?.close()
    admin?.closeAllConnections()
    await audit?.close()
  }

  const first: Announcement[] = []
  try {
    for (let i = 0; i < config.workers; i++) first.push(await start(i))
    if (admin !== undefined) {
      admin.listen(config.adminPort, config.adminHost)
      await once(admin, 'listening')
    }
  } catch (error) {
    await close()
    throw error
  }
  const { url } = first[0]!
  const adminUrl =
    admin === undefined ? undefined : `http://${config.adminHost}:${(admin.address() as AddressInfo).port}`
  log.info({ url, adminUrl, workers: config.workers }, 'workers listening')

  return {
    url,
    adminUrl,
    rootKey: first.find((announcement) => announcement.rootKey !== undefined)?.rootKey,
    pids: () => [...workers.keys()].map((worker) => worker.process.pid!),
    reload() {
      for (const worker of workers.keys()) worker.process.kill('SIGHUP')
    },
    close,
  }
}

/** Whether this process is a worker that a primary started. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** In a worker: an audit log that the primary writes, so that the lines of all processes are one chain. */
export function auditAtPrimary(): AuditLog {
  let last: Promise<void> = Promise.resolve()
  return {
    append(entry) {
      last = new Promise((resolve) => process.send?.({ ochre: 'audit', entry } satisfies Audited, () => resolve()))
    },
    close: () => last,
  }
}

/** In a worker: tells the primary that it listens, and answers its questions. */
export function announceWorker(running: RunningGateway): void {
  process.on('message', (question: Question) => {
    if (question.ochre !== 'ask') return
    const { gateway } = running
    const text = question.what === 'metrics' ? gateway.metrics.text() : gateway.ready().then(({ ok }) => String(ok))
    void text.then((answer) => process.send?.({ ochre: 'answer', id: question.id, text: answer } satisfies Answer))
  })
  process.send?.({ ochre: 'listening', url: running.url, rootKey: running.rootKey } satisfies Announcement)
}

/**
 * The figures of workers by their places. A counter never goes down: what a worker that is gone, or too busy to answer, has told
 * last still counts.
 */
export class Figures {
  readonly #last: (string | undefined)[] = []
  #gone = ''

  take(place: number, text: string): void {
    this.#last[place] = text
  }

  retire(place: number): void {
    this.#gone = mergeMetrics([], [this.#gone, this.#last[place] ?? ''])
    this.#last[place] = undefined
  }

  text(): string {
    return mergeMetrics(this.#last, [this.#gone])
  }
}

/**
 * One text of several: counters and histograms are added up, also those of `past` ones, everything else gets the label
 * `worker`, the place in the list.
 */
export function mergeMetrics(texts: readonly (string | undefined)[], past: readonly string[] = []): string {
  const kinds = new Map<string, string>()
  const help = new Map<string, string>()
  const order: string[] = []
  const series = new Map<string, Map<string, number>>()
  const add = (text: string, worker: number | null): void => {
    for (const line of text.split('\n')) {
      const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
      if (comment !== null) {
        const [, what, name, rest] = comment as unknown as [string, string, string, string]
        if (what === 'HELP') help.set(name, rest)
        else kinds.set(name, rest)
        continue
      }
      const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line)
      if (sample === null) continue
      const [, name, labels = '', value] = sample as unknown as [string, string, string | undefined, string]
      const family = kinds.has(name) ? name : name.replace(/_(?:bucket|sum|count|total)$/, '')
      const isAdded = kinds.get(family) === 'counter' || kinds.get(family) === 'histogram'
      if (!isAdded && worker === null) continue
      const key = isAdded ? `${name}{${labels}}` : `${name}{${labels === '' ? '' : `${labels},`}worker="${worker}"}`
      let samples = series.get(family)
      if (samples === undefined) {
        samples = new Map()
        series.set(family, samples)
        order.push(family)
      }
      samples.set(key, (samples.get(key) ?? 0) + Number(value))
    }
  }
  for (const [worker, text] of texts.entries()) add(text ?? '', worker)
  for (const text of past) add(text, null)
  let out = ''
  for (const family of order) {
    if (help.has(family)) out += `# HELP ${family} ${help.get(family)}\n`
    if (kinds.has(family)) out += `# TYPE ${family} ${kinds.get(family)}\n`
    for (const [key, value] of series.get(family)!) out += `${key.replace('{}', '')} ${value}\n`
  }
  return out
}
