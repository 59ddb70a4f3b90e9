// `ochre engine`: the embedded engine alone, for any client in any language.

import { Engine, repairFolder } from '@ochre/embedded'
import { UsageError } from '@ochre/protocol'
import { Command, Option } from 'commander'
import { EXIT, type Io, print, tell } from '../io.ts'
import { wholeNumber } from '../options.ts'

interface Options {
  readonly port: number
  readonly host: string
  readonly path?: string
  readonly dir?: string
  readonly fsync: 'always' | 'everysec' | 'no'
  readonly password?: string
  readonly repair?: true
  readonly json?: true
}

export function engineCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('engine')
    .description('run the embedded engine as a server, for any Redis client')
    .option('--port <port>', 'TCP port, 0 = any free one', wholeNumber(0, 65_535), 6390)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--path <file>', 'listen on a unix socket instead')
    .option('--dir <folder>', 'keep the data there (default: memory only)')
    .addOption(
      new Option('--fsync <policy>', 'when the append-only file reaches the disk')
        .choices(['always', 'everysec', 'no'])
        .default('everysec'),
    )
    .option('--password <password>', 'clients must AUTH with it')
    .option('--repair', 'first cut a damaged folder where the damage begins; copies of what is cut stay beside it')
    .option('--json', 'print where it listens as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  ochre engine
  ochre engine --port 6390 --dir ./data --fsync always
  ochre engine --dir ./data --repair
  redis-cli -p 6390 PING`,
    )
    .action(async (options: Options) => {
      const { port } = options
      if (options.repair) {
        if (options.dir === undefined) throw new UsageError('--repair needs --dir, the folder to repair.')
        for (const { file, offset, reason, backups } of await repairFolder(options.dir))
          tell(io, `Cut ${file} at byte ${offset}: ${reason}. Kept: ${backups.join(', ')}`)
      }
      const engine = await Engine.open({
        ...(options.dir === undefined ? {} : { dir: options.dir, fsync: options.fsync }),
        ...(options.password === undefined ? {} : { config: { requirepass: options.password } }),
      })
      const listening = await engine.listen(
        options.path === undefined ? { port, host: options.host } : { path: options.path },
      )
      const { path, host, dir } = options
      if (options.json)
        print(io, JSON.stringify(path === undefined ? { host, port: listening.port, dir } : { path, dir }))
      else
        print(
          io,
          `Listening on ${path ?? `${host}:${listening.port}`}${dir === undefined ? ', in memory only' : `, data in ${dir}`}.`,
        )
      await new Promise<void>((resolve) => {
        if (io.interrupted.aborted) resolve()
        io.interrupted.addEventListener('abort', () => resolve(), { once: true })
      })
      await engine.close()
      exit(EXIT.ok)
    })
}
