// Arrays without spare room while they are small. Pushing to an array makes V8 reserve at least sixteen more slots; most
// collections of a keyspace never need them. So up to LEAN items arrays are copied, beyond that changed in place: the
// decision stays with the caller, whose arrays are all of one kind, which is what keeps pushing fast.

export const LEAN = 8
