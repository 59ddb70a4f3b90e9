import type { Cases } from '../script.ts'

/** All events go to client b; `await` lines show each as it comes, in order. */
const listen = `
    CONFIG SET notify-keyspace-events KEAmn
    b: PSUBSCRIBE __keyevent@*__:*
`
const stop = `
    CONFIG SET notify-keyspace-events ""
`

export const cases: Cases = {
  'the events of one command': `
    CONFIG SET notify-keyspace-events KEA
    b: PSUBSCRIBE __key*__:*
    SET k v
    b<
    b<
    DEL k
    b<
    b<
    CONFIG SET notify-keyspace-events Kg
    SET k v
    EXPIRE k 100
    b<
    CONFIG SET notify-keyspace-events ""
  `,
  'misses and new keys': `
    ${listen}
    GET nosuch
    b<
    SET k v
    b<
    b<
    ${stop}
  `,
}

export const templates: readonly string[] = []
