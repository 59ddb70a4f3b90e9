// Many rows of a model in one request, as a JSON list or as NDJSON that is processed while it arrives.
//
// Rows run piece by piece, one piece while the next one arrives, so that neither the rows nor what is told of the refused
// ones grow with the length of the body. A line that is not JSON, or too long, is refused like a row.

import type { Exchange } from './exchange.ts'
import { isObject, type JsonValue, parseJson } from './json.ts'
import { type GatewayResponse, json } from './message.ts'
import { fieldValue, patchValue, rowValue } from './model-json.ts'
import type { AnyStore } from './open-models.ts'
import { failureOf, GatewayError, PartialError } from './status.ts'

const PIECE_ROWS = 1000
const PIECE_BYTES = 1024 * 1024
/** Refusals that are told. */
const TOLD = 1000

interface Refusal {
  /** Position in the body, from 0; blank lines do not count. */
  readonly index: number
  readonly error: unknown
}

/** Lines without their ends, blank ones too; undefined for one that is longer than the limit. */
async function* linesIn(body: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<Uint8Array | undefined> {
  let parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const rest = chunk.subarray(start, end)
      start = end + 1
      size += rest.length
      yield size > limitBytes ? undefined : parts.length === 0 ? rest : Buffer.concat([...parts, rest])
      parts = []
      size = 0
    }
    size += chunk.length - start
    if (size > limitBytes) parts = []
    else if (start < chunk.length) parts.push(chunk.subarray(start))
  }
  if (size > 0) yield size > limitBytes ? undefined : Buffer.concat(parts)
}

/** A row, or the error of a line that is none, and the length of the line. */
type Item = readonly [row: JsonValue | GatewayError, bytes: number]

async function* itemsIn(x: Exchange): AsyncGenerator<Item> {
  if (!/ndjson|jsonl/i.test(x.header('content-type') ?? '')) {
    const body = await x.json()
    if (!Array.isArray(body)) throw new GatewayError('BAD_REQUEST', 'The body is NDJSON, or a JSON list of rows.')
    for (const row of body) yield [row, 0]
    return
  }
  const limit = x.limits.bodyBytes
  for await (const line of linesIn(x.body, limit)) {
    if (line === undefined) yield [new GatewayError('TOO_LARGE', `The line is longer than ${limit} bytes.`), 0]
    else if (!isBlank(line)) yield [parsed(line), line.length]
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

function parsed(line: Uint8Array): JsonValue | GatewayError {
  try {
    return parseJson(line)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

/**
 * Creates, updates or deletes the rows of the body. A refused row does not hold up the others. `spend` takes the cost of a
 * piece before it runs. What ends it half-way rejects with a PartialError that tells how many rows were done.
 */
export async function bulk(
  x: Exchange,
  store: AnyStore,
  operation: 'create' | 'update' | 'delete',
  ttl: { ttl?: number },
  spend: (cost: number) => Promise<void>,
): Promise<GatewayResponse> {
  const { spec } = store
  const failures: Refusal[] = []
  let done = 0
  let failed = 0
  const run = async (piece: readonly (JsonValue | GatewayError)[], first: number): Promise<void> => {
    const refused: Refusal[] = []
    const rows: unknown[] = []
    const positions: number[] = []
    piece.forEach((item, i) => {
      try {
        if (item instanceof GatewayError) throw item
        if (operation === 'create') rows.push(rowValue(spec, item))
        else if (operation === 'update') rows.push(patchValue(spec, item))
        else rows.push(fieldValue(spec.id, isObject(item) ? (item.id ?? null) : item))
        positions.push(first + i)
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        refused.push({ index: first + i, error })
      }
    })
    if (rows.length > 0) {
      await spend(Math.ceil(rows.length / 100))
      const result =
        operation === 'create'
          ? await store.createMany(rows as never[], ttl)
          : await (operation === 'update' ? store.updateMany(rows as never[]) : store.deleteMany(rows as never[]))
      done += result.done
      for (const { index, error } of result.failures) refused.push({ index: positions[index]!, error })
    }
    failed += refused.length
    failures.push(...refused.sort((a, b) => a.index - b.index).slice(0, TOLD - failures.length))
  }
  let running: Promise<void> = Promise.resolve()
  try {
    let piece: (JsonValue | GatewayError)[] = []
    let bytes = 0
    let first = 0
    const launch = async (): Promise<void> => {
      await running
      running = run(piece, first)
      // A failure is seen where it is waited for.
      running.catch(() => {})
      first += piece.length
      piece = []
      bytes = 0
    }
    for await (const [row, length] of itemsIn(x)) {
      piece.push(row)
      bytes += length
      if (piece.length === PIECE_ROWS || bytes >= PIECE_BYTES) await launch()
    }
    await launch()
    await running
  } catch (error) {
    await running.catch(() => {})
    throw new PartialError(error, done)
  }
  const told = failures.map(({ index, error }) => {
    const { code, detail, status, issues } = failureOf(error)
    return { index, code, message: detail, status, ...(issues === undefined ? {} : { errors: issues }) }
  })
  return json(200, JSON.stringify({ done, failed, failures: told }))
}
