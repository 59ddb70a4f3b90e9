// Odd commands: thousands of random ones in and around the grammar of each command, on data of every type. A real server and
// the engine answer alike, and their data is the same afterwards. ODD_COMMANDS says how many, ODD_SEED where they begin.
import { type CommandSpec, lookupCommand } from '@ochre/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seeded } from '../commands/sample.ts'
import { oddCommand } from './odd-command.ts'
import { areAlike, CONCLUSION, canBeOdd, DIGEST, HASHES, isComparable, KEYS, PREPARATION } from './odd-data.ts'
import { type Pair, startPair } from './pair.ts'
import { frameItems, Wire } from './wire.ts'

const TOTAL = Number(process.env.ODD_COMMANDS ?? 6000)
const FIRST_SEED = Number(process.env.ODD_SEED ?? 1)
const BATCH = 12
const SILENCE_MS = 20_000

type Commands = readonly (readonly string[])[]

/** The fields that expire are compared with the server that has them. */
const FIELDS_EXPIRE = /^h(p?expire|p?expireat|p?expiretime|p?ttl|persist|getdel|getex|setex)$/

const families = [
  { title: 'odd commands', version: undefined, share: 0.4, isIncluded: canBeOdd, conclusion: [...CONCLUSION, DIGEST] },
  {
    title: 'odd commands on fields that expire',
    version: 'redis-8.0',
    share: 0.1,
    isIncluded: ({ name }: CommandSpec) => FIELDS_EXPIRE.test(name),
    conclusion: [...CONCLUSION, ...HASHES],
  },
] as const

describe.each(families)('$title', ({ version, share, isIncluded, conclusion }) => {
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(version)
  })
  afterAll(async () => {
    await pair[Symbol.asyncDispose]()
  })

  for (const resp of ['2', '3']) {
    it(`get the same replies in RESP${resp}`, { timeout: 30_000 + TOTAL * 10 }, async () => {
      const sides = await Promise.all(pair.sides.map(({ port }) => openSide(port, resp)))
      try {
        // Redis looks this often whether the time of a blocked client is up.
        await sides[0]!.wire.call('CONFIG', 'SET', 'hz', '500')
        const specs = (await commandsOf(sides[0]!.wire)).filter(isIncluded)
        expect(specs.length).toBeGreaterThan(version === undefined ? 230 : 11)
        for (let seed = FIRST_SEED; (seed - FIRST_SEED) * BATCH < TOTAL * share; seed++) {
          const commands = randomCommands(specs, seed)
          const difference = (some: Commands): Promise<string | null> => differenceOf(sides, some, conclusion)
          if ((await difference(commands)) === null) continue
          expect.fail(`seed ${seed}: ${await difference(await shortest(commands, difference))}`)
        }
      } finally {
        for (const { wire, listener } of sides) {
          wire.close()
          listener.close()
        }
      }
    })
  }
})

/** Who sends commands, and who hears of all they do to the keys. */
interface OddSide {
  readonly wire: Wire
  readonly listener: Wire
}

async function openSide(port: number, resp: string): Promise<OddSide> {
  const [wire, listener] = await Promise.all([Wire.open(port), Wire.open(port)])
  await wire.call('HELLO', resp)
  await wire.call('CONFIG', 'SET', 'notify-keyspace-events', 'EAmn')
  await listener.call('HELLO', '3')
  await listener.call('PSUBSCRIBE', '__keyevent@*')
  return { wire, listener }
}

async function commandsOf(real: Wire): Promise<CommandSpec[]> {
  const nameOf = (entry: string): string => frameItems(entry)[0]!.split('\r\n')[1]!
  const names = frameItems(await real.call('COMMAND')).flatMap((entry) => [
    nameOf(entry),
    ...frameItems(frameItems(entry)[9]!).map(nameOf),
  ])
  return names.sort().flatMap((name) => lookupCommand(name.replace('|', ' ')) ?? [])
}

function randomCommands(specs: readonly CommandSpec[], seed: number): Commands {
  const random = seeded(seed)
  const commands: string[][] = []
  while (commands.length < BATCH) {
    const command = oddCommand(specs[Math.floor(random() * specs.length)]!, KEYS, random)
    if (isComparable(command)) commands.push(command)
  }
  return commands
}

/** The first command to which the two sides answer differently, with the commands before it, or what differs in what they tell of the keys; null when nothing does. */
async function differenceOf(
  sides: readonly OddSide[],
  commands: Commands,
  conclusion: Commands,
): Promise<string | null> {
  const all = [...commands, ...conclusion]
  const [real, engine] = await Promise.all(sides.map(({ wire }) => repliesOf(wire, all)))
  const [realEvents, engineEvents] = await Promise.all(sides.map(({ listener }) => eventsOf(listener)))
  const shown = (count: number): string[] => all.slice(0, count).map((command) => JSON.stringify(command))
  const at = all.findIndex((command, i) => !areAlike(command, real![i]!, engine![i]!))
  if (at !== -1) {
    return [...shown(at + 1), `real:   ${JSON.stringify(real![at])}`, `engine: ${JSON.stringify(engine![at])}`].join(
      '\n',
    )
  }
  const event = realEvents!.findIndex((text, i) => text !== engineEvents![i])
  if (realEvents!.length === engineEvents!.length && event === -1) return null
  const from = Math.max(0, event)
  return [...shown(all.length), 'real:', ...realEvents!.slice(from), 'engine:', ...engineEvents!.slice(from)].join('\n')
}

let fences = 0

/** What was told since the last call. When something expires is not the commands' business. */
async function eventsOf(listener: Wire): Promise<string[]> {
  const fence = `fence ${fences++}`
  listener.send(['PING', fence])
  const events: string[] = []
  for (let frame = await listener.frame(); !frame.includes(fence); frame = await listener.frame()) {
    if (!frame.includes(':expired')) events.push(JSON.stringify(frame.split('\r\n').slice(6)))
  }
  return events
}

async function repliesOf(wire: Wire, commands: Commands): Promise<string[]> {
  wire.send(...PREPARATION, ...commands)
  for (let i = 0; i < PREPARATION.length; i++) await wire.frame()
  const replies: string[] = []
  for (const command of commands) {
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`No reply to ${JSON.stringify(command)}.`)), SILENCE_MS)
    })
    replies.push(await Promise.race([wire.frame(), silence]))
    clearTimeout(timer)
  }
  return replies
}

/** As few of the commands as still make a difference. */
async function shortest(
  commands: Commands,
  difference: (commands: Commands) => Promise<string | null>,
): Promise<Commands> {
  let left = commands
  for (let i = commands.length - 1; i >= 0; i--) {
    const fewer = left.toSpliced(i, 1)
    if ((await difference(fewer)) !== null) left = fewer
  }
  return left
}
