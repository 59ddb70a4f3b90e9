// Matching: encodings, keys that URLs swallow, methods, and the query.
import { describe, expect, it } from 'vitest'
import { Query, type Route, Router } from './routes.ts'
import { GatewayError } from './status.ts'

const doc = { id: 'x', tag: 'x', summary: 'x', answers: {} }
const route = (method: Route<string>['method'], path: string): Route<string> => ({
  method,
  path,
  doc,
  handle: `${method} ${path}`,
})

const router = new Router<string>([
  route('GET', '/v1/strings/{key}'),
  route('PUT', '/v1/strings/{key}'),
  route('POST', '/v1/strings/{key}/increment'),
  route('GET', '/v1/hashes/{key}/fields/{field}'),
  route('GET', '/v1/hashes'),
  route('GET', '/v1/hashes/{key}'),
  route('GET', '/up/{rest*}'),
])

const failure = (method: string, target: string): GatewayError => {
  try {
    router.match(method, target)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('matched')
}

describe('Router', () => {
  it('decodes a segment after splitting, so that any key is addressable', () => {
    const key = (target: string) => router.match('GET', target).params.key
    expect(key('/v1/strings/a%2Fb')).toBe('a/b')
    expect(key('/v1/strings/%00')).toBe('\0')
    expect(key('/v1/strings/%E2%82%AC+1')).toBe('€+1')
    expect(key('/v1/strings/%ff%00a')).toEqual(Buffer.from([0xff, 0, 0x61]))
    expect(key('/v1/strings/..')).toBe('..')
    expect(key(`/v1/strings/${'k'.repeat(10_240)}`)).toBe('k'.repeat(10_240))
    expect(key('/v1/strings/toString')).toBe('toString')
  })

  it('takes parameters from the query where the path leaves them out', () => {
    expect(router.match('GET', '/v1/strings?key=..%2Fx').params).toEqual({ key: '../x' })
    expect(router.match('GET', '/v1/hashes/~/fields/~?key=.&field=a+b').params).toEqual({ key: '.', field: 'a b' })
    expect(router.match('GET', '/v1/strings/%7E').params).toEqual({ key: '~' })
    expect(router.match('GET', '/v1/hashes').route.path).toBe('/v1/hashes')
    expect(failure('GET', '/v1/strings').code).toBe('NOT_FOUND')
  })

  it('answers HEAD by GET, names the allowed methods, and refuses bad encodings', () => {
    expect(router.match('HEAD', '/v1/strings/k').route.method).toBe('GET')
    expect(failure('DELETE', '/v1/strings/k').headers.allow).toBe('GET, HEAD, PUT')
    expect(failure('GET', '/nothing').code).toBe('NOT_FOUND')
    expect(failure('GET', '/v1/strings/%zz').code).toBe('BAD_REQUEST')
    expect(failure('GET', '*').code).toBe('BAD_REQUEST')
  })

  it('hands the rest over undecoded', () => {
    expect(router.match('GET', '/up/set/a%2Fb/c?x=1').params.rest).toBe('set/a%2Fb/c')
  })

  it('refuses two routes for one method and path', () => {
    expect(() => new Router([route('GET', '/a/{x}'), route('GET', '/a/{y}')])).toThrow('two routes')
  })
})

describe('Query', () => {
  it('reads flags and bounded integers', () => {
    const query = new Query('a&b=true&c=0&n=12&n=13&__proto__=x')
    expect([query.flag('a'), query.flag('b'), query.flag('c'), query.flag('d')]).toEqual([true, true, false, false])
    expect(query.integer('n', 0, 100)).toBe(12)
    expect(query.all('n')).toEqual(['12', '13'])
    expect(query.text('__proto__')).toBe('x')
    expect(() => query.integer('n', 0, 5)).toThrow('from 0 to 5')
    expect(() => query.flag('n')).toThrow('true or false')
  })
})
