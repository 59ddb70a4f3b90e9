// Text by characters, bytes by bytes: what the interpreter computes with both.
import type { Expr } from '../../packages/model/src/ops.ts'
import { fail } from './failure.ts'

/** The value of an expression that computes with text or bytes; `value` gives that of its parts. */
export function textual(node: Expr, value: (node: Expr) => unknown): unknown {
  const need = (each: Expr): unknown => value(each) ?? fail('NULL_VALUE')
  switch (node.k) {
    case 'text': {
      const a = value(node.a) as string | null
      const b = value(node.b) as string | null
      if (a === null || b === null) return false
      return node.fn === 'contains' ? a.includes(b) : node.fn === 'startsWith' ? a.startsWith(b) : a.endsWith(b)
    }
    case 'length': {
      const a = value(node.a) as string | null
      return a === null ? null : node.a.type === 'bytes' ? a.length : [...a].length
    }
    case 'concat':
      return `${need(node.a)}${need(node.b)}`
    case 'slice': {
      const a = value(node.a) as string | null
      const from = need(node.from) as number
      const to = node.to ? (need(node.to) as number) : undefined
      if (a === null) return null
      return node.type === 'bytes' ? a.slice(from, to) : [...a].slice(from, to).join('')
    }
    case 'swap': {
      const [a, from, to] = [node.a, node.from, node.to].map((each) => need(each) as string)
      if (from === '') return a
      return node.all ? a!.split(from!).join(to) : a!.replace(from!, () => to!)
    }
    case 'overlay': {
      const [a, at, part] = [node.a, node.at, node.part].map((each) => need(each)) as [string, number, string]
      return overlay(a, at, part)
    }
    case 'setBit': {
      const [a, at, on] = [node.a, node.at, node.on].map((each) => need(each)) as [string, number, boolean]
      if (at < 0) fail('OUT_OF_RANGE')
      const i = Math.floor(at / 8)
      const mask = 1 << (7 - (at % 8))
      const byte = i < a.length ? a.charCodeAt(i) : 0
      return overlay(a, i, String.fromCharCode(on ? byte | mask : byte & ~mask))
    }
    case 'getBit': {
      const a = value(node.a) as string | null
      const at = need(node.at) as number
      if (a === null || at < 0 || at >= a.length * 8) return false
      return ((a.charCodeAt(Math.floor(at / 8)) >> (7 - (at % 8))) & 1) === 1
    }
    case 'bitCount': {
      const a = value(node.a) as string | null
      return a === null
        ? null
        : [...a].reduce((n, c) => n + [...c.charCodeAt(0).toString(2)].filter((x) => x === '1').length, 0)
    }
  }
  throw new Error(`The interpreter does not know ${node.k}`)
}

function overlay(bytes: string, at: number, part: string): string {
  if (at < 0 || at > 67_108_864) fail('OUT_OF_RANGE')
  return bytes.padEnd(at, '\0').slice(0, at) + part + bytes.slice(at + part.length)
}
