import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, matchGlob } from './glob.ts'

const matches = (pattern: string, text: string, nocase = false) => matchGlob(compileGlob(pattern, nocase), text)

/** The textbook recursion, for patterns of letters, * and ? only. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*') return naive(pattern.slice(1), text) || (text !== '' && naive(pattern, text.slice(1)))
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && naive(pattern.slice(1), text.slice(1))
}

describe('glob', () => {
  it('agrees with the textbook recursion', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 7 }).map((parts) => parts.join(''))
    const text = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 9 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(matches(p, t)).toBe(naive(p, t))
      }),
      { numRuns: 3000 },
    )
  })

  it('knows classes, ranges and escapes', () => {
    expect(matches('h[ae]llo', 'hello')).toBe(true)
    expect(matches('h[^e]llo', 'hello')).toBe(false)
    expect(matches('h[b-a]llo', 'hallo')).toBe(true)
    expect(matches('[\\]]', ']')).toBe(true)
    expect(matches('\\*', '*')).toBe(true)
    expect(matches('\\*', 'x')).toBe(false)
    expect(matches('[abc', 'c')).toBe(true)
    expect(matches('HE?LO', 'hello', true)).toBe(true)
    expect(matches('[A-C]', 'b', true)).toBe(true)
    expect(matches('*', '')).toBe(false)
    expect(matches('', '')).toBe(true)
  })

  it('does not blow up on many stars', () => {
    expect(matches(`${'a*'.repeat(200)}b`, 'a'.repeat(20_000))).toBe(false)
  })
})
