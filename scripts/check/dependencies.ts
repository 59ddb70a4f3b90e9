// Every dependency of the workspace has its reason in docs/dependencies.md, nothing else is there, and what a package
// brings along at run time is something that it imports.
import { importsOf } from './imports.ts'
import { isSource, type Problems, type Tree } from './tree.ts'

const DOC = 'docs/dependencies.md'

export function checkDependencies(tree: Tree): Problems {
  const used = new Map<string, string>()
  for (const [path, text] of tree) {
    if (!/^(?:[^/]+\/){0,2}package\.json$/.test(path)) continue
    const manifest = JSON.parse(text) as Record<string, Record<string, string>>
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'])
      for (const name of Object.keys(manifest[kind] ?? {})) if (!/^(@ochre\/|ochre$)/.test(name)) used.set(name, path)
  }
  return [...compareWithPage(tree, used), ...findUnused(tree)]
}

function findUnused(tree: Tree): Problems {
  const imported = new Map<string, string>()
  for (const [path, text] of tree) {
    if (!isSource(path)) continue
    const folder = path.split('/', 2).join('/')
    imported.set(
      folder,
      `${imported.get(folder) ?? ''}\n${importsOf(text)
        .map(({ specifier }) => specifier)
        .join('\n')}`,
    )
  }
  return [...tree].flatMap(([path, text]) => {
    const folder = /^(packages\/[^/]+)\/package\.json$/.exec(path)?.[1]
    if (folder === undefined) return []
    const names = Object.keys((JSON.parse(text) as { dependencies?: Record<string, string> }).dependencies ?? {})
    const isImported = (name: string): boolean =>
      (imported.get(folder) ?? '')
        .split('\n')
        .some((specifier) => specifier === name || specifier.startsWith(`${name}/`))
    return names
      .filter((name) => !name.startsWith('@ochre/') && !isImported(name))
      .map((name) => `${path}: ${name} is not imported by the package`)
  })
}

function compareWithPage(tree: Tree, used: ReadonlyMap<string, string>): Problems {
  const listed = new Set([...(tree.get(DOC) ?? '').matchAll(/^\| `([^`]+)`/gm)].map((row) => row[1]!))
  return [
    ...[...used].filter(([name]) => !listed.has(name)).map(([name, path]) => `${DOC}: no reason for ${name} (${path})`),
    ...[...listed].filter((name) => !used.has(name)).map((name) => `${DOC}: ${name} is not a dependency of anything`),
  ]
}
