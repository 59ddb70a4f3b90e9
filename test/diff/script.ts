// The notation of the cases: one command a line, as one would type it, with a few marks.
//
//   SET k "a\x00b"        a command of client a; quotes and escapes as in redis-cli
//   b: GET k              a command of client b; its reply is awaited
//   b! BLPOP l 0          sent by client b, which is then blocked; the reply comes later
//   b<                    awaits and compares the next frame client b receives
//   ~ SMEMBERS s          the elements of the reply may come in any order (~2: pairs of them)
//   # PTTL k              integers in the reply may differ a little (time)
//   ? RANDOMKEY           only the kind of the reply is compared (random, identity)
//   RPUSH l {1..200}      stands for the numbers 1 to 200
//   SET k {x*1000}        stands for a thousand x
import { splitWords } from '@ochre/protocol'
import { frameItems } from './wire.ts'

/** What a file of cases exports. */
export interface Group {
  readonly cases: Cases
  /** Commands for the random test. */
  readonly templates: readonly string[]
  /** The server that has the commands, where it is not the one whose behaviour the engine has. */
  readonly version?: string
  /** Whether both sides keep their data on disk. */
  readonly isKept?: boolean
}

/** The cases of one group: a sentence and the commands that follow from an empty server. */
export type Cases = Readonly<Record<string, string>>

export type Mark = '' | '~' | '~2' | '#' | '?'

export interface Step {
  readonly line: string
  readonly client: string
  readonly mark: Mark
  readonly does: 'call' | 'block' | 'await'
  readonly args: readonly string[]
}

export function parseScript(script: string): Step[] {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(parseStep)
}

function parseStep(line: string): Step {
  const match = /^(?:([b-z])(:|!|<) ?)?(?:(~2|~|#|\?)(?: |$))?(.*)$/.exec(line)
  if (match === null) throw new Error(`not a step: ${line}`)
  const [, client = 'a', sign, mark = '', command = ''] = match
  const does = sign === '!' ? 'block' : sign === '<' ? 'await' : 'call'
  const args = splitWords(command)?.flatMap(expand)
  if (args === undefined || (args.length === 0) !== (does === 'await')) throw new Error(`not a command: ${line}`)
  return { line, client, mark: mark as Mark, does, args }
}

function expand(word: string): string[] {
  const range = /^\{(-?\d+)\.\.(-?\d+)\}$/.exec(word)
  if (range !== null) {
    const first = Number(range[1])
    return Array.from({ length: Number(range[2]) - first + 1 }, (_, i) => String(first + i))
  }
  const repeated = /^\{(.+)\*(\d+)\}$/.exec(word)
  return repeated === null ? [word] : [repeated[1]!.repeat(Number(repeated[2]))]
}

/** What of a reply is compared, under a mark. */
export function comparable(frame: string, mark: Mark): string {
  if (mark === '' || frame.startsWith('-')) return frame
  if (mark === '?') return frame[0]!
  if (mark === '#') return frame.replace(/^:(-?\d+)/gm, (_, digits: string) => `:~${Math.round(Number(digits) / 2000)}`)
  const items = frameItems(frame)
  const head = frame.slice(0, frame.indexOf('\r\n'))
  // SCAN and its relatives: the elements are in the second item.
  if (items.length === 2 && '*~'.includes(items[1]![0]!) && items[0]!.startsWith('$')) {
    return head + items[0] + comparable(items[1]!, mark)
  }
  const units =
    mark === '~' || items.some((item) => item.startsWith('*'))
      ? items
      : items.flatMap((item, i) => (i % 2 === 0 ? [item + items[i + 1]] : []))
  return head + units.sort().join('')
}
