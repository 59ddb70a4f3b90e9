// The project as a fresh checkout after `npm ci`: the files that belong to it, nothing built, and the installed packages.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { ROOT } from './process.ts'

/** Files of the project, changed ones and new ones too, as paths below its root. */
export function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)))
}

/** Makes a copy in a new folder and returns its path, with a slash at the end. Whoever makes it removes it. */
export function cleanCopy(): string {
  const root = `${mkdtempSync(join(tmpdir(), 'ochre-copy-'))}/`
  for (const path of projectFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    cpSync(join(ROOT, path), join(root, path))
  }
  link(join(ROOT, 'node_modules'), join(root, 'node_modules'), root)
  return root
}

/** Links everything that is installed; what links into the project links into the copy. */
function link(from: string, to: string, root: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isSymbolicLink()) {
      const inside = relative(ROOT, resolve(from, readlinkSync(source)))
      symlinkSync(join(root, inside), target)
    } else if (entry.name.startsWith('@') || entry.name === '.bin') link(source, target, root)
    else symlinkSync(source, target)
  }
}
