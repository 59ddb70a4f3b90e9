// Lua that tests whether rows satisfy a condition, in scripts that go through many of them.

import { LuaWriter } from './compile-expression.ts'
import type { LuaUses } from './lua/library.ts'
import { member, quote } from './lua/quote.ts'
import type { ModelSpec, StoredField } from './model.ts'
import type { Expr } from './ops.ts'

export interface RowTest {
  /** Stands before `test`, once. */
  readonly prelude: string
  /**
   * The function `test(id, exact)`: the row's version, or false when it is not there or does not satisfy the condition, which
   * `exact` leaves out. The fields that it has read are in `f`.
   */
  readonly test: string
}

/**
 * ARGV begins with the condition's values; `RP` and `CP` are what the keys of rows and of their collections start with. `more`:
 * fields that are read, too.
 */
export function rowTest(
  uses: LuaUses,
  spec: ModelSpec,
  where: Expr | null,
  more: readonly StoredField[] = [],
): RowTest {
  const writer = new LuaWriter(uses, spec, 1)
  writer.idCode = 'id'
  const condition = where ? writer.truth(where) : 'true'
  const fetched = spec.scalars.filter((field) => writer.reads.has(field) || more.includes(field))
  const load = fetched
    .map((field, i) => `  ${member('f', field.name)} = ${writer.fromRow(field, `r[${i + 2}]`)}\n`)
    .join('')
  const views = [...writer.opens.values()]
    .map((of) => `  ${writer.openView(of, `CP .. id .. ${quote(`:${spec.byProperty.get(of.field)!.name}`)}`)}\n`)
    .join('')
  const unpacked = [...writer.unpacked.values()].map((line) => `${line}\n`).join('')
  return {
    prelude: `local f, v, c, u, S, L = {}, {}, {}, {}, {}, {}\n${unpacked}`,
    test: `local function test(id, exact)
  local r = call('HMGET', RP .. id, ${["'_v'", ...fetched.map((field) => quote(field.name))].join(', ')})
  if not r[1] then return false end
${load}${views}  return (exact or ${condition}) and r[1]
end
`,
  }
}
