// A codec around a codec that encrypts with AES-256-GCM: the server and whoever reads its memory, files and traffic see
// nothing of a value but its length, and a changed value is refused.
//
//   01 | length of the key's id | id | 12 random bytes | 16 bytes of authentication | data
//
// Each value names its key, so keys are rotated by adding a new one and writing with it; old values stay readable as long as
// their key is there. What it does not do: a value is not bound to its place, so whoever may write could swap two of them;
// equal values are encrypted differently each time, so they cannot be members of sets or be compared by the server; one key
// is good for about 4,000 million values.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { UsageError, ValidationError } from '@ochre/protocol'
import { checkOptions } from './arguments.ts'
import { bytesOf, type Codec } from './codec.ts'

export interface EncryptionOptions {
  /** Keys of 32 bytes by their ids (1 to 255 bytes), which are stored with each value. */
  readonly keys: Readonly<Record<string, Uint8Array>>
  /** The id of the key to write with. */
  readonly current: string
}

const VERSION = 1
const IV = 12
const TAG = 16
const CIPHER = 'aes-256-gcm'

export function encrypted<T>(codec: Codec<T>, options: EncryptionOptions): Codec<T> {
  checkOptions(options, 'keys current')
  const keys = new Map<string, KeyObject>()
  for (const [id, key] of Object.entries(options.keys)) {
    const length = Buffer.byteLength(id)
    if (length === 0 || length > 255) throw new UsageError('The id of a key has 1 to 255 bytes.')
    if (!(key instanceof Uint8Array) || key.length !== 32) throw new UsageError('A key has 32 bytes.')
    keys.set(id, createSecretKey(key))
  }
  const current = keys.get(options.current)
  if (current === undefined) throw new UsageError('current is the id of one of the keys.')
  const id = Buffer.from(options.current)
  const header = Buffer.concat([Buffer.of(VERSION, id.length), id])
  return {
    encode(value) {
      const iv = randomBytes(IV)
      const cipher = createCipheriv(CIPHER, current, iv, { authTagLength: TAG }).setAAD(header)
      const data = [cipher.update(bytesOf(codec.encode(value))), cipher.final()]
      return Buffer.concat([header, iv, cipher.getAuthTag(), ...data])
    },
    decode(stored) {
      const head = stored.subarray(0, 2 + (stored[1] ?? 0))
      const body = stored.subarray(head.length)
      if (stored[0] !== VERSION || body.length < IV + TAG) {
        throw new ValidationError('A stored value was not written by this codec.', [])
      }
      const key = keys.get(head.toString('utf8', 2))
      if (key === undefined) throw new ValidationError('The key of a stored value is not among the keys.', [])
      const decipher = createDecipheriv(CIPHER, key, body.subarray(0, IV), { authTagLength: TAG })
      decipher.setAAD(head).setAuthTag(body.subarray(IV, IV + TAG))
      let data: Buffer
      try {
        data = Buffer.concat([decipher.update(body.subarray(IV + TAG)), decipher.final()])
      } catch {
        throw new ValidationError('A stored value was changed, or encrypted with another key.', [])
      }
      return codec.decode(data)
    },
  }
}
