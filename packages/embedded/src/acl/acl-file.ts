// Users in a file, one `user <name> <rule> ...` a line: what `aclfile` names, ACL LOAD reads and ACL SAVE writes.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { FailureReply } from '@ochre/protocol'
import type { CommandIndex } from '../commands/index.ts'
import type { Engine } from '../engine.ts'
import { quotable } from '../failures.ts'
import { User } from './user.ts'

/** Puts the words of each selector, `(+get`, `~a)`, back together. */
export function joinSelectors(words: readonly string[]): string[] | FailureReply {
  const rules: string[] = []
  for (let i = 0; i < words.length; i++) {
    let rule = words[i]!
    if (rule.startsWith('(') && !rule.endsWith(')')) {
      const start = rule
      while (!rule.endsWith(')')) {
        if (++i === words.length) {
          return new FailureReply(`ERR Unmatched parenthesis in acl selector starting at '${quotable(start, 128)}'.`)
        }
        rule += ` ${words[i]!}`
      }
    }
    rules.push(rule)
  }
  return rules
}

/** Reads `aclfile` and replaces all users by those in it; returns what is wrong, or null. Then nothing has changed. */
export function loadAclFile(engine: Engine): string | null {
  const { aclfile } = engine.settings
  let text: string
  try {
    text = readFileSync(aclfile, 'latin1')
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    return `Error loading ACLs, opening file '${quotable(aclfile, 512)}': ${code}.`
  }
  const users = parseUsers(text, engine.commands)
  if (typeof users === 'string') return `${quotable(aclfile, 512)}:${users}`
  engine.acl.replaceAll(users)
  return null
}

function parseUsers(text: string, commands: CommandIndex): User[] | string {
  const users: User[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(' ')
    if (words.length === 1 && words[0] === '') continue
    const at = `${index + 1}: `
    if (words[0] !== 'user' || words.length < 2) return `${at}should start with user keyword.`
    if (users.some(({ name }) => name === words[1])) return `${at}Duplicate user '${words[1]}' found.`
    const rules = joinSelectors(words.slice(2))
    if (rules instanceof FailureReply) return at + rules.text.replace(/^ERR /, '')
    const user = new User(words[1]!, commands)
    for (const rule of ['-@all', ...rules]) {
      const problem = user.apply(rule)
      if (problem !== null) return `${at}${problem}.`
    }
    users.push(user)
  }
  return users
}

/** Writes all users to `aclfile`, at once or not at all. Returns the code of the operating system's error, or null. */
export function saveAclFile({ acl, settings: { aclfile } }: Engine): string | null {
  const text = acl.sorted().map((user) => `${user.describe()}\n`)
  try {
    writeFileSync(`${aclfile}.tmp`, text.join(''), { encoding: 'latin1', mode: 0o600 })
    renameSync(`${aclfile}.tmp`, aclfile)
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
}
