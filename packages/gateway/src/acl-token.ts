// Tokens that stand for a Redis ACL user: name and password, sealed with AES-256-GCM under the gateway's secret, so that
// nothing is stored and nothing can be read or made without that secret. Redis checks the password each time a connection
// of that user is opened, and its answers about permissions are final.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const PREFIX = 'ocha_'

export interface AclUser {
  readonly name: string
  readonly password: string
}

function keyOf(secret: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'ochre acl token', 32))
}

/** The token of a user. Two tokens of one user differ. */
export function sealAclUser(user: AclUser, secret: Uint8Array): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), iv)
  const text = Buffer.concat([cipher.update(JSON.stringify([user.name, user.password]), 'utf8'), cipher.final()])
  return PREFIX + Buffer.concat([iv, text, cipher.getAuthTag()]).toString('base64url')
}

export function isAclToken(token: string): boolean {
  return token.startsWith(PREFIX)
}

/** The user of a token; undefined when the token was not made under this secret. */
export function openAclUser(token: string, secret: Uint8Array): AclUser | undefined {
  const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url')
  if (!isAclToken(token) || bytes.length < 29) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    const text = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
    const [name, password] = JSON.parse(text) as [string, string]
    return { name, password }
  } catch {
    return undefined
  }
}
