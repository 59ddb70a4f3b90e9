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
