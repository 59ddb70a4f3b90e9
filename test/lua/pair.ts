// A real Redis 7.0 and an engine side by side: the same commands go to both, and the bytes of the replies must be equal.
import { Engine } from '@ochre/embedded'
import { startServer, type TestServer } from '../servers/index.ts'
import { type Command, RawLink } from './raw-link.ts'

export class Pair {
  readonly server: TestServer
  readonly engine: Engine
  readonly #real: RawLink
  readonly #ours: RawLink

  private constructor(server: TestServer, engine: Engine, real: RawLink, ours: RawLink) {
    this.server = server
    this.engine = engine
    this.#real = real
    this.#ours = ours
  }

  static async open(): Promise<Pair> {
    const server = await startServer({ version: 'redis-7.0', name: 'lua' })
    const engine = await Engine.open()
    return new Pair(server, engine, await RawLink.server(server.port), await RawLink.engine(engine))
  }

  async close(): Promise<void> {
    this.#real.close()
    this.#ours.close()
    await Promise.all([this.server.stop(), this.engine.close()])
  }

  /** Both replies as text. */
  async replies(command: Command): Promise<{ real: string; ours: string }> {
    const [real, ours] = await Promise.all([this.#real.send(command), this.#ours.send(command)])
    return { real: real.toString('latin1'), ours: ours.toString('latin1') }
  }

  /** Sends a command to both, expects the same reply and returns it. */
  async same(command: Command): Promise<string> {
    const { real, ours } = await this.replies(command)
    if (real !== ours)
      throw new Error(`${command[0]} ${command[1]}: ${JSON.stringify(real)} but ${JSON.stringify(ours)}`)
    return real
  }

  /** Sends the commands one after the other and returns those whose replies differ, with both replies. */
  async differences(commands: readonly Command[]): Promise<{ command: string; real: string; ours: string }[]> {
    const different: { command: string; real: string; ours: string }[] = []
    for (const command of commands) {
      const { real, ours } = await this.replies(command)
      if (real !== ours) different.push({ command: command.join(' '), real, ours })
    }
    return different
  }
}
