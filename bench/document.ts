// Puts a generated table between its markers in a page: `<!-- bench:client -->` ... `<!-- /bench:client -->`.

/** The page with the section replaced. Throws when the page has no such markers: text is never guessed into place. */
export function replaceSection(page: string, name: string, content: string): string {
  const open = `<!-- bench:${name} -->`
  const close = `<!-- /bench:${name} -->`
  const start = page.indexOf(open)
  const end = page.indexOf(close)
  if (start === -1 || end < start) throw new Error(`The page has no section ${open} ... ${close}.`)
  return `${page.slice(0, start + open.length)}\n${content.trim()}\n${page.slice(end)}`
}
