// Writes all data of an engine to a new base while the engine goes on working, a few milliseconds at a time.
import type { Engine } from '../engine.ts'
import { BaseWriter } from './base-writer.ts'
import type { Capture } from './capture.ts'
import type { DataFolder } from './data-folder.ts'

/** How long keys are taken before others have their turn. */
const SLICE_MS = 4
/** Keys between two looks at the time. */
const KEYS_PER_LOOK = 32

export class Rewrite {
  readonly #engine: Engine
  readonly #writer: BaseWriter
  readonly #captures: readonly Capture[]
  #isStopped = false

  /** Begins: the base will hold the data as it is at this moment, whatever changes afterwards. */
  constructor(engine: Engine, folder: DataFolder, name: string) {
    this.#engine = engine
    this.#writer = new BaseWriter(folder, name)
    for (const { code } of engine.scripting.libraries.list()) this.#writer.add(0, ['FUNCTION', 'LOAD', 'REPLACE', code])
    this.#captures = engine.databases.map((database) => database.beginCapture((db, args) => this.#writer.add(db, args)))
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
      for (let steps = 1; capture.step(); steps++) {
        if (steps % KEYS_PER_LOOK !== 0 || performance.now() - sliceStart < SLICE_MS) continue
        if (this.#writer.isFull) await this.#writer.drain()
        await new Promise((resolve) => setImmediate(resolve))
        if (this.#isStopped) return
        sliceStart = performance.now()
      }
    }
    if (this.#captures.some(({ isSpoilt }) => isSpoilt)) throw new Error('A key was changed before it was taken.')
  }
}
