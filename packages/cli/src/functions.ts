// The libraries of functions of a server, for archives. They belong to the server and not to one of its databases, and are
// nothing but their code, which is text in every mode of an archive.

import type { Client } from '@ochre/client'
import { OchreError, ReplyError } from '@ochre/protocol'
import { ArchiveError, fromText, type Library, toText } from './archive.ts'
import type { OnExisting } from './capture.ts'
import { counted } from './io.ts'

/**
 * All libraries, or the one with a name. None when the server is too old to know functions. Rejects when it does not show them.
 */
export async function readLibraries(client: Client, name?: string): Promise<Library[]> {
  const which = name === undefined ? [] : ['LIBRARYNAME', name]
  const list = client.buffers.call('FUNCTION', 'LIST', ...which, 'WITHCODE')
  const found = (await list.catch(async (cause: unknown) => {
    if (cause instanceof ReplyError && cause.code !== 'NOPERM' && !(await knowsFunctions(client))) return []
    throw cause
  })) as readonly { readonly library_name: Buffer; readonly library_code: Buffer }[]
  return found
    .map((each) => ({ library: each.library_name.toString(), code: toText(each.library_code) }))
    .filter(({ library }) => name === undefined || library === name)
}

/** Loads a library unless one of its name is there, which `onExisting` decides about: `false` when it stays as it was. */
export async function loadLibrary(
  client: Client,
  { library, code }: Library,
  onExisting: OnExisting,
): Promise<boolean> {
  if (!(await knowsFunctions(client)))
    throw new ArchiveError(
      'The archive has functions, which this server does not know; leave them out with --no-functions.',
    )
  const [there] = await readLibraries(client, library)
  if (there !== undefined) {
    // The very same is no conflict: several archives of one server have it.
    if (onExisting === 'skip' || sameLibrary(there, { library, code })) return false
    if (onExisting === 'fail')
      throw new OchreError('REPLY', 'It is there already with other code; say --existing skip or replace.')
  }
  await client.call('FUNCTION', 'LOAD', ...(there === undefined ? [] : ['REPLACE']), fromText(code))
  return true
}

export function sameLibrary(a: Library, b: Library): boolean {
  return a.library === b.library && fromText(a.code).equals(fromText(b.code))
}

async function knowsFunctions(client: Client): Promise<boolean> {
  const [found] = (await client.call('COMMAND', 'INFO', 'FUNCTION')) as unknown[]
  return found !== null
}

/** `4 keys`, `4 keys and 1 library of functions`. */
export function withLibraries(keys: number, libraries: number): string {
  if (libraries === 0) return counted(keys, 'key')
  return `${counted(keys, 'key')} and ${libraries} ${libraries === 1 ? 'library' : 'libraries'} of functions`
}
