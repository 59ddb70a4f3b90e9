// Writes docs/client-commands.gen.md: every typed method with its signatures, by group.
import type { EmittedMethod } from './emit.ts'
import type { Facts } from './facts.ts'
import { GROUPS } from './groups.ts'

export function formatDocument(
  facts: readonly Facts[],
  methods: readonly EmittedMethod[],
  none: ReadonlySet<string>,
): string {
  const byName = new Map(facts.map((fact) => [fact.name, fact]))
  for (const { group } of facts) if (!(group in GROUPS)) throw new Error(`the group ${group} has no title`)
  const sections = Object.entries(GROUPS).flatMap(([group, title]) => {
    const found = methods.filter((method) => byName.get(method.command)!.group === group)
    return found.length === 0
      ? []
      : [`## ${title}\n\n${found.map((method) => entry(method, byName.get(method.command)!)).join('\n')}`]
  })
  return `<!-- Written by \`npm run gen\`; do not edit. -->
# Typed methods of the client

${methods.length} methods. \`Arg\` is a string, number, bigint or bytes; \`Integer\` a number or bigint; \`Decimal\` a number or text;
\`Many<T>\` one T or a list; \`Rest<T>\` several T in a row or as one list; \`Pairs\` an object, a Map or a list of pairs; \`OneOf\` wants
exactly one of its options, \`AtMostOne\` one or none. \`V\` is what values arrive as: a string, or a Buffer with \`client.buffers\`. A
client returns a promise of what stands after the colon; a pipeline returns itself and collects it. A number of the server
beyond 2^53 arrives as a bigint.

${sections.join('\n\n')}

## Without a method

\`client.call(...)\` sends any command. These have no method of their own, because the client does them itself (subscriptions,
transactions, the handshake), or because they are meant for servers among themselves, for debugging or for people at a prompt:
${[...none]
  .sort()
  .map((name) => name.toUpperCase())
  .join(', ')}.
`
}

function entry(method: EmittedMethod, fact: Facts): string {
  const lines = method.signatures.map((signature) => `\`${signature}\``)
  const deprecated = fact.flags.includes('deprecated') ? ', superseded' : ''
  const head = `- **${method.name}** (${fact.name.toUpperCase()}, since ${fact.since}${deprecated})`
  const types = Object.entries(method.rows)
  if (method.options !== undefined) types.push([method.optionsName, method.options])
  return [
    head,
    ...lines,
    ...types.map(
      ([name, type]) => `\`${name}\` = \`${type.replaceAll(' | undefined', '').replaceAll('readonly ', '')}\``,
    ),
  ].join('\\\n  ')
}
