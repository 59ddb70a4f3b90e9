// Links of MIGRATE to other servers: commands out, the first line of each reply back. As long as one is open, commands that
// write wait as in CLIENT PAUSE, so that nobody changes a key between its dump and its deletion; the event loop goes on.
import { connect, type Socket } from 'node:net'
import type { Timer } from './clock.ts'
import type { Engine } from './engine.ts'

/** How much goes out at a time; each such part, and each line that comes back, may take the whole timeout. */
const CHUNK_BYTES = 64 * 1024
/** What is longer counts as several lines, as for Redis. */
const LINE = /^([^\n]{1023}|[^\n]*(?=\n))\n?/

export interface Target {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
}

/** What came back, and during what it ended when not all did. */
export interface Exchange {
  readonly lines: readonly string[]
  readonly failedWhile: 'connecting' | 'writing' | 'reading' | null
}

export class Migrations {
  readonly #engine: Engine
  readonly #sockets: Set<Socket> = new Set()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * Sends the bytes and collects `count` lines. `done` is called once, in a turn of its own, before the commands that
   * waited meanwhile; not when the engine closes first.
   */
  exchange(target: Target, bytes: Buffer, count: number, done: (result: Exchange) => void): void {
    const { clock, pause } = this.#engine
    // Without a host, Node.js would take this machine.
    const socket = connect({ host: target.host || '.', port: target.port, noDelay: true })
    const lines: string[] = []
    let phase: Exchange['failedWhile'] = 'connecting'
    let pending = ''
    let timer: Timer | undefined
    this.#sockets.add(socket)
    pause.hold()

    const settle = (): void => {
      if (timer !== undefined) clock.cancel(timer)
      timer = undefined
      socket.destroy()
      if (!this.#sockets.delete(socket)) return
      this.#engine.turn(() => {
        done({ lines, failedWhile: lines.length === count ? null : phase })
        pause.release()
      })
    }
    const wait = (): void => {
      if (timer !== undefined) clock.cancel(timer)
      timer = clock.after(target.timeoutMs, settle)
    }
    const send = (at: number): void => {
      if (!this.#sockets.has(socket)) return
      wait()
      if (at < bytes.length) socket.write(bytes.subarray(at, at + CHUNK_BYTES), () => send(at + CHUNK_BYTES))
      else phase = 'reading'
    }

    wait()
    socket.setEncoding('latin1')
    socket.on('connect', () => {
      phase = 'writing'
      send(0)
    })
    socket.on('data', (text: string) => {
      pending += text
      for (let line = LINE.exec(pending); line !== null && lines.length < count; line = LINE.exec(pending)) {
        lines.push(line[1]!.replace(/\r$/, ''))
        pending = pending.slice(line[0].length)
        wait()
      }
      if (lines.length === count) settle()
    })
    // Redis notices a refused connection when it writes.
    socket.on('error', ({ syscall }: NodeJS.ErrnoException) => {
      if (phase === 'connecting' && syscall === 'connect') phase = 'writing'
    })
    socket.on('close', settle)
  }

  /** Ends all of them; nothing is deleted here. */
  close(): void {
    const sockets = [...this.#sockets]
    this.#sockets.clear()
    for (const socket of sockets) socket.destroy()
  }
}
