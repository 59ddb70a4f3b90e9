// The file operations that persistence uses. Everything that touches a disk goes through this, so that tests can make any of
// them fail. Functions whose name ends in `Later` work in the background; all others are done when they return.
import fs from 'node:fs'

export interface FileSystem {
  /** 'r' an existing file to read, 'r+' to change, 'w' a new or emptied one. */
  open(path: string, flags: 'r' | 'r+' | 'w'): number
  close(fd: number): void
  size(fd: number): number
  /** Reads at a position; returns how many bytes it got, 0 at the end. */
  read(fd: number, into: Uint8Array, length: number, position: number): number
  /** Writes at a position; returns how much was written, which may be less. */
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number
  writeLater(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): Promise<number>
  /** Puts what was written on the disk itself. */
  sync(fd: number): void
  syncLater(fd: number): Promise<void>
  truncate(fd: number, length: number): void
  rename(from: string, to: string): void
  remove(path: string): void
  removeLater(path: string): Promise<void>
  /** Puts the names of a folder's files on the disk. */
  syncFolder(path: string): void
  list(folder: string): string[]
  makeFolder(path: string): void
}

/** The operating system takes at most 2 GB at once. */
const CALL_BYTES = 2 ** 30

export const nodeFileSystem: FileSystem = {
  open: (path, flags) => fs.openSync(path, flags, 0o600),
  close: (fd) => fs.closeSync(fd),
  size: (fd) => fs.fstatSync(fd).size,
  read: (fd, into, length, position) => fs.readSync(fd, into, 0, Math.min(length, CALL_BYTES), position),
  write: (fd, bytes, offset, length, position) =>
    fs.writeSync(fd, bytes, offset, Math.min(length, CALL_BYTES), position),
  writeLater: (fd, bytes, offset, length, position) =>
    new Promise((resolve, reject) => {
      fs.write(fd, bytes, offset, Math.min(length, CALL_BYTES), position, (error, written) =>
        error === null ? resolve(written) : reject(error),
      )
    }),
  sync: (fd) => fs.fdatasyncSync(fd),
  syncLater: (fd) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))
    }),
  truncate: (fd, length) => fs.ftruncateSync(fd, length),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  removeLater: (path) => fs.promises.rm(path, { force: true }),
  syncFolder: (path) => {
    const fd = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  },
  list: (folder) => fs.readdirSync(folder),
  makeFolder: (path) => {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 })
  },
}

/** Writes all of the bytes at a position, however many calls that takes. */
export function writeFully(files: FileSystem, fd: number, bytes: Uint8Array, length: number, position: number): void {
  let done = 0
  while (done < length) done += files.write(fd, bytes, done, length - done, position + done)
}

/** Writes a small file so that after a crash there is either the old or the new content. */
export function replaceFile(files: FileSystem, folder: string, name: string, content: Uint8Array): void {
  const path = `${folder}/${name}`
  const fd = files.open(`${path}.new`, 'w')
  try {
    writeFully(files, fd, content, content.length, 0)
    files.sync(fd)
  } finally {
    files.close(fd)
  }
  files.rename(`${path}.new`, path)
  files.syncFolder(folder)
}

/** What the operating system says about a failed operation, in the words of C's strerror. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error))
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'No space left on device',
  EDQUOT: 'Disk quota exceeded',
  EFBIG: 'File too large',
  EIO: 'Input/output error',
  EROFS: 'Read-only file system',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EMFILE: 'Too many open files',
}
