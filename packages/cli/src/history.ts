// What the shell remembers between sessions: one line each, the newest last, never a password.

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

const KEPT = 1000

/** Lines that carry a secret are not remembered. */
export function isSecret(line: string): boolean {
  return /^\s*(auth\b|acl\s+setuser\b|hello\b.*\bauth\b|config\s+set\b.*\b(requirepass|masterauth)\b|migrate\b.*\bauth2?\b)/i.test(
    line,
  )
}

/** The lines of the file, oldest first; none when it cannot be read. */
export function readHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).slice(-KEPT)
  } catch {
    return []
  }
}

/** Adds a line unless it is secret, empty or the same as the one before. A file that cannot be written is no failure. */
export function remember(path: string, line: string, previous: string | undefined): void {
  if (line.trim() === '' || line === previous || isSecret(line)) return
  try {
    appendFileSync(path, `${line}\n`, { mode: 0o600 })
    const lines = readHistory(path)
    if (lines.length === KEPT) writeFileSync(path, `${lines.slice(KEPT / 10).join('\n')}\n`, { mode: 0o600 })
  } catch {}
}
