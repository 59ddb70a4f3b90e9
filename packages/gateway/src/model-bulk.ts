// Many rows of a model in one request, as a JSON list or as NDJSON that is processed while it arrives.

import type { Exchange } from './exchange.ts'
import { isObject, type JsonValue, parseJson } from './json.ts'
import { type GatewayResponse, json } from './message.ts'
import { fieldValue, rowValue } from './model-json.ts'
import type { AnyStore } from './model-query.ts'
import { failureOf, GatewayError } from './status.ts'

/** The rows of a body: NDJSON as it arrives, or a JSON list. */
async function* rowsIn(x: Exchange): AsyncGenerator<JsonValue> {
  if (!/ndjson|jsonl|json-seq/i.test(x.header('content-type') ?? '')) {
    const body = await x.json()
    if (!Array.isArray(body)) throw new GatewayError('BAD_REQUEST', 'The body is NDJSON, or a JSON list of rows.')
    yield* body
    return
  }
  const limit = x.limits.bodyBytes
  let rest = Buffer.alloc(0)
  for await (const chunk of x.body) {
    let data = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10)) {
      const line = data.subarray(0, end)
      data = data.subarray(end + 1)
      if (line.length > 1) yield parseJson(line)
    }
    if (data.length > limit) throw new GatewayError('TOO_LARGE', `A line is longer than ${limit} bytes.`)
    rest = Buffer.from(data)
  }
  if (rest.toString('utf8').trim() !== '') yield parseJson(rest)
}

/** Creates, updates or deletes the rows of the body. A refused row does not hold up the others. */
export async function bulk(
  x: Exchange,
  store: AnyStore,
  operation: string,
  ttl: { ttl?: number },
): Promise<GatewayResponse> {
  const { spec } = store
  async function* rows(): AsyncGenerator<Record<string, unknown>> {
    for await (const item of rowsIn(x)) yield rowValue(spec, item)
  }
  async function* ids(): AsyncGenerator<unknown> {
    for await (const item of rowsIn(x))
      yield isObject(item) ? fieldValue(spec.id, item.id ?? null) : fieldValue(spec.id, item)
  }
  const result =
    operation === 'create'
      ? await store.createMany(rows() as never, ttl)
      : operation === 'update'
        ? await store.updateMany(rows() as never)
        : await store.deleteMany(ids() as never)
  const failures = result.failures.slice(0, 1000).map(({ index, error }) => {
    const { code, detail, status, issues } = failureOf(error)
    return { index, code, message: detail, status, ...(issues === undefined ? {} : { errors: issues }) }
  })
  return json(200, JSON.stringify({ done: result.done, failed: result.failures.length, failures }))
}
