import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isSecret, readHistory, remember } from './history.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ochre-history-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('passwords are not remembered, however the command is spelled', () => {
  for (const line of [
    'AUTH x',
    ' auth u p',
    '"auth" p',
    "'AUTH' u p",
    'auth "open',
    'ACL SETUSER u >p',
    'acl  "setuser" u on',
    'HELLO 3 AUTH u p',
    'HELLO 3 SETNAME me auth u p',
    'config set requirepass x',
    'CONFIG SET maxmemory 1 masterauth x',
    'config set tls-key-file-pass x',
    'MIGRATE h 1 "" 0 1 AUTH x KEYS a',
    'migrate h 1 k 0 1 auth2 u p',
    'SENTINEL SET m auth-pass x',
  ])
    expect(isSecret(line), line).toBe(true)
  for (const line of ['GET auth', 'ACL LIST', 'HELLO 3', 'CONFIG GET requirepass', 'SET k auth', 'acl getuser x'])
    expect(isSecret(line), line).toBe(false)
  for (const line of ["redis.call('AUTH', 'x')", "redis.configSet({ requirepass: 'x' })", "redis.aclSetuser('u')"])
    expect(isSecret(line, true), line).toBe(true)
  expect(isSecret('User.find({})', true)).toBe(false)
})

test('lines come back in order, without repetitions, in a file for the owner alone', () => {
  const path = join(folder, 'history')
  for (const [line, previous] of [['GET a'], ['GET a', 'GET a'], [' '], ['GET b', 'GET a']] as const)
    remember(path, line, previous)
  expect(readHistory(path)).toEqual(['GET a', 'GET b'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  chmodSync(path, 0o644)
  remember(path, 'GET c', undefined)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('the file stays small', () => {
  const path = join(folder, 'history')
  for (let i = 0; i < 1200; i++) remember(path, `GET ${i}`, undefined)
  const lines = readHistory(path)
  expect(lines.length).toBeLessThanOrEqual(1000)
  expect(lines.at(-1)).toBe('GET 1199')
})

test('a file that cannot be used is no failure', () => {
  const path = join(folder, 'nosuch', 'history')
  remember(path, 'GET a', undefined)
  expect(readHistory(path)).toEqual([])
})
