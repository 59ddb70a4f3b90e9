// The table of error codes in the code and the one in docs/errors.md say the same.
import type { Problems, Tree } from './tree.ts'

const DOC = 'docs/errors.md'

/** The rows `| \`CODE\` | meaning | ... |` of a page, code to meaning. */
export function errorRows(markdown: string): Map<string, string> {
  const rows = [...markdown.matchAll(/^\| `([A-Z_]+)` \| (.+?) \|/gm)]
  return new Map(rows.map((row) => [row[1]!, row[2]!]))
}

export function checkErrorTable(tree: Tree, codes: Readonly<Record<string, string>>): Problems {
  const rows = errorRows(tree.get(DOC) ?? '')
  const problems: Problems = []
  for (const [code, meaning] of Object.entries(codes)) {
    if (!rows.has(code)) problems.push(`${DOC}: the row of ${code} is missing`)
    else if (rows.get(code) !== meaning) problems.push(`${DOC}: ${code} should read: ${meaning}`)
  }
  for (const code of rows.keys()) if (!(code in codes)) problems.push(`${DOC}: ${code} is not in ERROR_CODES`)
  return problems
}
