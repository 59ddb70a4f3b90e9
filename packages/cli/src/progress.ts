// Progress of long work: one line that is drawn again in place, on a terminal only.

import type { Io } from './io.ts'

const REDRAW_MS = 100

export interface Progress {
  /** Work done so far. */
  update(done: number): void
  /** Clears the line. Call it before printing anything else. */
  end(): void
}

/** `total` null = unknown. Draws nothing when standard error is not a terminal. */
export function progress(io: Io, label: string, total: number | null, now: () => number = Date.now): Progress {
  if (!io.stderr.isTTY) return { update: () => {}, end: () => {} }
  const started = now()
  let drawn = Number.NEGATIVE_INFINITY
  return {
    update(done) {
      const at = now()
      if (at - drawn < REDRAW_MS) return
      drawn = at
      io.stderr.write(`\r\x1b[K${progressLine(label, done, total, at - started, io.stderr.columns ?? 80)}`)
    },
    end() {
      io.stderr.write('\r\x1b[K')
    },
  }
}

/** `Backup  ████░░░░  50 %  1,000 of 2,000  500/s  2 s left`, never wider than `columns`. */
export function progressLine(
  label: string,
  done: number,
  total: number | null,
  elapsedMs: number,
  columns: number,
): string {
  const count = (n: number): string => n.toLocaleString('en-US')
  const perSecond = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0
  const speed = `${count(Math.round(perSecond))}/s`
  if (total === null || total === 0) return `${label}  ${count(done)}  ${speed}`.slice(0, columns - 1)
  const share = Math.min(1, done / total)
  const left = perSecond > 0 ? `${Math.ceil(Math.max(0, total - done) / perSecond)} s left` : ''
  const tail = `  ${String(Math.floor(share * 100)).padStart(3)} %  ${count(done)} of ${count(total)}  ${speed}  ${left}`
  const width = Math.max(0, Math.min(30, columns - label.length - tail.length - 4))
  const full = Math.round(share * width)
  return `${label}  ${'█'.repeat(full)}${'░'.repeat(width - full)}${tail}`.slice(0, columns - 1)
}
