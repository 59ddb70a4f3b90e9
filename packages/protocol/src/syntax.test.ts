import { describe, expect, it } from 'vitest'
import { UsageError } from './errors.ts'
import { parseSyntax } from './syntax.ts'

describe('The notation of arguments', () => {
  it('gives words their types', () => {
    expect(parseSyntax('key value seconds:int score:double when:unix pattern destination:key')).toEqual([
      { name: 'key', type: 'key' },
      { name: 'value', type: 'string' },
      { name: 'seconds', type: 'integer' },
      { name: 'score', type: 'double' },
      { name: 'when', type: 'unix-time' },
      { name: 'pattern', type: 'pattern' },
      { name: 'destination', type: 'key' },
    ])
  })

  it('reads choices, optional or not, with a name or without', () => {
    expect(parseSyntax('[NX|XX] where=(LEFT|RIGHT)')).toEqual([
      {
        name: 'nx|xx',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: 'nx', type: 'pure-token', token: 'NX' },
          { name: 'xx', type: 'pure-token', token: 'XX' },
        ],
      },
      {
        name: 'where',
        type: 'oneof',
        arguments: [
          { name: 'left', type: 'pure-token', token: 'LEFT' },
          { name: 'right', type: 'pure-token', token: 'RIGHT' },
        ],
      },
    ])
  })

  it('binds a token to the next value, and at the beginning of a bracket to all that follows', () => {
    expect(parseSyntax('FIELDS numfields:int field...')).toEqual([
      { name: 'numfields', type: 'integer', token: 'FIELDS' },
      { name: 'field', type: 'string', multiple: true },
    ])
    expect(parseSyntax('[LIMIT offset:int count:int]')).toEqual([
      {
        name: 'offset',
        type: 'block',
        token: 'LIMIT',
        optional: true,
        arguments: [
          { name: 'offset', type: 'integer' },
          { name: 'count', type: 'integer' },
        ],
      },
    ])
    expect(parseSyntax('[FULL [COUNT count:int]]')).toEqual([
      {
        name: 'count',
        type: 'block',
        token: 'FULL',
        optional: true,
        arguments: [{ name: 'count', type: 'integer', token: 'COUNT', optional: true }],
      },
    ])
  })

  it('tells a token that is repeated from one that stands once', () => {
    expect(parseSyntax('[GET pattern]... [ID id:int...]')).toEqual([
      { name: 'pattern', type: 'pattern', token: 'GET', optional: true, multiple: true, multipleToken: true },
      { name: 'id', type: 'integer', token: 'ID', optional: true, multiple: true },
    ])
  })

  it('takes signs and the empty word for tokens', () => {
    expect(parseSyntax('[=|~] (key|"")')).toEqual([
      {
        name: '=|~',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: '=', type: 'pure-token', token: '=' },
          { name: '~', type: 'pure-token', token: '~' },
        ],
      },
      {
        name: 'key|""',
        type: 'oneof',
        arguments: [
          { name: 'key', type: 'key' },
          { name: '""', type: 'pure-token', token: '' },
        ],
      },
    ])
  })

  it('is empty for a command without arguments', () => {
    expect(parseSyntax('')).toEqual([])
  })

  for (const line of ['[key', 'key]', '(a|)', 'key:number', 'a | b', '{}', 'key)'])
    it(`refuses "${line}"`, () => {
      expect(() => parseSyntax(line)).toThrow(UsageError)
    })
})
