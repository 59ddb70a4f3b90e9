// The project's text files, as checks see them: paths from the root and contents. Checks are functions of a tree, so
// their own tests hand them a literal one.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Path from the project's root, with slashes, to content. */
export type Tree = ReadonlyMap<string, string>

/** What one check found wrong; each entry is one line for a person, `file:line: what`. */
export type Problems = string[]

const TEXT = /\.(ts|js|mjs|json|md|yml|yaml|sh|svg|html|css|txt|conf|toml)$|(^|\/)(LICENSE|\.gitignore|run)$/

/** Every text file that is tracked or could be: nothing that `.gitignore` excludes. */
export function readTree(root: string): Tree {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  const paths = list
    .toString()
    .split('\0')
    .filter((path) => TEXT.test(path) && existsSync(join(root, path)))
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

/** A package's own sources: not generated, not tests. */
export function isSource(path: string): boolean {
  return /^packages\/[^/]+\/src\/.*\.tsx?$/.test(path) && !/\.(gen|test|test-d)\.tsx?$/.test(path)
}
