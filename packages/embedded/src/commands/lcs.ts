// LCS: the longest common subsequence of two strings, by the classic table of prefix lengths.
import { FailureReply, MapReply, type Reply } from '@ochre/protocol'
import { argumentAt, integerOf } from '../arguments.ts'
import { type Entry, textOf } from '../entry.ts'
import { SYNTAX } from '../failures.ts'
import type { Outcome, Session } from '../session.ts'

export function lcs(session: Session, args: readonly string[]): Outcome {
  const entries = [session.db.findForRead(args[1]!), session.db.findForRead(args[2]!)] as const
  const a = textIn(entries[0])
  const b = textIn(entries[1])
  let isIndexes = false
  let isLength = false
  let isWithLengths = false
  let minimum = 0
  for (let i = 3; i < args.length; i++) {
    const word = args[i]!.toUpperCase()
    if (word === 'IDX') isIndexes = true
    else if (word === 'LEN') isLength = true
    else if (word === 'WITHMATCHLEN') isWithLengths = true
    else if (word === 'MINMATCHLEN') minimum = Math.max(0, integerOf(argumentAt(args, ++i)))
    else throw SYNTAX
  }
  if (isIndexes && isLength) {
    throw new FailureReply('ERR If you want both the length and indexes, please just use IDX.')
  }
  const width = b.length + 1
  if (width * (a.length + 1) * 4 > session.engine.settings['proto-max-bulk-len']) {
    throw new FailureReply('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len')
  }
  const table = lengthsOf(a, b)
  const total = table[a.length * width + b.length]!
  if (isLength) return total

  // Walk back from the end; consecutive common bytes join to one range.
  const matches: Reply[] = []
  let common = ''
  let i = a.length
  let j = b.length
  let length = 0
  const emit = (): void => {
    if (length > 0 && length >= minimum) {
      const ranges: Reply[] = [
        [i, i + length - 1],
        [j, j + length - 1],
      ]
      matches.push(isWithLengths ? [...ranges, length] : ranges)
    }
    length = 0
  }
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      common = a[i - 1] + common
      i--
      j--
      length++
    } else {
      emit()
      if (table[(i - 1) * width + j]! > table[i * width + j - 1]!) i--
      else j--
    }
  }
  emit()
  return isIndexes ? new MapReply(['matches', matches, 'len', total]) : common
}

function textIn(entry: Entry | undefined): string {
  if (entry === undefined) return ''
  if (entry.type !== 'string') throw new FailureReply('ERR The specified keys must contain string values')
  return textOf(entry.value as string | Buffer)
}

/** table[i * (b.length + 1) + j]: the length for the first i bytes of `a` and the first j of `b`. */
function lengthsOf(a: string, b: string): Uint32Array {
  const width = b.length + 1
  const table = new Uint32Array((a.length + 1) * width)
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i * width + j] =
        a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
          ? table[(i - 1) * width + j - 1]! + 1
          : Math.max(table[(i - 1) * width + j]!, table[i * width + j - 1]!)
    }
  }
  return table
}
