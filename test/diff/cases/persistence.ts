import type { Cases } from '../script.ts'

// Both sides keep their data: Redis in its files, the engine in its own.
export const isKept = true

export const cases: Cases = {
  'what is saved, and when': `
    SET k v
    SAVE
    SAVE x
    # LASTSAVE
    BGSAVE FOO
    BGSAVE SCHEDULE x
    BGREWRITEAOF x
    DEBUG LOADAOF
    GET k
  `,
  'BGREWRITEAOF answers at once': `
    SET k v
    BGREWRITEAOF
    GET k
  `,
  'BGSAVE answers at once': `
    SET k v
    BGSAVE
    GET k
  `,
  'BGSAVE SCHEDULE has nothing to wait for': `
    SET k v
    BGSAVE SCHEDULE
    GET k
  `,
}

export const templates: readonly string[] = []
