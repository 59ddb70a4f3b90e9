// Starts what serves HTTP: `serve.ts` in a process of its own, or Webdis.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/servers/server.ts'
import { watchedFolder } from '../../test/servers/watchdog.ts'
import type { Memory, Ready, ServeArguments } from './serve.ts'

export interface Served extends Ready {
  memory(): Promise<Memory>
  stop(): Promise<void>
}

/** Resolves when it listens. */
export async function serve(options: Omit<ServeArguments, 'port'>): Promise<Served> {
  const argument: ServeArguments = { ...options, port: await freePort() }
  const child = fork(fileURLToPath(new URL('./serve.ts', import.meta.url)), [JSON.stringify(argument)], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  })
  const ready = (await answer(child)) as Ready
  return {
    ...ready,
    async memory() {
      child.send('memory')
      return (await answer(child)) as Memory
    },
    stop: () => end(child),
  }
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('the server ended'))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message)
    })
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await once(child, 'exit')
  clearTimeout(timer)
}

/** Webdis with the threads and connections of its own example configuration. */
export async function startWebdis(command: readonly string[], redisPort: number): Promise<Omit<Served, 'memory'>> {
  const port = await freePort()
  const folder = mkdtempSync(join(watchedFolder(), 'webdis-'))
  const config = {
    redis_host: '127.0.0.1',
    redis_port: redisPort,
    http_host: '127.0.0.1',
    http_port: port,
    threads: 5,
    pool_size: 20,
    daemonize: false,
    database: 0,
    verbosity: 0,
    logfile: join(folder, 'webdis.log'),
  }
  const file = join(folder, 'webdis.json')
  writeFileSync(file, JSON.stringify(config))
  const [program, ...prefix] = command
  const child = spawn(program!, [...prefix, file], { cwd: folder, stdio: 'ignore' })
  writeFileSync(join(folder, 'pid'), String(child.pid))
  const stop = async (): Promise<void> => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  for (const deadline = Date.now() + 10_000; ; ) {
    const isThere = await fetch(`http://127.0.0.1:${port}/PING`).then(
      (response) => response.ok,
      () => false,
    )
    if (isThere) return { port, pids: [child.pid!], stop }
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error('Webdis does not start')
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
