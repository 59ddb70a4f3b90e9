// Which principal a token is: an API key, the root key, a sealed ACL user or a JWT. One place for every transport.

import { isUtf8 } from 'node:buffer'
import { isAclToken, openAclUser } from './acl-token.ts'
import type { ApiKeys } from './api-keys.ts'
import type { JwtVerifier } from './jwt.ts'
import { type GatewayRequest, headerOf } from './message.ts'
import { FULL_GRANT, type Principal, Rules } from './principal.ts'
import { GatewayError } from './status.ts'

export type AuthOutcome = 'ok' | 'missing' | 'invalid' | 'network'

export interface AuthenticatorOptions {
  readonly keys: ApiKeys
  readonly secret: Uint8Array
  readonly jwt?: JwtVerifier
  /** Checks an ACL user's password at Redis; true when it may log in. Absent: ACL tokens are not offered. */
  readonly checkAclUser?: (user: { name: string; password: string }) => Promise<boolean>
  readonly onOutcome?: (outcome: AuthOutcome) => void
  readonly now?: () => number
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="ochre"' }

/** How long a recognised token is believed without asking again. */
const CACHE_MS = 2_000

export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #now: () => number
  readonly #aclRules = new Rules(FULL_GRANT)
  // Looking a token up compares whole strings only when their seeded hashes are equal, so it tells nobody how much of a
  // guess was right. Wrong tokens are never kept.
  readonly #recent = new Map<string, { readonly principal: Principal; readonly until: number }>()

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /**
   * The principal of a request. Throws `UNAUTHENTICATED` (401) for a missing or bad token and `NOT_PERMITTED` for an
   * address outside its networks. Synchronous when nothing has to be asked, which is the usual case: a token is checked
   * again after two seconds, so that is how late other processes see a revocation.
   */
  authenticate(token: string | undefined, peer: { readonly remoteAddress: string }): Principal | Promise<Principal> {
    if (token === undefined || token === '') {
      this.#options.onOutcome?.('missing')
      throw new GatewayError('UNAUTHENTICATED', 'Send an API key as "Authorization: Bearer <key>".', CHALLENGE)
    }
    const recent = this.#recent.get(token)
    if (recent !== undefined && recent.until > this.#now()) return this.#admit(recent.principal, peer)
    return this.#recognise(token).then((principal) => {
      if (principal === undefined) this.#recent.delete(token)
      else {
        if (this.#recent.size >= 10_000) this.#recent.clear()
        const until = Math.min(this.#now() + CACHE_MS, principal.expiresAt ?? Number.POSITIVE_INFINITY)
        this.#recent.set(token, { principal, until })
      }
      return this.#admit(principal, peer)
    })
  }

  /** Makes the next use of every token a fresh check: after a revocation or a change of the root key. */
  forget(): void {
    this.#recent.clear()
  }

  async #recognise(token: string): Promise<Principal | undefined> {
    // First, since a root key that was chosen may look like anything.
    const principal = await this.#options.keys.recognise(token)
    if (principal !== undefined) return principal
    if (isAclToken(token)) {
      const user = openAclUser(token, this.#options.secret)
      const check = this.#options.checkAclUser
      if (user === undefined || check === undefined || !(await check(user))) return undefined
      return { id: `acl:${user.name}`, kind: 'acl', grant: FULL_GRANT, rules: this.#aclRules, redisUser: user }
    }
    if (this.#options.jwt !== undefined && token.split('.').length === 3) return this.#options.jwt.recognise(token)
    return undefined
  }

  #admit(principal: Principal | undefined, peer: { readonly remoteAddress: string }): Principal {
    if (principal === undefined) {
      this.#options.onOutcome?.('invalid')
      throw new GatewayError('UNAUTHENTICATED', 'The credential is not valid.', CHALLENGE)
    }
    if (principal.rules.isBoundToNetworks && !principal.rules.allowsNetwork(peer.remoteAddress)) {
      this.#options.onOutcome?.('network')
      throw new GatewayError('NOT_PERMITTED', 'The credential may not be used from this address.')
    }
    this.#options.onOutcome?.('ok')
    return principal
  }
}

/** Whether a credential is refused, rather than that nobody can be asked about it now: what is open by it stays open then. */
export function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.code !== 'AUTH_UNAVAILABLE'
}

/** The token of a request's Authorization header (`Bearer`, or the password of `Basic`). */
export function tokenOf(request: GatewayRequest): string | undefined {
  const sent = headerOf(request, 'authorization')
  if (sent === undefined) return undefined
  const header = textOf(sent)
  if (/^bearer /i.test(header)) return header.slice(7).trim()
  if (/^basic /i.test(header)) {
    const pair = Buffer.from(header.slice(6), 'base64').toString('utf8')
    return pair.slice(pair.indexOf(':') + 1)
  }
  return undefined
}

/** A header's value, of which HTTP says only that it is bytes, as the text that was meant. */
function textOf(header: string): string {
  if (!/[\x80-\xff]/.test(header)) return header
  const bytes = Buffer.from(header, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : header
}
