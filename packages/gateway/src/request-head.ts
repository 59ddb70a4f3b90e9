// The head of an HTTP/1.1 request, read strictly. Only what can be read in one way alone is accepted: whatever is rare,
// optional or doubtful is left to node:http, which has seen it all. A test holds every head that is accepted here to what
// node:http reads in the same bytes.

export interface RequestHead {
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  /** Names in lower case. Shared by the requests of a connection that send the same lines. */
  readonly headers: Readonly<Record<string, string>>
  /** Content-Length; undefined when it was not sent. */
  readonly bodyLength: number | undefined
  /** The index of the first byte behind the head. */
  readonly end: number
}

/** The header lines of the request before: clients send the same ones again, and comparing is cheaper than reading. */
export interface HeaderMemo {
  lines: string | undefined
  headers: Readonly<Record<string, string>>
  bodyLength: number | undefined
}

export const newMemo = (): HeaderMemo => ({ lines: undefined, headers: {}, bodyLength: undefined })

/** A larger head is nothing for this path. */
const MAX_BYTES = 16 * 1024

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const TARGET = /^\/[!"$-~]*$/
const LINE = /([!#$%&'*+\-.^`|~0-9A-Za-z][!#$%&'*+\-.^_`|~0-9A-Za-z]*):[\t ]*([\t -~\x80-\xff]*)\r\n/y

/** Headers with which a request is more than its head and a body of known length, or that node:http gives as a list. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The head at the beginning of `bytes`; undefined when it is not whole or not for this path. */
export function readHead(bytes: Buffer, memo: HeaderMemo): RequestHead | undefined {
  const blank = bytes.indexOf('\r\n\r\n', 0, 'latin1')
  if (blank === -1 || blank > MAX_BYTES) return undefined
  const text = bytes.toString('latin1', 0, blank + 2)
  const lineEnd = text.indexOf('\r\n')
  const first = text.indexOf(' ')
  const second = text.indexOf(' ', first + 1)
  if (second === -1 || second > lineEnd) return undefined
  const method = text.slice(0, first)
  const target = text.slice(first + 1, second)
  if (text.slice(second, lineEnd) !== ' HTTP/1.1' || !METHODS.has(method) || !TARGET.test(target)) return undefined
  const lines = text.slice(lineEnd + 2)
  if (lines !== memo.lines && !readLines(lines, memo)) return undefined
  return { method, target, headers: memo.headers, bodyLength: memo.bodyLength, end: blank + 4 }
}

/** Reads header lines into the memo; false, and the memo as it was, when they are not for this path. */
function readLines(lines: string, memo: HeaderMemo): boolean {
  const headers: Record<string, string> = {}
  let bodyLength: number | undefined
  let at = 0
  while (at < lines.length) {
    LINE.lastIndex = at
    const match = LINE.exec(lines)
    if (match === null) return false
    at = LINE.lastIndex
    const name = match[1]!.toLowerCase()
    // How several lines of one name are joined depends on the name.
    if (ELSEWHERE.has(name) || Object.hasOwn(headers, name)) return false
    const value = match[2]!.replace(/[\t ]+$/, '')
    if (name === 'connection' && value.toLowerCase() !== 'keep-alive') return false
    if (name === 'content-length') {
      if (!/^\d{1,9}$/.test(match[2]!)) return false
      bodyLength = Number(value)
    }
    headers[name] = value
  }
  if (headers.host === undefined) return false
  memo.lines = lines
  memo.headers = headers
  memo.bodyLength = bodyLength
  return true
}
