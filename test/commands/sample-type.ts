// Values for a type as the generated methods spell it: enough of them that each alternative and each option occurs once.

type Named = (name: string, type: string) => unknown

/** Reads a type and gives values of it. `named` chooses plain values by the name of the argument; `rows` are named types. */
export function valuesOf(type: string, name: string, named: Named, rows: Readonly<Record<string, string>>): unknown[] {
  const words = [...type.matchAll(/'[^']*'|[A-Za-z_][A-Za-z0-9_]*|[{}<>()[\]|&?:;,]/g)].map((match) => match[0])
  let at = 0

  const take = (word: string): boolean => words[at] === word && at++ >= 0

  function expect(word: string): void {
    if (!take(word)) throw new Error(`expected ${word} and found ${words[at]} in ${type}`)
  }

  function union(of: string): unknown[] {
    const found = intersection(of)
    while (take('|')) found.push(...intersection(of))
    return found.filter((value, i) => value !== undefined || found.length === 1 || i < 0)
  }

  function intersection(of: string): unknown[] {
    let found = primary(of)
    while (take('&')) {
      const other = primary(of)
      const first = found[0] as object
      found = [
        ...found.map((value) => ({ ...(value as object), ...(other[0] as object) })),
        ...other.slice(1).map((value) => ({ ...first, ...(value as object) })),
      ]
    }
    return found
  }

  function primary(of: string): unknown[] {
    take('readonly')
    const word = words[at++]!
    if (word.startsWith("'")) return [word.slice(1, -1)]
    if (word === '(') {
      const found = union(of)
      expect(')')
      return found
    }
    if (word === '{') return object()
    if (word === '[') return tuple()
    if (word === 'boolean' || word === 'true') return [true]
    if (word === 'undefined' || word === 'false') return [undefined]
    if (word === 'Many' || word === 'Rest' || word === 'OneOf' || word === 'AtMostOne') {
      expect('<')
      const inner = word === 'OneOf' || word === 'AtMostOne' ? alternatives() : union(of)
      expect('>')
      if (word === 'OneOf') return inner
      if (word === 'AtMostOne') return [{}, ...inner]
      return word === 'Rest' ? [inner[0], inner] : [inner[0], [inner.at(-1), inner[0]], ...inner.slice(1)]
    }
    if (word === 'Pairs') {
      const label = named(`${of}Name`, 'Arg') as string
      const value = named(`${of}Value`, 'Arg')
      return [{ [label]: value }, new Map([[label, value]]), [[label, value]]]
    }
    const row = rows[word]
    if (row !== undefined) return valuesOf(row, of, named, rows)
    if (word !== 'Arg' && word !== 'Integer' && word !== 'Decimal') throw new Error(`no values of ${word} in ${type}`)
    return [named(of, word)]
  }

  /** With what is required, then with each optional property in turn. */
  function object(): unknown[] {
    const required: Record<string, unknown> = {}
    const variants: Record<string, unknown>[] = []
    while (!take('}')) {
      take('readonly')
      const key = words[at++]!
      const optional = take('?')
      expect(':')
      const values = union(key)
      take(';')
      if (!optional) required[key] = values[0]
      for (const value of optional ? values : values.slice(1)) variants.push({ [key]: value })
    }
    return [required, ...variants.map((variant) => ({ ...required, ...variant }))]
  }

  function alternatives(): unknown[] {
    const found: unknown[] = []
    expect('{')
    while (!take('}')) {
      const key = words[at++]!
      expect(':')
      for (const value of union(key)) found.push({ [key]: value })
      take(';')
    }
    return found
  }

  function tuple(): unknown[] {
    const first: unknown[] = []
    const variants: unknown[][] = []
    while (!take(']')) {
      const label = words[at++]!
      const optional = take('?')
      expect(':')
      const values = union(label)
      take(',')
      if (optional) variants.push([...first, values[0]])
      else {
        for (const value of values.slice(1)) variants.push([...first, value])
        for (const variant of variants) if (variant.length === first.length) variant.push(values[0])
        first.push(values[0])
      }
    }
    return [first, ...variants.map((variant) => [...variant, ...first.slice(variant.length)])]
  }

  const found = union(name)
  if (at !== words.length) throw new Error(`stopped at ${words[at]} in ${type}`)
  return found
}
