// API keys: made, listed, rotated, revoked, and recognised. A key is `och_<id>_<secret>` with 256 random bits of secret.
//
// Redis holds, in one hash, a record per id: the grant and the HMAC-SHA-256 of the secret, never the secret. Each record is
// sealed with a second HMAC under the gateway's own secret, so that a record written by anybody else (a script of a
// caller, a restored dump of another place) is not believed.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Client } from '@ochre/client'
import { UsageError } from '@ochre/protocol'
import { grantOf } from './grant.ts'
import { FULL_GRANT, type Grant, type Principal, RESERVED_PREFIX, Rules } from './principal.ts'
import { GatewayError } from './status.ts'

const HASH = `${RESERVED_PREFIX}keys`
const KEY_SYNTAX = /^och_([0-9a-z]{12})_([A-Za-z0-9_-]{43})$/

// ARGV the id of the old key, its record as it was read, its new record, the id and the record of the new key. Only when
// nobody has revoked or rotated the old key since, which would otherwise come back to life.
const ROTATE_LUA = `if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3], ARGV[4], ARGV[5])
return 1
`
const ROTATE = { lua: ROTATE_LUA, sha: createHash('sha1').update(ROTATE_LUA).digest('hex') }

/** A key as it is stored and listed; times in milliseconds since 1970. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly grant: Grant
  readonly createdAt: number
  readonly expiresAt?: number
  /** The id of the key that takes its place; the old one works until `expiresAt`. */
  readonly replacedBy?: string
}

interface StoredKey extends ApiKey {
  /** HMAC-SHA-256 of the secret, hex. */
  readonly hash: string
}

export interface ApiKeysOptions {
  readonly redis: Client
  /** The gateway's own secret, at least 32 bytes. */
  readonly secret: Uint8Array
  /** Replaces the stored root key: 32 or more characters. */
  readonly rootKey?: string
  readonly now?: () => number
}

export class ApiKeys {
  readonly #redis: Client
  readonly #secret: Uint8Array
  readonly #now: () => number
  #rootHash: Buffer | undefined

  constructor(options: ApiKeysOptions) {
    if (options.secret.length < 32) throw new UsageError('The secret of the gateway has at least 32 bytes.')
    this.#redis = options.redis
    this.#secret = options.secret
    this.#now = options.now ?? Date.now
    if (options.rootKey !== undefined) this.setRootKey(options.rootKey)
  }

  /** Sets or replaces the root key. Throws UsageError when it is shorter than 32 characters. */
  setRootKey(key: string): void {
    if (key.length < 32) throw new UsageError('The root key has at least 32 characters.')
    this.#rootHash = this.#hmac('secret', key)
  }

  /**
   * Without a root key of its own: makes one when there is no key with full rights yet, and resolves to its text, the
   * only time it is ever shown. Resolves to undefined when there is one already.
   */
  async ensureRoot(): Promise<string | undefined> {
    if (this.#rootHash !== undefined) return undefined
    const stored = await this.#redis.call('HGET', HASH, 'root')
    if (stored !== null && this.#open('root', String(stored)) !== undefined) return undefined
    const secret = randomBytes(32).toString('base64url')
    // A record that is not ours is replaced. Of several processes that start at once, one makes the key.
    if (stored !== null) await this.#redis.call('HDEL', HASH, 'root')
    const record = { ...this.#record('root', 'root', FULL_GRANT, undefined), hash: this.#hashOf(secret) }
    if ((await this.#redis.call('HSETNX', HASH, 'root', this.#sealed(record))) === 0) return undefined
    return `och_${'root'.padEnd(12, '0')}_${secret}`
  }

  /** Makes a key. The text is shown once and not kept. Throws UsageError on a malformed grant and an end in the past. */
  async create(name: string, grant: Grant, expiresAt?: number): Promise<{ key: string; record: ApiKey }> {
    grantOf(grant)
    const { key, stored } = this.#make(name, grant, expiresAt)
    await this.#redis.call('HSET', HASH, stored.id, this.#sealed(stored))
    return { key, record: visible(stored) }
  }

  /** All keys, oldest first, without their hashes. Records that are not the gateway's own are left out. */
  async list(): Promise<ApiKey[]> {
    const all = (await this.#redis.call('HGETALL', HASH)) as Record<string, string>
    const keys: ApiKey[] = []
    for (const [field, text] of Object.entries(all)) {
      const stored = this.#open(field, text)
      if (stored !== undefined) keys.push(visible(stored))
    }
    return keys.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
  }

  async get(id: string): Promise<ApiKey | undefined> {
    const stored = await this.#load(id)
    return stored === undefined ? undefined : visible(stored)
  }

  /**
   * Makes a key with the same name, grant and end; the old one goes on working for `overlapMs`. Rejects with `NOT_FOUND`,
   * with `CONFLICT` when the key has been rotated, and with UsageError when its time is over.
   */
  async rotate(id: string, overlapMs: number): Promise<{ key: string; record: ApiKey }> {
    const sealed = await this.#redis.call('HGET', HASH, id)
    const text = typeof sealed === 'string' && id !== 'root' ? sealed : ''
    const old = this.#open(id, text)
    if (old === undefined) throw new GatewayError('NOT_FOUND', 'There is no such API key.')
    if (old.replacedBy !== undefined)
      throw new GatewayError('CONFLICT', `The key was rotated before: ${old.replacedBy} takes its place.`)
    const made = this.#make(old.name, old.grant, old.expiresAt)
    const end = this.#now() + overlapMs
    const expiresAt = old.expiresAt === undefined ? end : Math.min(end, old.expiresAt)
    const replaced = this.#sealed({ ...old, expiresAt, replacedBy: made.stored.id })
    const fields = [id, text, replaced, made.stored.id, this.#sealed(made.stored)]
    if ((await this.#redis.runScript(ROTATE, [HASH], fields)) === 0)
      throw new GatewayError('CONFLICT', 'The key was rotated or revoked meanwhile.')
    return { key: made.key, record: visible(made.stored) }
  }

  /** Ends a key. Resolves to false when there is none. */
  async revoke(id: string): Promise<boolean> {
    return (await this.#redis.call('HDEL', HASH, id)) === 1
  }

  /**
   * The principal of a token, or undefined when it is none of ours. Asks Redis, except for a root key that was set. The
   * comparison takes the same time wherever the difference is.
   */
  async recognise(token: string): Promise<Principal | undefined> {
    if (this.#rootHash !== undefined && timingSafeEqual(this.#hmac('secret', token), this.#rootHash)) return ROOT
    const match = KEY_SYNTAX.exec(token)
    if (match === null) return undefined
    const id = idOf(match[1]!)
    // Whoever sets a root key may do so because the one that was made is known to others.
    const isReplaced = id === 'root' && this.#rootHash !== undefined
    const stored = isReplaced ? undefined : await this.#load(id)
    // An unknown id costs the same comparison as a wrong secret.
    const expected = Buffer.from(stored?.hash ?? '00'.repeat(32), 'hex')
    if (!timingSafeEqual(this.#hmac('secret', match[2]!), expected) || stored === undefined) return undefined
    if (stored.expiresAt !== undefined && stored.expiresAt <= this.#now()) return undefined
    return principalOf(stored)
  }

  #make(name: string, grant: Grant, expiresAt: number | undefined): { key: string; stored: StoredKey } {
    // Seconds are taken for milliseconds easily.
    if (expiresAt !== undefined && expiresAt <= this.#now())
      throw new UsageError('The key would end in the past: expiresAt is milliseconds since 1970.')
    const id = newId()
    const secret = randomBytes(32).toString('base64url')
    const stored = { ...this.#record(id, name, grant, expiresAt), hash: this.#hashOf(secret) }
    return { key: `och_${id}_${secret}`, stored }
  }

  #record(id: string, name: string, grant: Grant, expiresAt: number | undefined): ApiKey {
    const record = { id, name, grant, createdAt: this.#now() }
    return expiresAt === undefined ? record : { ...record, expiresAt }
  }

  #hashOf(secret: string): string {
    return this.#hmac('secret', secret).toString('hex')
  }

  #hmac(purpose: string, text: string): Buffer {
    return createHmac('sha256', this.#secret).update(purpose).update('\0').update(text).digest()
  }

  #sealed(stored: StoredKey): string {
    const text = JSON.stringify(stored)
    return `${this.#hmac(`record:${stored.id}`, text).toString('hex')}.${text}`
  }

  async #load(id: string): Promise<StoredKey | undefined> {
    const text = await this.#redis.call('HGET', HASH, id)
    return typeof text === 'string' ? this.#open(id, text) : undefined
  }

  #open(id: string, sealed: string): StoredKey | undefined {
    const text = sealed.slice(65)
    const seal = Buffer.from(sealed.slice(0, 64), 'hex')
    const expected = this.#hmac(`record:${id}`, text)
    if (seal.length !== expected.length || !timingSafeEqual(seal, expected)) return undefined
    return JSON.parse(text) as StoredKey
  }
}

const ROOT: Principal = { id: 'root', kind: 'root', grant: FULL_GRANT, rules: new Rules(FULL_GRANT) }

/** The id inside the text of a key has twelve characters; the root key's id is short. */
function idOf(padded: string): string {
  return padded === 'root00000000' ? 'root' : padded
}

function newId(): string {
  let id = ''
  for (const byte of randomBytes(12)) id += '0123456789abcdefghijklmnopqrstuv'[byte % 32]
  return id
}

function principalOf(stored: StoredKey): Principal {
  const base: Principal = {
    id: stored.id,
    kind: stored.id === 'root' ? 'root' : 'key',
    grant: stored.grant,
    rules: new Rules(stored.grant),
  }
  return stored.expiresAt === undefined ? base : { ...base, expiresAt: stored.expiresAt }
}

function visible(stored: StoredKey): ApiKey {
  const { hash: _, ...record } = stored
  return record
}
