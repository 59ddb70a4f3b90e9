// What makes servers die with the process that started them, even when that process is killed with SIGKILL.
//
// One `sh` per process waits for the end of its standard input, a pipe whose other end only this process holds. The
// kernel closes that pipe however the process ends. Then the shell kills every server whose `pid` file stands in the
// folder and removes the folder. It leads a session of its own, so a signal to the terminal's group does not end it.
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SCRIPT = `
trap '' HUP INT TERM
while read -r line; do :; done
for file in "$0"/*/pid; do [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
for try in 1 2 3 4 5; do rm -rf "$0" 2>/dev/null && break; sleep 0.2; done
`

let root: string | undefined

/**
 * The temporary folder of this process, watched from the first call on. A subfolder with a `pid` file in it is a running
 * server; remove the file as soon as the server has ended, so that the number cannot hit a stranger.
 */
export function watchedFolder(): string {
  if (root !== undefined) return root
  root = mkdtempSync(join(tmpdir(), 'ochre-'))
  const watchdog = spawn('sh', ['-c', SCRIPT, root], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  watchdog.unref()
  const pipe = watchdog.stdin as typeof watchdog.stdin & { unref?(): void }
  pipe.unref?.()
  return root
}
