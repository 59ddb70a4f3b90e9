// The gateway's decisions against Redis's own: for every command of the table and several grants, ACL DRYRUN of a user
// with the equal rules must agree. Where the gateway is stricter on purpose, it must be for a reason that is listed here.
import { type Argument, CommandFlag, type CommandSpec, commandNames, lookupCommand, OchreError } from '@ochre/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authorize, changesConnection, isBlocking } from '../../packages/gateway/src/policy.ts'
import { FULL_GRANT, type Grant, type Principal, Rules } from '../../packages/gateway/src/principal.ts'
import { startServer, type TestServer } from '../servers/index.ts'

const grants: Readonly<Record<string, Grant>> = {
  everything: FULL_GRANT,
  reader: { scopes: ['read'], keys: ['*'], channels: [], databases: '*' },
  writer: { scopes: ['read', 'write'], keys: ['app:*'], channels: ['app:*'], databases: '*' },
  publisher: { scopes: ['pubsub'], keys: [], channels: ['news:*', 'x'], databases: '*' },
  scripter: { scopes: ['read', 'write', 'scripts'], keys: ['*'], databases: '*' },
  narrow: {
    scopes: ['read'],
    commands: ['-@string', '+set', '+config|get', '-@hash', '+hgetall'],
    keys: ['app:*'],
    databases: '*',
  },
  halves: { scopes: ['read', 'write'], keys: ['%R~app:*', '%W~log:*', '~both:?'], databases: '*' },
  nothing: { scopes: [], keys: ['*'], databases: '*' },
}

const CLASSES = { read: 'read', write: 'write', pubsub: 'pubsub', scripts: 'scripting' } as const

function aclRules(grant: Grant): string[] {
  const rules = ['on', 'nopass', 'resetkeys', 'resetchannels', '+@all']
  for (const [scope, category] of Object.entries(CLASSES)) {
    if (!grant.scopes.includes(scope as keyof typeof CLASSES)) rules.push(`-@${category}`)
  }
  if (!grant.scopes.includes('admin')) rules.push('-@admin', '-@dangerous')
  rules.push(...(grant.commands ?? []))
  for (const key of grant.keys ?? []) rules.push(/^[%~]/.test(key) ? key : `~${key}`)
  for (const channel of grant.channels ?? []) rules.push(`&${channel}`)
  return rules
}

/** A call of the command: required arguments only, every key the same. */
function sample(spec: CommandSpec, key: string): string[] {
  const words = spec.name.split(' ')
  const add = (argument: Argument): void => {
    if (argument.optional) return
    if (argument.token !== undefined) words.push(argument.token)
    if (argument.type === 'pure-token') return
    if (argument.type === 'oneof') {
      add(argument.arguments![0]!)
      return
    }
    if (argument.type === 'block') {
      for (const part of argument.arguments!) add(part)
      return
    }
    words.push(argument.type === 'key' || argument.name.includes('channel') ? key : '1')
  }
  for (const argument of spec.arguments) add(argument)
  while (words.length < Math.abs(spec.arity)) words.push('1')
  return words
}

let server: TestServer
beforeAll(async () => {
  server = await startServer({ name: 'policy' })
})
afterAll(async () => {
  await server.stop()
})

const principal = (grant: Grant): Principal => ({ id: 'p', kind: 'key', grant, rules: new Rules(grant) })

function decide(who: Principal, args: string[]): string {
  try {
    authorize(who, args)
    return 'allowed'
  } catch (error) {
    if (error instanceof OchreError) return error.code
    throw error
  }
}

describe('authorize agrees with ACL DRYRUN', () => {
  for (const [name, grant] of Object.entries(grants)) {
    it(`for the grant "${name}"`, async () => {
      await server.call('ACL', 'SETUSER', name, ...aclRules(grant))
      const who = principal(grant)
      let compared = 0
      let stricter = 0
      for (const command of commandNames()) {
        const spec = lookupCommand(command)!
        if (spec.subcommands !== undefined) continue
        for (const key of ['app:1', 'log:1', 'both:1', 'x', 'other']) {
          const args = sample(spec, key)
          const redis = await server.call('ACL', 'DRYRUN', name, ...args).catch((error: Error) => error.message)
          if (typeof redis !== 'string' || /not found|unknown|wrong number|Invalid (key|arg)/i.test(redis)) continue
          const ours = decide(who, args)
          if (ours === 'ERR') continue
          compared++
          const isAllowed = redis === 'OK'
          if (changesConnection(spec) || isBlocking(spec, args)) expect([args, ours]).toEqual([args, 'COMMAND_REFUSED'])
          else if (ours === 'allowed') expect([args, redis]).toEqual([args, 'OK'])
          else if (isAllowed) {
            stricter++
            const isScript = spec.categories.includes('scripting') && (spec.flags & CommandFlag.MOVABLEKEYS) !== 0
            const isUncertain = spec.keySpecs.some((k) => k.variable || k.incomplete || k.begin.type === 'unknown')
            expect([args, !who.rules.hasAllKeys && (isScript || isUncertain)]).toEqual([args, true])
          }
        }
      }
      expect(compared).toBeGreaterThan(800)
      expect(stricter).toBeLessThan(compared / 50)
    })
  }
})

describe('authorize refuses', () => {
  const root = principal(FULL_GRANT)
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['NOSUCH', 'x'], 'UNKNOWN_COMMAND'],
    [['CONFIG', 'NOSUCH'], 'UNKNOWN_COMMAND'],
    [['__proto__'], 'UNKNOWN_COMMAND'],
    [['GET'], 'ERR'],
    [['CONFIG'], 'ERR'],
    [['EVAL', 'return 1', 'x'], 'ERR'],
    [['GET', 'ochre:gateway:keys'], 'NOT_PERMITTED'],
    [['MSET', 'a', '1', 'ochre:gateway:keys', '2'], 'NOT_PERMITTED'],
    [['EVAL', 'return 1', '1', 'ochre:gateway:keys'], 'NOT_PERMITTED'],
    [['SELECT', '1'], 'COMMAND_REFUSED'],
    [['MULTI'], 'COMMAND_REFUSED'],
    [['WATCH', 'k'], 'COMMAND_REFUSED'],
    [['SUBSCRIBE', 'c'], 'COMMAND_REFUSED'],
    [['CLIENT', 'REPLY', 'OFF'], 'COMMAND_REFUSED'],
    [['CLIENT', 'TRACKING', 'ON'], 'COMMAND_REFUSED'],
    [['MONITOR'], 'COMMAND_REFUSED'],
    [['HELLO', '2'], 'COMMAND_REFUSED'],
    [['BLPOP', 'q', '0'], 'COMMAND_REFUSED'],
    [['XREAD', 'BLOCK', '0', 'STREAMS', 's', '$'], 'COMMAND_REFUSED'],
    [['WAIT', '1', '0'], 'COMMAND_REFUSED'],
    [['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>'], 'allowed'],
    [['SCRIPT', 'DEBUG', 'YES'], 'COMMAND_REFUSED'],
    [['READWRITE'], 'COMMAND_REFUSED'],
    [['SYNC'], 'COMMAND_REFUSED'],
    [['EXEC'], 'COMMAND_REFUSED'],
    [['SSUBSCRIBE', 'c'], 'COMMAND_REFUSED'],
    [['XREAD', 'COUNT', '1', 'STREAMS', 's', '0'], 'allowed'],
    [['CLIENT', 'LIST'], 'allowed'],
    [['PING'], 'allowed'],
  ]
  for (const [args, outcome] of cases) {
    it(`${args.join(' ')}: ${outcome}`, () => {
      expect(decide(root, [...args])).toBe(outcome)
    })
  }

  it('naming another database without the right to it', () => {
    const who = principal({ scopes: ['read', 'write'], keys: ['*'] })
    expect(decide(who, ['MOVE', 'k', '1'])).toBe('NOT_PERMITTED')
    expect(decide(who, ['COPY', 'a', 'b', 'DB', '1'])).toBe('NOT_PERMITTED')
    expect(decide(who, ['COPY', 'a', 'b'])).toBe('allowed')
  })

  it('the key that is executed, whatever looks like one before it', () => {
    const who = principal({ scopes: ['read', 'write'], keys: ['app:*', 'STREAMS'] })
    const decideOn = (line: string): string => decide(who, line.split(' '))
    expect(decideOn('GEORADIUS app:k 0 0 1 m STORE app:a STORE other')).toBe('NOT_PERMITTED')
    expect(decideOn('GEORADIUS app:k 0 0 1 m STORE app:a STOREDIST other')).toBe('NOT_PERMITTED')
    expect(decideOn('GEORADIUS app:k 0 0 1 m STORE app:a')).toBe('allowed')
    expect(decideOn('XREADGROUP COUNT 1 GROUP STREAMS app:c STREAMS other >')).toBe('NOT_PERMITTED')
    expect(decideOn('XREADGROUP COUNT 1 GROUP STREAMS c STREAMS app:s >')).toBe('allowed')
  })

  it('keys as bytes by their bytes', () => {
    const who = principal({ scopes: ['read'], keys: ['ä*'] })
    expect(decide(who, ['GET', 'ä1'])).toBe('allowed')
    expect(decide(who, [...['GET'], Buffer.from('ä1') as unknown as string])).toBe('allowed')
    expect(decide(who, ['GET', Buffer.from('ä1', 'latin1') as unknown as string])).toBe('NOT_PERMITTED')
  })
})
