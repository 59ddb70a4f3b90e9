// Which samples of typed methods can be run on a live server.
import type { MethodSample } from './method-samples.ts'

/** They end the server or this connection, stop it for a while, or turn it into something else. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  'shutdown',
  'failover',
  'replicaof',
  'slaveof',
  'client kill',
  'client pause',
  'cluster reset',
  'module load',
  'module unload',
  'module loadex',
  'bgrewriteaof',
  'bgsave',
  'save',
  'migrate',
  'script debug',
])

/** Whether the sample has a token that the server's own grammar does not. Modules there tell no grammar. */
export function isNewer(sample: MethodSample, known: string): boolean {
  if (known === '') return false
  const tokens = new Set(sample.spec.syntax.match(/[A-Z][A-Z0-9-]*/g))
  const theirs = new Set(known.match(/[A-Z][A-Z0-9-]*/g))
  return sample.words.some((word) => tokens.has(word) && !theirs.has(word))
}
