// docs/errors.md says the same as the code: the error codes with their meanings, and their HTTP statuses.
import type { Problems, Tree } from './tree.ts'

const DOC = 'docs/errors.md'

/** A code's row as the page should have it: the cells behind the code, `CONNECTION_LOST` -> ['The connection ...']. */
export type Rows = ReadonlyMap<string, readonly string[]>

export interface HttpStatuses {
  readonly [code: string]: { readonly status: number; readonly title: string }
}

/** What the page's second table has to say: the codes of the client over HTTP, of Redis, and of the gateway. */
export function statusRows(...tables: readonly HttpStatuses[]): Rows {
  const all = tables.flatMap((table) => Object.entries(table))
  return new Map(all.map(([code, { status, title }]) => [code, [String(status), title]]))
}

export function meaningRows(codes: Readonly<Record<string, string>>): Rows {
  return new Map(Object.entries(codes).map(([code, meaning]) => [code, [meaning]]))
}

/** The page's two tables against the code. A row of a status begins with a number behind its code. */
export function checkErrorTable(tree: Tree, meanings: Rows, statuses: Rows): Problems {
  const found: { readonly code: string; readonly cells: readonly string[] }[] = [
    ...(tree.get(DOC) ?? '').matchAll(/^\| `([A-Z_]+)` \| (.+?) \|$/gm),
  ].map(([, code, cells]) => ({ code: code!, cells: cells!.split(' | ') }))
  const isStatus = (cells: readonly string[]): boolean => /^\d+$/.test(cells[0]!)
  return [
    ...compare(
      meanings,
      found.filter(({ cells }) => !isStatus(cells)),
      'ERROR_CODES',
    ),
    ...compare(
      statuses,
      found.filter(({ cells }) => isStatus(cells)),
      "the gateway's status table",
    ),
  ]
}

function compare(
  wanted: Rows,
  found: readonly { readonly code: string; readonly cells: readonly string[] }[],
  source: string,
): Problems {
  const problems: Problems = []
  for (const [code, cells] of wanted) {
    const row = found.find((one) => one.code === code)
    const isRight = cells.every((cell, index) => row?.cells[index] === cell)
    if (!isRight) problems.push(`${DOC}: ${row ? 'should read' : 'missing'}: | \`${code}\` | ${cells.join(' | ')} |`)
  }
  for (const { code } of found) if (!wanted.has(code)) problems.push(`${DOC}: ${code} is not in ${source}`)
  return problems
}
