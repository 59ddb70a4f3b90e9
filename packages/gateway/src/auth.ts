// Which principal a token is: an API key, the root key, a sealed ACL user or a JWT. One place for every transport.

import { isAclToken, openAclUser } from './acl-token.ts'
import type { ApiKeys } from './api-keys.ts'
import { NOT_CACHED } from './api-keys.ts'
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
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="ochre"' }

export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #aclRules = new Rules(FULL_GRANT)
  readonly #aclChecked = new Map<string, number>()

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /**
   * The principal of a request. Throws `UNAUTHENTICATED` (401) for a missing or bad token and `NOT_PERMITTED` for an
   * address outside its networks. Synchronous when nothing has to be asked, which is the usual case.
   */
  authenticate(token: string | undefined, remoteAddress: string): Principal | Promise<Principal> {
    if (token === undefined || token === '') {
      this.#options.onOutcome?.('missing')
      throw new GatewayError('UNAUTHENTICATED', 'Send an API key as "Authorization: Bearer <key>".', CHALLENGE)
    }
    const cached = this.#options.keys.recogniseCached(token)
    if (cached !== NOT_CACHED && cached !== undefined) return this.#admit(cached, remoteAddress)
    return this.#recognise(token).then((principal) => this.#admit(principal, remoteAddress))
  }

  async #recognise(token: string): Promise<Principal | undefined> {
    if (isAclToken(token)) {
      const user = openAclUser(token, this.#options.secret)
      const check = this.#options.checkAclUser
      if (user === undefined || check === undefined) return undefined
      const checkedAt = this.#aclChecked.get(token) ?? Number.NEGATIVE_INFINITY
      if (Date.now() - checkedAt > 5_000) {
        if (!(await check(user))) return undefined
        if (this.#aclChecked.size >= 10_000) this.#aclChecked.clear()
        this.#aclChecked.set(token, Date.now())
      }
      return { id: `acl:${user.name}`, kind: 'acl', grant: FULL_GRANT, rules: this.#aclRules, redisUser: user }
    }
    if (this.#options.jwt !== undefined && token.split('.').length === 3) return this.#options.jwt.recognise(token)
    return this.#options.keys.recognise(token)
  }

  #admit(principal: Principal | undefined, remoteAddress: string): Principal {
    if (principal === undefined) {
      this.#options.onOutcome?.('invalid')
      throw new GatewayError('UNAUTHENTICATED', 'The credential is not valid.', CHALLENGE)
    }
    if (!principal.rules.allowsNetwork(remoteAddress)) {
      this.#options.onOutcome?.('network')
      throw new GatewayError('NOT_PERMITTED', 'The credential may not be used from this address.')
    }
    this.#options.onOutcome?.('ok')
    return principal
  }
}

/** The token of a request's Authorization header (`Bearer`, or the password of `Basic`). */
export function tokenOf(request: GatewayRequest): string | undefined {
  const header = headerOf(request, 'authorization')
  if (header === undefined) return undefined
  if (/^bearer /i.test(header)) return header.slice(7).trim()
  if (/^basic /i.test(header)) {
    const pair = Buffer.from(header.slice(6), 'base64').toString('utf8')
    return pair.slice(pair.indexOf(':') + 1)
  }
  return undefined
}
