// A RESP2 connection whose replies are binary strings (one character per byte), pipelined: what comparing payloads needs.
import { connect, type Socket } from 'node:net'

export type BinaryReply = string | number | null | Error | BinaryReply[]

/** A test's connection to the unix socket of a server. */
export class BinaryClient {
  readonly #socket: Socket
  readonly #waiting: ((reply: BinaryReply) => void)[] = []
  #text = ''
  #at = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => this.#read(String(chunk)))
    socket.on('error', (error) => {
      for (const resolve of this.#waiting.splice(0)) resolve(error)
    })
  }

  static open(path: string): Promise<BinaryClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new BinaryClient(socket))
      })
    })
  }

  /** Sends one command of binary strings; an error reply is a value. */
  send(...args: readonly (string | number)[]): Promise<BinaryReply> {
    let text = `*${args.length}\r\n`
    for (const arg of args) text += `$${String(arg).length}\r\n${arg}\r\n`
    this.#socket.write(text, 'latin1')
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** As send; an error reply throws. */
  async call(...args: readonly (string | number)[]): Promise<Exclude<BinaryReply, Error>> {
    const reply = await this.send(...args)
    if (reply instanceof Error) throw reply
    return reply
  }

  /** As call, for commands that answer with a string. */
  async text(...args: readonly (string | number)[]): Promise<string> {
    const reply = await this.call(...args)
    if (typeof reply !== 'string') throw new Error(`${args[0]} did not answer with a string.`)
    return reply
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: string): void {
    this.#text += chunk
    while (this.#waiting.length > 0) {
      this.#at = 0
      const reply = this.#parse()
      if (reply === undefined) return
      this.#text = this.#text.slice(this.#at)
      this.#waiting.shift()!(reply)
    }
  }

  #parse(): BinaryReply | undefined {
    const end = this.#text.indexOf('\r\n', this.#at)
    if (end === -1) return undefined
    const type = this.#text[this.#at]
    const line = this.#text.slice(this.#at + 1, end)
    this.#at = end + 2
    if (type === '+') return line
    if (type === '-') return new Error(line)
    if (type === ':') return Number(line)
    const length = Number(line)
    if (length === -1) return null
    if (type === '$') {
      if (this.#text.length < this.#at + length + 2) return undefined
      const bulk = this.#text.slice(this.#at, this.#at + length)
      this.#at += length + 2
      return bulk
    }
    const items: BinaryReply[] = []
    for (let i = 0; i < length; i++) {
      const item = this.#parse()
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }
}
