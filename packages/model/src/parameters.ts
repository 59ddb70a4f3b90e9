// The types of a program's parameters. Types only.

import type { ValueOf } from './expressions.ts'
import type { AnyField, ScalarKind } from './fields.ts'

/** What the callback receives (`operands`) and what a call gives (`values`). */
export interface ProgramParameters<P extends Readonly<Record<string, AnyField>>> {
  readonly operands: {
    readonly [N in keyof P]: P[N]['$kind'] extends ScalarKind ? ValueOf<P[N]['$type']>[P[N]['$kind']] : never
  }
  readonly values: {
    readonly [N in keyof P as P[N]['$insert'] extends 'required' ? N : never]: P[N]['$type']
  } & { readonly [N in keyof P as P[N]['$insert'] extends 'optional' ? N : never]?: P[N]['$type'] }
}
