// CONFIG: reading and changing settings while the engine runs.
import { compileGlob, FailureReply, MapReply, matchGlob, type Reply } from '@ochre/protocol'
import { changeSettings, readSetting, settingNames } from '../config.ts'
import { OK, SYNTAX } from '../failures.ts'
import { helping } from '../help.ts'
import type { Handler, Outcome, Session } from '../session.ts'

function get({ engine }: Session, args: readonly string[]): Outcome {
  const shown = new Map<string, Reply>()
  for (const pattern of args.slice(2)) {
    if (!/[*?[]/.test(pattern)) {
      const value = readSetting(engine.settings, pattern.toLowerCase())
      if (value !== undefined) shown.set(pattern, value)
      continue
    }
    const glob = compileGlob(pattern, true)
    for (const name of settingNames()) {
      if (matchGlob(glob, name)) shown.set(name, readSetting(engine.settings, name)!)
    }
  }
  return new MapReply([...shown].flat())
}

function set(session: Session, args: readonly string[]): Outcome {
  const { engine } = session
  if (args.length % 2 !== 0) throw SYNTAX
  const pairs: [string, string][] = []
  for (let i = 2; i < args.length; i += 2) pairs.push([args[i]!, args[i + 1]!])
  const before = engine.settings.requirepass
  const problem = changeSettings(engine.settings, pairs)
  if (problem !== null) throw new FailureReply(problem)
  if (engine.settings.requirepass !== before) engine.acl.setDefaultPassword(engine.settings.requirepass)
  engine.slowLog.trim(engine.settings['slowlog-max-len'])
  engine.clientMemory.noteAll()
  if (engine.settings.timeout > 0) engine.scheduleIdleCheck()
  return OK
}

function resetstat({ engine }: Session): Outcome {
  engine.stats.reset()
  engine.memory.evictedKeys = 0
  engine.clientMemory.evictedClients = 0
  return OK
}

function rewrite(): Outcome {
  return new FailureReply('ERR The server is running without a config file')
}

const HELP: readonly string[] = [
  'GET <pattern>',
  '    Return parameters matching the glob-like <pattern> and their values.',
  'SET <directive> <value>',
  '    Set the configuration <directive> to <value>.',
  'RESETSTAT',
  '    Reset statistics reported by the INFO command.',
  'REWRITE',
  '    Rewrite the configuration file.',
]

export const config: Readonly<Record<string, Handler>> = {
  'config get': get,
  'config help': helping(HELP),
  'config resetstat': resetstat,
  'config rewrite': rewrite,
  'config set': set,
}
