// The audit log: one JSON line for each request that wrote, was refused, or managed credentials. It holds who, what and
// the outcome, never a key, a value or a token.
//
// Lines form a chain: each carries the SHA-256 of the line before it, so that a line cannot be changed, removed or
// inserted without every later hash being wrong. `verifyAudit` walks a file; a new process continues the chain it finds.

import { createHash } from 'node:crypto'
import { closeSync, createReadStream, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Logger } from 'pino'
import type { Caller } from './execute.ts'
import type { GatewayRequest } from './message.ts'

export interface AuditEntry {
  readonly time: string
  readonly request: string
  readonly principal: string
  readonly address: string
  /** `WEBSOCKET` for what came over one. */
  readonly method: string
  /** The route's id, or the kind of frame. */
  readonly route: string
  /** Names of the commands, each once. */
  readonly commands: readonly string[]
  readonly status: number
  readonly code?: string
  readonly ms: number
}

/** Codes of failures that are refusals, whatever status a protocol gives them. */
const REFUSALS: ReadonlySet<string | undefined> = new Set([
  'UNAUTHENTICATED',
  'NOT_PERMITTED',
  'RATE_LIMITED',
  'QUOTA_EXCEEDED',
  'NOPERM',
  'WRONGPASS',
])

/** The entry of a request or frame, or undefined when it is not one to keep: reads that were permitted are not. */
export function auditEntry(
  id: string,
  request: Pick<GatewayRequest, 'method' | 'remoteAddress'>,
  caller: Caller,
  route: string,
  status: number,
  code: string | undefined,
  seconds: number,
): AuditEntry | undefined {
  const isRefusal = caller.refused === true || REFUSALS.has(code)
  if (caller.wrote !== true && !isRefusal && caller.managed !== true) return undefined
  const entry = {
    time: new Date().toISOString(),
    request: id,
    principal: caller.principal.id,
    address: request.remoteAddress,
    method: request.method,
    route,
    commands: [...new Set(caller.commands)],
    status,
    ms: Math.round(seconds * 1e6) / 1000,
  }
  return code === undefined ? entry : { ...entry, code }
}

export interface AuditLog {
  append(entry: AuditEntry): void
  close(): Promise<void>
}

/** The hash before the first line. */
const GENESIS = '0'.repeat(64)

function hashOf(line: string): string {
  return createHash('sha256').update(line).digest('hex')
}

/** One line of the chain, without its newline. */
export function chainLine(entry: AuditEntry, previous: string): string {
  return JSON.stringify({ ...entry, previous })
}

const RETRY_MS = 1_000
/** So much may wait for a disk that takes nothing. What comes then is left out, and shows as a break of the chain. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024

/**
 * Appends to a file, continuing its chain. Lines are written in batches, at most `flushMs` after they were appended, and
 * synced to disk on close. A line that is cut off at the end of the file by a crash is ended and stays visible as broken.
 * While nothing can be written (a full disk) lines wait, and `onFailure` is told at each attempt.
 */
export class AuditFile implements AuditLog {
  readonly #fd: number
  readonly #flushMs: number
  readonly #onFailure: (error: unknown) => void
  #previous: string
  #waiting: string[] = []
  #waitingBytes = 0
  #unwritten: Buffer = Buffer.alloc(0)
  #timer: NodeJS.Timeout | undefined

  constructor(path: string, flushMs = 200, onFailure: (error: unknown) => void = () => {}) {
    this.#previous = lastHash(path)
    this.#fd = openSync(path, 'a', 0o600)
    this.#flushMs = flushMs
    this.#onFailure = onFailure
  }

  append(entry: AuditEntry): void {
    const line = chainLine(entry, this.#previous)
    this.#previous = hashOf(line)
    if (this.#waitingBytes + this.#unwritten.length > MAX_WAITING_BYTES) return
    this.#waiting.push(line)
    this.#waitingBytes += line.length
    this.#timer ??= setTimeout(() => this.flush(), this.#flushMs)
  }

  /** Writes what waits. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length > 0) {
      this.#unwritten = Buffer.concat([this.#unwritten, Buffer.from(`${this.#waiting.join('\n')}\n`)])
      this.#waiting = []
      this.#waitingBytes = 0
    }
    try {
      while (this.#unwritten.length > 0) {
        this.#unwritten = this.#unwritten.subarray(writeSync(this.#fd, this.#unwritten))
      }
    } catch (error) {
      // It must not end the service.
      this.#onFailure(error)
      this.#timer = setTimeout(() => this.flush(), RETRY_MS)
      this.#timer.unref()
    }
  }

  close(): Promise<void> {
    this.flush()
    clearTimeout(this.#timer)
    try {
      fsyncSync(this.#fd)
    } catch (error) {
      this.#onFailure(error)
    }
    closeSync(this.#fd)
    return Promise.resolve()
  }
}

/** The audit log of this process; the log says why lines have to wait. */
export function auditFile(path: string, log: Logger): AuditFile {
  return new AuditFile(path, undefined, (error) =>
    log.error({ code: (error as NodeJS.ErrnoException).code }, 'the audit log cannot be written; its lines wait'),
  )
}

/** The hash of the last line of a file; GENESIS when there is none. */
function lastHash(path: string): string {
  let size: number
  try {
    size = statSync(path).size
  } catch {
    return GENESIS
  }
  if (size === 0) return GENESIS
  const fd = openSync(path, 'r+')
  try {
    const length = Math.min(size, 1 << 20)
    const tail = Buffer.alloc(length)
    readSync(fd, tail, 0, length, size - length)
    let text = tail.toString('utf8')
    if (!text.endsWith('\n')) {
      writeSync(fd, '\n', size)
      text += '\n'
    }
    return hashOf(text.slice(text.lastIndexOf('\n', text.length - 2) + 1, -1))
  } finally {
    closeSync(fd)
  }
}

/** Walks a file's chain. Resolves to the number of good lines and, if it breaks, the first line (from 1) that is wrong. */
export async function verifyAudit(path: string): Promise<{ readonly lines: number; readonly brokenAt?: number }> {
  let previous = GENESIS
  let lines = 0
  const reader = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })
  try {
    for await (const line of reader) {
      let entry: { previous?: unknown }
      try {
        entry = JSON.parse(line) as { previous?: unknown }
      } catch {
        return { lines, brokenAt: lines + 1 }
      }
      if (entry.previous !== previous) return { lines, brokenAt: lines + 1 }
      previous = hashOf(line)
      lines++
    }
  } finally {
    reader.close()
  }
  return { lines }
}
