// The `ochre` command: verbs, their help, and what the process ends with.

import { ConnectionError, OchreError, ReplyError, UsageError, ValidationError } from '@ochre/protocol'
import { Command, CommanderError } from 'commander'
import { EXIT, type Io, type Stop, tell } from './io.ts'
import { VERSION } from './version.ts'

type Declare = (io: Io, exit: (code: number) => void, program: () => Command) => Command

/** Verbs in the order of the help. Each is loaded when it is needed: few need the gateway, the engine and the models. */
const VERBS: Readonly<Record<string, () => Promise<Declare>>> = {
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  engine: async () => (await import('./commands/engine.ts')).engineCommand,
  config: async () => (await import('./commands/config.ts')).configCommand,
  'api-keys': async () => (await import('./commands/api-keys.ts')).apiKeysCommand,
  models: async () => (await import('./commands/models.ts')).modelsCommand,
  shell: async () => (await import('./commands/shell.ts')).shellCommand,
  exec: async () => (await import('./commands/exec.ts')).execCommand,
  keys: async () => (await import('./commands/keys.ts')).keysCommand,
  tail: async () => (await import('./commands/tail.ts')).tailCommand,
  backup: async () => (await import('./commands/backup.ts')).backupCommand,
  restore: async () => (await import('./commands/restore.ts')).restoreCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  bench: async () => (await import('./commands/bench.ts')).benchCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
}
/** Tells about all others. */
const ABOUT_ALL = 'completion'

/** Runs one command line (without `node` and the script's path) and resolves with the exit code. Never rejects. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.ok
  const exit = (value: number): void => {
    code = value
  }
  const program = await programOf(io, exit, verbsFor(argv[0]))
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    return report(io, error)
  }
  return code
}

/** The verbs that a command line needs by its first word; undefined: all of them. */
function verbsFor(word: string | undefined): readonly string[] | undefined {
  if (word === '--version' || word === '-V') return []
  return word !== undefined && word !== ABOUT_ALL && Object.hasOwn(VERBS, word) ? [word] : undefined
}

/** The command with its verbs, all or some. They tell `exit` what they end with. */
export async function programOf(
  io: Io,
  exit: (code: number) => void,
  names: readonly string[] = Object.keys(VERBS),
): Promise<Command> {
  const program = new Command('ochre')
    .description('Redis for TypeScript: serve it, look into it, move it.')
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError('Add --help to see what is possible.')
    .addHelpText(
      'after',
      `
Examples:
  ochre serve --models ./models.ts       HTTP, WebSocket and SSE over the embedded engine
  ochre shell --url redis://host:6379    a prompt
  ochre backup all.ndjson                everything in one file that can be checked and restored anywhere
  ochre doctor                           what is wrong with a server, and what to do about it

Each verb has examples of its own: ochre <verb> --help
Verbs that talk to a server take --url, else OCHRE_REDIS_URL counts, else port 6379 of this machine.

Exit codes: 0 all is well, 1 the server refused or a check failed, 2 the command line is wrong, 3 no connection,
130 and 143 work was cut short by SIGINT and SIGTERM.`,
    )
  const verbs: Command[] = []
  for (const name of names) {
    const declare = await VERBS[name]!()
    verbs.push(declare(io, exit, () => program))
  }
  for (const verb of verbs) program.addCommand(verb)
  for (const command of [program, ...verbs, ...verbs.flatMap((verb) => verb.commands)])
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
  return program
}

function report(io: Io, error: unknown): number {
  // Commander has written its own message; help and version end well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  // Whatever fails once it was told to end is a consequence of that.
  if (io.interrupted.aborted) return stopped(io, error)
  if (error instanceof ValidationError)
    for (const issue of error.issues.slice(0, 20)) tell(io, `${issue.path.join('.')}: ${issue.message}`)
  if (error instanceof OchreError) {
    tell(io, `ochre: ${error.message}`)
    // What was tried again until the deadline.
    const { cause } = error
    if (error instanceof ConnectionError && cause instanceof ReplyError) tell(io, `The server says: ${cause.message}`)
    const remedy = REMEDIES[cause instanceof ReplyError || isUntrusted(cause) ? cause.code : error.code]
    if (remedy !== undefined) tell(io, remedy)
    if (error instanceof ConnectionError || error.code === 'CONNECTION_FAILED') return EXIT.unreachable
    return error instanceof UsageError ? EXIT.usage : EXIT.failed
  }
  const sentence = systemSentence(error as SystemError)
  // Anything else is a defect, and whoever reports it needs to say where.
  tell(io, `ochre: ${sentence ?? String((error as Error)?.stack ?? error)}`)
  return EXIT.failed
}

/** Whether the server's certificate is not trusted, and by which code of node:tls. */
function isUntrusted(cause: unknown): cause is { readonly code: string } {
  return Object.hasOwn(UNTRUSTED, String((cause as { code?: unknown } | undefined)?.code))
}

const TRUST = 'Name the certificate of its authority in the variable NODE_EXTRA_CA_CERTS: a file of PEM.'
const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: TRUST,
  SELF_SIGNED_CERT_IN_CHAIN: TRUST,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TRUST,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TRUST,
}

/** What to do about refusals whose text does not say it. */
const REMEDIES: Readonly<Record<string, string>> = {
  ...UNTRUSTED,
  CONNECTION_FAILED: 'Name a server that runs in the command line or in OCHRE_REDIS_URL.',
  NOAUTH: 'Give the password in the URL: redis://user:password@host:port',
  WRONGPASS: 'User and password stand in the URL: redis://user:password@host:port',
  NOPERM: 'Let the user of the URL do that with ACL SETUSER, or name another one.',
  READONLY: 'This is a replica: name its primary with --url.',
  LOADING: 'Try again when the server has read its data.',
}

type SystemError = NodeJS.ErrnoException & {
  readonly address?: string
  readonly port?: number
  readonly hostname?: string
}

/** What the operating system refuses, in words; undefined for an error of another origin. */
function systemSentence({ code, path, message, address, port, hostname }: SystemError): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `${address}${port === undefined || port === -1 ? '' : `:${port}`} is taken by another process.`
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${address}.`
    case 'ENOTFOUND':
      return `There is no host ${hostname}.`
    case 'ENOENT':
      return `There is no ${path}.`
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path} cannot be a folder: a file is in the way.`
    case 'EISDIR':
      return `${path ?? 'What is named as a file'} is a folder.`
    case 'EACCES':
    case 'EPERM':
      if (address === undefined) return `This user has no permission for ${path}.`
      return port === undefined || port === -1
        ? `${address} cannot be listened on: its folder is missing, or this user has no permission there.`
        : `This user has no permission to listen on ${address}:${port}.`
    case 'EROFS':
      return `${path} is on a file system that takes no writes.`
    case 'ENOSPC':
      return 'There is no space left on the disk.'
    case 'EFBIG':
      return 'The file may not become larger on this system.'
    default:
      return code === undefined ? undefined : message
  }
}

const STOPPED: Readonly<Record<Stop, number>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  // Who closes the pipe has what was wanted.
  EPIPE: EXIT.ok,
}

function stopped(io: Io, error: unknown): number {
  const reason = io.interrupted.reason as Stop
  const isOurs = error instanceof OchreError && !(error instanceof ConnectionError)
  if (reason !== 'EPIPE') tell(io, `ochre: ${isOurs ? error.message : 'Interrupted.'}`)
  return STOPPED[reason]
}
