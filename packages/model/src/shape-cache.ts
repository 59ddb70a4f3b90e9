// Scripts by the shape that they were made of, those of each model apart.
//
// A service that puts its conditions together from what it is asked makes new shapes for as long as it runs. So what was not
// asked for lately is forgotten and made anew: a full generation becomes the old one, and what is found in that moves on.

import type { ModelSpec } from './model.ts'

/** Shapes per generation of a model, of which there are two. */
const GENERATION = 1000

interface Generations<T> {
  young: Map<string, T>
  old: Map<string, T>
}

export class ShapeCache<T> {
  private readonly models = new WeakMap<ModelSpec, Generations<T>>()

  /** What was made for the shape before, or what is made now. */
  get(spec: ModelSpec, shape: string, make: () => T): T {
    let own = this.models.get(spec)
    if (!own) {
      own = { young: new Map(), old: new Map() }
      this.models.set(spec, own)
    }
    const known = own.young.get(shape)
    if (known !== undefined) return known
    const made = own.old.get(shape) ?? make()
    if (own.young.size >= GENERATION) {
      own.old = own.young
      own.young = new Map()
    }
    own.young.set(shape, made)
    return made
  }
}
