// The folder that holds an engine's data, and the names in it.

import { type FileSystem, writeFully } from './file-system.ts'
import { decodeManifest, generationOf, type Manifest, manifestName } from './manifest.ts'
import { HEADER_BYTES } from './record.ts'

const COPY_BYTES = 1024 * 1024

export interface DataFolder {
  readonly files: FileSystem
  readonly path: string
  /** appendfilename: what the names of all its files begin with. */
  readonly fileName: string
}

export function baseName({ fileName }: DataFolder, generation: number): string {
  return `${fileName}.${generation}.base`
}

export function logName({ fileName }: DataFolder, generation: number): string {
  return `${fileName}.${generation}.log`
}

/** The files of the format, those included that the manifest does not name. */
export function dataFiles({ files, path, fileName }: DataFolder): string[] {
  return files.list(path).filter((name) => generationOf(fileName, name) !== undefined)
}

/**
 * The manifest; null when the folder holds no data. A string says what is wrong. A first start that was interrupted leaves a
 * log in which nothing is.
 */
export function readManifest(folder: DataFolder): Manifest | string | null {
  const name = manifestName(folder.fileName)
  if (folder.files.list(folder.path).includes(name)) {
    return decodeManifest(readWhole(folder, name).toString('utf8')) ?? `${folder.path}/${name} is damaged`
  }
  const isEmpty = dataFiles(folder).every((file) => fileSize(folder, file) <= HEADER_BYTES)
  return isEmpty ? null : `${folder.path}/${name} is missing, which lists the files that belong together`
}

/** Runs with a file open for reading. */
export function withFile<T>({ files, path }: DataFolder, name: string, run: (fd: number) => T): T {
  const fd = files.open(`${path}/${name}`, 'r')
  try {
    return run(fd)
  } finally {
    files.close(fd)
  }
}

export function fileSize(folder: DataFolder, name: string): number {
  return withFile(folder, name, (fd) => folder.files.size(fd))
}

function readWhole(folder: DataFolder, name: string): Buffer {
  return withFile(folder, name, (fd) => {
    const bytes = Buffer.alloc(folder.files.size(fd))
    let have = 0
    while (have < bytes.length) {
      const count = folder.files.read(fd, bytes.subarray(have), bytes.length - have, have)
      if (count === 0) break
      have += count
    }
    return bytes.subarray(0, have)
  })
}

/** Cuts a file at an offset, after copying what is cut to a file beside it, whose name is returned. */
export function cutFile(folder: DataFolder, name: string, offset: number): string {
  const { files, path } = folder
  const backup = `${name}.${offset}.cut`
  const fd = files.open(`${path}/${name}`, 'r+')
  try {
    copyTail(folder, fd, offset, backup)
    files.truncate(fd, offset)
    files.sync(fd)
  } finally {
    files.close(fd)
  }
  files.syncFolder(path)
  return backup
}

function copyTail({ files, path }: DataFolder, fd: number, offset: number, backup: string): void {
  const copy = files.open(`${path}/${backup}`, 'w')
  try {
    const size = files.size(fd)
    const chunk = Buffer.allocUnsafe(COPY_BYTES)
    for (let at = offset; at < size; ) {
      const count = files.read(fd, chunk, Math.min(chunk.length, size - at), at)
      if (count === 0) break
      writeFully(files, copy, chunk, count, at - offset)
      at += count
    }
    files.sync(copy)
  } finally {
    files.close(copy)
  }
}
