// JSON Web Tokens as credentials: verified with jose (algorithms pinned, issuer and audience required, clock skew bounded,
// keys fetched and rotated from a JWKS), their claims mapped to the same principal that an API key gives.

import { UsageError } from '@ochre/protocol'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { grantOf } from './grant.ts'
import { type Grant, type Principal, SCOPES, type Scope } from './principal.ts'
import { GatewayError } from './status.ts'

export interface JwtOptions {
  readonly issuer: string
  readonly audience: string
  /** Where the issuer publishes its keys; they are fetched when first needed and again when an unknown `kid` appears. */
  readonly jwksUri?: string
  /** The keys themselves, instead of fetching them. */
  readonly jwks?: JSONWebKeySet
  /** Asymmetric algorithms that are accepted. Default RS256, ES256, EdDSA. */
  readonly algorithms?: readonly string[]
  /** The claim that holds a grant as an object. Default `ochre`. Its fields win over the space-separated `scope` claim. */
  readonly claim?: string
  /** What a token gets for the fields that its claims do not set. Default: nothing. */
  readonly defaults?: Partial<Grant>
  readonly clockSkewSeconds?: number
}

/** Asymmetric ones only: with the others, whoever can check a token can make one. */
export const ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

export class JwtVerifier {
  readonly #options: JwtOptions
  readonly #keys: JWTVerifyGetKey
  readonly #now: () => number
  readonly #skewSeconds: number

  constructor(options: JwtOptions, now: () => number = Date.now) {
    for (const algorithm of options.algorithms ?? []) {
      if (!ALGORITHMS.includes(algorithm)) {
        throw new UsageError(`jwt.algorithms: only ${ALGORITHMS.join(', ')} can be used.`)
      }
    }
    if ((options.jwksUri === undefined) === (options.jwks === undefined)) {
      throw new UsageError('jwt: give either jwksUri or jwks.')
    }
    this.#options = options
    this.#now = now
    this.#skewSeconds = options.clockSkewSeconds ?? 5
    this.#keys =
      options.jwks === undefined ? createRemoteJWKSet(new URL(options.jwksUri!)) : createLocalJWKSet(options.jwks)
  }

  /** The principal of a token; undefined when it is not valid. Rejects with AUTH_UNAVAILABLE when the issuer cannot be asked. */
  async recognise(token: string): Promise<Principal | undefined> {
    let payload: JWTPayload
    try {
      payload = await this.#verified(token)
    } catch (error) {
      // A token that is wrong is one thing, an issuer that cannot be asked for its keys, or answers nonsense, another.
      const isIssuers = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid
      const isGeneric = error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC'
      if (error instanceof errors.JOSEError && !isIssuers && !isGeneric) return undefined
      // No key makes a token valid that is over.
      if (this.#isOver(token)) return undefined
      throw new GatewayError('AUTH_UNAVAILABLE', 'The keys of the token issuer cannot be fetched.', {
        'retry-after': '5',
      })
    }
    try {
      const { grant, rules } = grantOf(this.#claimsOf(payload))
      const expiresAt = payload.exp! * 1000
      return { id: `jwt:${payload.sub}`, kind: 'jwt', grant, rules, expiresAt }
    } catch (error) {
      if (error instanceof UsageError) return undefined
      throw error
    }
  }

  async #verified(token: string): Promise<JWTPayload> {
    const wanted = {
      issuer: this.#options.issuer,
      audience: this.#options.audience,
      algorithms: [...(this.#options.algorithms ?? ['RS256', 'ES256', 'EdDSA'])],
      clockTolerance: this.#skewSeconds,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(this.#now()),
    }
    try {
      return (await jwtVerify(token, this.#keys, wanted)).payload
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      // A token need not say which key signed it, and while keys rotate there are several.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, wanted)).payload
        } catch (refusal) {
          if (!(refusal instanceof errors.JWSSignatureVerificationFailed)) throw refusal
        }
      }
      throw new errors.JWSSignatureVerificationFailed()
    }
  }

  #isOver(token: string): boolean {
    try {
      const { exp = Number.POSITIVE_INFINITY } = decodeJwt(token)
      return exp + this.#skewSeconds <= this.#now() / 1000
    } catch {
      return true
    }
  }

  /** The grant that the claims say, its fields unchecked. */
  #claimsOf(payload: JWTPayload): object {
    const fields = payload[this.#options.claim ?? 'ochre'] ?? {}
    if (typeof fields !== 'object' || Array.isArray(fields))
      throw new UsageError('The claim of the grant is an object.')
    const scope = payload.scope
    const fromScope =
      typeof scope === 'string'
        ? { scopes: scope.split(' ').filter((s): s is Scope => SCOPES.includes(s as Scope)) }
        : {}
    return { scopes: [], ...this.#options.defaults, ...fromScope, ...fields }
  }
}
