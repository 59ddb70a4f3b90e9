// Scalars of the interpreter as the text that Redis holds, and back; packed arguments apart.
import type { ExprType } from '../../packages/model/src/ops.ts'
import { type Json, jsonText, parseJson } from './json-value.ts'

export const LATIN = 'latin1'
/** The bytes that text of a type is in Redis. */
const bytesOf = (type: ExprType, text: string): Buffer => Buffer.from(text, type === 'bytes' ? LATIN : 'utf8')
export const byBytes = (type: ExprType) => (a: string, b: string) => Buffer.compare(bytesOf(type, a), bytesOf(type, b))

/** A scalar as the text that Redis holds; null has none. */
export function toText(type: ExprType, value: unknown): string {
  if (type === 'boolean') return value ? '1' : '0'
  if (type === 'json') return jsonText(value as Json)
  return String(value === 0 ? 0 : value)
}

export function fromText(type: ExprType, text: string): unknown {
  switch (type) {
    case 'int':
    case 'float':
    case 'date':
      return Number(text)
    case 'bigint':
      return BigInt(text)
    case 'boolean':
      return text === '1'
    case 'json':
      return parseJson(text)
    default:
      return text
  }
}

/** The items of a packed argument: each `<length>:<bytes>`. */
export function unpack(packed: Buffer): Buffer[] {
  const items: Buffer[] = []
  for (let at = 0; at < packed.length; ) {
    const colon = packed.indexOf(':', at)
    const length = Number(packed.subarray(at, colon))
    items.push(packed.subarray(colon + 1, colon + 1 + length))
    at = colon + 1 + length
  }
  return items
}
