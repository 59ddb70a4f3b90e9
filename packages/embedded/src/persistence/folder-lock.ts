// Keeps a second engine out of a folder. The lock is a listening socket with a name in the folder: the operating system ends
// it with the process, however that dies, so there is no stale lock to guess about and no process id to mistake.
//
//     free      no `lock`, or one to which nobody listens
//     taking    listen on `lock.<unique>`; link it as `lock`, which exactly one can do
//     stale     rename `lock` away, which exactly one can do; look again whether somebody listens to what was renamed
//     held      whoever connects to `lock` is told the process id
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { platform } from 'node:os'
import { UsageError } from '@ochre/protocol'

/** The longest name of a socket that every system takes, without its end. */
const NAME_LIMIT = 80
/** How long a holder that is busy may take to tell its process id; that it is alive is known before. */
const ANSWER_MS = 250
const ATTEMPTS = 10

export interface FolderLock {
  release(): Promise<void>
}

/** Takes the lock of an existing folder, or throws UsageError when another engine has it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const folderFd = fs.openSync(folder, 'r')
  const path = folder.length <= NAME_LIMIT ? folder : shortNameOf(folder, folderFd)
  const own = `${path}/lock.${randomBytes(6).toString('hex')}`
  const server = await listen(own)
  try {
    await take(folder, path, own)
  } catch (error) {
    await stop(server)
    fs.closeSync(folderFd)
    throw error
  } finally {
    fs.rmSync(own, { force: true })
  }
  return {
    async release() {
      fs.rmSync(`${path}/lock`, { force: true })
      await stop(server)
      fs.closeSync(folderFd)
    },
  }
}

function shortNameOf(folder: string, fd: number): string {
  if (platform() === 'linux') return `/proc/self/fd/${fd}`
  throw new UsageError(`The path of the folder ${folder} is too long for the lock in it: at most ${NAME_LIMIT} bytes.`)
}

function listen(path: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end(String(process.pid))
  })
  server.unref()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, exclusive: true }, () => resolve(server))
  })
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

async function take(folder: string, path: string, own: string): Promise<void> {
  const lock = `${path}/lock`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (succeeds(() => fs.linkSync(own, lock), 'EEXIST')) return
    const holder = await holderOf(lock)
    if (holder !== null) throw inUse(folder, holder)
    const stale = `${own}.stale`
    if (!succeeds(() => fs.renameSync(lock, stale), 'ENOENT')) continue
    const successor = await holderOf(stale)
    if (successor !== null) succeeds(() => fs.linkSync(stale, lock), 'EEXIST')
    fs.rmSync(stale, { force: true })
    if (successor !== null) throw inUse(folder, successor)
  }
  throw new UsageError(`The lock of the folder ${folder} is fought over by other processes.`)
}

/** False when the operation failed for the reason named. */
function succeeds(operation: () => void, reason: string): boolean {
  try {
    operation()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === reason) return false
    throw error
  }
}

/** The process id of whoever listens ('' when it does not tell in time); null when nobody does. */
function holderOf(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    let answer = ''
    let isAlive = false
    const socket = connect({ path })
    socket.setEncoding('latin1')
    socket.setTimeout(ANSWER_MS, () => socket.destroy())
    socket.on('connect', () => {
      isAlive = true
    })
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Refused or gone: nobody listens. Anything else (no right to connect, a full backlog) is somebody.
      if (error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') isAlive = true
    })
    socket.on('close', () => resolve(isAlive ? answer : null))
  })
}

function inUse(folder: string, holder: string): UsageError {
  const who = holder === '' ? 'another engine' : `the engine of process ${holder}`
  return new UsageError(`The folder ${folder} is in use by ${who}; only one engine at a time may have it.`)
}
