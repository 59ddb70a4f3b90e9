// Random pipelines of one client that turn its state over: protocol, user, transaction, subscriptions, caching, replies at all.
import { parseScript } from './script.ts'
import { Wire } from './wire.ts'

export interface Turn {
  readonly args: readonly string[]
}

const PREPARATION = parseScript(`
  FLUSHALL
  ACL LOG RESET
  ACL SETUSER bob reset on >x +@all ~* &*
  ACL SETUSER ro reset on >x +@read +acl|whoami +reset +ping +multi +exec ~k*
`)

const COMMANDS: readonly Turn[] = parseScript(`
  PING
  PING a
  ECHO x
  SELECT 1
  SELECT 0
  SELECT 99
  SET k v
  GET k
  INCR k
  LPUSH l a
  HSET h a b
  HGETALL h
  BLPOP l 0.001
  HELLO
  HELLO 2
  HELLO 3
  HELLO 4
  HELLO 3 SETNAME foo
  HELLO 2 SETNAME
  HELLO 3 AUTH bob x
  HELLO 3 AUTH bob wrong
  HELLO 2 AUTH default x SETNAME "a b"
  HELLO 3 SETNAME "a b" AUTH bob x
  HELLO 2 FOO
  AUTH bob x
  AUTH bob wrong
  AUTH default x
  AUTH ro x
  ACL WHOAMI
  RESET
  RESET x
  MULTI
  EXEC
  DISCARD
  WATCH k
  UNWATCH
  CLIENT SETNAME me
  CLIENT SETNAME ""
  CLIENT GETNAME
  CLIENT INFO
  CLIENT NO-EVICT ON
  CLIENT NO-EVICT OFF
  CLIENT TRACKING ON
  CLIENT TRACKING OFF
  CLIENT TRACKING ON OPTIN
  CLIENT TRACKING ON BCAST PREFIX k
  CLIENT CACHING YES
  CLIENT GETREDIR
  CLIENT TRACKINGINFO
  CLIENT REPLY ON
  CLIENT REPLY OFF
  CLIENT REPLY SKIP
  SUBSCRIBE c
  SUBSCRIBE c c
  UNSUBSCRIBE
  UNSUBSCRIBE c
  PSUBSCRIBE p*
  PUNSUBSCRIBE
  SSUBSCRIBE s
  SUNSUBSCRIBE s
  PUBLISH c hi
  PUBLISH pp hi
  SPUBLISH s hi
  PUBSUB NUMSUB c d
  PUBSUB NUMPAT
  EVAL "return redis.call('get',KEYS[1])" 1 k
  EVAL "redis.setresp(3) return redis.call('hgetall',KEYS[1])" 1 h
  EVAL "return redis.call('subscribe','x')" 0
  NOSUCH a b
  GET
  MONITOR x
  ACL DRYRUN ro set k v
  ACL LOG 1
`)

/** Redis mixes what these bring about into the reply of EXEC, which is no reply then. */
const NOT_QUEUED = /^(CLIENT REPLY (OFF|SKIP)|HELLO|S?PUBLISH)/

export function randomTurns(random: () => number, count: number): Turn[] {
  const hasTransactions = random() < 0.7
  const commands = COMMANDS.filter(({ args }) => {
    const line = args.join(' ')
    return hasTransactions ? !NOT_QUEUED.test(line) : line !== 'MULTI'
  })
  const hello = { args: ['HELLO', random() < 0.5 ? '2' : '3'] }
  return [hello, ...Array.from({ length: count }, () => commands[Math.floor(random() * commands.length)]!)]
}

/** All that a new client receives for the pipeline, and for what ends it. */
export async function transcriptOf(port: number, turns: readonly Turn[]): Promise<string[]> {
  const wire = await Wire.open(port)
  try {
    for (const { args } of PREPARATION) await wire.call(...args)
    const fence = 'the end'
    wire.send(...turns.map(({ args }) => args), ['CLIENT', 'REPLY', 'ON'], ['RESET'], ['PING', fence])
    const frames: string[] = []
    for (let frame = await wire.frame(); !frame.includes(fence); frame = await wire.frame()) frames.push(shown(frame))
    return [...turns.map(({ args }) => args.join(' ')), ...frames]
  } finally {
    wire.close()
  }
}

/** Of CLIENT INFO, and where ACL LOG shows it, what the client itself has brought about; of HELLO all but who answers. */
function shown(frame: string): string {
  if (frame.includes(' laddr=')) return frame.match(/ (name|flags|db|p?s?sub|multi|cmd|user|redir|resp)=\S*/g)!.join('')
  return JSON.stringify(frame.replace(/\$7\r\nversion\r\n\S+\r\n\S+|:\d+(?=\r\n\$4\r\nmode)/g, ''))
}
