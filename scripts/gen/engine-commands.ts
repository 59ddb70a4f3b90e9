// Writes docs/commands.gen.md: which commands the embedded engine has, which of them the differential suite compares with a
// real server, what differs, and what is not there.
import type { Facts } from './facts.ts'
import { GROUPS } from './groups.ts'

/** What of a compared command is not as on the real server. Everything else that differs is a defect. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  bgrewriteaof: 'an engine that was opened without a folder answers with an error',
  bgsave: 'an engine that was opened without a folder answers with an error',
  save: 'an engine that was opened without a folder answers with an error',
  'config rewrite': 'there is no configuration file, so it answers as a server that was started without one',
  debug:
    'it has what test suites use; addresses, LRU clocks and the chains of hash tables are not those of a real server',
  dump: 'a hash is dumped without the expiry of its fields, for which the format of Redis 7.0 has no room',
  hlen: 'never counts a field that has expired; a real server counts it until it has been removed',
  hrandfield: 'it draws at most 1 048 576 fields with repetition',
  srandmember: 'it draws at most 1 048 576 members with repetition',
  zrandmember: 'it draws at most 1 048 576 members with repetition',
  keys: 'the order is that of the engine',
  migrate: 'it is an error in transactions and scripts, which cannot wait',
  'object encoding': 'a hash with fields that expire is `listpack` or `hashtable`, as one without',
  randomkey: 'chance is that of the engine',
  scan: 'cursors and order are those of the engine; the guarantees are the same',
  hscan: 'cursors and order are those of the engine; the guarantees are the same',
  sscan: 'cursors and order are those of the engine; the guarantees are the same',
  zscan: 'cursors and order are those of the engine; the guarantees are the same',
  smembers: 'the order of a `hashtable` is that of the engine',
  'script debug': 'there is no debugger, so `YES` and `SYNC` are errors',
  sort: 'ALPHA without STORE compares whole texts; a real server stops at the first NUL and may use the order of a locale',
  sort_ro: 'ALPHA compares whole texts; a real server stops at the first NUL and may use the order of a locale',
}

/** Names of commands, subcommands as `config get`. */
export interface EngineCommands {
  /** Those that the engine answers. */
  readonly known: ReadonlySet<string>
  /** Those whose replies the cases compare. */
  readonly compared: ReadonlySet<string>
  /** Those that the cases call; of the rest of them only the kind of the reply is compared. */
  readonly called: ReadonlySet<string>
}

/** The engine's commands from its own table and the cases of test/diff. It needs no build, but `--tsconfig scripts/tsconfig.json`. */
export async function readEngineCommands(): Promise<EngineCommands> {
  const { readdirSync } = await import('node:fs')
  const { COMMANDS } = await import('../../packages/embedded/src/commands/index.ts')
  const { parseScript } = await import('../../test/diff/script.ts')
  const known = new Set<string>()
  for (const { spec, subcommands } of COMMANDS.values()) {
    if (subcommands === null) known.add(spec.name)
    else for (const subcommand of subcommands.values()) known.add(subcommand.spec.name)
  }
  const compared = new Set<string>()
  const called = new Set<string>()
  const folder = new URL('../../test/diff/cases/', import.meta.url)
  for (const file of readdirSync(folder)) {
    const { cases } = (await import(new URL(file, folder).href)) as { cases: Readonly<Record<string, string>> }
    for (const step of Object.values(cases).flatMap(parseScript)) {
      const [name = '', subcommand = ''] = step.args.map((arg) => arg.toLowerCase())
      for (const full of [name, `${name} ${subcommand}`]) {
        if (!known.has(full)) continue
        called.add(full)
        if (step.mark !== '?') compared.add(full)
      }
    }
  }
  return { known, compared, called }
}

/** `facts` are the rows of the whole table, containers included. */
export function formatEngineDocument(facts: readonly Facts[], { known, compared, called }: EngineCommands): string {
  const containers = new Set(facts.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0]!] : [])))
  const rows = facts.filter(({ name }) => known.has(name) || !containers.has(name))
  for (const name of Object.keys(DIFFERENCES))
    if (!called.has(name)) throw new Error(`docs/commands.gen.md: "${name}" is said to differ, but no case calls it`)
  const isSame = ({ name }: Facts): boolean => compared.has(name) && DIFFERENCES[name] === undefined
  const isAlike = ({ name }: Facts): boolean =>
    called.has(name) && !compared.has(name) && DIFFERENCES[name] === undefined
  const isUncalled = ({ name }: Facts): boolean => known.has(name) && !called.has(name)
  const sections = Object.entries(GROUPS).flatMap(([group, title]) => {
    const own = rows.filter((fact) => fact.group === group)
    const differing = own.filter(({ name }) => DIFFERENCES[name] !== undefined)
    const lines = [
      listOf('Same as Redis in the differential suite', own.filter(isSame)),
      listOf('The same kind of reply, the facts are its own', own.filter(isAlike)),
      listOf('There, outside of the suite', own.filter(isUncalled)),
      ...differing.map(({ name }) => `- ${shown(name)}: same, except that ${DIFFERENCES[name]}`),
      listOf(
        'Not there',
        own.filter(({ name }) => !known.has(name)),
      ),
    ]
    return own.length === 0 ? [] : [`## ${title}\n\n${lines.filter(Boolean).join('\n')}`]
  })
  return `<!-- Written by \`npm run gen\`; do not edit. -->
# Commands of the embedded engine

${known.size} commands, subcommands counted one by one. The differential suite (\`test/diff\`) sends the same commands to a real server
and to the engine and expects equal bytes, in RESP2 and RESP3: Redis 7.0 for all but the commands on fields that expire, which
are compared with Redis 8.0, as is \`CLIENT SETINFO\`. What is not there is answered as Redis answers a command it does not know,
\`ERR unknown command\` or \`ERR unknown subcommand\`.

${sections.join('\n\n')}
`
}

function listOf(title: string, facts: readonly Facts[]): string {
  return facts.length === 0 ? '' : `- ${title}: ${facts.map(({ name }) => shown(name)).join(', ')}`
}

function shown(name: string): string {
  return name.toUpperCase()
}
