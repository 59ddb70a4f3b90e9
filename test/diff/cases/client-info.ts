import type { Cases } from '../script.ts'

export const version = 'redis-8.0'

export const cases: Cases = {
  'a client says what its library is': `
    CLIENT SETINFO lib-name ochre
    CLIENT SETINFO LIB-VER 1.2
    CLIENT SETINFO lib-name ""
    CLIENT SETINFO lib-name "a b"
    CLIENT SETINFO lib-ver "a\\r\\nb"
    CLIENT SETINFO lib-ver "\\xff"
    CLIENT SETINFO nosuch x
    CLIENT SETINFO lib-name
    CLIENT SETINFO lib-name a b
  `,
}

export const templates: readonly string[] = []
