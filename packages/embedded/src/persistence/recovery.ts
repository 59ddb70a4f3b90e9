// Brings an engine to the state that the files of its folder describe: the base, then each log.
//
// A torn end of the last log that holds anything is cut off, with a copy beside it. Whatever else is wrong refuses to open
// and changes nothing; `repairFolder` (repair.ts) is the explicit way out.
import { OchreError } from '@ochre/protocol'
import type { Engine } from '../engine.ts'
import { cutFile, type DataFolder, dataFiles, fileSize, readManifest } from './data-folder.ts'
import type { Manifest } from './manifest.ts'
import { Mark } from './mark.ts'
import { HEADER_BYTES } from './record.ts'
import { type Damage, RecordReader } from './record-reader.ts'
import { type Marks, Replay } from './replay.ts'

/** How long commands are executed before the process may do something else. */
const SLICE_MS = 20

/** A file of the folder is damaged, so that the data cannot be trusted as a whole. Nothing was changed. */
export class DamagedDataError extends OchreError {
  /** Path of the file. */
  readonly file: string
  /** Where in the file the sound part ends. */
  readonly offset: number
  readonly reason: string

  constructor(file: string, offset: number, reason: string) {
    super(
      'DATA_DAMAGED',
      `${file} is damaged at byte ${offset}: ${reason}. Put back a copy of the folder, or cut the file there with repairFolder(): what follows in it, and later files, is then kept beside it but no longer loaded.`,
    )
    this.name = 'DamagedDataError'
    this.file = file
    this.offset = offset
    this.reason = reason
  }
}

/** An incomplete record that a crash left at the end of a log, and that was cut off. */
export interface TornEnd {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  /** Path of the copy of what was cut. */
  readonly backup: string
}

export interface Recovery {
  readonly manifest: Manifest | null
  readonly commands: number
  readonly baseBytes: number
  /** Bytes of all logs. */
  readonly logBytes: number
  /** Where the last log ends. */
  readonly end: number
  readonly torn: TornEnd | null
}

/** Loads the folder into an engine that holds nothing yet. */
export async function recover(engine: Engine, folder: DataFolder): Promise<Recovery> {
  const manifest = readManifest(folder)
  if (typeof manifest === 'string') {
    throw new OchreError('DATA_DAMAGED', `The data in ${folder.path} cannot be read: ${manifest}.`)
  }
  const nothing = { manifest: null, commands: 0, baseBytes: 0, logBytes: 0, end: 0, torn: null }
  if (manifest === null) return nothing
  const { base, logs } = manifest
  let commands = 0
  let torn: TornEnd | null = null
  if (base !== null) commands += await loadBase(engine, folder, base)
  let end = HEADER_BYTES
  let logBytes = 0
  for (const [index, name] of logs.entries()) {
    const previousBytes = end
    const file = await load(engine, folder, name, {
      [Mark.FOLLOWS]: ([bytes]) =>
        index === 0 || Number(bytes) === previousBytes ? null : `the log before it should have ${bytes} bytes`,
    })
    const { damage } = file
    if (damage !== null) {
      const isLast = logs.slice(index + 1).every((later) => fileSize(folder, later) <= HEADER_BYTES)
      const mayCut = damage.isTorn && isLast && engine.settings['aof-load-truncated']
      if (!mayCut) throw new DamagedDataError(`${folder.path}/${name}`, damage.offset, damage.reason)
      const backup = cutFile(folder, name, damage.offset)
      torn = {
        file: `${folder.path}/${name}`,
        offset: damage.offset,
        bytes: file.size - damage.offset,
        backup: `${folder.path}/${backup}`,
      }
    }
    commands += file.commands
    end = file.end
    logBytes += end
  }
  return { manifest, commands, baseBytes: base === null ? 0 : fileSize(folder, base), logBytes, end, torn }
}

/** Removes what a crash left of files that never came to belong to the data. */
export function removeLeftovers(folder: DataFolder, { base, logs }: Manifest): void {
  for (const name of dataFiles(folder)) {
    if (name !== base && !logs.includes(name)) folder.files.remove(`${folder.path}/${name}`)
  }
}

async function loadBase(engine: Engine, folder: DataFolder, name: string): Promise<number> {
  let announced = -1
  const file = await load(engine, folder, name, {
    [Mark.END]: ([count]) => {
      announced = Number(count)
      return null
    },
  })
  const path = `${folder.path}/${name}`
  if (file.damage !== null) throw new DamagedDataError(path, file.damage.offset, file.damage.reason)
  if (announced !== file.commands) throw new DamagedDataError(path, file.end, 'it is not complete')
  return file.commands
}

interface LoadedFile {
  readonly commands: number
  readonly size: number
  /** Where the sound part ends. */
  readonly end: number
  readonly damage: Damage | null
}

async function load(engine: Engine, folder: DataFolder, name: string, marks: Marks): Promise<LoadedFile> {
  const { files, path } = folder
  const fd = files.open(`${path}/${name}`, 'r')
  try {
    const reader = new RecordReader(files, fd)
    const replay = new Replay(engine, marks)
    let damage = reader.header()
    let end = HEADER_BYTES
    let sliceStart = performance.now()
    while (damage === null) {
      const payload = reader.next()
      if (payload === null) break
      if (Buffer.isBuffer(payload)) {
        const reason = replay.run(payload, reader.time)
        if (reason === null) end = reader.position
        else damage = { offset: end, reason, isTorn: false }
      } else damage = payload
      if (performance.now() - sliceStart > SLICE_MS) {
        await new Promise((resolve) => setImmediate(resolve))
        sliceStart = performance.now()
      }
    }
    return { commands: replay.commands, size: reader.size, end, damage }
  } finally {
    files.close(fd)
  }
}
