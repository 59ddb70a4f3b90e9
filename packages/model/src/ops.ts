// What a program is: plain read-only nodes, made by recorder.ts and read by compile.ts.
//
// Nodes hold no values. A value is an argument: the node knows its slot, the recorder keeps the value beside. So the
// nodes are the program's shape, and two programs that differ only in values have equal nodes and one script.

import type { CollectionKind, ScalarKind } from './fields.ts'

/** The type of an expression. */
export type ExprType = ScalarKind

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'least' | 'greatest'
export type CompareOp = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'

/** A value from ARGV. `list`: several values packed in one argument; `maybe`: may be null. */
export interface ArgNode {
  readonly k: 'arg'
  readonly type: ExprType
  readonly slot: number
  readonly maybe?: boolean
}

/** Which collection, by property. */
export interface CollectionRef {
  readonly field: string
  readonly kind: CollectionKind
  readonly element: ExprType
}

export type Expr =
  | ArgNode
  | { readonly k: 'null'; readonly type: ExprType }
  | { readonly k: 'field'; readonly type: ExprType; readonly field: string }
  | { readonly k: 'var'; readonly type: ExprType; readonly id: number }
  | { readonly k: 'now'; readonly type: 'date' }
  /** An int as decimal text. */
  | { readonly k: 'widen'; readonly type: 'bigint'; readonly a: Expr }
  | { readonly k: 'arith'; readonly type: ExprType; readonly op: ArithmeticOp; readonly a: Expr; readonly b: Expr }
  | { readonly k: 'compare'; readonly type: 'boolean'; readonly op: CompareOp; readonly a: Expr; readonly b: Expr }
  /** `list` is a slot that holds packed values. */
  | { readonly k: 'in'; readonly type: 'boolean'; readonly a: Expr; readonly list: number }
  | { readonly k: 'and' | 'or'; readonly type: 'boolean'; readonly items: readonly Expr[] }
  | { readonly k: 'not'; readonly type: 'boolean'; readonly a: Expr }
  | { readonly k: 'isNull'; readonly type: 'boolean'; readonly a: Expr }
  | {
      readonly k: 'text'
      readonly type: 'boolean'
      readonly fn: 'contains' | 'startsWith' | 'endsWith'
      readonly a: Expr
      readonly b: Expr
    }
  | { readonly k: 'length'; readonly type: 'int'; readonly a: Expr }
  | { readonly k: 'concat'; readonly type: ExprType; readonly a: Expr; readonly b: Expr }
  | { readonly k: 'slice'; readonly type: ExprType; readonly a: Expr; readonly from: Expr; readonly to: Expr | null }
  | {
      readonly k: 'swap'
      readonly type: 'string'
      readonly a: Expr
      readonly from: Expr
      readonly to: Expr
      readonly all: boolean
    }
  | { readonly k: 'overlay'; readonly type: 'bytes'; readonly a: Expr; readonly at: Expr; readonly part: Expr }
  | { readonly k: 'setBit'; readonly type: 'bytes'; readonly a: Expr; readonly at: Expr; readonly on: Expr }
  | { readonly k: 'getBit'; readonly type: 'boolean'; readonly a: Expr; readonly at: Expr }
  | { readonly k: 'bitCount'; readonly type: 'int'; readonly a: Expr }
  | { readonly k: 'floorTo'; readonly type: 'date'; readonly a: Expr; readonly unit: Expr }
  | { readonly k: 'pick'; readonly type: ExprType; readonly cond: Expr; readonly yes: Expr; readonly no: Expr }
  | { readonly k: 'orElse'; readonly type: ExprType; readonly a: Expr; readonly b: Expr }
  /** `path` is a slot that holds packed segments. */
  | { readonly k: 'jsonGet'; readonly type: 'json'; readonly a: Expr; readonly path: number }
  | { readonly k: 'jsonSize'; readonly type: 'int'; readonly a: Expr; readonly path: number }
  | { readonly k: 'jsonSet'; readonly type: 'json'; readonly a: Expr; readonly path: number; readonly value: Expr }
  | { readonly k: 'jsonPush'; readonly type: 'json'; readonly a: Expr; readonly path: number; readonly value: Expr }
  | { readonly k: 'jsonAdd'; readonly type: 'json'; readonly a: Expr; readonly path: number; readonly by: Expr }
  | { readonly k: 'jsonDelete'; readonly type: 'json'; readonly a: Expr; readonly path: number }
  | { readonly k: 'jsonAs'; readonly type: 'float' | 'string'; readonly a: Expr }
  | { readonly k: 'size'; readonly type: 'int'; readonly of: CollectionRef }
  | { readonly k: 'has'; readonly type: 'boolean'; readonly of: CollectionRef; readonly a: Expr }
  | { readonly k: 'at'; readonly type: ExprType; readonly of: CollectionRef; readonly a: Expr }
  | { readonly k: 'rank'; readonly type: 'int'; readonly of: CollectionRef; readonly a: Expr; readonly rev: boolean }
  | { readonly k: 'countBetween'; readonly type: 'int'; readonly of: CollectionRef; readonly a: Expr; readonly b: Expr }

/** A change of a collection. `var` receives what it gives. */
export type MutationFn =
  | 'push'
  | 'unshift'
  | 'pop'
  | 'shift'
  | 'put'
  | 'insertBefore'
  | 'insertAfter'
  | 'removeItem'
  | 'trim'
  | 'clear'
  | 'add'
  | 'remove'
  | 'mapSet'
  | 'mapDelete'
  | 'mapAdd'
  | 'scoreAdd'
  | 'popMin'
  | 'popMax'
  | 'geoAdd'
  | 'append'

/** What is read of a collection as a whole. */
export type ReadFn = 'items' | 'entries' | 'range' | 'rangeWithScores' | 'geoPosition' | 'geoDistance' | 'geoSearch'

export type Op =
  | { readonly op: 'set'; readonly field: string; readonly value: Expr }
  | { readonly op: 'unset'; readonly field: string }
  | { readonly op: 'let'; readonly id: number; readonly value: Expr }
  | {
      readonly op: 'when'
      readonly branches: readonly { readonly cond: Expr; readonly body: readonly Op[] }[]
      readonly otherwise: readonly Op[]
    }
  | { readonly op: 'fail'; readonly code: number }
  | {
      readonly op: 'mutate'
      readonly fn: MutationFn
      readonly of: CollectionRef
      readonly args: readonly Expr[]
      readonly id: number
    }
  /** The same change with each of the values that a slot holds packed. `var` receives how many it changed. */
  | {
      readonly op: 'mutateAll'
      readonly fn: 'push' | 'unshift' | 'add' | 'remove'
      readonly of: CollectionRef
      readonly list: number
      readonly id: number
    }
  | {
      readonly op: 'read'
      readonly fn: ReadFn
      readonly of: CollectionRef
      readonly args: readonly Expr[]
      readonly rev: boolean
      readonly id: number
    }
  | {
      readonly op: 'each'
      readonly of: CollectionRef
      /** Variables for the item (or key, or member) and for the value (or score). */
      readonly item: number
      readonly value: number
      readonly range: readonly [Expr, Expr] | null
      readonly rev: boolean
      readonly most: Expr
      readonly body: readonly Op[]
    }
  /** Inside `each`: acts on the item of the loop whose item variable is `item`. */
  | { readonly op: 'dropItem'; readonly of: CollectionRef; readonly item: number }
  | { readonly op: 'putItem'; readonly of: CollectionRef; readonly item: number; readonly value: Expr }
  | {
      readonly op: 'quantify'
      readonly mode: 'some' | 'every' | 'count' | 'find'
      readonly of: CollectionRef
      readonly item: number
      readonly value: number
      readonly cond: Expr
      readonly most: Expr
      readonly id: number
    }

/** One value that a program returns: an expression, or a variable that holds a list made by `read`. */
export interface ReturnLeaf {
  readonly node: Expr
  /** How the list was read. */
  readonly list: ReadFn | null
  /** The collection that it was read from. */
  readonly of: string | null
}

export interface ProgramNodes {
  readonly ops: readonly Op[]
  readonly returns: readonly ReturnLeaf[]
}

/** The shape of nodes as text: equal texts are equal nodes. Nodes of a kind always have their properties in one order. */
export function shapeOf(node: unknown): string {
  switch (typeof node) {
    case 'string':
      return `"${node}"`
    case 'number':
      return `${node},`
    case 'boolean':
      return node ? 'T' : 'F'
    case 'object': {
      if (node === null) return '~'
      let text = Array.isArray(node) ? '[' : '{'
      if (Array.isArray(node)) for (const item of node) text += shapeOf(item)
      else for (const property in node) text += shapeOf((node as Record<string, unknown>)[property])
      return `${text}}`
    }
    default:
      return '_'
  }
}
