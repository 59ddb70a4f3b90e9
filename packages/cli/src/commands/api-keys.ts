// `ochre api-keys`: the API keys of a running gateway.

import { ConnectionError, OchreError, UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { EXIT, type Io, print, tell } from '../io.ts'
import { list, wholeNumber } from '../options.ts'

interface Options {
  readonly gateway?: string
  readonly token?: string
  readonly json?: true
}

interface CreateOptions extends Options {
  readonly scopes: readonly string[]
  readonly keys?: readonly string[]
  readonly channels?: readonly string[]
  readonly models?: readonly string[]
  readonly commands?: readonly string[]
  readonly networks?: readonly string[]
  readonly rate?: string
  readonly quota?: number
  readonly expires?: number
}

interface Key {
  readonly id: string
  readonly name: string
  readonly key?: string
  readonly createdAt: number
  readonly expiresAt?: number
  readonly replacedBy?: string
  readonly grant: { readonly scopes: readonly string[]; readonly keys?: readonly string[] }
}

const DAY_MS = 86_400_000

export function apiKeysCommand(io: Io, exit: (code: number) => void): Command {
  const parent = new Command('api-keys')
    .description('make, list, rotate and revoke the API keys of a running gateway')
    .addHelpText(
      'after',
      `
Examples:
  ochre api-keys create web --scopes read,write --keys 'app:*'
  ochre api-keys list
  ochre api-keys rotate 0123456789ab --overlap 3600
  ochre api-keys revoke 0123456789ab

The gateway is OCHRE_URL (default http://127.0.0.1:7400); the token is OCHRE_TOKEN or OCHRE_ROOT_KEY.`,
    )
  const verb = (name: string, about: string, example: string): Command =>
    new Command(name)
      .description(about)
      .option('--gateway <url>', 'address of the gateway (default: OCHRE_URL, else http://127.0.0.1:7400)')
      .option('--token <token>', 'a key with all rights (default: OCHRE_TOKEN, else OCHRE_ROOT_KEY)')
      .option('--json', 'print JSON')
      .addHelpText('after', `\nExample:\n  ochre api-keys ${example}`)

  parent.addCommand(
    verb('create', 'make a key; its text is shown once', "create web --scopes read,write --keys 'app:*' --expires 90")
      .argument('<name>', 'what the key is for')
      .requiredOption('--scopes <list>', 'read, write, pubsub, scripts, models, admin', list)
      .option('--keys <list>', 'key patterns, separated by commas', list)
      .option('--channels <list>', 'channel patterns', list)
      .option('--models <list>', 'models, * for all', list)
      .option('--commands <list>', 'ACL rules applied after the scopes: +get,-@slow', list)
      .option('--networks <list>', 'addresses and CIDR blocks it may come from', list)
      .option('--rate <perSecond/burst>', 'requests per second and how many at once: 50/100')
      .option('--quota <n>', 'cost units per day', wholeNumber(1))
      .option('--expires <days>', 'days until it ends', wholeNumber(1, 36_500))
      .action(async (name: string, options: CreateOptions) => {
        const body = {
          name,
          grant: grantOf(options),
          ...(options.expires === undefined ? {} : { expiresAt: Date.now() + options.expires * DAY_MS }),
        }
        const made = (await ask(io, options, 'POST', '/v1/keys', body)) as Key
        show(io, options, made)
        exit(EXIT.ok)
      }),
  )
  parent.addCommand(
    verb('list', 'all keys, without their texts', 'list').action(async (options: Options) => {
      const reply = (await ask(io, options, 'GET', '/v1/keys')) as Key[] | { keys: Key[] }
      const keys = Array.isArray(reply) ? reply : reply.keys
      if (options.json) print(io, JSON.stringify(keys))
      else for (const key of keys) print(io, describe(key))
      exit(EXIT.ok)
    }),
  )
  parent.addCommand(
    verb(
      'rotate',
      'make a key with the same rights; the old one ends after an overlap',
      'rotate 0123456789ab --overlap 3600',
    )
      .argument('<id>', 'id of the key')
      .option('--overlap <seconds>', 'how long the old key goes on working', wholeNumber(0), 86_400)
      .action(async (id: string, options: Options & { overlap: number }) => {
        const overlapMs = options.overlap * 1000
        show(
          io,
          options,
          (await ask(io, options, 'POST', `/v1/keys/${encodeURIComponent(id)}/rotate`, { overlap: overlapMs })) as Key,
        )
        exit(EXIT.ok)
      }),
  )
  parent.addCommand(
    verb('revoke', 'end a key at once', 'revoke 0123456789ab')
      .argument('<id>', 'id of the key')
      .action(async (id: string, options: Options) => {
        await ask(io, options, 'DELETE', `/v1/keys/${encodeURIComponent(id)}`)
        if (options.json) print(io, JSON.stringify({ id, revoked: true }))
        else tell(io, 'Revoked.')
        exit(EXIT.ok)
      }),
  )
  return parent
}

function grantOf(options: CreateOptions): object {
  const grant: Record<string, unknown> = { scopes: options.scopes }
  for (const name of ['keys', 'channels', 'models', 'commands', 'networks'] as const)
    if (options[name] !== undefined) grant[name] = options[name]
  if (options.rate !== undefined) {
    const [perSecond, burst] = options.rate.split('/').map(Number)
    if (!(perSecond! > 0) || !(burst! >= 1)) throw new UsageError('--rate is two numbers, such as 50/100.')
    grant.rate = { perSecond, burst }
  }
  if (options.quota !== undefined) grant.quotaPerDay = options.quota
  return grant
}

async function ask(io: Io, options: Options, method: string, path: string, body?: object): Promise<unknown> {
  const base = options.gateway ?? io.env.OCHRE_URL ?? 'http://127.0.0.1:7400'
  const token = options.token ?? io.env.OCHRE_TOKEN ?? io.env.OCHRE_ROOT_KEY
  if (token === undefined) throw new UsageError('Give --token, or set OCHRE_TOKEN.')
  if (!URL.canParse(path, base)) throw new UsageError('The address of the gateway is no URL; write http://host:port.')
  const response = await fetch(new URL(path, base), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: io.interrupted,
  }).catch((cause: Error) => {
    const why = cause.cause instanceof Error ? cause.cause.message : cause.message
    throw new ConnectionError('CONNECTION_LOST', `No gateway answers at ${base} (--gateway, OCHRE_URL): ${why}.`, {
      cause,
    })
  })
  const text = await response.text()
  if (response.ok) return text === '' ? null : JSON.parse(text)
  let detail = `${response.status} ${response.statusText}`
  try {
    const problem = JSON.parse(text) as { detail?: string; title?: string }
    detail = problem.detail ?? problem.title ?? detail
  } catch {
    // Not a gateway's answer: the status says what there is to say.
  }
  throw new OchreError('REPLY', `The gateway refuses: ${detail}`)
}

function show(io: Io, options: Options, key: Key): void {
  if (options.json) print(io, JSON.stringify(key))
  else {
    tell(io, `Key ${key.id}, shown this once:`)
    print(io, key.key!)
  }
}

function describe({ id, name, grant, expiresAt, replacedBy }: Key): string {
  const ends = expiresAt === undefined ? '' : `  ends ${new Date(expiresAt).toISOString()}`
  return `${id.padEnd(12)}  ${name.padEnd(16)}  ${grant.scopes.join(',')}  ${(grant.keys ?? []).join(',')}${ends}${replacedBy === undefined ? '' : `  replaced by ${replacedBy}`}`
}
