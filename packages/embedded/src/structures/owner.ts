// Copies that share what has not changed since. A collection made of nodes is copied by taking over its nodes: from then on
// each of the two changes only nodes that it owns, and copies another one before its first change of it.
//
// A node knows its owner by a number. Collections begin with 0; a copy gives both sides a number that nobody had before.

export const FIRST_OWNER = 0

let last = FIRST_OWNER

export function newOwner(): number {
  return ++last
}
