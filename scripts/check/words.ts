// Text that must not be in the project: paths of somebody's machine, download hosts, leftovers.
import type { Problems, Tree } from './tree.ts'

// Spelled in two halves where the rule would otherwise find itself.
const RULES: readonly { readonly files: RegExp; readonly word: RegExp; readonly why: string }[] = [
  {
    files: /^package-lock\.json$/,
    word: /"resolved":\s*"https?:/,
    why: 'names a download host; run npm install with --omit-lockfile-registry-resolved',
  },
  {
    files: /^(?!package-lock\.json).*$/,
    word: /(?<![\w.~$}:-])\/(?:root|home|Users|work)\/\w/,
    why: "an absolute path of somebody's machine",
  },
  {
    files: /./,
    word: new RegExp(['registry\\.' + 'npmjs', 'deb\\.' + 'debian\\.org', 'archive\\.' + 'ubuntu\\.com'].join('|')),
    why: 'a download host; what is downloaded comes from where the machine is configured to look',
  },
  {
    files: /\.ts$/,
    word: new RegExp(
      ['TO' + 'DO\\b', 'FIX' + 'ME\\b', '@ts-' + 'ignore', '@ts-' + 'nocheck', 'biome-' + 'ignore'].join('|'),
    ),
    why: 'a leftover; finish it or file an issue',
  },
  {
    files: /\.test\.ts$/,
    word: /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b/,
    why: 'a test that does not run, or keeps others from running',
  },
]

/** One problem per line that breaks a rule. */
export function checkWords(tree: Tree): Problems {
  const problems: Problems = []
  for (const [path, text] of tree) {
    const rules = RULES.filter((rule) => rule.files.test(path) && rule.word.test(text))
    if (rules.length === 0) continue
    text.split('\n').forEach((line, index) => {
      for (const rule of rules) {
        const found = rule.word.exec(line)
        if (found !== null) problems.push(`${path}:${index + 1}: '${found[0]}': ${rule.why}`)
      }
    })
  }
  return problems
}
