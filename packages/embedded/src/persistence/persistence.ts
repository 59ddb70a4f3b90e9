// Everything an engine keeps on disk: opens and locks the folder, loads it, and then takes the log of changes.
//
//     always     replies wait until the changes of all turns of this round of the event loop are on the disk: one sync for all
//     everysec   written before replies leave, synced once a second in the background
//     no         written before replies leave, synced when the operating system likes
//
// So the death of the process loses nothing that was acknowledged under any of them; `everysec` and `no` may lose something
// when the whole machine dies.
//
// When writing fails, `failure` says why and write commands are refused with it; what could not be written stays in memory
// and is tried again every second. Under `always` the connections whose replies were waiting are closed, because nobody can
// say whether their writes will last.
//
// A rewrite begins a new log and, at the same moment, a base that will hold everything before it. Until the base is complete,
// the manifest names the old files and the new log; then only the new ones. See manifest.ts and rewrite.ts.
import { resolve } from 'node:path'
import { OchreError, UsageError } from '@ochre/protocol'
import type { Timer } from '../clock.ts'
import type { Effect, Engine, Journal } from '../engine.ts'
import { AppendLog } from './append-log.ts'
import { baseName, type DataFolder, logName } from './data-folder.ts'
import { type FileSystem, nodeFileSystem, reasonOf } from './file-system.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { generationOf, type Manifest, writeManifest } from './manifest.ts'
import { Mark } from './mark.ts'
import { type Recovery, recover, removeLeftovers } from './recovery.ts'
import { Rewrite } from './rewrite.ts'

const SYNC_MS = 1000
const RETRY_MS = 1000
/** After a rewrite that failed, the next one that nobody asked for waits this long. */
const REWRITE_PAUSE_MICROS = 60_000_000

export interface PersistenceOptions {
  /** Hears of what an operator should know: a torn end that was cut off, writing that fails and works again. */
  readonly warn: (message: string) => void
  readonly files?: FileSystem
}

/** What INFO and LASTSAVE tell. Times are milliseconds since the epoch. */
export interface PersistenceFacts {
  lastSaveAt: number
  isLastSaveGood: boolean
  isLastRewriteGood: boolean
  /** -1 before the first. */
  lastRewriteMs: number
  /** 0 when none is going on. */
  rewriteStartedAt: number
  rewrites: number
  saves: number
}

export class Persistence implements Journal {
  readonly #engine: Engine
  readonly #folder: DataFolder
  readonly #lock: FolderLock
  readonly #warn: (message: string) => void
  readonly recovery: Recovery
  #manifest: Manifest
  #log: AppendLog
  #sync: Timer | undefined
  #retry: Timer | undefined
  #rewrite: Rewrite | undefined
  #rewriting: Promise<boolean> | undefined
  /** Bytes of the logs that are no longer written to. */
  #closedLogBytes: number
  #baseBytes: number
  /** As a mark of the clock. */
  #noRewriteBefore = Number.NEGATIVE_INFINITY
  readonly facts: PersistenceFacts
  /** `Engine.dirty` at the last save. */
  dirtyAtSave = 0
  #isHolding = false
  #failure: string | null = null
  /** A sync has failed: nobody knows what is on the disk until the data has been written anew. */
  #isSuspect = false
  #isClosed = false

  private constructor(
    engine: Engine,
    folder: DataFolder,
    lock: FolderLock,
    warn: (message: string) => void,
    recovery: Recovery,
  ) {
    this.#engine = engine
    this.#folder = folder
    this.#lock = lock
    this.#warn = warn
    this.recovery = recovery
    this.#baseBytes = recovery.baseBytes
    this.#closedLogBytes = recovery.logBytes - recovery.end
    this.facts = {
      lastSaveAt: engine.clock.now(),
      isLastSaveGood: true,
      isLastRewriteGood: true,
      lastRewriteMs: -1,
      rewriteStartedAt: 0,
      rewrites: 0,
      saves: 0,
    }
    const { files, path } = folder
    if (recovery.manifest === null) {
      const name = logName(folder, 1)
      this.#log = AppendLog.create(files, path, name)
      this.#manifest = { base: null, logs: [name] }
      writeManifest(files, path, folder.fileName, this.#manifest)
    } else {
      this.#manifest = recovery.manifest
      this.#log = AppendLog.resume(files, path, this.#manifest.logs.at(-1)!, recovery.end)
      removeLeftovers(folder, this.#manifest)
    }
    if (openOnes.size === 0) process.on('exit', writeAll)
    openOnes.add(this)
  }

  /** Locks the folder, making it if need be, and loads it into an engine that has not begun to work. */
  static async open(
    engine: Engine,
    dir: string,
    { warn, files = nodeFileSystem }: PersistenceOptions,
  ): Promise<Persistence> {
    const folder: DataFolder = { files, path: resolve(dir), fileName: engine.settings.appendfilename }
    try {
      files.makeFolder(folder.path)
      return await Persistence.#openFolder(engine, folder, warn)
    } catch (error) {
      if (error instanceof OchreError || !(error instanceof Error && 'code' in error)) throw error
      throw new UsageError(`The folder ${folder.path} cannot be used: ${reasonOf(error)}.`, { cause: error })
    }
  }

  static async #openFolder(engine: Engine, folder: DataFolder, warn: (message: string) => void): Promise<Persistence> {
    const lock = await lockFolder(folder.path)
    try {
      const recovery = await recover(engine, folder)
      if (recovery.torn !== null) {
        const { file, offset, bytes, backup } = recovery.torn
        warn(
          `A crash left an incomplete record of ${bytes} bytes at byte ${offset} of ${file}: cut off, copied to ${backup}.`,
        )
      }
      return new Persistence(engine, folder, lock, warn, recovery)
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  get isHolding(): boolean {
    return this.#isHolding
  }

  get failure(): string | null {
    return this.#failure
  }

  append(effects: readonly Effect[]): void {
    this.#log.append(effects, this.#engine.now)
    // Once writing fails, writes are refused: what still comes (expired keys) is nothing that a reply promises.
    if (this.#isAlways) this.#isHolding = this.#failure === null
  }

  commit(): boolean {
    if (!this.#isHolding) {
      if (this.#failure === null && this.#log.hasUnwritten) this.#writeOut()
      return true
    }
    this.#isHolding = false
    const isKept = this.#log.write() && this.#log.sync()
    if (isKept) this.#rewriteWhenGrown()
    else this.#fail()
    return isKept
  }

  /** Whether a rewrite is going on. */
  get isRewriting(): boolean {
    return this.#rewriting !== undefined
  }

  /** Bytes of all files. */
  get size(): number {
    return this.#baseBytes + this.#closedLogBytes + this.#log.size
  }

  /** Bytes after the last rewrite, against which growth is measured. */
  get baseSize(): number {
    return this.#baseBytes
  }

  /** Bytes of changes that are not in the file yet. */
  get waitingBytes(): number {
    return this.#log.waitingBytes
  }

  /** SAVE: puts all changes on the disk; false when that failed. */
  save(): boolean {
    this.#isHolding = false
    const isSaved = !this.#isSuspect && this.#log.write() && this.#log.sync()
    if (!isSaved) this.#fail()
    this.#saved(isSaved)
    return isSaved
  }

  /**
   * BGREWRITEAOF, BGSAVE: writes the data anew in the background and drops the history that led to it. Resolves with whether
   * that worked; while one is going on, with how that one ends.
   */
  rewrite(): Promise<boolean> {
    this.#rewriting ??= this.#rewriteOnce().finally(() => {
      this.#rewriting = undefined
    })
    return this.#rewriting
  }

  async #rewriteOnce(): Promise<boolean> {
    const { clock } = this.#engine
    const startedAt = clock.now()
    this.facts.rewriteStartedAt = startedAt
    let isGood = false
    try {
      isGood = await this.#writeAnew()
    } catch (error) {
      this.#noRewriteBefore = clock.stamp() + REWRITE_PAUSE_MICROS
      this.#warn(`The data in ${this.#folder.path} could not be written anew: ${reasonOf(error)}.`)
    }
    this.#rewrite = undefined
    this.facts.rewriteStartedAt = 0
    this.facts.lastRewriteMs = clock.now() - startedAt
    this.facts.isLastRewriteGood = isGood
    if (isGood) this.facts.rewrites++
    this.#saved(isGood)
    return isGood
  }

  #saved(isGood: boolean): void {
    this.facts.isLastSaveGood = isGood
    if (!isGood) return
    this.facts.lastSaveAt = this.#engine.clock.now()
    this.facts.saves++
    this.dirtyAtSave = this.#engine.dirty
  }

  /** False when the engine was closed meanwhile. */
  async #writeAnew(): Promise<boolean> {
    const folder = this.#folder
    const { files, path } = folder
    await this.#log.syncLater()
    // What an interrupted script has done so far must not be in a base.
    while (this.#engine.suspension !== null) await this.#engine.suspension.ended
    if (this.#isClosed) return false
    const generation = 1 + Math.max(...this.#manifest.logs.map((name) => generationOf(folder.fileName, name) ?? 0))
    this.#beginLog(logName(folder, generation))
    const name = baseName(folder, generation)
    this.#rewrite = new Rewrite(this.#engine, folder, name)
    const bytes = await this.#rewrite.run()
    if (bytes === null) return false
    const old = this.#manifest
    const logs = [this.#log.name]
    writeManifest(files, path, folder.fileName, { base: name, logs })
    this.#manifest = { base: name, logs }
    this.#baseBytes = bytes
    this.#closedLogBytes = 0
    this.#isSuspect = false
    for (const dead of [...old.logs, ...(old.base === null ? [] : [old.base])]) {
      if (dead !== this.#log.name) await files.removeLater(`${path}/${dead}`)
    }
    return true
  }

  /** Goes on in a new log. What the old one holds is on the disk before, so that only the last log can have a torn end. */
  #beginLog(name: string): void {
    const { files, path, fileName } = this.#folder
    const before = this.#log
    const isKept = before.write() && before.sync()
    // A log that cannot be trusted any more is replaced by the base all the same.
    if (!isKept && !before.isSuspect) throw new Error(before.failure ?? '')
    const next = AppendLog.create(files, path, name)
    const manifest = { ...this.#manifest, logs: [...this.#manifest.logs, name] }
    try {
      writeManifest(files, path, fileName, manifest)
    } catch (error) {
      next.close()
      throw error
    }
    this.#manifest = manifest
    this.#closedLogBytes += before.size
    this.#log = next
    before.close()
    next.append([{ db: 0, args: [Mark.FOLLOWS, String(before.size)] }], this.#engine.now)
    this.#writeOut()
  }

  #rewriteWhenGrown(): void {
    const { settings, clock } = this.#engine
    const percentage = settings['auto-aof-rewrite-percentage']
    if (percentage === 0 || this.isRewriting || this.size < settings['auto-aof-rewrite-min-size']) return
    if (this.size < this.#baseBytes * (1 + percentage / 100) || clock.stamp() < this.#noRewriteBefore) return
    void this.rewrite()
  }

  /** Writes and syncs everything, and frees the folder. A rewrite is given up. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#rewrite?.stop()
    await this.#rewriting
    openOnes.delete(this)
    if (openOnes.size === 0) process.off('exit', writeAll)
    const { clock } = this.#engine
    if (this.#sync !== undefined) clock.cancel(this.#sync)
    if (this.#retry !== undefined) clock.cancel(this.#retry)
    const isKept = this.#log.write() && this.#log.sync()
    this.#log.close()
    await this.#lock.release()
    if (!isKept) this.#warn(`The last changes could not be written to ${this.#folder.path}: ${this.#log.failure}.`)
  }

  get #isAlways(): boolean {
    return this.#engine.settings.appendfsync === 'always'
  }

  #writeOut(): void {
    if (!this.#log.write()) this.#fail()
    else {
      this.#rewriteWhenGrown()
      this.#syncInTime()
    }
  }

  #syncInTime(): void {
    if (this.#engine.settings.appendfsync !== 'everysec' || !this.#log.isBehind || this.#isClosed) return
    this.#sync ??= this.#engine.clock.after(SYNC_MS, () => void this.#syncNow())
  }

  async #syncNow(): Promise<void> {
    const isSynced = await this.#log.syncLater()
    this.#sync = undefined
    if (isSynced) this.#syncInTime()
    else this.#fail()
  }

  #fail(): void {
    this.#isSuspect ||= this.#log.isSuspect
    if (this.#failure === null)
      this.#warn(`Writing to ${this.#folder.path} failed: ${this.#log.failure}. Writes are refused.`)
    this.#failure = this.#log.failure
    if (!this.#isClosed) this.#retry ??= this.#engine.clock.after(RETRY_MS, this.#tryAgain)
  }

  readonly #tryAgain = (): void => {
    this.#retry = undefined
    if (this.#isSuspect) void this.rewrite().then(this.#look)
    else this.#look()
  }

  readonly #look = (): void => {
    if (this.#isClosed) return
    if (!this.#isSuspect && this.#log.write() && this.#log.sync()) {
      this.#failure = null
      this.#warn(`Writing to ${this.#folder.path} works again.`)
    } else this.#fail()
  }

  /** Writes what waits in memory, when the process ends without closing. */
  writeNow(): void {
    this.#log.write()
  }
}

const openOnes: Set<Persistence> = new Set()

function writeAll(): void {
  for (const persistence of openOnes) persistence.writeNow()
}
