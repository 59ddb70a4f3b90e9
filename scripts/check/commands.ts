// Checks that are somebody else's program: its output, when it fails, is the list of problems.
import { spawn } from 'node:child_process'
import type { Problems } from './tree.ts'

/** Runs a program of node_modules/.bin. No problems when it exits with 0. */
export function runCommand(root: string, program: string, ...args: string[]): Promise<Problems> {
  return new Promise((resolve, reject) => {
    const child = spawn(`${root}/node_modules/.bin/${program}`, args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
    })
    const chunks: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', (code) => {
      const lines = Buffer.concat(chunks).toString().trimEnd().split('\n')
      resolve(code === 0 ? [] : [...lines, `${program} ${args.join(' ')}: exit code ${code}`].filter(Boolean))
    })
  })
}
