// When and how often a key was used: the number that an entry keeps in `access`, and what OBJECT tells of it.
//
//     LRU and others   seconds since the engine opened
//     LFU              minutes since then, times 256, plus a counter 0..255 that grows ever more rarely
//
// The counter is Redis's: each use raises it with the probability 1 / ((counter - 5) * lfu-log-factor + 1), each
// lfu-decay-time minutes without use lower it by one. Changing between the two kinds at run time leaves numbers of the other
// kind behind, which settle as the keys are used.
import type { Engine } from './engine.ts'

/** The counter of a new key, so that it is not evicted before it could be used. */
const INITIAL_FREQUENCY = 5
const MAX_FREQUENCY = 255

export function isFrequencyPolicy(policy: string): boolean {
  return policy === 'allkeys-lfu' || policy === 'volatile-lfu'
}

/** What a new key starts with. */
export function firstAccess(engine: Engine): number {
  const isFrequency = isFrequencyPolicy(engine.settings['maxmemory-policy'])
  return isFrequency ? minutesOf(engine) * 256 + INITIAL_FREQUENCY : engine.seconds
}

/** What a key has after one more use. */
export function nextAccess(engine: Engine, access: number): number {
  if (!isFrequencyPolicy(engine.settings['maxmemory-policy'])) return engine.seconds
  let frequency = frequencyOf(engine, access)
  const above = Math.max(0, frequency - INITIAL_FREQUENCY)
  const isCounted = engine.random() < 1 / (above * engine.settings['lfu-log-factor'] + 1)
  if (frequency < MAX_FREQUENCY && isCounted) frequency++
  return minutesOf(engine) * 256 + frequency
}

/** OBJECT FREQ: the counter, lowered by the time without use. */
export function frequencyOf(engine: Engine, access: number): number {
  const decay = engine.settings['lfu-decay-time']
  const minutes = Math.max(0, minutesOf(engine) - Math.floor(access / 256))
  return Math.max(0, (access % 256) - (decay === 0 ? 0 : Math.floor(minutes / decay)))
}

/** OBJECT IDLETIME: seconds without use. */
export function idleSecondsOf(engine: Engine, access: number): number {
  return Math.max(0, engine.seconds - access)
}

/** What RESTORE's IDLETIME or FREQ make of a key, where the policy counts that; undefined when it starts like any other. */
export function restoredAccess(
  engine: Engine,
  idleSeconds: number | undefined,
  frequency: number | undefined,
): number | undefined {
  if (isFrequencyPolicy(engine.settings['maxmemory-policy']))
    return frequency === undefined ? undefined : minutesOf(engine) * 256 + frequency
  return idleSeconds === undefined ? undefined : engine.seconds - idleSeconds
}

function minutesOf(engine: Engine): number {
  return Math.floor(engine.seconds / 60)
}
