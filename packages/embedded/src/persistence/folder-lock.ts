// Keeps a second engine out of a folder. The lock is a listening socket with a name in the folder: the operating system ends
// it with the process, however that dies, so there is no stale lock to guess about and no process id to mistake.
//
// Everybody listens on a name of his own, `lock.<id>`, then looks at the other names. Nobody listens: its process is dead, and
// the name, which is never used again, is removed. Otherwise the other one says whether it holds the folder or is taking it:
//
//     holds                        -> refused
//     is taking, with a lower id   -> refused
//     is taking, with a higher id  -> asked again, until it holds or has given way
//
// Of any two, the one that looks later sees the other, because both were listening before they looked. A name appears by
// renaming, when its socket listens already.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { platform } from 'node:os'
import { UsageError } from '@ochre/protocol'

/** The longest path of a folder for which every system takes the names of sockets in it. */
const PATH_LIMIT = 70
/** How long a holder that is busy may take to tell what it does; that it is alive is known before. */
const ANSWER_MS = 1000
const ASK_AGAIN_MS = 5

export interface FolderLock {
  release(): Promise<void>
}

interface Holder {
  readonly isTaking: boolean
  /** Process id; empty when it did not say in time. */
  readonly process: string
}

/** Takes the lock of an existing folder, or throws UsageError when another engine has it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const folderFd = fs.openSync(folder, 'r')
  const path = shortPathOf(folder, folderFd)
  const id = randomBytes(6).toString('hex')
  let state = 'taking'
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end(`${state} ${process.pid}`)
  })
  const release = async (): Promise<void> => {
    fs.rmSync(`${path}/lock.${id}`, { force: true })
    await new Promise((resolve) => server.close(resolve))
    fs.closeSync(folderFd)
  }
  try {
    await listen(server, `${path}/.lock.${id}`)
    fs.renameSync(`${path}/.lock.${id}`, `${path}/lock.${id}`)
    const holder = await rivalOf(path, id)
    if (holder !== null) throw inUse(folder, holder)
  } catch (error) {
    await release()
    throw error
  }
  state = 'holds'
  return { release }
}

function shortPathOf(folder: string, fd: number): string {
  if (Buffer.byteLength(folder) <= PATH_LIMIT) return folder
  if (platform() === 'linux') return `/proc/self/fd/${fd}`
  throw new UsageError(`The path of the folder ${folder} is too long for the lock in it: at most ${PATH_LIMIT} bytes.`)
}

function listen(server: Server, path: string): Promise<void> {
  server.unref()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, exclusive: true }, () => resolve())
  })
}

/** Who has the folder, or gets it before this one; null when nobody does. */
async function rivalOf(path: string, id: string): Promise<Holder | null> {
  const others = fs.readdirSync(path).filter((name) => /^lock\.[0-9a-f]{12}$/.test(name) && name !== `lock.${id}`)
  for (const name of others) {
    for (;;) {
      const holder = await ask(`${path}/${name}`)
      if (holder === null) {
        fs.rmSync(`${path}/${name}`, { force: true })
        break
      }
      if (!holder.isTaking || name < `lock.${id}`) return holder
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
    }
  }
  return null
}

/** What the listener says; null when nobody listens. One that does not say is taken to hold the folder. */
function ask(path: string): Promise<Holder | null> {
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
    socket.on('close', () => {
      const [state, process = ''] = answer.split(' ')
      resolve(isAlive ? { isTaking: state === 'taking', process } : null)
    })
  })
}

function inUse(folder: string, holder: Holder): UsageError {
  const who = holder.process === '' ? 'another engine' : `the engine of process ${holder.process}`
  return new UsageError(`The folder ${folder} is in use by ${who}; only one engine at a time may have it.`)
}
