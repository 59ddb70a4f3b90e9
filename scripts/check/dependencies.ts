// Every dependency of the workspace has its reason in docs/dependencies.md, and nothing else is there.
import type { Problems, Tree } from './tree.ts'

const DOC = 'docs/dependencies.md'

export function checkDependencies(tree: Tree): Problems {
  const used = new Map<string, string>()
  for (const [path, text] of tree) {
    if (!/^(?:[^/]+\/){0,2}package\.json$/.test(path)) continue
    const manifest = JSON.parse(text) as Record<string, Record<string, string>>
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'])
      for (const name of Object.keys(manifest[kind] ?? {})) if (!/^(@ochre\/|ochre$)/.test(name)) used.set(name, path)
  }
  const listed = new Set([...(tree.get(DOC) ?? '').matchAll(/^\| `([^`]+)`/gm)].map((row) => row[1]!))
  return [
    ...[...used].filter(([name]) => !listed.has(name)).map(([name, path]) => `${DOC}: no reason for ${name} (${path})`),
    ...[...listed].filter((name) => !used.has(name)).map((name) => `${DOC}: ${name} is not a dependency of anything`),
  ]
}
