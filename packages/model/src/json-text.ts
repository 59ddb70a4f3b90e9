// A JSON document as its text, for whoever hands documents on without looking into them, and with every digit: JavaScript
// makes doubles of all numbers that it parses.

import { UsageError } from '@ochre/protocol'

/** How stored documents are given: as what JSON.parse makes of them, or as their {@link JsonText}. */
export type Documents = 'values' | 'text'

/** A whole document, or a value of one, as text that is stored as it stands. */
export class JsonText {
  readonly text: string

  /** Throws a UsageError for text that is not JSON. */
  constructor(text: string) {
    try {
      JSON.parse(text)
    } catch (cause) {
      throw new UsageError('The text is not JSON', { cause })
    }
    this.text = text
  }

  /** What JavaScript makes of it. */
  parse(): unknown {
    return JSON.parse(this.text)
  }

  /** A copy into other JSON would lose what this is for. */
  toJSON(): never {
    throw new UsageError('A JsonText stands for a whole value: take its text, or parse() it')
  }
}
