// The names of a model's keys. Everything of one hash tag shares a cluster slot, so one script may touch it all.
//
//   {ns:user}:r:<id>           the row                HASH
//   {ns:user}:c:<id>:<field>   a collection           LIST, SET, HASH, ZSET, STREAM
//   {ns:user}:x:<name>         an index               ZSET, all scores 0, member = columns + id
//   {ns:user}:u:<name>         a unique constraint    HASH, columns -> id
//   {ns:user}:ids              every id               ZSET, all scores 0
//   {ns:user}:m                memo: id -> its entries in x and u, packed
//   {ns:user}:exp              ids by time of expiry  ZSET
//   {ns:user}:meta             which indexes are complete, and the sweeper's lease
//   {ns:user}:feed             the changes, of a model that asks for it    STREAM
//   {ns:user:k}:claims         of a bucketed model with uniques: claims that are pending   ZSET (claims.ts)
//
// A bucketed model has one such family per bucket: {ns:user:0} ... {ns:user:n-1}.

import { slotOf, UsageError } from '@ochre/protocol'
import type { ModelSpec } from './model.ts'

/** Redis names of one family of keys. */
export class KeyFamily {
  readonly tag: string
  readonly rowPrefix: string
  readonly collectionPrefix: string
  readonly ids: string
  readonly memo: string
  readonly exp: string
  readonly meta: string
  readonly feed: string
  readonly claims: string

  constructor(tag: string) {
    this.tag = tag
    this.rowPrefix = `{${tag}}:r:`
    this.collectionPrefix = `{${tag}}:c:`
    this.ids = `{${tag}}:ids`
    this.memo = `{${tag}}:m`
    this.exp = `{${tag}}:exp`
    this.meta = `{${tag}}:meta`
    this.feed = `{${tag}}:feed`
    this.claims = `{${tag}}:claims`
  }

  row(id: string): string {
    return this.rowPrefix + id
  }

  collection(id: string, field: string): string {
    return `${this.collectionPrefix}${id}:${field}`
  }

  index(name: string): string {
    return `{${this.tag}}:x:${name}`
  }

  unique(name: string): string {
    return `{${this.tag}}:u:${name}`
  }
}

/** The families of a model under a namespace, and which one an id belongs to. */
export interface KeySpace {
  readonly families: readonly KeyFamily[]
  of(id: string): KeyFamily
  /** Where the claims of a unique tuple are, which is given in hexadecimal. */
  registryOf(tuple: string): KeyFamily
}

export function keySpace(spec: ModelSpec, namespace: string): KeySpace {
  if (/[{}\s]/.test(namespace)) throw new UsageError('A namespace cannot hold braces or spaces')
  const base = namespace === '' ? spec.name : `${namespace}:${spec.name}`
  if (spec.buckets === 1) {
    const only = new KeyFamily(base)
    return { families: [only], of: () => only, registryOf: () => only }
  }
  const families = Array.from({ length: spec.buckets }, (_, bucket) => new KeyFamily(`${base}:${bucket}`))
  const of = (text: string): KeyFamily => families[bucketOf(text, spec.buckets)]!
  return { families, of, registryOf: of }
}

/** The bucket of an id: CRC16 of its bytes, braces meaning nothing. */
export function bucketOf(id: string, buckets: number): number {
  return slotOf(id.replaceAll('{', '(')) % buckets
}
