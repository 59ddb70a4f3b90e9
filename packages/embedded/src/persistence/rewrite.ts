// Writes all data of an engine to a new base while the engine goes on working, a few milliseconds at a time.
import type { Engine } from '../engine.ts'
import { BaseWriter } from './base-writer.ts'
import type { Capture, Sink } from './capture.ts'
import type { DataFolder } from './data-folder.ts'

/** How long keys are taken before others have their turn. */
const SLICE_MS = 4
/** Bytes between two looks at the time. */
const BYTES_PER_LOOK = 4096

export class Rewrite {
  readonly #engine: Engine
  readonly #writer: BaseWriter
  readonly #captures: readonly Capture[]
  #isStopped = false
  /** Bytes taken since the last look at the time. */
  #unseenBytes = 0

  /** Begins: the base will hold the data as it is at this moment, whatever changes afterwards. */
  constructor(engine: Engine, folder: DataFolder, name: string) {
    this.#engine = engine
    this.#writer = new BaseWriter(folder, name)
    const add: Sink = (db, args) => {
      this.#unseenBytes += this.#writer.add(db, args)
    }
    for (const { code } of engine.scripting.libraries.list()) add(0, ['FUNCTION', 'LOAD', 'REPLACE', code])
    this.#captures = engine.databases.map((database) => database.beginCapture(add))
  }

  /** Resolves with the size of the base when it is complete and on the disk; null when it was stopped. */
  async run(): Promise<number | null> {
    try {
      await this.#takeAll()
      if (!this.#isStopped) return await this.#writer.finish()
    } catch (error) {
      await this.#writer.discard()
      throw error
    } finally {
      for (const capture of this.#captures) capture.end()
      for (const database of this.#engine.databases) database.endCapture()
    }
    await this.#writer.discard()
    return null
  }

  stop(): void {
    this.#isStopped = true
  }

  async #takeAll(): Promise<void> {
    for (const capture of this.#captures) {
      let sliceStart = performance.now()
      while (capture.step()) {
        if (this.#unseenBytes < BYTES_PER_LOOK) continue
        this.#unseenBytes = 0
        if (performance.now() - sliceStart < SLICE_MS) continue
        if (this.#writer.isFull) await this.#writer.drain()
        await new Promise((resolve) => setImmediate(resolve))
        if (this.#isStopped) return
        sliceStart = performance.now()
      }
    }
    if (this.#captures.some(({ isSpoilt }) => isSpoilt)) throw new Error('A key was changed before it was taken.')
  }
}
