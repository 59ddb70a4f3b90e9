import type { Cases } from '../script.ts'

export const cases: Cases = {
  'options that do not go together': `
    CLIENT TRACKING
    CLIENT TRACKING foo
    CLIENT TRACKING on FOO
    CLIENT TRACKING on PREFIX
    CLIENT TRACKING on PREFIX a
    CLIENT TRACKING on REDIRECT 999999
    CLIENT TRACKING on REDIRECT x
    CLIENT TRACKING on BCAST OPTIN
    CLIENT TRACKING on OPTIN OPTOUT
    CLIENT TRACKING on BCAST PREFIX foo PREFIX foobar
    CLIENT TRACKING on BCAST PREFIX foo PREFIX bar
    CLIENT TRACKINGINFO
    CLIENT TRACKING on BCAST PREFIX fo
    CLIENT TRACKING on BCAST PREFIX xyz
    CLIENT TRACKINGINFO
    CLIENT TRACKING on
    CLIENT TRACKING off
    CLIENT TRACKINGINFO
    CLIENT GETREDIR
    CLIENT CACHING YES
    CLIENT TRACKING on OPTIN
    CLIENT CACHING NO
    CLIENT CACHING foo
    CLIENT CACHING YES
    CLIENT TRACKINGINFO
    GET k
    CLIENT TRACKINGINFO
    CLIENT GETREDIR
    CLIENT TRACKING on OPTOUT
    CLIENT TRACKING off
    CLIENT TRACKING on OPTOUT NOLOOP
    CLIENT CACHING YES
    CLIENT CACHING NO
    CLIENT TRACKINGINFO
    CLIENT TRACKING off
  `,
  'a key that was read is invalidated once': `
    SET k 1
    SET l 1
    b: ? HELLO 3
    b: CLIENT TRACKING on
    b: GET k
    b: MGET l m
    SET k 2
    b<
    SET k 3
    SET m 1
    b<
    DEL l
    b<
    b: GET k
    b: SET k 4
    b<
    b: PING
    b: CLIENT TRACKING on NOLOOP
    b: GET k
    b: SET k 5
    b: PING
    SET k 6
    b: GET k
    PEXPIRE k 1
    b<
    b: CLIENT TRACKING off
  `,
  'FLUSHALL invalidates everything': `
    b: ? HELLO 3
    b: CLIENT TRACKING on
    b: GET k
    FLUSHALL
    b<
    FLUSHDB
    b<
    b: FLUSHALL
    b<
    b: CLIENT TRACKING off
  `,
  'prefixes are broadcast': `
    b: ? HELLO 3
    b: CLIENT TRACKING on BCAST PREFIX user: PREFIX item:
    SET user:1 a
    b<
    SET other 1
    MSET user:3 a user:2 b user:1 c
    b<
    b: SET item:1 x
    b<
    FLUSHALL
    b<
    b: CLIENT TRACKING off
    b: CLIENT TRACKING on BCAST NOLOOP
    b: SET anything 1
    b: PING
    SET whatever 1
    b<
    b: CLIENT TRACKING off
  `,
  'only what was asked for is tracked': `
    b: ? HELLO 3
    b: CLIENT TRACKING on OPTIN
    b: GET k
    SET k 1
    b: CLIENT CACHING YES
    b: GET k
    b: GET l
    SET l 1
    SET k 2
    b<
    b: CLIENT CACHING YES
    b: MULTI
    b: GET k
    b: GET l
    b: EXEC
    SET l 2
    b<
    b: CLIENT TRACKING off
    b: CLIENT TRACKING on OPTOUT
    b: CLIENT CACHING NO
    b: GET k
    b: GET l
    SET k 3
    SET l 3
    b<
    b: CLIENT TRACKING off
  `,
  'scripts read for their caller': `
    b: ? HELLO 3
    b: CLIENT TRACKING on
    b: EVAL "return redis.call('get', KEYS[1])" 1 k
    SET k 1
    b<
    b: EVAL "return redis.call('set', KEYS[1], 'x')" 1 k
    b: GET k
    EVAL "return redis.call('set', KEYS[1], 'y')" 1 k
    b<
    b: CLIENT TRACKING off
  `,
  'keys that expire and move are invalidated': `
    SET k 1 PX 40
    SET l 1
    b: ? HELLO 3
    b: CLIENT TRACKING on
    b: GET k
    b: GET l
    b<
    RENAME l m
    b<
    b: CLIENT TRACKING off
  `,
  'CLIENT CACHING goes with a mode': `
    CLIENT CACHING YES
    CLIENT TRACKING ON
    CLIENT CACHING YES
    CLIENT CACHING NO
    CLIENT CACHING FOO
    CLIENT TRACKING ON BCAST
    CLIENT TRACKING OFF
    CLIENT TRACKING ON BCAST PREFIX x
    CLIENT TRACKING ON BCAST
    CLIENT TRACKINGINFO
  `,
}

export const templates: readonly string[] = []
