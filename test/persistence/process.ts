// Starts child.ts and speaks to it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

export interface EngineProcess {
  readonly process: ChildProcess
  readonly port: number
  kill(): Promise<void>
}

/** Starts an engine on a folder; `prefix` are shell commands that run before it. */
export async function startEngine(args: readonly string[], prefix = ''): Promise<EngineProcess> {
  const child = spawn('sh', ['-c', `${prefix} exec "$0" --import tsx "$@"`, process.execPath, CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let problem = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem += text
  })
  const exited = once(child, 'exit')
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>
  const [first] = await Promise.race([
    line,
    exited.then(() => Promise.reject(new Error(`The child ended: ${problem}`))),
  ])
  return {
    process: child,
    port: Number(first),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** A connection that sends one line at a time and hands on each line of the answers. */
export async function openLines(port: number, onLine: (line: string) => void): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  socket.on('error', () => {})
  let rest = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\r\n')
    rest = lines.pop()!
    for (const line of lines) onLine(line)
  })
  return socket
}
