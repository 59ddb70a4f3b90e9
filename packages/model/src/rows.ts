// Many rows by plain commands in one trip, which cost the server half of what a script that gives rows does.

import { ReplyError } from '@ochre/protocol'
import type { KeyFamily } from './keys.ts'
import { type RawRow, rawRow } from './record.ts'
import type { Arg, Runner } from './redis.ts'

/** Where rows are read. */
export interface RowSource {
  readonly runner: Runner
  /** Whether rows hold bytes, which text decoding would damage. */
  readonly readsBytes: boolean
}

/** The rows of ids, null where there is none; with `names`, only these fields and `_v`. */
export async function readRows(
  { runner, readsBytes }: RowSource,
  family: KeyFamily,
  ids: readonly string[],
  names: readonly string[] | null,
): Promise<(RawRow | null)[]> {
  if (ids.length === 0) return []
  const command = (id: string): Arg[] =>
    names === null ? ['HGETALL', family.row(id)] : ['HMGET', family.row(id), '_v', ...names]
  const batch = (readsBytes ? runner.client.buffers : runner.client).pipeline()
  if (names === null) for (const id of ids) batch.hgetall(family.row(id))
  else for (const id of ids) batch.call(...command(id))
  let replies: readonly unknown[]
  try {
    replies = await batch.exec()
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error
    // One of them was refused. Asked for alone, its error names its key.
    replies = await Promise.all(ids.map((id) => runner.command('find', command(id), readsBytes)))
  }
  return names === null ? replies.map(rawRow) : replies.map((reply) => namedRow(reply, names))
}

/** A row out of a reply of HMGET for `_v` and then `names`. */
export function namedRow(reply: unknown, names: readonly string[]): RawRow | null {
  const [version, ...texts] = reply as (string | Buffer | null)[]
  if (version === null || version === undefined) return null
  const row: RawRow = Object.create(null)
  row._v = version
  names.forEach((name, i) => {
    const text = texts[i]
    if (text !== null && text !== undefined) row[name] = text
  })
  return row
}
