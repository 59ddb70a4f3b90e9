// Runs the blocks of one page: writes its programs into a folder, type-checks them, executes them against a server.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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
  /** Programs and shell blocks in the page's order. */
  readonly runs: readonly Run[]
}

export interface Run {
  readonly title: string
  /** Whether it needs a server without data. */
  readonly isFresh: boolean
  /** Resolves when what the page says is so; rejects with what is not. */
  execute(environment: Readonly<Record<string, string>>): Promise<void>
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
  for (const language of ['ts', 'js'])
    programsOf(
      blocks.filter((block) => block.language === language),
      join(root, 'test/docs/assertions.ts'),
    ).forEach((program, index) => {
      const name = `${language}-${index + 1}`
      const typesFile = join(folder, `${name}.${language}`)
      const runFile = join(folder, `${name}.run.${language === 'ts' ? 'ts' : 'mjs'}`)
      if (language === 'ts') {
        writeFileSync(typesFile, program.types)
        types.push(typesFile)
      }
      if (!program.runs) return
      writeFileSync(runFile, program.run)
      runs.push({
        title: `program ${index + 1} (${language})`,
        isFresh: true,
        async execute(environment) {
          const { host, port } = new URL(environment.OCHRE_REDIS_URL!)
          // Pages name the usual address; a test never goes there.
          writeFileSync(
            runFile,
            program.run.replaceAll(/(127\.0\.0\.1|localhost):6379\b/g, `${host.replace(`:${port}`, '')}:${port}`),
          )
          const { code, output } = await execute(process.execPath, ['--import', 'tsx', runFile], root, {
            ...environment,
            TSX_TSCONFIG_PATH: writeConfig(root, programs, []),
          })
          if (code !== 0) throw new Error(`${path} fails:\n${output.replaceAll(runFile, path)}`)
        },
      })
    })
  for (const block of blocks) {
    if (!['sh', 'console'].includes(block.language) || block.words.has('illustration')) continue
    const session = shellSession(block.language, block.code)
    runs.push({
      title: `${block.language} in line ${block.line}`,
      isFresh: false,
      async execute(environment) {
        const { code, output } = await execute('bash', ['-euo', 'pipefail', '-c', session.script], folder, {
          ...environment,
          TSX_TSCONFIG_PATH: writeConfig(root, programs, []),
          PATH: `${shims(root, programs)}:${process.env.PATH}`,
        })
        if (code !== 0) throw new Error(`${path}:${block.line} ends with ${code}:\n${output}`)
        if (session.output !== undefined && !isOutput(output, session.output))
          throw new Error(`${path}:${block.line} prints something else than the page says:\n${output}`)
      },
    })
  }
  return { path, folder, blocks, types, runs }
}

/** Type-checks files of pages in one go. Returns what is wrong, with the pages' own names and lines. */
export async function checkTypes(root: string, programs: string, pages: readonly Page[]): Promise<string[]> {
  const files = pages.flatMap((page) => page.types)
  if (files.length === 0) return []
  const file = writeConfig(root, programs, files)
  const { output } = await execute(join(root, 'node_modules/.bin/tsc'), ['-p', file, '--pretty', 'false'], programs, {})
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

/** A folder with `ochre` as it is in the sources, and without npm: a block must not install into the workspace. */
function shims(root: string, programs: string): string {
  const folder = join(programs, 'bin')
  const ochre = `exec "${process.execPath}" --import tsx "${root}/packages/cli/src/main.ts" "$@"`
  const refuse = 'echo "Blocks with npm cannot run in a test; mark them as an illustration." >&2; exit 1'
  mkdirSync(folder, { recursive: true })
  for (const [name, script] of [
    ['ochre', ochre],
    ['npx', `[ "$1" = ochre ] || { ${refuse}; }\nshift\n${ochre}`],
    ['npm', refuse],
  ] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

function execute(
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number | string; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...environment },
    })
    const chunks: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    // The group, so that what a block started in the background does not stay.
    const end = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
    const timer = setTimeout(() => {
      chunks.push(Buffer.from(`\nIt has not ended after ${LIMIT_MS / 1000} s; close what it opened.\n`))
      end()
    }, LIMIT_MS)
    child.once('error', reject)
    child.once('exit', end)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? String(signal), output: Buffer.concat(chunks).toString() })
    })
  })
}
