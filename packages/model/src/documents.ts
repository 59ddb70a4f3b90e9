// Documents that a program edits in places, held to their schemas. Only the client can run a schema, and only the server knows
// the document; so the script shows the document that it would store, and stores it when it is the one that was found good:
//
//   script ──UNSEEN, documents──> schema ──documents──> script: computes again; the same? stored : UNSEEN, documents ──> ...
//
// Whatever changes in between, also in collections that the program reads, only costs another round.

import { isDeepStrictEqual } from 'node:util'
import { type Issue, ValidationError } from '@ochre/protocol'
import { problemOf, runSchema } from './codec.ts'
import { CorruptRowError } from './errors.ts'
import type { StoredField } from './model.ts'
import type { RecordOwner } from './record.ts'
import type { Runner } from './redis.ts'

/** For each edited document: as it was seen, and what is stored instead, if the schema gave something else. */
export type Seen = string[]

export function nothingSeen(edited: readonly StoredField[]): Seen {
  return edited.flatMap(() => ['', ''])
}

/** Runs a program's script until it has stored the documents that were found good, and gives its reply. */
export async function inRounds(
  owner: RecordOwner,
  runner: Runner,
  id: string,
  edited: readonly StoredField[],
  run: (seen: Seen) => Promise<unknown>,
): Promise<unknown> {
  let seen = nothingSeen(edited)
  for (let round = 0; ; round++) {
    const reply = (await run(seen)) as readonly unknown[]
    if (Number(reply[0]) !== 1 || String(reply[1]) !== 'UNSEEN') return reply
    if (round > 0) runner.resent('again')
    seen = await see(owner, id, edited, reply.slice(2), seen)
  }
}

/** Runs the schemas on what the script shows. Rejects with a ValidationError; nothing has been written then. */
async function see(
  owner: RecordOwner,
  id: string,
  edited: readonly StoredField[],
  shown: readonly unknown[],
  before: Seen,
): Promise<Seen> {
  const seen = [...before]
  const issues: Issue[] = []
  await Promise.all(
    edited.map((field, i) => {
      if (shown[i] === null || shown[i] === false) return null
      const text = String(shown[i])
      const value = parsed(owner, id, field, text)
      return runSchema(field.schema!, value, [field.property], issues, (output) => {
        const problem = problemOf(field, output)
        if (problem !== null) issues.push({ path: [field.property], message: problem })
        const stored = problem === null ? JSON.stringify(output) : text
        // What the schema leaves as it is keeps its very text, with every digit, in its order.
        seen.splice(2 * i, 2, text, isDeepStrictEqual(JSON.parse(stored), value) ? '' : stored)
      })
    }),
  )
  const { name } = owner.spec
  if (issues.length > 0) throw new ValidationError(`A document would not fit the schema of its ${name}`, issues)
  return seen
}

function parsed(owner: RecordOwner, id: string, field: StoredField, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CorruptRowError(owner.spec.name, owner.keyOf(id), field.property, 'is not JSON')
  }
}
