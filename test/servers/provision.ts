// Finds the servers that tests run against, and obtains those that the machine does not have.
//
// A server on PATH (or OCHRE_REDIS_SERVER) is taken as it is. The others come from the package archives that the machine
// is already configured with, through apt in a state of its own: packages are downloaded with everything they link to,
// unpacked into a cache folder and run through their own loader. Nothing is installed, started or changed on the machine,
// no root is needed, and it works before the first `apt-get update`. On other systems only what is on PATH is used.
// Programs that benchmarks and tests run (`obtainProgram`) come the same way.
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type AptSource, parseDeb822, parseOneLine, sourcesFor } from './apt-sources.ts'

const run = promisify(execFile)

export interface ServerBinary {
  /** Software and minor version: `redis-7.0`. */
  readonly name: string
  /** The exact version: `7.0.15`. */
  readonly version: string
  /** How to start it: a program and the arguments that come first. */
  readonly command: readonly string[]
  /** Where it came from, for the run's output: `PATH`, `bookworm`. */
  readonly origin: string
}

export interface Provision {
  /** In the order asked for; the first is the default of `startServer`. Never empty. */
  readonly servers: readonly ServerBinary[]
  /** Those that were asked for and cannot be had, each with the reason. */
  readonly missing: readonly { readonly name: string; readonly reason: string }[]
}

/** Per distribution the suites that have a program, first choice first. */
type Suites = Readonly<Record<string, readonly string[]>>

/** Servers that can be obtained. */
const OBTAINABLE: Readonly<Record<string, Suites>> = {
  'redis-7.0': { debian: ['bookworm'], ubuntu: ['noble'] },
  'valkey-8.0': { debian: ['bookworm-backports'], ubuntu: ['plucky'] },
  'redis-8.0': { debian: ['trixie'], ubuntu: ['questing'] },
  'redis-6.0': { debian: ['bullseye'], ubuntu: ['jammy'] },
}

const DEFAULT = Object.keys(OBTAINABLE)

const EVERYWHERE: Suites = { debian: ['bookworm', 'trixie'], ubuntu: ['noble'] }

/** Programs that can be obtained; each is the package of its own name. */
const PROGRAMS = {
  wrk: EVERYWHERE,
  webdis: EVERYWHERE,
  zsh: EVERYWHERE,
  fish: EVERYWHERE,
} satisfies Readonly<Record<string, Suites>>

/** Programs that are nothing without the files that come with them. */
const WITH_DATA: ReadonlySet<string> = new Set(['zsh', 'fish'])

export type ProgramName = keyof typeof PROGRAMS

/** For so long an archive that did not have a server is not asked again. */
const RETRY_MS = 3_600_000
const MANIFEST = 'TEST_SERVERS_FOUND'

/** What an enclosing test run has provided already; undefined outside of one. */
export function installed(): readonly ServerBinary[] | undefined {
  const manifest = process.env[MANIFEST]
  return manifest === undefined ? undefined : (JSON.parse(manifest) as ServerBinary[])
}

/** Hands a provision on to child processes, where `installed` returns it. */
export function announce(provision: Provision): void {
  process.env[MANIFEST] = JSON.stringify(provision.servers)
}

/**
 * Finds or obtains the servers that OCHRE_TEST_SERVERS names (`redis-7.0,valkey-8.0`), by default all it knows of.
 * Rejects with one sentence when there is none, or when one that was asked for by name is not to be had.
 */
export async function provision(env: NodeJS.ProcessEnv = process.env): Promise<Provision> {
  const asked = env.OCHRE_TEST_SERVERS?.split(',').flatMap((name) => name.trim() || [])
  const local = await findLocal(env)
  const wanted = asked ?? [...DEFAULT]
  const servers: ServerBinary[] = []
  const missing: { name: string; reason: string }[] = []
  const cache = cacheFolder(env)
  for (const name of wanted) {
    const found = local?.name === name ? local : await obtain(name, cache).catch((error: Error) => error)
    if (found instanceof Error) missing.push({ name, reason: found.message })
    else servers.push(found)
  }
  if (asked === undefined && local !== undefined && !servers.includes(local)) servers.push(local)
  if (asked !== undefined && missing[0] !== undefined)
    throw new Error(`OCHRE_TEST_SERVERS asks for ${missing[0].name}, which is not to be had here: ${missing[0].reason}`)
  if (servers.length === 0) {
    const why = missing.map(({ name: of, reason }) => `${of}: ${reason.replace(/\.$/, '')}`).join('; ')
    throw new Error(`Tests need a redis-server and none was found (${why}); type: ${installCommand(env)}`)
  }
  return { servers, missing }
}

/** How to start a program: the one on PATH, or a freshly unpacked one. Rejects with the reason when it cannot be had. */
export async function obtainProgram(
  name: ProgramName,
  env: NodeJS.ProcessEnv = process.env,
): Promise<readonly string[]> {
  const local = onPath(name, env)
  if (local !== undefined) return [local]
  const cache = cacheFolder(env)
  const find = (): string[] | undefined => {
    const root = join(cache, name, 'root')
    return existsSync(root) ? loaderCommand(root, name) : undefined
  }
  const contents = { suites: PROGRAMS[name], withLibraries: name, alone: [] }
  return once(name, cache, find, async (work) => {
    await unpack(contents, work)
    return () => find()!
  })
}

/** A program that comes with a server, such as `redis-benchmark`; undefined when it is not there. */
export function companionOf(server: ServerBinary, program: string): readonly string[] | undefined {
  const main = server.command.at(-1)!
  const file = join(dirname(main), program)
  return existsSync(file) ? [...server.command.slice(0, -1), file] : undefined
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ochre', 'servers')
}

/** One line for the run's output. */
export function describe({ servers, missing }: Provision): string {
  const found = servers.map(({ name, version, origin }) => `${name} (${version}, ${origin})`).join(', ')
  const not = missing.map(({ name, reason }) => `; ${name} is not available: ${reason}`).join('')
  return `Servers: ${found}${not}`
}

function installCommand(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'darwin') return 'brew install redis'
  if (onPath('apt-get', env)) return 'sudo apt-get update && sudo apt-get install --no-install-recommends redis-server'
  if (onPath('dnf', env)) return 'sudo dnf install redis'
  if (onPath('apk', env)) return 'sudo apk add redis'
  return 'OCHRE_REDIS_SERVER=<path of a redis-server> npm test'
}

function onPath(program: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file))
}

async function findLocal(env: NodeJS.ProcessEnv): Promise<ServerBinary | undefined> {
  const file = env.OCHRE_REDIS_SERVER || onPath('redis-server', env)
  if (file === undefined) return undefined
  return identify([file], env.OCHRE_REDIS_SERVER ? 'OCHRE_REDIS_SERVER' : 'PATH')
}

/** Asks a server for its name and version. */
async function identify(command: readonly string[], origin: string): Promise<ServerBinary> {
  const [program, ...prefix] = command
  const { stdout } = await run(program!, [...prefix, '--version']).catch((error: Error) => {
    throw new Error(`${program} (${origin}) cannot be run: ${error.message}`)
  })
  const match = /^(Redis|Valkey).*\bv=((\d+\.\d+)\.\d+)/i.exec(stdout)
  if (match === null) throw new Error(`${program} --version does not name a Redis or Valkey server.`)
  return { name: `${match[1]!.toLowerCase()}-${match[3]}`, version: match[2]!, command, origin }
}

/** The cached server of that name, or a freshly unpacked one. */
async function obtain(name: string, cache: string): Promise<ServerBinary> {
  const manifest = join(cache, name, 'server.json')
  const suites = OBTAINABLE[name]
  if (suites === undefined) throw new Error(`known names are ${Object.keys(OBTAINABLE).join(', ')}.`)
  const software = name.replace(/-.*/, '')
  const contents = { suites, withLibraries: `${software}-tools`, alone: [`${software}-server`] }
  return once(
    name,
    cache,
    () => readCached(manifest),
    async (work) => {
      const suite = await unpack(contents, work)
      return async () => {
        const binary = await identify(loaderCommand(join(cache, name, 'root'), `${software}-server`), suite)
        if (binary.name !== name) throw new Error(`the archive's suite ${suite} has ${binary.name} instead.`)
        writeFileSync(manifest, `${JSON.stringify(binary, null, 2)}\n`)
        return binary
      }
    },
  )
}

/**
 * What `find` finds, or else what `fill` puts into the folder of that name: it fills a new folder, which then gets its
 * place, and returns how to finish there. Concurrent callers in other processes wait for the first. A failure is
 * remembered for a while.
 */
async function once<T>(
  name: string,
  cache: string,
  find: () => T | undefined,
  fill: (work: string) => Promise<() => T | Promise<T>>,
): Promise<T> {
  const cached = find()
  if (cached !== undefined) return cached
  const refusal = join(cache, `${name}.unavailable`)
  if (existsSync(refusal) && Date.now() - statSync(refusal).mtimeMs < RETRY_MS)
    throw new Error(readFileSync(refusal, 'utf8'))
  mkdirSync(cache, { recursive: true })
  return withLock(join(cache, `${name}.lock`), async () => {
    const meanwhile = find()
    if (meanwhile !== undefined) return meanwhile
    const work = mkdtempSync(join(cache, `.${name}-`))
    try {
      const finish = await fill(work)
      rmSync(join(cache, name), { recursive: true, force: true })
      renameSync(work, join(cache, name))
      const found = await finish()
      rmSync(refusal, { force: true })
      return found
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      writeFileSync(refusal, reason)
      throw new Error(reason)
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
}

function readCached(manifest: string): ServerBinary | undefined {
  if (!existsSync(manifest)) return undefined
  const binary = JSON.parse(readFileSync(manifest, 'utf8')) as ServerBinary
  return binary.command.every((part) => !part.startsWith('/') || part.includes(':') || existsSync(part))
    ? binary
    : undefined
}

interface Contents {
  readonly suites: Suites
  /** The package that is unpacked with everything it links to. */
  readonly withLibraries: string
  /** Packages of which only the files are wanted. */
  readonly alone: readonly string[]
}

/** Downloads and unpacks packages into `<work>/root`. Returns the suite they came from. */
async function unpack(contents: Contents, work: string): Promise<string> {
  const release = osRelease()
  const suites = contents.suites[release.id]
  const codename = release.codename
  if (suites === undefined || codename === undefined || !onPath('apt-get', process.env))
    throw new Error('it is obtained on Debian and Ubuntu only.')
  const sources = configuredSources()
  let last: Error = new Error('no package source of this release is configured.')
  for (const suite of suites) {
    const text = sourcesFor(sources, codename, [...new Set([suite.replace(/-backports$/, ''), suite])])
    if (text === '') continue
    try {
      const apt = await isolatedApt(text, join(work, 'apt'))
      await apt(['update', '-q'])
      await apt(['install', '-q', '-y', '--download-only', contents.withLibraries])
      if (contents.alone.length > 0) await apt(['download', '-q', ...contents.alone], join(work, 'apt/cache/archives'))
      const root = join(work, 'root')
      const archives = join(work, 'apt/cache/archives')
      for (const file of readdirSync(archives).filter((entry) => entry.endsWith('.deb')))
        await run('dpkg-deb', ['-x', join(archives, file), root])
      const data = WITH_DATA.has(contents.withLibraries) ? [] : ['usr/share']
      for (const folder of ['../apt', ...data, 'usr/lib/locale', 'etc', 'var'])
        rmSync(join(root, folder), { recursive: true, force: true })
      return suite
    } catch (error) {
      const lines = String((error as { stderr?: string }).stderr || error).split('\n')
      last = new Error(`suite ${suite}: ${lines.find((line) => line.startsWith('E:'))?.slice(3) ?? lines[0]}`)
      rmSync(join(work, 'apt'), { recursive: true, force: true })
    }
  }
  throw last
}

/** An apt that knows only `sources`, believes nothing is installed and keeps its state in `dir`. */
async function isolatedApt(sources: string, dir: string): Promise<(args: string[], cwd?: string) => Promise<unknown>> {
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(dir, folder), { recursive: true })
  writeFileSync(join(dir, 'ochre.sources'), sources)
  writeFileSync(join(dir, 'status'), '')
  // How to reach the archive (proxies, certificates, timeouts) is the machine's; hooks and folders are not.
  const { stdout } = await run('apt-config', ['dump'])
  const kept = stdout
    .split('\n')
    .filter((line) => /^(Acquire|APT::Architectures?)\b/.test(line) && !/IndexTargets/.test(line))
  const own = {
    'Dir::Etc::Parts': '/dev/null',
    'Dir::Etc::Main': '/dev/null',
    'Dir::Etc::SourceList': join(dir, 'ochre.sources'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State::Lists': join(dir, 'lists'),
    'Dir::State::status': join(dir, 'status'),
    'Dir::State::extended_states': join(dir, 'extended_states'),
    'Dir::Cache': join(dir, 'cache'),
    'Dir::Log': dir,
    'Debug::NoLocking': 'true',
    'APT::Sandbox::User': '',
    'APT::Install-Recommends': 'false',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
  }
  const config = join(dir, 'apt.conf')
  writeFileSync(config, [...kept, ...Object.entries(own).map(([key, value]) => `${key} "${value}";`), ''].join('\n'))
  const env = { ...process.env, APT_CONFIG: config, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
  return (args, cwd = dir) => run('apt-get', args, { env, cwd, maxBuffer: 1 << 26 })
}

function configuredSources(etc = '/etc/apt'): AptSource[] {
  const parts = existsSync(join(etc, 'sources.list.d')) ? readdirSync(join(etc, 'sources.list.d')) : []
  const files = [join(etc, 'sources.list'), ...parts.map((part) => join(etc, 'sources.list.d', part))]
  return files
    .filter((file) => existsSync(file))
    .flatMap((file) => (file.endsWith('.sources') ? parseDeb822 : parseOneLine)(readFileSync(file, 'utf8')))
}

function osRelease(): { id: string; codename: string | undefined } {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const field = (name: string): string | undefined => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1]
  return { id: field('ID') ?? '', codename: field('VERSION_CODENAME') }
}

/** `<root>`'s own loader with only its own libraries, so that any distribution's program runs on any other. */
function loaderCommand(root: string, program: string): string[] {
  const folders = ['lib', 'usr/lib', 'lib64', 'usr/lib64'].flatMap((folder) => {
    const path = join(root, folder)
    if (!existsSync(path)) return []
    const triplets = readdirSync(path).filter((entry) => entry.includes('-linux-gnu'))
    return [path, ...triplets.map((entry) => join(path, entry))]
  })
  const loader = folders
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .find((file) => /\/ld-linux[^/]*\.so\.\d+$/.test(file) && existsSync(file))
  if (loader === undefined) throw new Error('the unpacked packages have no loader.')
  const file = ['usr/bin', 'bin'].map((folder) => join(root, folder, program)).find((path) => existsSync(path))
  return [loader, '--library-path', folders.join(':'), file ?? join(root, 'usr/bin', program)]
}

/** Runs `work` while no other process runs it under the same path. A lock whose owner is dead is taken over. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (!isAlive(path)) rmSync(path, { force: true })
      else await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function isAlive(lock: string): boolean {
  try {
    const owner = Number(readFileSync(lock, 'utf8'))
    // Empty for the instant between its creation and its writing.
    if (owner === 0) return Date.now() - statSync(lock).mtimeMs < 5000
    process.kill(owner, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
