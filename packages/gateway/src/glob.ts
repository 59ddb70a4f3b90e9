// Redis's glob patterns (`*`, `?`, `[a-z]`, `[^a]`, `\x`) compiled to a test over binary strings: the same answers as
// the server's own matcher, in time proportional to pattern times text, whatever the pattern.

type Matcher = (text: string) => boolean

/** Both pattern and text are binary strings: one character per byte. */
export function glob(pattern: string): Matcher {
  if (pattern === '*') return () => true
  const special = /[*?[\\]/.exec(pattern)
  if (special === null) return (text) => text === pattern
  if (pattern[special.index] === '*' && special.index === pattern.length - 1) {
    const prefix = pattern.slice(0, -1)
    return (text) => text.startsWith(prefix)
  }
  const steps = parse(pattern)
  return (text) => matches(steps, text)
}

/** One step of a pattern: a character, a set of characters, or `*` (null). */
type Step = string | ((char: number) => boolean) | null

function parse(pattern: string): Step[] {
  const steps: Step[] = []
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!
    if (c === '*') {
      if (steps.at(-1) !== null) steps.push(null)
    } else if (c === '?') steps.push(() => true)
    else if (c === '\\' && i + 1 < pattern.length) steps.push(pattern[++i]!)
    else if (c === '[') {
      const [step, end] = charClass(pattern, i + 1)
      steps.push(step)
      i = end
    } else steps.push(c)
  }
  return steps
}

/** The class that begins after `[`, and the index of its `]` (or of the last character: Redis accepts an open class). */
function charClass(pattern: string, start: number): [Step, number] {
  let i = start
  const negated = pattern[i] === '^'
  if (negated) i++
  const ranges: [number, number][] = []
  for (; i < pattern.length && pattern[i] !== ']'; i++) {
    if (pattern[i] === '\\' && i + 1 < pattern.length) i++
    else if (pattern[i + 1] === '-' && i + 2 < pattern.length) {
      const a = pattern.charCodeAt(i)
      const b = pattern.charCodeAt(i + 2)
      ranges.push(a <= b ? [a, b] : [b, a])
      i += 2
      continue
    }
    const c = pattern.charCodeAt(i)
    ranges.push([c, c])
  }
  return [(char) => ranges.some(([low, high]) => char >= low && char <= high) !== negated, i]
}

/** Greedy from the last star only: going back further can never help. */
function matches(steps: readonly Step[], text: string): boolean {
  let at = 0
  let step = 0
  let star = -1
  let mark = 0
  while (at < text.length) {
    const s = steps[step]
    if (s === null) {
      star = step++
      mark = at
    } else if (s !== undefined && (typeof s === 'string' ? text[at] === s : s(text.charCodeAt(at)))) {
      at++
      step++
    } else if (star !== -1) {
      step = star + 1
      at = ++mark
    } else return false
  }
  while (steps[step] === null) step++
  return step === steps.length
}
