// A typed line becomes words the way redis-cli splits it: blanks separate, "..." knows escapes, '...' does not.

import { splitWords as splitBinary, UsageError } from '@ochre/protocol'

/**
 * Splits one line into arguments. Words come back as bytes, because `"\xff"` is a byte and not a character; text outside
 * escapes is UTF-8. Throws a UsageError for a quote that is not closed or not followed by a blank.
 */
export function splitWords(line: string | Buffer): Buffer[] {
  const words = splitBinary((typeof line === 'string' ? Buffer.from(line) : line).toString('latin1'))
  if (words === undefined) throw new UsageError('A quote is not closed, or not followed by a blank.')
  return words.map((word) => Buffer.from(word, 'latin1'))
}
