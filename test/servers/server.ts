// A real server for one test file: its own free port, its own unix socket, its own temporary folder. It dies with the
// process that started it (watchdog.ts) and nothing of it is left behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { installed, provision, type ServerBinary } from './provision.ts'
import { RawClient, type RawReply } from './raw-client.ts'
import { watchedFolder } from './watchdog.ts'

export interface ServerOptions {
  /** For the folder and for error messages. */
  readonly name?: string
  /** One of `servers()`: `redis-7.0`, `valkey-8.0` ... The first of them by default. */
  readonly version?: string
  /** Lines of redis.conf as they are written there, `{ appendonly: 'yes', maxmemory: '10mb' }`; a list is several lines. */
  readonly config?: Readonly<Record<string, string | number | readonly string[]>>
  /** Further command-line arguments, as they are. */
  readonly args?: readonly string[]
}

export interface TestServer extends AsyncDisposable {
  readonly name: string
  /** `redis-7.0` */
  readonly version: string
  /** `redis://127.0.0.1:<port>` */
  readonly url: string
  readonly host: string
  readonly port: number
  /** The unix socket. */
  readonly path: string
  /** The folder with the server's files and its `server.log`. */
  readonly dir: string
  /** Of the running process; changes with `restart`. */
  readonly pid: number
  readonly running: boolean
  /** Sends a signal (SIGKILL unless told) and resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts the same server again on the same port and folder, after a clean shutdown if it still runs. */
  restart(): Promise<void>
  /** Stops the process without closing its sockets (SIGSTOP): what a hung machine looks like. */
  pause(): void
  resume(): void
  /** One command over a plain RESP2 connection that shares no code with the client. Error replies reject. */
  call(...args: readonly (string | number | Uint8Array)[]): Promise<Exclude<RawReply, Error>>
  /** Ends the process and removes its folder. */
  stop(): Promise<void>
}

/** Starts a server and resolves when it answers and has loaded its data. Rejects with the end of its log when it does not start. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const available = installed() ?? (await provision()).servers
  const binary = options.version ? available.find((server) => server.name === options.version) : available[0]
  if (binary === undefined) {
    const names = available.map((server) => server.name).join(', ')
    throw new Error(`There is no server ${options.version}; OCHRE_TEST_SERVERS gave: ${names}.`)
  }
  const name = options.name ?? binary.name
  const dir = mkdtempSync(join(watchedFolder(), `${name.replaceAll(/[^\w.-]/g, '-')}-`))
  for (let attempt = 1; ; attempt++) {
    const server = new Server(binary, name, dir, await freePort(), options)
    try {
      await server.start()
      return server
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('Address already in use')
      if (taken && attempt < 5) continue
      rmSync(dir, { recursive: true, force: true })
      throw error
    }
  }
}

class Server implements TestServer {
  readonly name: string
  readonly version: string
  readonly host = '127.0.0.1'
  readonly port: number
  readonly path: string
  readonly dir: string
  readonly #binary: ServerBinary
  readonly #options: ServerOptions
  #process: ChildProcess | undefined
  #client: Promise<RawClient> | undefined

  constructor(binary: ServerBinary, name: string, dir: string, port: number, options: ServerOptions) {
    this.#binary = binary
    this.#options = options
    this.name = name
    this.version = binary.name
    this.dir = dir
    this.port = port
    this.path = join(dir, 'socket')
  }

  get url(): string {
    return `redis://${this.host}:${this.port}`
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error(`The server ${this.name} is not running.`)
    return pid
  }

  get running(): boolean {
    return this.#process !== undefined
  }

  async start(): Promise<void> {
    const log = join(this.dir, 'server.log')
    writeFileSync(log, '')
    const settings: NonNullable<ServerOptions['config']> = {
      port: this.port,
      bind: this.host,
      unixsocket: `"${this.path}"`,
      dir: `"${this.dir}"`,
      logfile: `"${log}"`,
      save: '""',
      appendonly: 'no',
      daemonize: 'no',
      ...(Number.parseInt(this.#binary.version, 10) >= 7 ? { 'enable-debug-command': 'yes' } : {}),
      ...this.#options.config,
    }
    const config = join(this.dir, 'server.conf')
    const lines = Object.entries(settings).flatMap(([key, value]) => [value].flat().map((line) => `${key} ${line}\n`))
    writeFileSync(config, lines.join(''))
    const [command, ...prefix] = this.#binary.command
    const child = spawn(command!, [...prefix, config, ...(this.#options.args ?? [])], {
      cwd: this.dir,
      stdio: 'ignore',
    })
    const pidFile = join(this.dir, 'pid')
    if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid))
    child.unref()
    this.#process = child
    let ended: Error | undefined
    const onEnd = (cause: string): void => {
      ended ??= new Error(`${this.version} did not start (${cause}).\n${tail(log)}`)
      if (this.#process !== child) return
      this.#process = undefined
      this.#forgetClient()
      rmSync(pidFile, { force: true })
    }
    child.once('error', (error) => onEnd(error.message))
    child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`))

    const deadline = Date.now() + 20_000
    for (;;) {
      if (ended !== undefined) throw ended
      if (Date.now() > deadline) {
        await this.kill()
        throw new Error(`${this.version} did not answer within 20 s.\n${tail(log)}`)
      }
      try {
        const client = await RawClient.open(this.path)
        const pong = await client.send(['PING'])
        client.close()
        const loading = pong instanceof Error && pong.message.startsWith('LOADING')
        if (!loading && ended === undefined) return
      } catch {
        // Not listening yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.ref()
    child.kill(signal)
    await ended
  }

  async restart(): Promise<void> {
    this.resume()
    await this.kill('SIGTERM')
    rmSync(this.path, { force: true })
    await this.start()
  }

  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  async call(...args: readonly (string | number | Uint8Array)[]): Promise<Exclude<RawReply, Error>> {
    if (this.#client !== undefined && (await this.#client).closed) this.#client = undefined
    this.#client ??= this.#open()
    this.#client.catch(() => {
      this.#client = undefined
    })
    return (await this.#client).call(...args)
  }

  async stop(): Promise<void> {
    await this.kill('SIGKILL')
    this.#forgetClient()
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #open(): Promise<RawClient> {
    const client = await RawClient.open(this.path)
    const password = this.#options.config?.requirepass
    if (password !== undefined) await client.call('AUTH', String(password))
    return client
  }

  #forgetClient(): void {
    this.#client?.then(
      (client) => client.close(),
      () => undefined,
    )
    this.#client = undefined
  }
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n')
}

/**
 * A port that nothing listens on, below the range from which outgoing connections take theirs, so that a server can be
 * restarted on it. Another process may still be faster; the caller tries again then.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000)
    if (port === 26_379) continue
    const probe = createServer()
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
}
