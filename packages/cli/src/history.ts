// What the shell remembers between sessions: one line each, the newest last, never a password.

import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { splitWords } from './words.ts'

const KEPT = 1000

/** Commands that carry a secret, by their words in lower case. */
const SECRETS: readonly RegExp[] = [
  /^auth\b/,
  /^acl setuser\b/,
  /^hello\b.* auth\b/,
  /^migrate\b.* auth2?\b/,
  /^config set\b.* (?:requirepass|masterauth|primaryauth|\S*-pass)\b/,
  /^sentinel (?:set|config set)\b.* \S*-?pass\b/,
]

/** Lines that carry a secret are not remembered; `isExpression`: JavaScript, which may call the same commands. */
export function isSecret(line: string, isExpression = false): boolean {
  if (isExpression) return /auth|pass|setuser|credential|secret/i.test(line)
  return SECRETS.some((secret) => secret.test(wordsOf(line).toLowerCase()))
}

/** The words as the server gets them; what cannot be split is taken as it is. */
function wordsOf(line: string): string {
  try {
    return splitWords(line).join(' ')
  } catch {
    return line.trim().replaceAll(/\s+/g, ' ').replaceAll(/["']/g, '')
  }
}

/** The lines of the file, oldest first; none when it cannot be read. */
export function readHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).slice(-KEPT)
  } catch {
    return []
  }
}

/** Adds a line unless it is empty or the same as the one before. A file that cannot be written is no failure. */
export function remember(path: string, line: string, previous: string | undefined): void {
  if (line.trim() === '' || line === previous) return
  try {
    appendFileSync(path, `${line}\n`, { mode: 0o600 })
    // It may have been made by something else, for everybody to read.
    chmodSync(path, 0o600)
    const lines = readHistory(path)
    if (lines.length === KEPT) writeFileSync(path, `${lines.slice(KEPT / 10).join('\n')}\n`, { mode: 0o600 })
  } catch {}
}
