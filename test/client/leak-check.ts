// Fails a test that leaves a socket or a timer behind.
import { afterEach, beforeEach, expect } from 'vitest'

const WATCHED = new Set([
  'TCPSocketWrap',
  'TLSWrap',
  'PipeWrap',
  'PipeConnectWrap',
  'TCPConnectWrap',
  'Timeout',
  'Immediate',
])

const PATIENCE_MS = 2000

function resources(): Map<string, number> {
  const found = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo()) {
    if (WATCHED.has(name)) found.set(name, (found.get(name) ?? 0) + 1)
  }
  return found
}

/** Installs the check for every test of the file. Resources that the file itself opens before its tests do not count. */
export function checkLeaks(): void {
  let before = new Map<string, number>()
  beforeEach(() => {
    before = resources()
  })
  afterEach(async () => {
    // Closing takes a turn or two of the event loop. A report that the test runner has on its way is a timer too, and
    // takes as long as the other process needs; what a client forgets stays.
    const extra = (): string[] => {
      return [...resources()].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name)
    }
    const patience = performance.now() + PATIENCE_MS
    for (let turn = 0; extra().length > 0 && (turn < 50 || performance.now() < patience); turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    expect(extra()).toEqual([])
  })
}
