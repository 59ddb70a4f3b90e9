// Reads COMMAND INFO and COMMAND DOCS of a live server and keeps the facts, without a word of prose.
import { connect } from 'node:net'
import type { Facts } from './facts.ts'

/** The facts of every command that the server on `port` knows, sorted by name. */
export async function captureFacts(port: number): Promise<Facts[]> {
  const infos = (await ask(port, ['COMMAND', 'INFO'])) as unknown[][]
  const docs = pairs(await ask(port, ['COMMAND', 'DOCS']))
  const facts: Facts[] = []
  for (const info of infos) {
    const doc = pairs(docs.get(String(info[0])))
    facts.push(factsOf(info, doc))
    const subdocs = pairs(doc.get('subcommands'))
    for (const sub of (info[9] ?? []) as unknown[][]) facts.push(factsOf(sub, pairs(subdocs.get(String(sub[0])))))
  }
  return facts.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function factsOf(info: readonly unknown[], doc: ReadonlyMap<string, unknown>): Facts {
  const docFlags = ((doc.get('doc_flags') ?? []) as string[]).map((flag) => (flag === 'syscmd' ? 'system' : flag))
  return {
    // Modules may register their names in capitals.
    name: String(info[0]).toLowerCase().replace('|', ' '),
    arity: Number(info[1]),
    flags: [...(info[2] as string[]), ...docFlags].filter((flag) => flag !== ''),
    categories: (info[6] as string[]).map((category) => category.slice(1)).sort(),
    group: String(doc.get('group')),
    since: String(doc.get('since')),
    keys: ((info[8] ?? []) as unknown[]).map((spec) => keysOf(pairs(spec))).join(' '),
    tips: (info[7] as string[]) ?? [],
    syntax: sequence((doc.get('arguments') ?? []) as unknown[]),
  }
}

function keysOf(spec: ReadonlyMap<string, unknown>): string {
  const begin = pairs(spec.get('begin_search'))
  const find = pairs(spec.get('find_keys'))
  const where = pairs(begin.get('spec'))
  const what = pairs(find.get('spec'))
  const named = spec.get('flags') as string[]
  const flags = (/^(RO|RW|OW|RM)$/.test(named[0] ?? '') ? named : ['RO', ...named]).join('.')
  if (begin.get('type') === 'unknown') return `${flags}@?`
  const start =
    begin.get('type') === 'index' ? `${where.get('index')}` : `${where.get('keyword')}>${where.get('startfrom')}`
  if (find.get('type') === 'keynum') {
    return `${flags}@${start}#${what.get('keynumidx')},${what.get('firstkey')},${what.get('keystep')}`
  }
  const last = Number(what.get('lastkey'))
  const step = Number(what.get('keystep'))
  const limit = Number(what.get('limit'))
  return `${flags}@${start}${last === 0 ? '' : `..${last}`}${step === 1 ? '' : `/${step}`}${limit === 0 ? '' : `%${limit}`}`
}

const TYPES: Record<string, string> = { integer: 'int', 'unix-time': 'unix' }

function sequence(list: readonly unknown[]): string {
  return list.map((argument) => argumentOf(pairs(argument), false)).join(' ')
}

/** One argument in the notation of packages/protocol/src/syntax.ts. `inner`: an alternative, where brackets add nothing. */
function argumentOf(argument: ReadonlyMap<string, unknown>, inner: boolean): string {
  const flags = (argument.get('flags') ?? []) as string[]
  const type = String(argument.get('type'))
  const token = argument.has('token') ? String(argument.get('token')) || '""' : undefined
  const parts = ((argument.get('arguments') ?? []) as unknown[]).map(pairs)
  const name = String(argument.get('name'))
    .toLowerCase()
    .replace(/[^\w-]/g, '-')
  const many = flags.includes('multiple') ? '...' : ''
  const optional = flags.includes('optional') && !inner
  const repeats = flags.includes('multiple_token')
  let text: string
  if (type === 'pure-token') text = token!
  else {
    if (type === 'oneof') {
      const choice = parts.map((part) => argumentOf(part, true)).join('|')
      if (optional && token === undefined) return `[${choice}]${many}`
      text = token === undefined && !inner ? `${name}=(${choice})` : `(${choice})`
    } else if (type === 'block') {
      const all = parts.map((part) => argumentOf(part, false)).join(' ')
      if (optional && token === undefined) return `[${all}]${many}`
      text = inner && token === undefined ? all : token === undefined && !optional ? `${name}={${all}}` : `{${all}}`
    } else {
      const short = TYPES[type] ?? type
      text = short === 'string' || short === name ? name : `${name}:${short}`
    }
    if (!repeats) text += many
    if (token !== undefined) text = `${token} ${type === 'block' && optional ? text.replace(/^\{(.*)\}$/, '$1') : text}`
  }
  if (optional) return `[${text}]${repeats ? many : ''}`
  return repeats ? `{${text}}${many}` : text
}

function pairs(flat: unknown): ReadonlyMap<string, unknown> {
  const map = new Map<string, unknown>()
  const list = (flat ?? []) as unknown[]
  for (let i = 0; i + 1 < list.length; i += 2) map.set(String(list[i]), list[i + 1])
  return map
}

/** One command over a connection of its own, in RESP2, where all replies wanted here are text, integers and arrays. */
export function ask(port: number, words: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: string[] = []
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('data', (chunk: string) => chunks.push(chunk))
    socket.on('end', () => {
      const text = chunks.join('')
      let at = 0
      const read = (): unknown => {
        const end = text.indexOf('\r\n', at)
        const line = text.slice(at + 1, end)
        const kind = text[at]
        at = end + 2
        if (kind === '+') return line
        if (kind === ':') return Number(line)
        if (kind === '-') throw new Error(line)
        if (Number(line) < 0) return null
        if (kind === '*') return Array.from({ length: Number(line) }, read)
        const bulk = text.slice(at, at + Number(line))
        at += Number(line) + 2
        return bulk
      }
      try {
        resolve(read())
      } catch (error) {
        reject(error)
      }
    })
    const encode = (list: readonly string[]): string =>
      `*${list.length}\r\n${list.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
    socket.write(encode(words) + encode(['QUIT']))
  })
}
