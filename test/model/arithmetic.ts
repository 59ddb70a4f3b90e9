// Arithmetic of the interpreter: integers by bigint, so that nothing is rounded, doubles as they are.
import type { ArithmeticOp, ExprType } from '../../packages/model/src/ops.ts'
import { fail } from './failure.ts'

const LIMITS: Readonly<Record<string, bigint>> = {
  int: BigInt(Number.MAX_SAFE_INTEGER),
  date: 8_640_000_000_000_000n,
  bigint: 2n ** 63n - 1n,
}

export function arithmetic(type: ExprType, op: ArithmeticOp, a: unknown, b: unknown): unknown {
  if (op === 'least') return (a as number) < (b as number) ? a : b
  if (op === 'greatest') return (a as number) > (b as number) ? a : b
  if (type === 'float') return double(op, a as number, b as number)
  const result = whole(op, BigInt(a as number | bigint), BigInt(b as number | bigint))
  const limit = LIMITS[type]!
  if (result > limit || result < (type === 'bigint' ? -limit - 1n : -limit)) fail('OVERFLOW')
  return type === 'bigint' ? result : Number(result)
}

function double(op: ArithmeticOp, x: number, y: number): number {
  if ((op === '/' || op === '%') && y === 0) fail('DIVISION_BY_ZERO')
  const result =
    op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : op === '/' ? x / y : op === '%' ? x % y : x ** y
  if (!Number.isFinite(result)) fail('OVERFLOW')
  return result + 0
}

function whole(op: ArithmeticOp, x: bigint, y: bigint): bigint {
  switch (op) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '/':
    case '%':
      if (y === 0n) fail('DIVISION_BY_ZERO')
      return op === '/' ? x / y : x % y
    default:
      if (y < 0n) fail('OUT_OF_RANGE')
      if (y > 64n && x !== 0n && x !== 1n && x !== -1n) fail('OVERFLOW')
      // A huge exponent of 0, 1 and -1.
      return x ** (y > 64n ? 64n + (y % 2n) : y)
  }
}
