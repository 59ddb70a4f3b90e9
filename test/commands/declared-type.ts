// Whether a value is of a type as the generated methods declare it. Named types are read from the sources of the shapes.
import { readFileSync } from 'node:fs'

/** Named types by name, their parameter being V. */
const NAMED: ReadonlyMap<string, string> = new Map(
  ['shapes', 'shapes-server', 'shapes-modules'].flatMap((file) => declarations(file)),
)

function declarations(file: string): [string, string][] {
  const source = readFileSync(new URL(`../../packages/client/src/${file}.ts`, import.meta.url), 'utf8').replace(
    /\/\*\*.*?\*\/|\/\/[^\n]*/gs,
    '',
  )
  const found: [string, string][] = []
  for (const match of source.matchAll(
    /^(?:export )?interface (\w+)(?:<V>)?(?: extends (\w+)(?:<V>)?)? (\{.*?^\})/gms,
  )) {
    const body = match[3]!.replaceAll('\n', ';')
    found.push([match[1]!, match[2] === undefined ? body : `${match[2]} & ${body}`])
  }
  for (const match of source.matchAll(/^export type (\w+) =\s*(.*?)(?=\n\n|\n(?:export|function))/gms))
    found.push([match[1]!, match[2]!.trim().replace(/^\| /, '')])
  return found
}

/** An explanation of what does not fit, or undefined when all does. `isValue` says what a value of the database is. */
export function misfit(type: string, value: unknown, isValue: (value: unknown) => boolean): string | undefined {
  const words = [...type.matchAll(/'[^']*'|[A-Za-z_][A-Za-z0-9_]*|[{}<>()[\]|&?:;,]/g)].map((match) => match[0])
  let at = 0
  const take = (word: string): boolean => words[at] === word && at++ >= 0
  const expect = (word: string): void => {
    if (!take(word)) throw new Error(`expected ${word} and found ${words[at]} in ${type}`)
  }
  type Test = (value: unknown) => string | undefined
  const is =
    (name: string, test: (value: unknown) => boolean): Test =>
    (one) =>
      test(one) ? undefined : `${show(one)} is no ${name}`

  function union(): Test {
    const tests = [intersection()]
    while (take('|')) tests.push(intersection())
    return tests.length === 1
      ? tests[0]!
      : (one) => {
          const problems = tests.map((test) => test(one))
          return problems.includes(undefined) ? undefined : problems.join(', ')
        }
  }

  function intersection(): Test {
    const tests = [suffixed()]
    while (take('&')) tests.push(suffixed())
    return (one) => tests.map((test) => test(one)).find((problem) => problem !== undefined)
  }

  function suffixed(): Test {
    let test = primary()
    while (words[at] === '[' && words[at + 1] === ']') {
      at += 2
      const item = test
      test = (one) =>
        Array.isArray(one) ? one.map(item).find((problem) => problem !== undefined) : `${show(one)} is no list`
    }
    return test
  }

  function primary(): Test {
    const word = words[at++]!
    if (word.startsWith("'")) return is(word, (one) => one === word.slice(1, -1))
    if (word === '(') {
      const test = union()
      expect(')')
      return test
    }
    if (word === '{') return object()
    if (word === '[') return tuple()
    if (word === 'number') return is(word, (one) => typeof one === 'number')
    if (word === 'string') return is(word, (one) => typeof one === 'string')
    if (word === 'null') return is(word, (one) => one === null)
    if (word === 'unknown') return () => undefined
    if (word === 'Buffer') return is(word, (one) => one instanceof Buffer)
    if (word === 'V') return is('value', isValue)
    if (word === 'Record') {
      expect('<')
      expect('string')
      expect(',')
      const item = union()
      expect('>')
      return (one) => {
        if (!isObject(one)) return `${show(one)} is no record`
        if (Object.getPrototypeOf(one) !== null) return 'a record has a prototype'
        return Object.values(one)
          .map(item)
          .find((problem) => problem !== undefined)
      }
    }
    if (word === 'Located') {
      while (words[at++] !== '>');
      return (one) =>
        isObject(one) && isValue((one as { member: unknown }).member) ? undefined : `${show(one)} is no Located`
    }
    const named = NAMED.get(word)
    if (named === undefined) throw new Error(`no declaration of ${word} in ${type}`)
    if (take('<')) {
      expect('V')
      expect('>')
    }
    return (one) => {
      const problem = misfit(named, one, isValue)
      return problem === undefined ? undefined : `${word}: ${problem}`
    }
  }

  function object(): Test {
    const tests: [key: string, optional: boolean, test: Test][] = []
    while (!take('}')) {
      if (take(';')) continue
      if (take('[')) {
        while (words[at++] !== ']');
        expect(':')
        union()
      } else {
        const key = words[at++]!
        const optional = take('?')
        expect(':')
        tests.push([key, optional, union()])
      }
      take(';')
    }
    return (one) => {
      if (!isObject(one)) return `${show(one)} is no object`
      for (const [key, optional, test] of tests) {
        const part = (one as Record<string, unknown>)[key]
        if (part === undefined && !optional) return `there is no ${key}`
        const problem = part === undefined ? undefined : test(part)
        if (problem !== undefined) return `${key}: ${problem}`
      }
      return undefined
    }
  }

  function tuple(): Test {
    const tests: Test[] = []
    while (!take(']')) {
      if (words[at + 1] === ':') at += 2
      tests.push(union())
      take(',')
    }
    return (one) => {
      if (!Array.isArray(one) || one.length !== tests.length) return `${show(one)} is no list of ${tests.length}`
      return tests.map((test, i) => test(one[i])).find((problem) => problem !== undefined)
    }
  }

  const test = union()
  if (at !== words.length) throw new Error(`stopped at ${words[at]} in ${type}`)
  return test(value)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return 'a Buffer'
  return (
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) ?? 'undefined'
  ).slice(0, 60)
}
