// A disk that fails on demand: the file operations of persistence with faults, and a count of the syncs.
import { type FileSystem, nodeFileSystem } from '../../packages/embedded/src/persistence/file-system.ts'

export class Disk {
  /** The code with which writes fail, such as ENOSPC; null when they work. */
  writeFault: string | null = null
  /** The code with which syncs fail. */
  syncFault: string | null = null
  /** How many bytes a failing write still takes. */
  partialBytes = 0
  syncs = 0
  /** Operations that change something, until now. */
  operations = 0
  /** The operation from which on nothing works any more, as if the process had died there. */
  diesAt: number = Number.POSITIVE_INFINITY
  /** The one operation that fails, for want of space. */
  failsAt = 0

  readonly files: FileSystem = {
    ...nodeFileSystem,
    open: (path, flags) => {
      if (flags === 'w') this.#change()
      return nodeFileSystem.open(path, flags)
    },
    write: (fd, bytes, offset, length, position) => {
      this.#change()
      if (this.writeFault !== null) {
        const taken = Math.min(this.partialBytes, length)
        if (taken !== 0) {
          this.partialBytes = 0
          return nodeFileSystem.write(fd, bytes, offset, taken, position)
        }
        throw failure(this.writeFault)
      }
      return nodeFileSystem.write(fd, bytes, offset, length, position)
    },
    writeLater: async (fd, bytes, offset, length, position) => {
      this.#change()
      if (this.writeFault !== null) throw failure(this.writeFault)
      return nodeFileSystem.writeLater(fd, bytes, offset, length, position)
    },
    sync: (fd) => {
      this.#change()
      this.syncs++
      if (this.syncFault !== null) throw failure(this.syncFault)
      nodeFileSystem.sync(fd)
    },
    syncLater: async (fd) => {
      this.#change()
      this.syncs++
      if (this.syncFault !== null) throw failure(this.syncFault)
      return nodeFileSystem.syncLater(fd)
    },
    rename: (from, to) => {
      this.#change()
      nodeFileSystem.rename(from, to)
    },
    remove: (path) => {
      this.#change()
      nodeFileSystem.remove(path)
    },
    removeLater: async (path) => {
      this.#change()
      return nodeFileSystem.removeLater(path)
    },
    syncFolder: (path) => {
      this.#change()
      nodeFileSystem.syncFolder(path)
    },
  }

  #change(): void {
    if (++this.operations >= this.diesAt) throw failure('EIO')
    if (this.operations === this.failsAt) throw failure('ENOSPC')
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: it was asked to fail`), { code })
}
