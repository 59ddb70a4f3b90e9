// Everything an engine keeps on disk: opens and locks the folder, loads it, and then takes the log of changes.
//
//     always     replies wait until the changes of all turns of this round of the event loop are on the disk: one sync for all
//     everysec   written at the end of the round, synced once a second in the background
//     no         written at the end of the round, synced when the operating system likes
//
// When writing fails, `failure` says why and write commands are refused with it; what could not be written stays in memory
// and is tried again every second. Under `always` the connections whose replies were waiting are closed, because nobody can
// say whether their writes will last.
import { resolve } from 'node:path'
import type { Timer } from '../clock.ts'
import type { Effect, Engine, Journal } from '../engine.ts'
import { AppendLog } from './append-log.ts'
import { type DataFolder, logName } from './data-folder.ts'
import { type FileSystem, nodeFileSystem } from './file-system.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { type Manifest, writeManifest } from './manifest.ts'
import { type Recovery, recover, removeLeftovers } from './recovery.ts'

const SYNC_MS = 1000
const RETRY_MS = 1000

export interface PersistenceOptions {
  /** Hears of what an operator should know: a torn end that was cut off, writing that fails and works again. */
  readonly warn: (message: string) => void
  readonly files?: FileSystem
}

export class Persistence implements Journal {
  readonly #engine: Engine
  readonly #folder: DataFolder
  readonly #lock: FolderLock
  readonly #warn: (message: string) => void
  readonly recovery: Recovery
  #manifest: Manifest
  #log: AppendLog
  #write: NodeJS.Immediate | undefined
  #sync: Timer | undefined
  #retry: Timer | undefined
  #isHolding = false
  #failure: string | null = null
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
    process.on('exit', this.#onExit)
  }

  /** Locks the folder, making it if need be, and loads it into an engine that has not begun to work. */
  static async open(
    engine: Engine,
    dir: string,
    { warn, files = nodeFileSystem }: PersistenceOptions,
  ): Promise<Persistence> {
    const folder: DataFolder = { files, path: resolve(dir), fileName: engine.settings.appendfilename }
    files.makeFolder(folder.path)
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
    this.#log.append(effects)
    // Once writing fails, writes are refused: what still comes (expired keys) is nothing that a reply promises.
    if (this.#isAlways) this.#isHolding = this.#failure === null
    this.#write ??= setImmediate(this.#writeSoon)
  }

  commit(): boolean {
    if (!this.#isHolding) return true
    this.#isHolding = false
    if (this.#log.write() && this.#log.sync()) return true
    this.#fail()
    return false
  }

  /** Writes and syncs everything, and frees the folder. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    process.off('exit', this.#onExit)
    clearImmediate(this.#write)
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

  readonly #writeSoon = (): void => {
    this.#write = undefined
    if (this.#isHolding) return // The replies that wait do it.
    if (!this.#log.write()) this.#fail()
    else if (this.#engine.settings.appendfsync === 'everysec') {
      this.#sync ??= this.#engine.clock.after(SYNC_MS, () => void this.#syncSoon())
    }
  }

  async #syncSoon(): Promise<void> {
    const isSynced = await this.#log.syncLater()
    this.#sync = undefined
    if (!isSynced) this.#fail()
    else if (this.#log.isBehind && !this.#isClosed) this.#write ??= setImmediate(this.#writeSoon)
  }

  #fail(): void {
    if (this.#failure === null)
      this.#warn(`Writing to ${this.#folder.path} failed: ${this.#log.failure}. Writes are refused.`)
    this.#failure = this.#log.failure
    if (!this.#isClosed) this.#retry ??= this.#engine.clock.after(RETRY_MS, this.#tryAgain)
  }

  readonly #tryAgain = (): void => {
    this.#retry = undefined
    if (this.#log.write() && this.#log.sync() && this.#log.failure === null) {
      this.#failure = null
      this.#warn(`Writing to ${this.#folder.path} works again.`)
    } else this.#fail()
  }

  /** A process that ends without closing still hands over what it has. */
  readonly #onExit = (): void => {
    this.#log.write()
  }
}
