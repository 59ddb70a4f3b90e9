// `ochre config check`: the configuration that `ochre serve` would use, and where each value comes from.

import { type ConfigInput, describeConfig, loadConfig } from '@ochre/gateway'
import { Command } from 'commander'
import { EXIT, type Io, print } from '../io.ts'
import { flagsOf, withSettings } from './serve.ts'

interface Options {
  readonly config?: string
  readonly json?: true
}

export function configCommand(io: Io, exit: (code: number) => void): Command {
  const check = withSettings(new Command('check'))
    .description('show every setting with its value and where it comes from; ends with 2 when something is wrong')
    .option('--redis <url>', 'the Redis to serve')
    .option('--config <file>', 'configuration file (default: ochre.config.json when there is one)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  ochre config check --config ochre.config.json\n\nSecrets are shown as (set).')
    .action((options: Options & Record<string, unknown>) => {
      const input: ConfigInput = {
        flags: flagsOf(options),
        env: io.env,
        ...(options.config === undefined ? {} : { file: options.config }),
      }
      const settings = describeConfig(loadConfig(input))
      if (options.json) print(io, JSON.stringify(settings))
      else
        for (const { name, value, source } of settings)
          print(
            io,
            `${name.padEnd(20)} ${String(Array.isArray(value) ? value.join(', ') : (value ?? '-')).padEnd(28)} ${source}`,
          )
      exit(EXIT.ok)
    })
  return new Command('config')
    .description('check the configuration of ochre serve')
    .addHelpText('after', '\nExample:\n  ochre config check')
    .addCommand(check)
}
