// A source file is one noun. When it passes 600 lines it is several.
import { isSource, type Problems, type Tree } from './tree.ts'

export const MAX_LINES = 600

export function checkLengths(tree: Tree): Problems {
  const problems: Problems = []
  for (const [path, text] of tree) {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
    if (isSource(path) && lines > MAX_LINES)
      problems.push(`${path}: ${lines} lines, at most ${MAX_LINES}: split it by noun`)
  }
  return problems
}
