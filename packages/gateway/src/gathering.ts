// Bytes that arrive in pieces and are wanted as one, when nobody said how many there will be.

/** Up to here the pieces are kept and joined at the end. */
const FEW_BYTES = 1024 * 1024

/**
 * Pieces are added, then taken as one Buffer. Many bytes go into one piece of memory that grows where it is, so that they
 * are there once: pieces that are joined at the end are there twice for a moment.
 */
export class Gathering {
  readonly #limit: number
  #pieces: Uint8Array[] = []
  #memory: ArrayBuffer | undefined
  #size = 0

  /** More than `limitBytes` must not be added. Only address space is set aside for them. */
  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  get size(): number {
    return this.#size
  }

  add(piece: Uint8Array): void {
    const at = this.#size
    this.#size += piece.length
    if (this.#memory === undefined) {
      this.#pieces.push(piece)
      if (this.#size <= FEW_BYTES) return
      this.#memory = growing(this.#size, this.#limit)
      let from = 0
      for (const one of this.#pieces) {
        new Uint8Array(this.#memory, from, one.length).set(one)
        from += one.length
      }
      this.#pieces = []
      return
    }
    grow(this.#memory, this.#size)
    new Uint8Array(this.#memory, at, piece.length).set(piece)
  }

  /** What was added, as one. It is the caller's; nothing may be added any more. */
  take(): Buffer {
    if (this.#memory !== undefined) return Buffer.from(this.#memory, 0, this.#size)
    const [first] = this.#pieces
    if (this.#pieces.length === 1) return Buffer.from(first!.buffer, first!.byteOffset, first!.byteLength)
    return Buffer.concat(this.#pieces, this.#size)
  }
}

// Resizable memory is newer (ES2024) than the library that the compiler is told to know.
interface Resizable extends ArrayBuffer {
  resize(size: number): void
}

function growing(size: number, limit: number): ArrayBuffer {
  const Growing = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => ArrayBuffer
  return new Growing(size, { maxByteLength: limit })
}

function grow(memory: ArrayBuffer, size: number): void {
  ;(memory as Resizable).resize(size)
}
