// The import specifiers of a TypeScript file, with their lines. Works on text: comments are blanked first, so that an
// example in a docstring is not an import.

export interface Import {
  readonly specifier: string
  /** 1-based. */
  readonly line: number
  /** True for `import type` and `export type`: erased, so it makes no cycle at run time. */
  readonly typeOnly: boolean
}

const STATEMENT =
  /(?:^|[\n;])[ \t]*(?:import|export)\s+(type\s+)?(?:[\w$*{][^'"`;()]*?\sfrom\s*)?['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g

export function importsOf(source: string): Import[] {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/^\s*\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ' '))
  return [...code.matchAll(STATEMENT)].map((match) => {
    const specifier = (match[2] ?? match[3])!
    const at = match.index + match[0].lastIndexOf(specifier)
    return { specifier, line: code.slice(0, at).split('\n').length, typeOnly: match[1] !== undefined }
  })
}
