import type { Cases } from '../script.ts'

export const cases: Cases = {
  'channels and patterns': `
    b: SUBSCRIBE c1 c2
    b<
    b: PSUBSCRIBE c* "[x]?"
    b<
    PUBLISH c1 hello
    b<
    b<
    PUBLISH xy "\\xff\\x00"
    b<
    PUBLISH nobody x
    PUBSUB NUMSUB c1 c2 nobody
    PUBSUB NUMSUB
    PUBSUB NUMPAT
    ~ PUBSUB CHANNELS
    PUBSUB CHANNELS *1
    b: SUBSCRIBE c1
    b: UNSUBSCRIBE c1 nosuch
    b<
    b: PUNSUBSCRIBE nosuch
    PUBLISH c1 x
    b<
    b: UNSUBSCRIBE
    b: UNSUBSCRIBE
    b: PUNSUBSCRIBE c*
    b: PUNSUBSCRIBE
    b: PUNSUBSCRIBE
    PUBSUB CHANNELS
    PUBSUB NUMPAT
    b: PING
  `,
  'shard channels': `
    b: SSUBSCRIBE s1 s2
    b<
    SPUBLISH s1 hello
    b<
    PUBLISH s1 hello
    PUBSUB SHARDCHANNELS s1
    PUBSUB SHARDNUMSUB s1 nobody
    PUBSUB CHANNELS
    b: SUNSUBSCRIBE s1
    b: SUNSUBSCRIBE
    b: SUNSUBSCRIBE
    SPUBLISH s1 x
  `,
  'a subscriber may do little, and PING differs': `
    b: SUBSCRIBE c
    b: PING
    b: PING hello
    b: GET k
    b: QUIT
    PUBSUB NUMSUB c
  `,
  'RESET ends subscriptions': `
    b: SUBSCRIBE c
    b: RESET
    PUBSUB NUMSUB c
    b: GET k
  `,
  'wrong arities': `
    SUBSCRIBE
    PSUBSCRIBE
    PUBLISH c
    PUBSUB
    PUBSUB NOSUCH
    PUBSUB HELP
    PUBSUB CHANNELS a b
  `,
  'subscriptions in a transaction are in its reply': `
    MULTI
    SUBSCRIBE a
    SET k v
    UNSUBSCRIBE a
    PUNSUBSCRIBE
    SSUBSCRIBE s
    SUNSUBSCRIBE s
    EXEC
    PING
    MULTI
    SUBSCRIBE a b
    EXEC
    a<
  `,
}

export const templates: readonly string[] = ['PUBLISH <value> <value>', 'SPUBLISH <value> <value>', 'PUBSUB NUMPAT']
