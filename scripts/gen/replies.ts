// Reads packages/client/overlay: what typed methods return, how their arguments differ from the server's grammar, and which
// commands have no method.
import { readFileSync } from 'node:fs'

export interface Reply {
  /** Options or optional arguments that must be given; empty for the reply without conditions. */
  when: string[]
  type: string
  shape: string | undefined
}

export interface Replies {
  byName: Map<string, Reply[]>
  none: Set<string>
  signatures: Map<string, string>
}

const FOLDER = new URL('../../packages/client/overlay/', import.meta.url)

export function readReplies(): Replies {
  const replies: Replies = { byName: new Map(), none: new Set(), signatures: new Map() }
  let section = ''
  for (const [index, raw] of readFileSync(new URL('replies.txt', FOLDER), 'utf8').split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (/^\[[a-z]+\]$/.test(line)) section = line
    else if (section === '[replies]') readReply(replies, line, index + 1)
    else if (section === '[signature]') {
      const [name, syntax] = line.split(/ \| ?/, 2)
      replies.signatures.set(name!.trim(), line.slice(line.indexOf(' |') + 2).trim())
      if (syntax === undefined) throw new Error(`replies.txt:${index + 1}: no signature`)
    } else for (const name of line.split(/,\s*/)) if (name !== '') replies.none.add(name)
  }
  return replies
}

function readReply(replies: Replies, line: string, number: number): void {
  const arrow = line.indexOf(' <- ')
  if (arrow === -1) throw new Error(`replies.txt:${number}: no arrow`)
  const [type, shape] = line.slice(0, arrow).split(' ~ ')
  for (const target of line.slice(arrow + 4).split(/,\s*/)) {
    if (target === '') continue
    const [name, options] = target.split(/ \+/, 2)
    const reply: Reply = { when: options?.split('+') ?? [], type: type!.trim(), shape: shape?.trim() }
    const known = replies.byName.get(name!) ?? []
    if (known.some((other) => other.when.join() === reply.when.join()))
      throw new Error(`replies.txt:${number}: ${target} has two replies`)
    known.push(reply)
    replies.byName.set(name!, known)
  }
}

/** Option keys: `WITHSCORES` is `withScores` because words.txt says so, `FULL` is `full`, `NO-EVICT` is `noEvict`. */
export function readWords(): (token: string) => string {
  const words = new Map<string, string>()
  for (const line of readFileSync(new URL('words.txt', FOLDER), 'utf8').split('\n')) {
    if (!line.startsWith('#')) for (const word of line.split(' ')) words.set(word.toLowerCase(), word)
  }
  return (token) =>
    token
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .map((part) => words.get(part) ?? part)
      .map((part, i) => (i === 0 ? part : part.charAt(0).toUpperCase() + part.slice(1)))
      .join('')
}
