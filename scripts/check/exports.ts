// What each package.json promises is there after a build, and loads in plain Node.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Problems, Tree } from './tree.ts'

interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly bin?: Readonly<Record<string, string>>
}

/** Files first, then one Node process that imports every entry point by the name users will write. */
export async function checkExports(root: string, tree: Tree): Promise<Problems> {
  const problems: Problems = []
  const entries: string[] = []
  for (const [path, text] of tree) {
    if (!/^packages\/[^/]+\/package\.json$/.test(path)) continue
    const manifest = JSON.parse(text) as Manifest
    const folder = path.slice(0, -'package.json'.length)
    const files = Object.values(manifest.bin ?? {})
    for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
      files.push(...(typeof target === 'string' ? [target] : Object.values(target)))
      if (!entry.endsWith('.json')) entries.push(entry === '.' ? manifest.name : manifest.name + entry.slice(1))
    }
    const absent = files.filter((file) => !existsSync(join(root, folder, file)))
    problems.push(...absent.map((file) => `${path}: ${file} does not exist after a build`))
  }
  if (problems.length > 0) return problems
  const script = entries.map((entry) => `await import('${entry}').catch((e) => console.log('${entry}: ' + e.message))`)
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script.join('\n')], {
    cwd: join(root, 'test'),
    timeout: 30_000,
  })
  return stdout.split('\n').filter(Boolean)
}
