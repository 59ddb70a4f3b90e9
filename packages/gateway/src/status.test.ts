// The error table: complete, and silent about what must not be shown.
import { ConnectionError, ERROR_CODES, ReplyError, ValidationError } from '@ochre/protocol'
import { describe, expect, it } from 'vitest'
import { failureOf, GATEWAY_STATUS, GatewayError, INTERNAL_STATUS, problem, REPLY_STATUS, statusOf } from './status.ts'

describe('the status table', () => {
  it('has exactly the codes of ERROR_CODES, and no code twice', () => {
    expect(Object.keys(INTERNAL_STATUS).sort()).toEqual(Object.keys(ERROR_CODES).sort())
    const all = [...Object.keys(INTERNAL_STATUS), ...Object.keys(REPLY_STATUS), ...Object.keys(GATEWAY_STATUS)]
    expect(new Set(all).size).toBe(all.length)
  })

  it('maps reply codes and falls back to 400', () => {
    expect([statusOf('NOPERM').status, statusOf('OOM').status, statusOf('LOADING').status]).toEqual([403, 507, 503])
    expect([statusOf('SOMETHINGNEW').status, statusOf('toString').status]).toEqual([400, 400])
  })
})

describe('problem', () => {
  it('is an RFC 9457 document with a stable code', () => {
    const answer = problem(new GatewayError('RATE_LIMITED', 'slow down', { 'retry-after': '3' }), 'r1')
    expect(answer.status).toBe(429)
    expect(answer.headers).toEqual({ 'content-type': 'application/problem+json', 'retry-after': '3' })
    expect(JSON.parse(String(answer.body))).toEqual({
      type: 'urn:ochre:problem:RATE_LIMITED',
      title: 'Too many requests',
      status: 429,
      code: 'RATE_LIMITED',
      detail: 'slow down',
      instance: 'urn:ochre:request:r1',
    })
  })

  it('shows issues of validation and whether a write may have run', () => {
    expect(
      JSON.parse(String(problem(new ValidationError('no', [{ path: ['a', 0], message: 'm' }])).body)).errors,
    ).toEqual([{ path: ['a', 0], message: 'm' }])
    const lost = failureOf(new ConnectionError('CONNECTION_LOST', 'gone', { maybeExecuted: true }))
    expect([lost.status, lost.maybeExecuted, lost.headers]).toEqual([503, true, { 'retry-after': '1' }])
  })

  it('never shows a stack, the text of a bug, or the arguments that Redis repeats', () => {
    const bug = JSON.stringify(problem(new TypeError('secret of user:1')))
    expect(bug).not.toContain('secret')
    expect(failureOf(new TypeError('x')).status).toBe(500)
    const echo = new ReplyError("ERR unknown command 'FOO', with args beginning with: 'user:1' 'secret'")
    expect(failureOf(echo).detail).toBe("ERR unknown command 'FOO'")
  })
})
