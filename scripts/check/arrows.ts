// Who may import whom. The two tables are the architecture; everything else here only enforces them.
import { posix } from 'node:path'
import { importsOf } from './imports.ts'
import { isSource, type Problems, type Tree } from './tree.ts'

/** Package folder -> package folders it may import. */
export const PACKAGE_ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  client: ['protocol'],
  embedded: ['protocol'],
  model: ['client', 'protocol'],
  gateway: ['model', 'client', 'protocol'],
  cli: ['gateway', 'model', 'client', 'embedded', 'protocol'],
}

/**
 * Layers inside a package, highest first; `name/` is a folder. A file may import its own layer and those below. Types may
 * point anywhere: they are erased. Files that are not named are free, except that no package may have an import cycle
 * and nothing imports its own package's index.
 */
export const LAYERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  protocol: [
    ['index'],
    ['command-table'],
    ['commands.gen', 'key-spec', 'syntax'],
    ['decode', 'encode', 'encode-reply'],
    ['errors', 'reply', 'slice', 'slot', 'transport'],
  ],
  client: [
    ['index', 'telemetry'],
    ['client'],
    ['consumer', 'values', 'large-value'],
    ['watch', 'subscriber', 'monitor'],
    ['pipeline', 'subscription'],
    ['script', 'inbox', 'codec', 'compression', 'encryption'],
    ['router'],
    ['node'],
    ['pool', 'lines'],
    ['connection', 'handshake'],
    ['command', 'queue', 'socket', 'deadline', 'diagnostics'],
  ],
  embedded: [
    ['index'],
    ['engine'],
    ['server', 'link', 'connection'],
    ['execute', 'lua/scripting'],
    ['commands/'],
    ['call', 'session', 'database', 'blocking', 'pubsub', 'lua/'],
    ['structures/', 'clock', 'failures', 'notify', 'words'],
  ],
  model: [
    ['index'],
    ['execute', 'redis'],
    ['compile', 'put'],
    ['compile-expression', 'maintain'],
    ['lua/', 'ops', 'tuple'],
  ],
  gateway: [
    ['index', 'fastify'],
    ['gateway'],
    ['upstash', 'models', 'resources/'],
    ['execute', 'exchange'],
    ['policy', 'limits', 'auth'],
    ['status', 'message', 'principal', 'json'],
  ],
}

const IO = /^node:(net|tls|fs|http|https|http2|dgram|dns|child_process|worker_threads|cluster|timers)/

/** Built-in modules that a package must not touch: what is pure stays pure. */
export const NO_IO: Readonly<Record<string, RegExp>> = {
  protocol: IO,
  model: IO,
}

/** What tests beside a file may import besides. */
const TEST_ONLY = ['vitest', 'fast-check']

/** Every import in `packages/<name>/src` against the tables and against the package's own package.json. */
export function checkArrows(tree: Tree, arrows = PACKAGE_ARROWS, layers = LAYERS, noIo = NO_IO): Problems {
  const problems: Problems = []
  for (const [path, text] of tree) {
    const match = /^packages\/([^/]+)\/src\/.*\.tsx?$/.exec(path)
    if (match === null) continue
    const own = match[1]!
    const allowed = arrows[own]
    if (allowed === undefined) {
      problems.push(`${path}: package ${own} has no entry in PACKAGE_ARROWS (scripts/check/arrows.ts)`)
      continue
    }
    const isTest = /\.test(-d)?\.tsx?$/.test(path)
    const declared = declaredDependencies(tree, own)
    for (const { specifier, line, typeOnly } of importsOf(text)) {
      const say = (what: string): number => problems.push(`${path}:${line}: imports '${specifier}': ${what}`)
      if (specifier.startsWith('.')) {
        const target = posix.join(posix.dirname(path), specifier)
        if (!target.startsWith(`packages/${own}/`)) say(`leaves its package; import the package by its name`)
        else if (target === `packages/${own}/src/index.ts` && !isTest)
          say('a package does not import its own index; import the file that has it')
        else if (!isTest && !typeOnly) {
          const from = layerOf(layers[own], path)
          const to = layerOf(layers[own], target)
          if (from !== undefined && to !== undefined && to < from) say(`an arrow upwards inside ${own}`)
        }
      } else if (specifier.startsWith('node:')) {
        if (noIo[own]?.test(specifier) && !isTest) say(`${own} does no I/O`)
      } else {
        const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
        const ochre = /^@ochre\/([a-z]+)$/.exec(name)?.[1] ?? (name === 'ochre' ? 'cli' : undefined)
        if (ochre !== undefined && ochre !== own && !allowed.includes(ochre))
          say(`${own} may import ${allowed.length === 0 ? 'no other package' : `only ${allowed.join(', ')}`}`)
        else if (!declared.has(name) && ochre !== own && !(isTest && TEST_ONLY.includes(name)))
          say(`not a dependency in packages/${own}/package.json`)
      }
    }
  }
  return [...problems, ...findCycles(tree)]
}

function declaredDependencies(tree: Tree, folder: string): Set<string> {
  const manifest = JSON.parse(tree.get(`packages/${folder}/package.json`) ?? '{}') as Record<string, object>
  return new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
}

function layerOf(layers: readonly (readonly string[])[] | undefined, path: string): number | undefined {
  const name = path.replace(/^packages\/[^/]+\/src\//, '').replace(/\.tsx?$/, '')
  const index = layers?.findIndex((layer) =>
    layer.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : entry === name)),
  )
  return index === -1 ? undefined : index
}

/** Cycles of run-time imports inside a package, each reported once with its way round. */
function findCycles(tree: Tree): Problems {
  const edges = new Map<string, string[]>()
  for (const [path, text] of tree) {
    if (!isSource(path)) continue
    const targets = importsOf(text)
      .filter((entry) => entry.specifier.startsWith('.') && !entry.typeOnly)
      .map((entry) => posix.join(posix.dirname(path), entry.specifier))
    edges.set(path, targets)
  }
  const problems: Problems = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      const names = [...trail.slice(start), path].map((file) => posix.basename(file))
      problems.push(`${path}: import cycle ${names.join(' -> ')}`)
      return
    }
    if (done.has(path)) return
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return problems
}
