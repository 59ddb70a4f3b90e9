// Builds the workspace before any test, once: suites that start processes run what users get. A second build takes a
// moment, since only what has changed is compiled again.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export function setup(): void {
  const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', `file://${root}`))
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-b', '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The workspace does not build:\n${stdout}`)
}
