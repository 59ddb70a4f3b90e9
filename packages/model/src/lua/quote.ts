// Text as a Lua string literal. Only names of models, fields and indexes and constants of their rules become script text.

export function quote(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  let out = "'"
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
    out += plain ? String.fromCharCode(byte) : `\\${byte.toString().padStart(3, '0')}`
  }
  return `${out}'`
}

const WORDS: ReadonlySet<string> = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
)

/** A member of a table by its name, which may be a word of Lua. */
export function member(table: string, name: string): string {
  return WORDS.has(name) ? `${table}['${name}']` : `${table}.${name}`
}

/** The member of a table constructor that has this name. */
export function entry(name: string, value: string): string {
  return WORDS.has(name) ? `['${name}'] = ${value}` : `${name} = ${value}`
}
