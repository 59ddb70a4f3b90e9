// The list of the files that hold the data, in the order in which they are loaded. It is replaced by renaming, so that a
// crash leaves the old or the new one. Files of the folder that it does not name are left over from a crash.
//
//     ochre append-only files 1
//     base appendonly.aof.3.base
//     log appendonly.aof.3.log
//     log appendonly.aof.4.log
//     crc32 5d0c9a3f
import { crc32 } from 'node:zlib'
import { type FileSystem, replaceFile } from './file-system.ts'

const FIRST_LINE = 'ochre append-only files 1'

export interface Manifest {
  /** All data at the moment at which the first log starts; null when it starts from nothing. */
  readonly base: string | null
  /** Changes since then. The last one is written to; there is always one. */
  readonly logs: readonly string[]
}

export function manifestName(fileName: string): string {
  return `${fileName}.manifest`
}

export function encodeManifest({ base, logs }: Manifest): string {
  const lines = [FIRST_LINE, ...(base === null ? [] : [`base ${base}`]), ...logs.map((name) => `log ${name}`)]
  const text = lines.map((line) => `${line}\n`).join('')
  return `${text}crc32 ${crc32(text).toString(16).padStart(8, '0')}\n`
}

/** Undefined when the text is damaged. */
export function decodeManifest(text: string): Manifest | undefined {
  const end = text.lastIndexOf('crc32 ')
  const content = text.slice(0, Math.max(end, 0))
  if (text.slice(end) !== `crc32 ${crc32(content).toString(16).padStart(8, '0')}\n`) return undefined
  const [first, ...lines] = content.split('\n').slice(0, -1)
  const named = (kind: string): string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1))
  const [base = null] = named('base')
  return first === FIRST_LINE ? { base, logs: named('log') } : undefined
}

export function writeManifest(files: FileSystem, folder: string, fileName: string, manifest: Manifest): void {
  replaceFile(files, folder, manifestName(fileName), Buffer.from(encodeManifest(manifest), 'utf8'))
}

/** The number in a file's name: `appendonly.aof.3.log` -> 3; undefined for a name of another kind. */
export function generationOf(fileName: string, name: string): number | undefined {
  if (!name.startsWith(`${fileName}.`)) return undefined
  const [, number] = /^([0-9]+)\.(?:base|log)(?:\.new)?$/.exec(name.slice(fileName.length + 1)) ?? []
  return number === undefined ? undefined : Number(number)
}
