// What makes servers die with the process that started them, even when that process is killed with SIGKILL.
//
// One `sh` per process waits for the end of its standard input, a pipe whose other end only this process holds. The
// kernel closes that pipe however the process ends. Then the shell kills every server whose `pid` file stands in the
// folder and removes the folder. It leads a session of its own, so a signal to the terminal's group does not end it.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SCRIPT = `
trap '' HUP INT TERM
while read -r line; do :; done
for file in "$0"/*/pid; do [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
for try in 1 2 3 4 5; do rm -rf "$0" 2>/dev/null && break; sleep 0.2; done
`

/** Names the test run, in the environment of its processes; their folders carry it, so that leaks can be told apart. */
const RUN = 'TEST_RUN'

/** Begins a test run: called once, before its processes start. */
export function beginRun(): void {
  process.env[RUN] = `${process.pid}.${Date.now().toString(36)}`
}

/**
 * Resolves when every process of this run has ended with its servers and folders. Rejects when something is left after
 * `limitMs`.
 */
export async function endRun(limitMs: number): Promise<void> {
  const prefix = `ochre-${process.env[RUN]}-`
  for (const deadline = Date.now() + limitMs; ; ) {
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))
    if (left.length === 0) return
    if (Date.now() > deadline) throw new Error(`Servers of this run are still there: ${left.join(', ')} in ${tmpdir()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

let root: string | undefined

/**
 * The temporary folder of this process, watched from the first call on. A subfolder with a `pid` file in it is a running
 * server; remove the file as soon as the server has ended, so that the number cannot hit a stranger.
 */
export function watchedFolder(): string {
  if (root !== undefined) return root
  root = mkdtempSync(join(tmpdir(), `ochre-${process.env[RUN] ?? ''}-`))
  const watchdog = spawn('sh', ['-c', SCRIPT, root], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  watchdog.unref()
  const pipe = watchdog.stdin as typeof watchdog.stdin & { unref?(): void }
  pipe.unref?.()
  return root
}
