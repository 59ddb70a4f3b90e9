import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Io } from './io.ts'
import { progress, progressLine } from './progress.ts'

const terminal = (isTTY: boolean): { io: Io; written: () => string } => {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 80 })
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env: {},
    interrupted: new AbortController().signal,
  }
  return { io, written: () => String(stderr.read() ?? '') }
}

test('the line shows share, count, speed and time left, and fits the terminal', () => {
  const line = progressLine('Backup', 500, 2000, 1000, 80)
  expect(line).toContain('25 %')
  expect(line).toContain('500 of 2,000')
  expect(line).toContain('500/s')
  expect(line).toContain('3 s left')
  for (const columns of [10, 40, 80])
    expect(progressLine('Backup', 500, 2000, 1000, columns).length).toBeLessThan(columns)
})

test('an unknown total shows the count alone', () => {
  expect(progressLine('Export', 12345, null, 1000, 80)).toBe('Export  12,345  12,345/s')
})

test('a terminal sees at most ten lines a second, a pipe none', () => {
  let now = 0
  const screen = terminal(true)
  const bar = progress(screen.io, 'Backup', 10, undefined, () => now)
  for (let i = 0; i < 100; i++) {
    now = i * 10
    bar.update(i)
  }
  bar.end()
  expect(screen.written().split('\r').length - 1).toBe(11)
  const pipe = terminal(false)
  progress(pipe.io, 'Backup', 10, undefined, () => now).update(5)
  expect(pipe.written()).toBe('')
})
