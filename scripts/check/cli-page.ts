// docs/cli.md speaks of every verb and option that the generated page of options lists. Settings of the gateway may be told
// on its own page, by the names of their variables.
import type { Problems, Tree } from './tree.ts'

const PAGE = 'docs/cli.md'
const OPTIONS = 'docs/cli-options.gen.md'
const SETTINGS = 'docs/gateway.md'

export function checkCliPage(tree: Tree): Problems {
  const page = tree.get(PAGE) ?? ''
  const settings = tree.get(SETTINGS) ?? ''
  const problems: Problems = []
  /** `OCHRE_JWT_ISSUER`, `_AUDIENCE`: what follows the first may be left out of the others. */
  const variables = [...settings.matchAll(/`(OCHRE_[A-Z_]+|_[A-Z_]+)`/g)].map(([, name]) => name!)
  let verb = ''
  for (const line of (tree.get(OPTIONS) ?? '').split('\n')) {
    verb = /^## (.+)/.exec(line)?.[1] ?? verb
    if (line.startsWith('## ') && !new RegExp(`\\b${verb}\\b`).test(page))
      problems.push(`${PAGE}: does not tell of ${verb}`)
    const option = /^\| `[^`]*?(--[a-z-]+)/.exec(line)?.[1]
    if (option === undefined) continue
    const variable = `OCHRE_${option.slice(2).replaceAll('-', '_').toUpperCase()}`
    const isTold = new RegExp(`${option}(?![\\w-])`).test(page) || variables.some((name) => variable.endsWith(name))
    if (!isTold) problems.push(`${PAGE}: does not tell of ${option} of ${verb}`)
  }
  return verb === '' ? [`${OPTIONS}: lists no verb`] : problems
}
