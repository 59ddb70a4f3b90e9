// Asking a gateway without a port: requests as values, answers with their bodies read and held to the OpenAPI document.

import { bodyOf, type Gateway, type GatewayRequest } from '../../packages/gateway/src/index.ts'
import { contractOf } from './contract.ts'

export const ROOT = 'root-key-for-tests-0123456789abcdef'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON; undefined when it is empty. */
  readonly json: unknown
}

export interface Sent {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** null: no Authorization header. */
  readonly token?: string | null
  readonly remoteAddress?: string
  readonly signal?: AbortSignal
}

/** Strings and bytes are sent as they are, anything else as JSON. */
export function requestOf(method: string, target: string, sent: Sent = {}): GatewayRequest {
  const { body, token = ROOT } = sent
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const bytes = body === undefined ? '' : isRaw ? body : JSON.stringify(body)
  const headers: Record<string, string> = {}
  if (token !== null) headers.authorization = `Bearer ${token}`
  if (body !== undefined && !isRaw) headers['content-type'] = 'application/json'
  return {
    method,
    target,
    headers: { ...headers, ...sent.headers },
    remoteAddress: sent.remoteAddress ?? '127.0.0.1',
    body: bodyOf(bytes),
    signal: sent.signal ?? new AbortController().signal,
  }
}

/** One request, its answer read to the end. Throws when the answer is not what the document promises. */
export async function ask(gateway: Gateway, method: string, target: string, sent: Sent = {}): Promise<Answer> {
  const answer = await exchange(gateway, method, target, sent)
  const contract = await contractOf(gateway, async () => (await exchange(gateway, 'GET', '/openapi.json', {})).json)
  let path: string
  try {
    const { route, params } = gateway.router.match(method, target)
    path = route.path.replace('{model}', String(params.model))
  } catch {
    return answer
  }
  const problem = contract.problem(path, method, answer.status, answer.headers['content-type'], answer.text)
  if (problem !== undefined) throw new Error(problem)
  return answer
}

async function exchange(gateway: Gateway, method: string, target: string, sent: Sent = {}): Promise<Answer> {
  const response = await gateway.handle(requestOf(method, target, sent))
  const chunks: Buffer[] = []
  if (typeof response.body === 'string' || response.body instanceof Uint8Array) chunks.push(Buffer.from(response.body))
  else if (response.body !== null) for await (const chunk of response.body) chunks.push(Buffer.from(chunk))
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString('utf8')
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text,
    get json(): unknown {
      return text === '' ? undefined : JSON.parse(text)
    },
  }
}
