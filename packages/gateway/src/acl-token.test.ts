// Sealed ACL tokens open only under the secret that made them, and only unchanged.
import { expect, it } from 'vitest'
import { openAclUser, sealAclUser } from './acl-token.ts'

const secret = Buffer.alloc(32, 1)
const user = { name: 'alice', password: 'p ä\0ss' }

it('opens what it sealed, and two seals differ', () => {
  const token = sealAclUser(user, secret)
  expect(openAclUser(token, secret)).toEqual(user)
  expect(sealAclUser(user, secret)).not.toBe(token)
})

it('does not open under another secret, changed anywhere, or cut', () => {
  const token = sealAclUser(user, secret)
  expect(openAclUser(token, Buffer.alloc(32, 2))).toBe(undefined)
  const bytes = Buffer.from(token.slice(5), 'base64url')
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes)
    changed[i]! ^= 1
    expect(openAclUser(`ocha_${changed.toString('base64url')}`, secret)).toBe(undefined)
  }
  expect(openAclUser('ocha_', secret)).toBe(undefined)
  expect(openAclUser(token.slice(0, 30), secret)).toBe(undefined)
})
