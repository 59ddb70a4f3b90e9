// A raw connection, to a real server or to the engine in process: commands go in, the exact bytes of each reply come out.
import { connect } from 'node:net'
import type { Engine } from '@ochre/embedded'

export type Command = readonly (string | number)[]

interface Waiting {
  resolve(reply: Buffer): void
  reject(error: Error): void
}

export class RawLink {
  #write: (bytes: Buffer) => void = () => {}
  #end: () => void = () => {}
  #bytes: Buffer = Buffer.alloc(0)
  readonly #waiting: Waiting[] = []
  #failure: Error | undefined

  static server(port: number): Promise<RawLink> {
    const link = new RawLink()
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.setNoDelay(true)
      socket.on('data', (chunk) => link.#receive(chunk))
      socket.on('error', reject)
      socket.on('close', () => link.#fail(new Error('The server closed the connection.')))
      socket.on('connect', () => {
        link.#write = (bytes) => socket.write(bytes)
        link.#end = () => socket.destroy()
        resolve(link)
      })
    })
  }

  static engine(engine: Engine): Promise<RawLink> {
    const link = new RawLink()
    return new Promise((resolve) => {
      const wire = engine.dial({
        onOpen: () => resolve(link),
        onData: (chunk) => link.#receive(Buffer.from(chunk)),
        onDrain: () => {},
        onClose: () => link.#fail(new Error('The engine closed the link.')),
      })
      link.#write = (bytes) => wire.write(bytes)
      link.#end = () => wire.destroy()
    })
  }

  /** Text is one character per byte. Commands sent without awaiting are pipelined. */
  send(command: Command): Promise<Buffer> {
    if (this.#failure) return Promise.reject(this.#failure)
    const parts = command.map((arg) => `$${String(arg).length}\r\n${arg}\r\n`)
    this.#write(Buffer.from(`*${command.length}\r\n${parts.join('')}`, 'latin1'))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  close(): void {
    this.#end()
  }

  #receive(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
    for (;;) {
      const end = replyEnd(this.#bytes)
      if (end === undefined) return
      this.#waiting.shift()?.resolve(this.#bytes.subarray(0, end))
      this.#bytes = this.#bytes.subarray(end)
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }
}

/** Where the first reply of RESP2 or RESP3 ends; undefined when it is not complete. */
function replyEnd(bytes: Buffer): number | undefined {
  let at = 0
  for (let left = 1; left > 0; left--) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const type = String.fromCharCode(bytes[at]!)
    const count = Number(bytes.toString('latin1', at + 1, lineEnd))
    at = lineEnd + 2
    if ('$=!'.includes(type) && count >= 0) at += count + 2
    else if ('*~>'.includes(type) && count > 0) left += count
    else if (type === '%') left += count * 2
    if (at > bytes.length) return undefined
  }
  return at
}
