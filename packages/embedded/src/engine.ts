// The engine: databases, sessions and time of one Redis-compatible server inside the process.
//
// Everything that enters (bytes, timers) does so in a turn: execute, serve who was blocked, log the changes, hand out the
// output. One turn runs at a time and never waits, which is what makes each command, transaction and script atomic; a script
// that runs too long is the exception that suspension.ts keeps harmless.
import { randomBytes } from 'node:crypto'
import { FailureReply, type Link, type LinkEvents, type Transport, UsageError } from '@ochre/protocol'
import { Acl } from './acl/acl.ts'
import { loadAclFile } from './acl/acl-file.ts'
import { Blocking } from './blocking.ts'
import { internalFailure } from './call.ts'
import { ClientMemory } from './client-memory.ts'
import { Clock, type Timer } from './clock.ts'
import { COMMAND_INDEX, type CommandIndex } from './commands/index.ts'
import { defaultSettings, openSetting, type Settings } from './config.ts'
import type { Connection } from './connection.ts'
import { Database } from './database.ts'
import { cloneEntry, type Entry } from './entry.ts'
import { Memory } from './eviction.ts'
import { type FaultOptions, Faults } from './faults.ts'
import { LatencyMonitor } from './latency.ts'
import { dialEngine } from './link.ts'
import { Scripting } from './lua/scripting.ts'
import { Migrations } from './migration.ts'
import { Pause } from './pause.ts'
import type { FileSystem } from './persistence/file-system.ts'
import { Persistence } from './persistence/persistence.ts'
import { Pubsub } from './pubsub.ts'
import { type ListenTarget, Server } from './server.ts'
import { type Outcome, Session, SUSPENDED } from './session.ts'
import { SlowLog } from './slow-log.ts'
import { Stats } from './stats.ts'
import { Suspension } from './suspension.ts'
import { Tracking } from './tracking.ts'

const EXPIRY_CYCLE_MS = 100
/** For so long the commands of one turn share a look at the clock. */
const TICK_MICROS = 1000

export interface EngineOptions {
  /** Time; a `new Clock(start)` stands still until advanced. Default: the machine's clock. */
  readonly clock?: Clock
  /** Numbers in [0, 1) for everything random. Default: Math.random. */
  readonly random?: () => number
  /** Settings by their CONFIG names. */
  readonly config?: Readonly<Record<string, string | number>>
  /** The folder that keeps the data; made if need be. Default: none, everything is in memory only. */
  readonly dir?: string
  /** When changes are on the disk: before each reply, within a second, or when the system likes. Default: 'everysec'. */
  readonly fsync?: 'always' | 'everysec' | 'no'
  /** Hears of a torn end that was cut off, of writing that fails and works again. Default: a warning of the process. */
  readonly warn?: (message: string) => void
  /** The operations on files; tests make them fail. */
  readonly files?: FileSystem
}

/** A change as it is to be repeated: one command in one database. */
export interface Effect {
  readonly db: number
  readonly args: readonly string[]
}

/** Where changes are kept. */
export interface Journal {
  /** The changes of one command, transaction or script, to be kept all or none. Called after it ran. */
  append(effects: readonly Effect[]): void
  /** Output has to wait for `commit`, which comes once for all turns of this round of the event loop. */
  readonly isHolding: boolean
  /** Makes what has been appended as durable as promised. False when that failed: nobody may be told that it was done. */
  commit(): boolean
  /** Why writes must be refused, in the words of the operating system; null when all is well. */
  readonly failure: string | null
}

/** The data at one moment; see `Engine.snapshot`. */
export interface Snapshot {
  readonly databases: readonly (readonly (readonly [key: string, Entry])[])[]
  /** The code of each library of functions. */
  readonly libraries: readonly string[]
}

export class Engine implements Transport {
  readonly address: string = 'embedded'
  readonly clock: Clock
  readonly random: () => number
  readonly settings: Settings
  readonly databases: readonly Database[]
  readonly sessions: Map<number, Session> = new Map()
  readonly blocking: Blocking
  readonly pubsub: Pubsub = new Pubsub()
  readonly scripting: Scripting = new Scripting(this)
  readonly stats: Stats
  readonly commands: CommandIndex = COMMAND_INDEX
  readonly acl: Acl = new Acl(COMMAND_INDEX)
  readonly tracking: Tracking = new Tracking(this)
  readonly pause: Pause = new Pause(this)
  readonly migrations: Migrations = new Migrations(this)
  readonly slowLog: SlowLog = new SlowLog()
  readonly latency: LatencyMonitor = new LatencyMonitor()
  /** Sessions in MONITOR. */
  readonly monitors: Set<Session> = new Set()
  /** The script that was interrupted; null when none is. */
  suspension: Suspension | null = null
  /** The session whose request is being executed; null for what nobody asked for, such as expiry. */
  running: Session | null = null
  readonly faults: Faults
  readonly memory: Memory = new Memory(this)
  readonly clientMemory: ClientMemory = new ClientMemory(this)
  /** The log of changes; null keeps everything in memory only. */
  journal: Journal | null = null
  /** What the engine keeps on disk; null when everything is in memory only. */
  persistence: Persistence | null = null
  /** The time of the running command, transaction or script: it stands still until the unit ends. */
  now: number
  /** Where the last command ended or the turn began, as a mark of the clock: the next command's time counts from here. */
  mark = 0
  /** Whole seconds since the engine opened; they only go on. */
  seconds = 0
  /** Whether expired keys go by themselves; DEBUG SET-ACTIVE-EXPIRE. */
  isExpiryActive = true
  /** DEBUG PAUSE-CRON: nothing happens by itself, neither expiry nor the disconnection of idle clients. */
  isCronPaused = false
  /** DEBUG SET-SKIP-CHECKSUM-VALIDATION: RESTORE does not look at checksums. */
  skipsChecksums = false
  /** What replicas would know the data by. */
  replicationId: string = randomBytes(20).toString('hex')
  /** Grows with every change. */
  dirty = 0
  readonly openedAt: number
  readonly #openedMark: number
  readonly #servers: Set<Server> = new Set()
  #nextId = 1
  /** When `now` was taken, as a mark of the clock. */
  #tickedAt = 0
  #depth = 0
  /** A bit per level of command inside command: its effect was replaced. */
  #replaced = 0
  #effects: Effect[] = []
  #isInTurn = false
  #withOutput: Session[] = []
  #resumed: Session[] = []
  #ending: Connection[] = []
  #cycle: Timer | undefined
  #idleCheck: Timer | undefined
  #isLoading = false
  #isClosed = false
  #holding: NodeJS.Immediate | undefined

  private constructor(options: EngineOptions) {
    this.clock = options.clock ?? new Clock()
    this.random = options.random ?? Math.random
    this.faults = new Faults(this.random)
    this.now = this.openedAt = this.clock.now()
    this.#openedMark = this.clock.stamp()
    this.stats = new Stats(this.#openedMark)
    this.settings = defaultSettings()
    if (options.dir !== undefined) Object.assign(this.settings, { appendonly: true, dir: options.dir })
    const fsync = options.fsync === undefined ? {} : { appendfsync: options.fsync }
    for (const [name, value] of Object.entries({ ...options.config, ...fsync })) {
      const wrong = openSetting(this.settings, name, String(value))
      if (wrong !== null) throw new UsageError(`The setting ${name} cannot be used: ${wrong}.`)
    }
    const problem = this.settings.aclfile === '' ? null : loadAclFile(this)
    if (problem !== null) throw new UsageError(`The users cannot be loaded. ${problem}`)
    if (this.settings.requirepass !== '') this.acl.setDefaultPassword(this.settings.requirepass)
    this.databases = Array.from({ length: this.settings.databases }, (_, index) => new Database(this, index))
    this.blocking = new Blocking(this)
    if (this.settings.timeout > 0) this.scheduleIdleCheck()
  }

  /** Opens an engine; with `dir`, once the data in the folder has been loaded. Rejects when another engine has the folder. */
  static async open(options: EngineOptions = {}): Promise<Engine> {
    const engine = new Engine(options)
    if (options.dir !== undefined) await engine.#load(options.dir, options)
    return engine
  }

  async #load(dir: string, { warn = warnProcess, files }: EngineOptions): Promise<void> {
    this.#isLoading = true
    this.now = 0
    try {
      this.persistence = await Persistence.open(this, dir, files === undefined ? { warn } : { warn, files })
    } catch (error) {
      this.clock.close()
      throw error
    } finally {
      this.#isLoading = false
      this.#tick()
    }
    this.journal = this.persistence
  }

  /** How long a string may become. What has been logged was within the limit of its time. */
  get maxStringBytes(): number {
    return this.#isLoading ? Number.POSITIVE_INFINITY : this.settings['proto-max-bulk-len']
  }

  /** Serves RESP to other processes; resolves when connections are accepted. A port of 0 picks a free one. */
  async listen(target: ListenTarget = {}): Promise<Server> {
    this.#refuseIfClosed()
    const server = new Server(this)
    await server.listen(target)
    this.#servers.add(server)
    if (target.path !== undefined) this.settings.unixsocket = target.path
    else this.settings.port = server.port
    return server
  }

  /** A link inside the process. */
  dial(events: LinkEvents): Link {
    this.#refuseIfClosed()
    return dialEngine(this, events)
  }

  /** Closes servers and connections, puts what is kept on the disk, and forgets everything. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.migrations.close()
    if (this.suspension !== null) {
      this.#handOut()
      this.#giveUpScript(this.suspension)
      // What the script has left behind is no state that anything could be done to.
      this.journal = null
    }
    for (const session of [...this.sessions.values()]) session.connection?.end()
    this.turn(() => {})
    this.#handOut()
    await Promise.all([...this.#servers].map((server) => server.close()))
    this.#servers.clear()
    await this.persistence?.close()
    this.clock.close()
  }

  #refuseIfClosed(): void {
    if (this.#isClosed) throw new UsageError('The engine is closed.')
  }

  // ---- for tests ----

  /**
   * Makes a command (`GET`, `CONFIG SET`, `CONFIG` with all its subcommands, `*` for all) fail with this reply instead of
   * running, whether a client or a script calls it. In a transaction it is refused when it would be queued.
   */
  fail(command: string, failure: string, options: FaultOptions = {}): void {
    this.faults.add(command, failure, options)
  }

  /** All keys and functions as they are now. The copy is independent of what happens later. */
  snapshot(): Snapshot {
    this.#refuseHalves()
    return {
      databases: this.databases.map((database) => database.copyEntries()),
      libraries: [...this.scripting.libraries.list()].map(({ code }) => code),
    }
  }

  /** Puts the data back to what it was; the snapshot can be used again. Only for an engine without a journal. */
  restore({ databases, libraries }: Snapshot): void {
    if (this.journal !== null) throw new UsageError('A snapshot cannot be restored while changes are being logged.')
    this.#refuseHalves()
    this.turn(() => {
      this.#empty()
      for (const database of this.databases) {
        for (const [key, entry] of databases[database.index] ?? []) {
          database.adopt(key, cloneEntry(entry))
          database.touch(key)
        }
      }
      for (const code of libraries) this.scripting.libraries.load(code, false)
    })
  }

  /** Removes all data and faults, at once. Connections, settings and users stay. */
  reset(): void {
    const { suspension } = this
    if (suspension !== null) this.#giveUpScript(suspension)
    this.faults.clear()
    this.turn(() => {
      this.recordEffect(0, ['FLUSHALL'])
      if (this.scripting.libraries.size !== 0) this.recordEffect(0, ['FUNCTION', 'FLUSH'])
      this.#empty()
      if (this.#effects.length !== 0) this.#append()
    })
    for (const run of suspension?.deferred ?? []) this.turn(run)
  }

  #empty(): void {
    for (const database of this.databases) if (database.entries.size !== 0) database.flush()
    if (this.scripting.libraries.size !== 0) this.scripting.libraries.flush()
    this.tracking.invalidateAll()
  }

  // ---- sessions ----

  openSession(connection: Connection | null): Session {
    const session = new Session(this, this.#nextId++, connection)
    if (connection !== null) {
      this.sessions.set(session.id, session)
      this.stats.connections++
    }
    return session
  }

  /** Notes that a session has output to hand out at the end of the turn. Outside a turn it leaves soon. */
  hasOutput(session: Session): void {
    this.#withOutput.push(session)
    if (!this.#isInTurn) queueMicrotask(() => this.turn(() => {}))
  }

  /** Notes that a session no longer waits and may go on with its requests. */
  resume(session: Session): void {
    this.#resumed.push(session)
  }

  /** Notes that a connection is to be closed when its output has been handed out. */
  endConnection(connection: Connection): void {
    this.#ending.push(connection)
    if (!this.#isInTurn) queueMicrotask(() => this.turn(() => {}))
  }

  // ---- turns and units ----

  /**
   * Runs what has entered, then settles everything that follows from it. While a script is interrupted only requests of
   * clients enter (`isRequest`), which are told so; everything else waits for its end.
   */
  turn(run: () => void, isRequest = false): void {
    if (this.#isInTurn) {
      run()
      return
    }
    if (this.suspension !== null && !isRequest) {
      this.suspension.deferred.push(run)
      return
    }
    this.#isInTurn = true
    try {
      this.#tick()
      run()
      for (;;) {
        if (this.suspension === null && this.blocking.hasReady) this.blocking.serveReady()
        const session = this.#resumed.shift()
        if (session === undefined) break
        session.connection?.pump()
      }
      if (this.suspension === null) this.tracking.broadcast()
    } finally {
      this.#isInTurn = false
      if (this.#mayWait()) this.#holding ??= setImmediate(this.#handOut)
      else if (this.#holding === undefined) this.#handOut()
    }
  }

  /**
   * Whether output waits for the other turns of this round of the event loop, which sockets begin one after the other: they
   * share one write of the changes, and peers that are woken together do not take turns with us. A link in process waits for
   * nothing but the disk.
   */
  #mayWait(): boolean {
    return this.journal?.isHolding === true || this.#withOutput[0]?.connection?.carrier.address !== 'embedded'
  }

  /** Lets the event loop have its turn before the running script of a session goes on with `resume`. */
  suspend(session: Session, resume: () => Outcome): Outcome {
    if (this.suspension === null) {
      this.suspension = new Suspension(session, resume)
      setImmediate(this.#goOn)
    } else this.suspension.resume = resume
    this.#hold(this.suspension)
    return SUSPENDED
  }

  /** What has output now may tell of the script. */
  #hold({ held }: Suspension): void {
    for (const session of this.#withOutput) held.add(session)
  }

  readonly #goOn = (): void => {
    const { suspension } = this
    if (suspension === null) return
    this.#handOut()
    this.#isInTurn = true
    this.mark = this.clock.stamp()
    this.running = suspension.session
    const outcome = suspension.run()
    this.running = null
    this.#isInTurn = false
    this.#hold(suspension)
    if (outcome === SUSPENDED) setImmediate(this.#goOn)
    else {
      this.suspension = null
      suspension.end()
      this.turn(() => suspension.session.connection?.finish(outcome))
      for (const run of suspension.deferred) this.turn(run)
    }
  }

  /** Forgets an interrupted script: nothing of it is kept on disk, and its client is disconnected. */
  #giveUpScript(suspension: Suspension): void {
    this.suspension = null
    this.scripting.giveUp()
    this.#effects = []
    this.#depth = 0
    suspension.session.abort()
    suspension.end()
  }

  #refuseHalves(): void {
    if (this.suspension !== null) throw new UsageError('A script is in the middle of its work.')
  }

  /** Begins a command; `leave` takes what this returns, and ends it. */
  enter(): number {
    if (this.#depth === 0 && (!this.#isInTurn || this.mark - this.#tickedAt >= TICK_MICROS)) this.#tick()
    this.#replaced &= ~(1 << ++this.#depth)
    return this.dirty
  }

  leave(dirty: number, session: Session, args: readonly string[]): void {
    if (this.journal !== null && this.dirty !== dirty && !(this.#replaced & (1 << this.#depth)))
      this.recordEffect(session.db.index, args)
    if (--this.#depth !== 0) return
    if (this.#effects.length !== 0) this.#append()
    if (this.blocking.hasReady) this.blocking.serveReady()
  }

  /** Runs something that changes data outside a command of its own: serving a blocked client. */
  unit<T>(session: Session, run: () => T): T | FailureReply {
    this.#depth++
    try {
      return run()
    } catch (failure) {
      return failure instanceof FailureReply ? failure : internalFailure(failure)
    } finally {
      this.#depth--
      session.lastUsedAt = this.now
      if (this.#effects.length !== 0) this.#append()
    }
  }

  recordEffect(db: number, args: readonly string[]): void {
    if (this.journal !== null) this.#effects.push({ db, args })
  }

  replaceEffect(db: number, commands: readonly (readonly string[])[]): void {
    this.#replaced |= 1 << this.#depth
    for (const args of commands) this.recordEffect(db, args)
  }

  /** Makes appended changes durable at the end of a turn, before output leaves. When that fails, who waits for output is disconnected instead. */
  commit(): boolean {
    if (this.journal === null || this.journal.commit()) return true
    for (const session of this.#withOutput.splice(0)) session.abort()
    return false
  }

  /** Sees to it that expired keys go even when nobody asks for them. */
  scheduleExpiryCycle(): void {
    if (!this.isExpiryActive || this.isCronPaused) return
    this.#cycle ??= this.clock.after(EXPIRY_CYCLE_MS, () => {
      this.#cycle = undefined
      this.turn(() => {
        let isAnyLeft = false
        for (const database of this.databases) if (database.expireCycle()) isAnyLeft = true
        if (this.#effects.length !== 0) this.#append()
        if (isAnyLeft) this.scheduleExpiryCycle()
      })
    })
  }

  /** Disconnects clients that have been idle for longer than `timeout`, from now on every second. */
  scheduleIdleCheck(): void {
    this.#idleCheck ??= this.clock.after(1000, () => {
      this.#idleCheck = undefined
      const limit = this.isCronPaused ? Number.POSITIVE_INFINITY : this.settings.timeout * 1000
      if (limit === 0) return
      this.turn(() => {
        for (const session of [...this.sessions.values()]) {
          const isExempt = session.isSubscriber || session.waiter !== null || this.monitors.has(session)
          if (!isExempt && this.now - session.lastUsedAt > limit) session.connection?.end()
        }
      })
      this.scheduleIdleCheck()
    })
  }

  #tick(): void {
    this.mark = this.#tickedAt = this.clock.stamp()
    if (this.#isLoading || this.suspension !== null) return
    this.now = this.clock.now()
    const seconds = Math.floor((this.mark - this.#openedMark) / 1_000_000)
    if (seconds === this.seconds) return
    this.seconds = seconds
    this.stats.sample(this.mark)
  }

  #append(): void {
    const effects = this.#effects
    this.#effects = []
    this.journal?.append(effects)
  }

  readonly #handOut = (): void => {
    clearImmediate(this.#holding)
    this.#holding = undefined
    this.commit()
    const held = this.suspension?.held
    const kept: Session[] = []
    while (this.#withOutput.length !== 0) {
      const sessions = this.#withOutput
      this.#withOutput = []
      for (const session of sessions) {
        if (held?.has(session)) kept.push(session)
        else session.flush()
      }
    }
    this.#withOutput = kept
    if (this.#ending.length !== 0) {
      const ending = this.#ending.splice(0)
      for (const connection of ending) {
        if (held?.has(connection.session)) this.#ending.push(connection)
        else connection.carrier.end()
      }
    }
  }
}

function warnProcess(message: string): void {
  process.emitWarning(message, 'OchreWarning')
}
