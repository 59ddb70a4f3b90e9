// Progress of long work: one line that is drawn again in place, on a terminal only.

import { type Io, tell } from './io.ts'

const REDRAW_MS = 100

export interface Progress {
  /** Work done so far. */
  update(done: number): void
  /** A line for the person, above the progress. */
  say(text: string): void
  /** Clears the line. Call it before printing anything else. */
  end(): void
}

/** How an amount of work is shown. */
export type Unit = (amount: number) => string

const countOf: Unit = (amount) => Math.round(amount).toLocaleString('en-US')

/** `total` null = unknown. Draws nothing when standard error is not a terminal. */
export function progress(
  io: Io,
  label: string,
  total: number | null,
  unit: Unit = countOf,
  now: () => number = Date.now,
): Progress {
  if (!io.stderr.isTTY) return { update: () => {}, say: (text) => tell(io, text), end: () => {} }
  const started = now()
  let drawn = Number.NEGATIVE_INFINITY
  const clear = (): void => {
    if (drawn > Number.NEGATIVE_INFINITY) io.stderr.write('\r\x1b[K')
  }
  return {
    update(done) {
      const at = now()
      if (at - drawn < REDRAW_MS) return
      drawn = at
      io.stderr.write(`\r\x1b[K${progressLine(label, done, total, at - started, io.stderr.columns ?? 80, unit)}`)
    },
    say(text) {
      clear()
      tell(io, text)
      drawn = Number.NEGATIVE_INFINITY
    },
    end: clear,
  }
}

/** `Backup  ████░░░░  50 %  1,000 of 2,000  500/s  2 s left`, never wider than `columns`. */
export function progressLine(
  label: string,
  done: number,
  total: number | null,
  elapsedMs: number,
  columns: number,
  unit: Unit = countOf,
): string {
  const perSecond = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0
  const speed = `${unit(perSecond)}/s`
  if (total === null || total === 0) return `${label}  ${unit(done)}  ${speed}`.slice(0, columns - 1)
  const share = Math.min(1, done / total)
  const left = perSecond > 0 ? `${Math.ceil(Math.max(0, total - done) / perSecond)} s left` : ''
  const tail = `  ${String(Math.floor(share * 100)).padStart(3)} %  ${unit(done)} of ${unit(total)}  ${speed}  ${left}`
  const width = Math.max(0, Math.min(30, columns - label.length - tail.length - 4))
  const full = Math.round(share * width)
  return `${label}  ${'█'.repeat(full)}${'░'.repeat(width - full)}${tail}`.slice(0, columns - 1)
}
