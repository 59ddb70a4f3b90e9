import { describe, expect, it } from 'vitest'
import { acceptedCoding, checkAcceptable } from './compression.ts'

const of = (header: string): string => {
  const { coding, identity } = acceptedCoding(header)
  return `${coding ?? '-'}${identity ? ' or as it is' : ''}`
}

describe('Accept-Encoding', () => {
  it.each([
    ['br', 'br or as it is'],
    ['gzip', 'gzip or as it is'],
    ['x-gzip', 'gzip or as it is'],
    ['GZIP', 'gzip or as it is'],
    ['gzip, deflate, br', 'br or as it is'],
    ['gzip;q=1.0, br;q=0.9', 'gzip or as it is'],
    ['br;q=0.5, gzip;q=0.50', 'br or as it is'],
    ['br;q=0, gzip', 'gzip or as it is'],
    ['deflate', '- or as it is'],
    ['', '- or as it is'],
    ['identity', '- or as it is'],
    ['identity, gzip;q=0.9', '- or as it is'],
    ['identity;q=0.5, gzip;q=0.9', 'gzip or as it is'],
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=0, br;q=0.001', 'br'],
    ['*', 'br or as it is'],
    ['*;q=0', '-'],
    ['*;q=0, gzip', 'gzip'],
    ['*;q=0, identity', '- or as it is'],
    ['br;q=0, *', 'gzip or as it is'],
    ['identity;q=0', '-'],
    ['identity;q=0, deflate', '-'],
    ['gzip;q=0', '- or as it is'],
    // Malformed items count as not sent.
    ['gzip;q=2', '- or as it is'],
    ['gzip;q=', '- or as it is'],
    ['gzip;level=9, br', 'br or as it is'],
    [', ,gzip ; q=1.000 ,', 'gzip or as it is'],
  ])('%j: %s', (header, expected) => {
    expect(of(header)).toBe(expected)
    const refuses = expected === '-'
    if (refuses) expect(() => checkAcceptable(header)).toThrow(expect.objectContaining({ code: 'NOT_ACCEPTABLE' }))
    else checkAcceptable(header)
  })
})
