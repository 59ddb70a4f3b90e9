import type { Client, Arg as ClientArg } from '@ochre/client'
import { lookupCommand, ReplyError } from '@ochre/protocol'
import type { Form } from './execute.ts'
import type { Arg } from './policy.ts'

export async function transact(client: Client, commands: readonly (readonly Arg[])[], form: Form): Promise<unknown[]> {
  const c = (form.mode === 'bytes' ? client.buffers : client) as Client
  const multi = c.issue(lookupCommand('multi')!, [])
  const queued = commands.map((args) => c.call(...(args as ClientArg[])).catch((e: unknown) => e))
  const exec = c.issue<unknown[]>(lookupCommand('exec')!, [])
  await multi
  await Promise.all(queued)
  const results = await exec
  if (results === null) throw new ReplyError('EXECABORT aborted')
  return results
}
