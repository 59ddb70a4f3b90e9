// The completion scripts in the shells that they are for.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { obtainProgram } from '../servers/provision.ts'
import { runCli } from './run-cli.ts'
import { startTerminal, TAB } from './terminal.ts'

const run = promisify(execFile)
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ochre-completion-'))
  await writeFile(join(folder, 'archive of May.ndjson'), '')
  for (const shell of ['bash', 'zsh', 'fish'])
    await writeFile(join(folder, `ochre.${shell}`), (await runCli(['completion', shell])).out)
})
afterAll(() => rm(folder, { recursive: true }))

/** What is typed, and the words that are offered for its last one. */
const CASES: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ['ochre ba', ['backup']],
  ['ochre backup --m', ['--match', '--mode']],
  ['ochre backup --mode ', ['dump', 'portable']],
  ['ochre backup --url redis://x --res', ['--resume']],
  ['ochre models ', ['explain', 'list', 'reindex', 'repair', 'show', 'verify']],
  ['ochre models show --js', []],
  ['ochre models list --js', ['--json']],
  ['ochre api-keys rot', ['rotate']],
  ['ochre config check --redi', ['--redis']],
  ['ochre import --existing s', ['skip']],
  ['ochre engine --fsync ', ['always', 'everysec', 'no']],
  ['ochre completion ', ['bash', 'fish', 'zsh']],
]

/** A shell of the machine, or one that is obtained; null, with a word about it, where there is none to be had. */
async function shellNamed(name: 'zsh' | 'fish'): Promise<readonly string[] | null> {
  return obtainProgram(name).catch((error: Error) => {
    console.warn(`Completion for ${name} was not tried: ${error.message}`)
    return null
  })
}

/** Folders of an unpacked package, for a shell that looks for its own files in the system. */
function unpacked(command: readonly string[]): string | null {
  return command.length > 1 ? join(dirname(command.at(-1)!), '..').replace(/\/usr$/, '') : null
}

async function bash(typed: string): Promise<{ offered: string[]; files: boolean }> {
  const words = typed.split(' ')
  const script = `source ochre.bash
    compopt() { how="$1"; }
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ochre
    printf '%s\\n' "$how" "\${COMPREPLY[@]}"`
  const { stdout } = await run('bash', ['-c', script, 'bash', ...words], { cwd: folder })
  const [how, ...offered] = stdout.split('\n').filter(Boolean)
  return { offered: offered.sort(), files: how === '-o' }
}

test('bash completes verbs, options, values and files', async () => {
  for (const [typed, offered] of CASES) expect((await bash(typed)).offered, typed).toEqual(offered)
  for (const typed of ['ochre restore ', 'ochre models list --models ', 'ochre keys --dir '])
    expect(await bash(typed), typed).toEqual({ offered: [], files: true })
  for (const typed of ['ochre keys --url ', 'ochre bench -n ', 'ochre tail '])
    expect(await bash(typed), typed).toEqual({ offered: [], files: false })
})

test('fish completes verbs, options, values and files', async () => {
  const command = await shellNamed('fish')
  if (command === null) return
  const root = unpacked(command)
  const own = root === null ? '' : `set fish_function_path ${root}/usr/share/fish/functions;`
  const fish = async (typed: string): Promise<string[]> => {
    const [program = '', ...args] = command
    const script = `${own} source ochre.fish; complete -C '${typed}'`
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
    const { stdout } = await run(program, [...args, '--no-config', '-c', script], { cwd: folder, env })
    return stdout
      .split('\n')
      .flatMap((line) => line.split('\t')[0] || [])
      .sort()
  }
  for (const [typed, offered] of CASES) expect(await fish(typed), typed).toEqual(offered)
  expect(await fish('ochre restore arch')).toEqual(['archive of May.ndjson'])
  expect(await fish('ochre keys --url arch')).toEqual([])
}, 60_000)

test('zsh completes verbs, options, values and files', async () => {
  const command = await shellNamed('zsh')
  if (command === null) return
  const root = unpacked(command)
  const own =
    root === null ? '' : `module_path=(${root}/usr/lib/*/zsh/*(N/)); fpath=(${root}/usr/share/zsh/functions/**/*(N/));`
  const terminal = startTerminal(`cd ${folder}; HISTFILE= exec ${command.join(' ')} -f`)
  terminal.type(
    `${own} PS1='>> '; unsetopt beep; autoload -Uz compinit; compinit -u -D; source ochre.zsh; echo rea''dy\r`,
  )
  let at = await terminal.shows('ready')
  at = await terminal.shows('>> ', at)
  // One word is completed, of several the common beginning, and then they are listed.
  for (const [typed, offered] of CASES) {
    terminal.type(`${typed}${TAB}`)
    if (offered.length === 1) {
      const rest = offered[0]!.slice(typed.split(' ').at(-1)!.length)
      at = await terminal.shows(rest, at)
    } else for (const word of offered) await terminal.shows(word, at)
    terminal.type('\x15echo next\r')
    at = await terminal.shows('next\r\n', at)
    at = await terminal.shows('>> ', at)
  }
  terminal.type(`ochre restore arch${TAB}`)
  at = await terminal.shows('ive\\ of\\ May.ndjson', at)
}, 60_000)

test('a shell that is not known is a usage error', async () => {
  expect(await runCli(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('bash, zsh, fish'),
  })
})
