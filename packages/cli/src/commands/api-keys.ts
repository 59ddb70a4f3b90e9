// `ochre api-keys`: the API keys of a running gateway.

import { OchreError, UsageError } from '@ochre/protocol'
import { Command } from 'commander'
import { EXIT, type Io, print, tell } from '../io.ts'

interface Options {
  readonly gateway?: string
  readonly token?: string
  readonly json?: true
}

interface CreateOptions extends Options {
  readonly scopes: string
  readonly keys?: string
  readonly channels?: string
  readonly models?: string
  readonly commands?: string
  readonly networks?: string
  readonly rate?: string
  readonly quota?: string
  readonly expires?: string
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
      .requiredOption('--scopes <list>', 'read, write, pubsub, scripts, models, admin')
      .option('--keys <list>', 'key patterns, separated by commas')
      .option('--channels <list>', 'channel patterns')
      .option('--models <list>', 'models, * for all')
      .option('--commands <list>', 'ACL rules applied after the scopes: +get,-@slow')
      .option('--networks <list>', 'addresses and CIDR blocks it may come from')
      .option('--rate <perSecond/burst>', 'requests per second and how many at once: 50/100')
      .option('--quota <n>', 'cost units per day')
      .option('--expires <days>', 'days until it ends')
      .action(async (name: string, options: CreateOptions) => {
        const body = {
          name,
          grant: grantOf(options),
          ...(options.expires === undefined
            ? {}
            : { expiresAt: Date.now() + positive('--expires', options.expires) * DAY_MS }),
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
      .option('--overlap <seconds>', 'how long the old key goes on working', '86400')
      .action(async (id: string, options: Options & { overlap: string }) => {
        const overlapMs = positive('--overlap', options.overlap) * 1000
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
        tell(io, 'Revoked.')
        exit(EXIT.ok)
      }),
  )
  return parent
}

function grantOf(options: CreateOptions): object {
  const list = (text: string | undefined): string[] | undefined => text?.split(',').map((item) => item.trim())
  const grant: Record<string, unknown> = { scopes: list(options.scopes) }
  for (const name of ['keys', 'channels', 'models', 'commands', 'networks'] as const)
    if (options[name] !== undefined) grant[name] = list(options[name])
  if (options.rate !== undefined) {
    const [perSecond, burst] = options.rate.split('/').map(Number)
    if (!(perSecond! > 0) || !(burst! >= 1)) throw new UsageError('--rate is two numbers, such as 50/100.')
    grant.rate = { perSecond, burst }
  }
  if (options.quota !== undefined) grant.quotaPerDay = positive('--quota', options.quota)
  return grant
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new UsageError(`${name} is a positive number.`)
  return value
}

async function ask(io: Io, options: Options, method: string, path: string, body?: object): Promise<unknown> {
  const base = options.gateway ?? io.env.OCHRE_URL ?? 'http://127.0.0.1:7400'
  const token = options.token ?? io.env.OCHRE_TOKEN ?? io.env.OCHRE_ROOT_KEY
  if (token === undefined) throw new UsageError('Give --token, or set OCHRE_TOKEN.')
  const response = await fetch(new URL(path, base), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new OchreError(
      'CONNECTION_LOST',
      `There is no gateway at ${base}; --gateway or OCHRE_URL says where it is.`,
      { cause },
    )
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
