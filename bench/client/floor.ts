// The floor: the least that a client can do, GET and nothing else. No timeouts, no reconnect, no other reply than a
// bulk string. It shows what Node itself allows.
import { connect, type Socket } from 'node:net'

export class FloorClient {
  readonly #socket: Socket
  readonly #waiting: ((value: string) => void)[] = []
  #head = 0
  #output = ''
  #input: Buffer = Buffer.alloc(0)

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk) => this.#read(chunk))
  }

  get(key: string): Promise<string> {
    if (this.#output === '') process.nextTick(() => this.#flush())
    this.#output += `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  close(): void {
    this.#socket.destroy()
  }

  #flush(): void {
    this.#socket.write(this.#output, 'latin1')
    this.#output = ''
  }

  #read(chunk: Buffer): void {
    const bytes = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk])
    let at = 0
    for (;;) {
      const line = bytes.indexOf(10, at)
      if (line === -1) break
      const length = Number(bytes.toString('latin1', at + 1, line - 1))
      if (bytes.length < line + 1 + length + 2) break
      this.#waiting[this.#head++]!(bytes.toString('latin1', line + 1, line + 1 + length))
      at = line + 1 + length + 2
    }
    this.#input = bytes.subarray(at)
    if (this.#head === this.#waiting.length) this.#waiting.length = this.#head = 0
  }
}
