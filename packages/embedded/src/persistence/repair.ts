// The explicit way out when an engine refuses to open a damaged folder: cut where the damage begins.
import { resolve } from 'node:path'
import { Engine } from '../engine.ts'
import { AppendLog } from './append-log.ts'
import { cutFile, type DataFolder, dataFiles, logName, readManifest } from './data-folder.ts'
import { nodeFileSystem } from './file-system.ts'
import { lockFolder } from './folder-lock.ts'
import { generationOf, type Manifest, writeManifest } from './manifest.ts'
import { HEADER_BYTES } from './record.ts'
import { DamagedDataError } from './recovery.ts'

export interface Repair {
  /** Path of the damaged file. */
  readonly file: string
  /** Where its sound part ends, and it was cut. */
  readonly offset: number
  readonly reason: string
  /** Paths of the copies of everything that is no longer loaded. */
  readonly backups: readonly string[]
}

/**
 * Makes a damaged folder open again: the first damaged file is cut where the damage begins, and the files after it are set
 * aside, because changes cannot be repeated without those before them. What is cut stays beside as `*.cut`. Resolves with what
 * was done, one entry for each cut, none for a sound folder. The folder must not be in use.
 */
export async function repairFolder(dir: string, options: { readonly appendfilename?: string } = {}): Promise<Repair[]> {
  const { appendfilename = 'appendonly.aof' } = options
  const folder: DataFolder = { files: nodeFileSystem, path: resolve(dir), fileName: appendfilename }
  const repairs: Repair[] = []
  for (;;) {
    const problem = await firstProblem(folder)
    if (problem === null) return repairs
    if (!(problem instanceof DamagedDataError)) return [...repairs, problem]
    const lock = await lockFolder(folder.path)
    try {
      repairs.push(cutAt(folder, problem))
    } finally {
      await lock.release()
    }
  }
}

/** What keeps the folder from opening; a torn end is cut by opening it. */
async function firstProblem({ path, fileName }: DataFolder): Promise<DamagedDataError | Repair | null> {
  try {
    const engine = await Engine.open({ dir: path, warn: () => {}, config: { appendfilename: fileName } })
    const torn = engine.persistence?.recovery.torn ?? null
    await engine.close()
    return (
      torn && { file: torn.file, offset: torn.offset, reason: 'the last record is incomplete', backups: [torn.backup] }
    )
  } catch (error) {
    if (error instanceof DamagedDataError) return error
    throw error
  }
}

function cutAt(folder: DataFolder, { file, offset, reason }: DamagedDataError): Repair {
  const { files, path, fileName } = folder
  const manifest = readManifest(folder) as Manifest
  const all = [...(manifest.base === null ? [] : [manifest.base]), ...manifest.logs]
  const position = all.findIndex((name) => `${path}/${name}` === file)
  const isWhole = offset < HEADER_BYTES
  // A base that was cut has no end any more, and so becomes the first log.
  const base = position === 0 ? null : manifest.base
  const logs = all.slice(base === null ? 0 : 1, isWhole ? position : position + 1)
  const dropped = all.slice(isWhole ? position : position + 1)
  const backups = isWhole ? [] : [`${path}/${cutFile(folder, all[position]!, offset)}`]
  if (logs.length === 0) {
    const generation = 1 + Math.max(0, ...dataFiles(folder).map((name) => generationOf(fileName, name) ?? 0))
    AppendLog.create(files, path, logName(folder, generation)).close()
    logs.push(logName(folder, generation))
  }
  writeManifest(files, path, fileName, { base, logs })
  for (const name of dropped) {
    files.rename(`${path}/${name}`, `${path}/${name}.cut`)
    backups.push(`${path}/${name}.cut`)
  }
  files.syncFolder(path)
  return { file, offset, reason, backups }
}
