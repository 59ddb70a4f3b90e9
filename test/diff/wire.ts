// One raw connection for comparing servers: commands out, reply frames in, byte for byte. It shares no code with what is
// being compared.
import { connect, type Socket } from 'node:net'

export class Wire {
  readonly #socket: Socket
  #bytes = ''
  #frames: string[] = []
  #waiting: { resolve: (frame: string) => void; reject: (error: Error) => void }[] = []
  #failure: Error | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#bytes += chunk.toString('latin1')
      this.#split()
    })
    const fail = (): void => {
      this.#failure = new Error('the server closed the connection')
      for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure)
    }
    socket.on('error', fail)
    socket.on('close', fail)
  }

  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.setNoDelay(true)
      socket.once('error', reject)
      socket.once('connect', () => resolve(new Wire(socket)))
    })
  }

  /** Sends commands (binary strings) without waiting. */
  send(...commands: readonly (readonly string[])[]): void {
    let text = ''
    for (const command of commands) {
      text += `*${command.length}\r\n`
      for (const arg of command) text += `$${arg.length}\r\n${arg}\r\n`
    }
    this.#socket.write(text, 'latin1')
  }

  /** Sends bytes as they are. */
  sendRaw(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  get hasFrame(): boolean {
    return this.#frames.length !== 0
  }

  /** The next reply or push, as it came. */
  frame(): Promise<string> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  async call(...command: readonly string[]): Promise<string> {
    this.send(command)
    return await this.frame()
  }

  close(): void {
    this.#socket.destroy()
  }

  #split(): void {
    let at = 0
    for (;;) {
      const end = frameEnd(this.#bytes, at)
      if (end === -1) break
      const frame = this.#bytes.slice(at, end)
      at = end
      const waiting = this.#waiting.shift()
      if (waiting === undefined) this.#frames.push(frame)
      else waiting.resolve(frame)
    }
    this.#bytes = this.#bytes.slice(at)
  }
}

/** Where the frame that starts at `start` ends; -1 when it is not whole. */
export function frameEnd(bytes: string, start: number): number {
  const line = bytes.indexOf('\r\n', start)
  if (line === -1) return -1
  const next = line + 2
  const type = bytes[start]!
  const length = Number(bytes.slice(start + 1, line))
  if ('$='.includes(type)) {
    if (length === -1) return next
    return next + length + 2 <= bytes.length ? next + length + 2 : -1
  }
  if (!'*%~>'.includes(type)) return next
  let at = next
  for (let left = type === '%' ? length * 2 : length; left > 0; left--) {
    at = frameEnd(bytes, at)
    if (at === -1) return -1
  }
  return at
}

/** The frames directly inside an aggregate frame; none for any other. */
export function frameItems(frame: string): string[] {
  if (!'*%~>'.includes(frame[0]!)) return []
  const items: string[] = []
  let at = frame.indexOf('\r\n') + 2
  while (at < frame.length) {
    const end = frameEnd(frame, at)
    items.push(frame.slice(at, end))
    at = end
  }
  return items
}
