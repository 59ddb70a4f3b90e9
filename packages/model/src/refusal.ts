// What a script's refusal is to the caller: an error that names the row, the constraint or the winner.

import { AlreadyExistsError, ConflictError, NotFoundError, ProgramError, UniqueError } from './errors.ts'
import { makeRecord, type RecordOwner, rawRow } from './record.ts'
import type { Runner } from './redis.ts'

const CODES: Readonly<Record<string, string>> = {
  MISSING: 'NOT_FOUND',
  EXISTS: 'ALREADY_EXISTS',
  UNIQUE: 'UNIQUE_VIOLATION',
  CONFLICT: 'VERSION_CONFLICT',
}

/** The codes of what the script of one program refuses. */
export function programRefusals(reply: unknown): readonly string[] {
  const [failed, code] = reply as readonly unknown[]
  return Number(failed) === 1 && code !== 'SKIP' && code !== 'UNSEEN' ? [CODES[String(code)] ?? 'PROGRAM_FAILED'] : []
}

/** The codes of what a script of many rows refuses, of which each has its entry in the reply. */
export function rowRefusals(reply: unknown): readonly string[] {
  return (reply as readonly unknown[]).flatMap((entry) => (Array.isArray(entry) ? programRefusals(entry) : []))
}

/** The error of a failure entry `[1, code, ...]`, or null for one that is no failure. Counts it. */
export function refusalOf(runner: Runner, owner: RecordOwner, id: string, reply: unknown): Error | null {
  if (!Array.isArray(reply) || Number(reply[0]) !== 1) return null
  const { name } = owner.spec
  const code = String(reply[1])
  switch (code) {
    case 'MISSING':
      return new NotFoundError(name, id)
    case 'EXISTS':
      return new AlreadyExistsError(name, id)
    case 'UNIQUE':
      runner.uniqueViolations++
      return new UniqueError(name, String(reply[2]), String(reply[3]))
    case 'CONFLICT': {
      runner.conflicts++
      const raw = rawRow(reply[2])
      return raw ? new ConflictError(name, makeRecord(owner, id, raw)) : new NotFoundError(name, id)
    }
    case 'WRONG_TYPE':
      return new ProgramError(name, 'WRONG_TYPE', null, `the key ${owner.keyOf(id)} holds another Redis type`)
    case 'FAIL':
      return new ProgramError(name, String(reply[2]), null, `the program failed with ${reply[2]}`)
  }
  return new ProgramError(name, code, null, code)
}
