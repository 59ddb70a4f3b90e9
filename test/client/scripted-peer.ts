// A server in the same process that does exactly what a test tells it: it sees each request as words and answers with
// bytes, cut wherever the test wants.
import { type Client, type ClientOptions, connect } from '@ochre/client'
import { DecodeMode, Decoder, type Link, type LinkEvents, type Transport } from '@ochre/protocol'
import { FakeClock } from './fake-clock.ts'

/** The answer to a request as bytes in latin1; undefined for none (yet). */
export type Answer = (words: string[], link: PeerLink) => string | undefined

const HELLO =
  '%6\r\n+server\r\n+redis\r\n+version\r\n+9.9.9\r\n+proto\r\n:3\r\n+id\r\n:7\r\n+mode\r\n+standalone\r\n+role\r\n+master\r\n'

export class ScriptedPeer implements Transport {
  readonly address = 'scripted'
  /** Every link that was dialled, also those that are over. */
  readonly links: PeerLink[] = []
  /** The size of the chunks in which answers arrive; 0 is whole. */
  chunkBytes = 0
  /** While set, dialling fails with it. */
  refusal: Error | null = null
  /** While true, a dialled link neither opens nor fails. */
  deaf = false
  /** Whether handshakes are answered without asking the test. */
  courteous = true
  answer: Answer

  constructor(answer: Answer = () => undefined) {
    this.answer = answer
  }

  dial(events: LinkEvents): Link {
    const link = new PeerLink(this, events)
    this.links.push(link)
    return link
  }

  get last(): PeerLink {
    return this.links.at(-1)!
  }

  /** All requests since the start, without those of handshakes, each as its words joined by spaces. */
  get requests(): string[] {
    return this.links.flatMap((link) => link.requests)
  }

  get openLinks(): PeerLink[] {
    return this.links.filter((link) => !link.closed)
  }
}

export class PeerLink implements Link {
  readonly requests: string[] = []
  readonly writes: { bytes: number; requests: number }[] = []
  closed = false
  ended = false
  /** While true, `write` says that the link is full; `drain` ends it. */
  full = false
  private readonly peer: ScriptedPeer
  private readonly events: LinkEvents
  private readonly decoder: Decoder
  private seen = 0

  constructor(peer: ScriptedPeer, events: LinkEvents) {
    this.peer = peer
    this.events = events
    this.decoder = new Decoder({
      modeOf: () => DecodeMode.TEXT,
      onReply: (words) => this.receive(words as string[]),
      onPush: () => {},
    })
    if (peer.deaf) return
    const { refusal } = peer
    setImmediate(() => (refusal === null ? this.closed || events.onOpen() : this.lose(refusal)))
  }

  write(data: string | Buffer, encoding?: 'latin1' | 'utf8'): boolean {
    if (this.closed) return false
    const bytes = typeof data === 'string' ? Buffer.from(data, encoding) : Buffer.from(data)
    const before = this.seen
    this.decoder.write(bytes)
    this.writes.push({ bytes: bytes.length, requests: this.seen - before })
    return !this.full
  }

  drain(): void {
    this.full = false
    this.events.onDrain()
  }

  /** Sends bytes to the client, after the current call. */
  send(wire: string): void {
    setImmediate(() => this.deliver(wire))
  }

  /** Ends the link from the side of the server. */
  lose(cause: Error | null = new Error('connection reset')): void {
    if (this.closed) return
    this.closed = true
    this.events.onClose(cause)
  }

  end(): void {
    this.ended = true
    setImmediate(() => this.lose(null))
  }

  destroy(cause?: Error): void {
    setImmediate(() => this.lose(cause ?? null))
  }

  pause(): void {}
  resume(): void {}
  ref(): void {}
  unref(): void {}

  private deliver(wire: string): void {
    const bytes = Buffer.from(wire, 'latin1')
    const step = this.peer.chunkBytes || bytes.length
    for (let at = 0; at < bytes.length && !this.closed; at += step) {
      const chunk = Buffer.from(bytes.subarray(at, at + step))
      this.events.onData(chunk)
      chunk.fill(0)
    }
  }

  private receive(words: string[]): void {
    this.seen++
    const polite = this.peer.courteous ? courtesy(words) : undefined
    if (polite !== undefined) {
      this.send(polite)
      return
    }
    this.requests.push(words.join(' '))
    const answer = this.peer.answer(words, this)
    if (answer !== undefined) this.send(answer)
  }
}

/** What every server answers to a handshake. */
export function courtesy(words: string[]): string | undefined {
  if (words[0] === 'HELLO') return HELLO
  if ((words[0] === 'CLIENT' && words[1] === 'SETINFO') || words[0] === 'SELECT') return '+OK\r\n'
  return undefined
}

/** A client of a scripted peer on a clock that the test moves. */
export async function connectScripted(
  answer?: Answer,
  options: ClientOptions = {},
  prepare: (peer: ScriptedPeer) => void = () => {},
): Promise<{ client: Client; peer: ScriptedPeer; clock: FakeClock }> {
  const peer = new ScriptedPeer(answer)
  prepare(peer)
  const clock = new FakeClock()
  const client = await connect(peer, { clock, ...options })
  return { client, peer, clock }
}
