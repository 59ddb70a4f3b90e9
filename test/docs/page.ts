// Runs the blocks of one page: writes its programs into a folder, type-checks them, executes them against a server.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { type Block, blocksOf } from './blocks.ts'
import { isOutput, shellSession } from './console.ts'
import { programsOf } from './program.ts'

/** For how long a block may run. */
const LIMIT_MS = 40_000

export interface Page {
  /** From the project's root. */
  readonly path: string
  readonly folder: string
  readonly blocks: readonly Block[]
  /** Files to type-check. */
  readonly types: readonly string[]
  /** Blocks that run as long as the page; started first. */
  readonly backgrounds: readonly Background[]
  /** Programs, then shell blocks in the page's order. */
  readonly runs: readonly Run[]
}

export type Variables = Readonly<Record<string, string>>

export interface Background {
  readonly title: string
  /** Resolves, when it listens on OCHRE_PORT, to what stops it. */
  start(variables: Variables): Promise<() => Promise<void>>
}

export interface Run {
  readonly title: string
  /** Whether it needs a server without data. */
  readonly isFresh: boolean
  /** Resolves when what the page says is so; rejects with what is not. */
  execute(variables: Variables): Promise<void>
}

/** Writes everything that a page needs into `<programs>/<name of the page>`. */
export function preparePage(root: string, programs: string, path: string, markdown: string): Page {
  const folder = join(programs, path.replace(/\.md$/, '').replaceAll(/[^\w-]/g, '-'))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const blocks = blocksOf(markdown)
  for (const block of blocks) if (block.file !== undefined) writeFileSync(join(folder, block.file), `${block.code}\n`)
  const types = blocks.flatMap(({ file }) => (file?.endsWith('.ts') ? [join(folder, file)] : []))
  const runs: Run[] = []
  const backgrounds: Background[] = []
  /** What a block's process gets besides the caller's variables. */
  const surroundings = (variables: Variables): Variables => ({
    ...variables,
    TSX_TSCONFIG_PATH: writeConfig(root, programs, []),
    PATH: `${shims(root, programs)}:${process.env.PATH}`,
  })

  for (const language of ['ts', 'js']) {
    const own = blocks.filter((block) => block.language === language)
    programsOf(own, join(root, 'test/docs/assertions.ts')).forEach((program, index) => {
      const typesFile = join(folder, `${language}-${index + 1}.${language}`)
      const runFile = join(folder, `${language}-${index + 1}.run.${language === 'ts' ? 'ts' : 'mjs'}`)
      if (language === 'ts') {
        writeFileSync(typesFile, program.types)
        types.push(typesFile)
      }
      if (!program.runs) return
      runs.push({
        title: `program ${index + 1} (${language})`,
        isFresh: true,
        async execute(variables) {
          writeFileSync(runFile, withAddresses(program.run, variables))
          const started = startProcess(process.execPath, ['--import', 'tsx', runFile], root, surroundings(variables))
          const { code, output } = await started.ended
          if (code !== 0) throw new Error(`${path} fails:\n${output.replaceAll(runFile, path)}`)
        },
      })
    })
  }
  for (const block of blocks) {
    if (!['sh', 'console'].includes(block.language) || block.words.has('illustration')) continue
    const { script, output: expected } = shellSession(block.language, block.code)
    const title = `${block.language} in line ${block.line}`
    const startShell = (variables: Variables): Started => {
      const args = ['-euo', 'pipefail', '-c', withAddresses(script, variables)]
      return startProcess('bash', args, folder, surroundings(variables))
    }
    if (block.words.has('background')) {
      backgrounds.push({
        title,
        async start(variables) {
          const started = startShell(variables)
          const failed = started.ended.then(({ code, output }) => {
            throw new Error(`${path}:${block.line} ends with ${code}:\n${output}`)
          })
          let hasEnded = false
          failed.catch(() => {
            hasEnded = true
          })
          await Promise.race([failed, listening(Number(variables.OCHRE_PORT), () => hasEnded)])
          started.keep()
          return async () => {
            started.stop()
            await started.ended
          }
        },
      })
      continue
    }
    runs.push({
      title,
      isFresh: false,
      async execute(variables) {
        const { code, output } = await startShell(variables).ended
        if (code !== 0) throw new Error(`${path}:${block.line} ends with ${code}:\n${output}`)
        const lines = expected?.map((line) => withAddresses(line, variables))
        if (lines !== undefined && !isOutput(output, lines))
          throw new Error(`${path}:${block.line} prints something else than the page says:\n${output}`)
      },
    })
  }
  return { path, folder, blocks, types, backgrounds, runs }
}

/** The text with a test's own ports in place of the usual ones, which a test never goes to. */
function withAddresses(text: string, { OCHRE_REDIS_URL, OCHRE_PORT, OCHRE_ADMIN_PORT }: Variables): string {
  const ports: Record<string, string | undefined> = {
    6379: OCHRE_REDIS_URL === undefined ? undefined : new URL(OCHRE_REDIS_URL).port,
    7400: OCHRE_PORT,
    7401: OCHRE_ADMIN_PORT,
  }
  return text.replaceAll(/\b(127\.0\.0\.1|localhost):(6379|7400|7401)\b/g, (address, host: string, usual: string) => {
    return ports[usual] === undefined ? address : `${host}:${ports[usual]}`
  })
}

async function listening(port: number, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Type-checks files of pages in one go. Returns what is wrong, with the pages' own names and lines. */
export async function checkTypes(root: string, programs: string, pages: readonly Page[]): Promise<string[]> {
  const files = pages.flatMap((page) => page.types)
  if (files.length === 0) return []
  const file = writeConfig(root, programs, files)
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { output } = await startProcess(tsc, ['-p', file, '--pretty', 'false'], programs, {}).ended
  return output.split('\n').flatMap((line) => {
    const page = pages.find((one) => line.startsWith(`${one.folder.slice(programs.length + 1)}/`))
    return page === undefined ? [] : line.replace(/^\S+\((\d+),\d+\): error /, `${page.path}:$1: `)
  })
}

/** A tsconfig that finds the packages in their sources, for tsc and for tsx. Returns its path. */
function writeConfig(root: string, programs: string, files: readonly string[]): string {
  const packages = readdirSync(join(root, 'packages'))
  const paths = Object.fromEntries(
    packages.flatMap((name) => [
      [`@ochre/${name}`, [join(root, `packages/${name}/src/index.ts`)]],
      [`@ochre/${name}/*`, [join(root, `packages/${name}/src/*.ts`)]],
    ]),
  )
  const file = join(programs, 'tsconfig.json')
  const config = {
    extends: join(root, 'tsconfig.test.json'),
    compilerOptions: { paths, types: ['node'] },
    include: [],
    files,
  }
  writeFileSync(file, JSON.stringify(config, null, 2))
  return file
}

/** A folder with `ochre` as it was built, and without npm: a block must not install into the workspace. */
function shims(root: string, programs: string): string {
  const folder = join(programs, 'bin')
  const ochre = `exec "${process.execPath}" "${root}/packages/cli/bin/ochre.js" "$@"`
  const refuse = 'echo "Blocks with npm cannot run in a test; mark them as an illustration." >&2; exit 1'
  const serve = ochre.replace('"$@"', 'serve "$@"')
  mkdirSync(folder, { recursive: true })
  for (const [name, script] of [
    ['ochre', ochre],
    ['npx', `[ "$1" = ochre ] || { ${refuse}; }\nshift\n${ochre}`],
    ['npm', `[ "$1" = start ] || { ${refuse}; }\nshift\n[ "$1" = -- ] && shift\n${serve}`],
  ] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

interface Started {
  /** Lets it run for longer than LIMIT_MS. */
  keep(): void
  readonly ended: Promise<{ readonly code: number | string; readonly output: string }>
  stop(): void
}

/** Starts a process of its own group, and ends the whole group with it or after LIMIT_MS. */
function startProcess(program: string, args: readonly string[], cwd: string, variables: Variables): Started {
  const child = spawn(program, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...variables },
  })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const stop = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  const timer = setTimeout(() => {
    chunks.push(Buffer.from(`\nIt has not ended after ${LIMIT_MS / 1000} s; close what it opened.\n`))
    stop()
  }, LIMIT_MS)
  child.once('exit', stop)
  const ended = new Promise<{ code: number | string; output: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? String(signal), output: Buffer.concat(chunks).toString() })
    })
  })
  return { ended, stop, keep: () => clearTimeout(timer) }
}
