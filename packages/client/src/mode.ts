// What a typed method gives back, depending on whose method it is: a promise on a client, the pipeline itself on a pipeline.
//
// One generated class serves them all. `Result<M, R>` is what mode M makes of the reply type R, and `M['value']` is what a
// value of the database becomes: text, a Buffer, or what a codec decodes.

/** `result` is written in terms of `this['reply']`, which {@link Result} fills in. */
export interface Mode {
  readonly value: unknown
  readonly reply: unknown
  readonly result: unknown
}

export type Result<M extends Mode, R> = (M & { readonly reply: R })['result']

/** The mode of a client: each method returns a promise of its reply. */
export interface Promised<V> extends Mode {
  readonly value: V
  readonly result: Promise<this['reply']>
}
