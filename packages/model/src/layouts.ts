// Keeps the layouts of objects that are made and dropped by the thousand.
//
// V8 forgets the hidden class of objects when a full collection finds none of them alive, and throws away the code that was
// optimised for them: a service would run its hottest paths unoptimised after each. One object of each kind prevents that.

const kept = new WeakMap<object, readonly object[]>()

/** Keeps objects alive as long as their owner. */
export function keepLayouts(owner: object, objects: readonly object[]): void {
  kept.set(owner, objects)
}
