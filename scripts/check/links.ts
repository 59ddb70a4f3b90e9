// Links in the documentation lead somewhere: files exist, headings exist.
import { posix } from 'node:path'
import type { Problems, Tree } from './tree.ts'

/** A heading's anchor, as the usual renderers make it. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/`|\*|\[|\]\([^)]*\)|\]/g, '')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** The anchors of a page; a heading that occurs again gets `-1`, `-2` ... */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const match of withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(match[1]!)
    let unique = anchor
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`
    anchors.add(unique)
  }
  return anchors
}

function withoutCode(markdown: string): string {
  const blank = (code: string): string => code.replaceAll(/[^\n]/g, ' ')
  return markdown.replaceAll(/^(```+|~~~+)[^\n]*\n[\s\S]*?^\1[ \t]*$/gm, blank)
}

/** Every relative link and image of every Markdown page. Links to other sites are not followed. */
export function checkLinks(tree: Tree, exists: (path: string) => boolean): Problems {
  const problems: Problems = []
  for (const [path, text] of tree) {
    if (!path.endsWith('.md')) continue
    const prose = withoutCode(text).replaceAll(/`[^`\n]*`/g, (code) => ' '.repeat(code.length))
    const links = prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|(?:src|srcset|href)="([^"]+)"/g)
    for (const link of links) {
      const target = (link[1] ?? link[2])!
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue
      const line = prose.slice(0, link.index).split('\n').length
      const [file = '', anchor] = target.split('#', 2)
      const page = file === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(file))
      if (page.startsWith('..') || !exists(page)) problems.push(`${path}:${line}: '${target}' leads nowhere`)
      else if (anchor && page.endsWith('.md') && !anchorsOf(tree.get(page) ?? '').has(anchor))
        problems.push(`${path}:${line}: '${target}': ${page} has no such heading`)
    }
  }
  return problems
}
