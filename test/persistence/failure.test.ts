// Disks that take no more: writes are refused, reads go on, and nothing that was acknowledged is lost.
import fs from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'
import { type Client, connect } from '@ochre/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { execute } from '../../packages/embedded/src/execute.ts'
import { Clock, Engine } from '../../packages/embedded/src/index.ts'
import { nodeFileSystem } from '../../packages/embedded/src/persistence/file-system.ts'
import { Disk } from './disk.ts'
import { copyOf, stateOf, temporaryFolder } from './folder.ts'
import { openLines, startEngine } from './process.ts'

interface Opened {
  readonly dir: string
  readonly disk: Disk
  readonly clock: Clock
  readonly engine: Engine
  readonly redis: Client
  readonly warnings: string[]
}

async function open(fsync: 'always' | 'everysec' | 'no'): Promise<Opened> {
  const dir = temporaryFolder()
  const disk = new Disk()
  const clock = new Clock(1_000_000)
  const warnings: string[] = []
  const engine = await Engine.open({ dir, fsync, clock, files: disk.files, warn: (text) => void warnings.push(text) })
  const redis = await connect(engine)
  onTestFinished(async () => {
    await redis.close()
    await engine.close()
  })
  return { dir, disk, clock, engine, redis, warnings }
}

/** The state of a folder as the next engine would find it. */
async function stateOn(dir: string, clock: Clock): Promise<string[]> {
  const engine = await Engine.open({ dir: copyOf(dir), clock: new Clock(clock.now()), warn: () => {} })
  const state = stateOf(engine)
  await engine.close()
  return state
}

/** Lets the round of the event loop end, in which changes are written. */
function round(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(() => resolve())))
}

const MISCONF = { code: 'MISCONF', message: 'MISCONF Errors writing to the AOF file: No space left on device' }

describe('a full disk', () => {
  it('under always: who waited for a reply is disconnected, then writes are refused and reads go on', async () => {
    const { dir, disk, clock, redis, warnings, engine } = await open('always')
    await redis.set('a', '1')
    disk.writeFault = 'ENOSPC'
    await expect(redis.set('a', '2')).rejects.toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true })
    await expect(redis.set('b', '1')).rejects.toMatchObject(MISCONF)
    await expect(redis.call('PING')).rejects.toMatchObject(MISCONF)
    await expect(redis.call('EVAL', "return redis.call('SET', KEYS[1], 1)", 1, 'b')).rejects.toMatchObject({
      message: expect.stringContaining('Errors writing to the AOF file'),
    })
    expect(await redis.get('b')).toBe(null)
    expect(await redis.call('INFO', 'persistence')).toContain('aof_last_write_status:err')
    clock.advance(1000)
    await expect(redis.set('b', '1')).rejects.toMatchObject(MISCONF)
    disk.writeFault = null
    clock.advance(1000)
    await redis.set('b', '1')
    expect(warnings).toEqual([expect.stringContaining('Writes are refused'), expect.stringContaining('works again')])
    expect(await stateOn(dir, clock)).toEqual(stateOf(engine))
  })

  for (const fsync of ['everysec', 'no'] as const) {
    it(`under ${fsync}: the next writes are refused until there is space again`, async () => {
      const { dir, disk, clock, redis, engine } = await open(fsync)
      disk.writeFault = 'ENOSPC'
      await redis.set('a', '1')
      await round()
      await expect(redis.set('a', '2')).rejects.toMatchObject(MISCONF)
      expect(await redis.get('a')).toBe('1')
      disk.writeFault = null
      clock.advance(1000)
      await redis.set('b', '1')
      await round()
      expect(await stateOn(dir, clock)).toEqual(stateOf(engine))
    })
  }

  it('in the middle of a record leaves no half record', async () => {
    const { dir, disk, clock, redis, engine } = await open('no')
    await redis.set('a', '1')
    await round()
    const before = await stateOn(dir, clock)
    disk.writeFault = 'ENOSPC'
    disk.partialBytes = 25
    await redis.set('a', '2')
    await round()
    expect(await stateOn(dir, clock)).toEqual(before)
    disk.writeFault = null
    clock.advance(1000)
    expect(await stateOn(dir, clock)).toEqual(stateOf(engine))
  })

  it('is met by a real limit of the operating system too', async () => {
    const dir = temporaryFolder()
    // Files of this process may grow to 20 KB; the signal that would end it is ignored, so that writing fails instead.
    const child = await startEngine([dir, 'no'], "trap '' XFSZ; ulimit -f 40;")
    onTestFinished(() => child.kill())
    const answers: string[] = []
    let heard = (): void => {}
    const socket = await openLines(child.port, (line) => {
      answers.push(line)
      heard()
    })
    const ask = async (line: string): Promise<string> => {
      const answer = new Promise<void>((resolve) => {
        heard = resolve
      })
      socket.write(`${line}\r\n`)
      await answer
      return answers.at(-1)!
    }
    for (let i = 0; i < 40; i++) await ask(`SET k${i} ${'x'.repeat(1000)}`)
    const refused = answers.indexOf('-MISCONF Errors writing to the AOF file: File too large')
    expect(refused).toBeGreaterThan(5)
    expect(answers.slice(0, refused)).toEqual(Array(refused).fill('+OK'))
    expect(await ask('EXISTS k1')).toBe(':1')
    socket.destroy()
    await child.kill()
    const engine = await Engine.open({ dir: copyOf(dir), warn: () => {} })
    expect(engine.databases[0]!.entries.size).toBeGreaterThanOrEqual(refused - 1)
    await engine.close()
  })
})

describe('a sync that fails', () => {
  it('is not trusted again before the data has been written anew', async () => {
    const { dir, disk, clock, redis, engine } = await open('always')
    await redis.set('a', '1')
    disk.syncFault = 'EIO'
    await expect(redis.set('a', '2')).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await expect(redis.set('a', '3')).rejects.toThrow('MISCONF Errors writing to the AOF file: Input/output error')
    disk.syncFault = null
    clock.advance(1000)
    await engine.persistence!.rewrite()
    await round()
    await redis.set('b', '1')
    expect(fs.readdirSync(dir)).toContain('appendonly.aof.2.base')
    expect(await stateOn(dir, clock)).toEqual(stateOf(engine))
  })

  it('in the background makes writes fail too', async () => {
    const { disk, clock, redis } = await open('everysec')
    await redis.set('a', '1')
    await round()
    disk.syncFault = 'EIO'
    clock.advance(1000)
    await round()
    await expect(redis.set('a', '2')).rejects.toMatchObject({ code: 'MISCONF' })
  })
})

describe('a group commit', () => {
  it('puts all that came in one round on the disk with one sync', async () => {
    const { disk, engine } = await open('always')
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(engine)))
    const before = disk.syncs
    await Promise.all(clients.map((client, i) => client.set(`k${i}`, 'v')))
    expect(disk.syncs - before).toBeLessThanOrEqual(2)
    await Promise.all(clients.map((client) => client.close()))
  })

  it('joins the turns of sockets, and sends no reply before the sync', async () => {
    const { dir, disk, engine } = await open('always')
    const { port } = await engine.listen({ port: 0 })
    const sockets = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connectSocket(port, '127.0.0.1')
        await new Promise((resolve) => socket.once('connect', resolve))
        return socket
      }),
    )
    const setAll = async (value: string): Promise<void> => {
      const before = disk.syncs
      const replies = sockets.map((socket) => {
        socket.write(`SET k ${value}\r\n`)
        return new Promise<void>((resolve) =>
          socket.once('data', () => {
            expect(fs.readFileSync(join(dir, 'appendonly.aof.1.log'), 'latin1')).toContain(value)
            expect(disk.syncs).toBeGreaterThan(before)
            resolve()
          }),
        )
      })
      await Promise.all(replies)
    }
    await setAll('first') // Sockets are accepted one by one.
    const before = disk.syncs
    await setAll('second')
    expect(disk.syncs - before).toBeLessThan(5)
    for (const socket of sockets) socket.destroy()
  })

  it('syncs once a second under everysec', async () => {
    const { disk, clock, redis } = await open('everysec')
    const before = disk.syncs
    for (let i = 0; i < 10; i++) {
      await redis.set('k', `${i}`)
      await round()
    }
    expect(disk.syncs).toBe(before)
    clock.advance(1000)
    await round()
    expect(disk.syncs).toBe(before + 1)
  })
})

describe('a rewrite', () => {
  it('that dies at any operation leaves the data whole', async () => {
    for (let step = 1; ; step++) {
      const { dir, disk, clock, engine } = await open('always')
      const session = engine.openSession(null)
      const run = (...args: string[]): void => engine.turn(() => void execute(session, args))
      for (let i = 0; i < 50; i++) run('SET', `k${i}`, `${i}`)
      await round()
      disk.diesAt = disk.operations + step
      const isGood = await engine.persistence!.rewrite()
      const state = stateOf(engine)
      expect(await stateOn(dir, clock), `operation ${step}`).toEqual(state)
      disk.diesAt = Number.POSITIVE_INFINITY
      run('SET', 'after', 'x')
      clock.advance(1000)
      expect(await engine.persistence!.rewrite()).toBe(true)
      run('SET', 'again', 'x')
      await round()
      expect(await stateOn(dir, clock), `after operation ${step}`).toEqual(stateOf(engine))
      if (isGood) {
        expect(step).toBeGreaterThan(10)
        return
      }
    }
  })

  it('for which there is no space at one operation only, whichever, leaves the data whole and can be repeated', async () => {
    for (let step = 1; ; step++) {
      const { dir, disk, clock, engine } = await open('everysec')
      const session = engine.openSession(null)
      const run = (...args: string[]): void => engine.turn(() => void execute(session, args))
      for (let i = 0; i < 50; i++) run('SET', `k${i}`, `${i}`)
      run('RPUSH', 'list', ...Array.from({ length: 1000 }, (_, i) => `${i}`))
      await round()
      disk.failsAt = disk.operations + step
      const rewriting = engine.persistence!.rewrite()
      run('LPOP', 'list')
      run('INCR', 'k1')
      await rewriting
      await round()
      const hasFailed = disk.operations >= disk.failsAt
      clock.advance(1000)
      await round()
      run('RPUSH', 'list', 'after')
      await round()
      expect(await stateOn(dir, clock), `operation ${step}`).toEqual(stateOf(engine))
      expect(await engine.persistence!.rewrite(), `after operation ${step}`).toBe(true)
      run('LPOP', 'list')
      await round()
      expect(await stateOn(dir, clock), `after operation ${step}`).toEqual(stateOf(engine))
      if (!hasFailed) {
        expect(step).toBeGreaterThan(10)
        return
      }
    }
  })

  it('goes on when an earlier one failed', async () => {
    const { dir, disk, clock, redis, engine, warnings } = await open('no')
    await redis.set('a', '1')
    disk.writeFault = 'ENOSPC'
    expect(await engine.persistence!.rewrite()).toBe(false)
    disk.writeFault = null
    clock.advance(1000)
    await redis.set('a', '2')
    await redis.call('BGREWRITEAOF')
    expect(await engine.persistence!.rewrite()).toBe(true)
    await redis.set('a', '3')
    await round()
    expect(warnings.length).toBeGreaterThan(0)
    expect(await stateOn(dir, clock)).toEqual(stateOf(engine))
    expect(fs.readdirSync(dir).filter((name) => /\.(log|base)/.test(name)).length).toBe(2)
  })

  it('begins by itself when the log has grown', async () => {
    const { engine, redis } = await open('no')
    await redis.call('CONFIG', 'SET', 'auto-aof-rewrite-min-size', '1mb')
    for (let i = 0; i < 30; i++) await redis.set('k', 'x'.repeat(100_000))
    await round()
    await engine.persistence!.rewrite()
    expect(engine.persistence!.size).toBeLessThan(1_000_000)
  })
})

describe('a folder that cannot be used', () => {
  const failing = (code: string) => (): never => {
    throw Object.assign(new Error(`${code}: it was asked to fail`), { code })
  }

  it.each([
    ['cannot be made', { makeFolder: failing('EACCES') }, 'Permission denied'],
    ['takes no files', { open: failing('EROFS') }, 'Read-only file system'],
    ['has no space left', { write: failing('ENOSPC') }, 'No space left on device'],
  ])('because it %s is named, with the reason, and not locked', async (_, faults, reason) => {
    const dir = temporaryFolder()
    const opening = Engine.open({ dir, files: { ...nodeFileSystem, ...faults } })
    await expect(opening).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(new RegExp(`^The folder .* cannot be used: ${reason}\\.$`)),
    })
    await (await Engine.open({ dir })).close()
  })

  it('because it is none is refused too', async () => {
    const path = join(temporaryFolder(), 'file')
    fs.writeFileSync(path, '')
    await expect(Engine.open({ dir: path })).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('a clock that is set back', () => {
  it('changes nothing of what is kept, and what expires later does so by the new time', async () => {
    const { dir, clock, redis, engine } = await open('always')
    await redis.call('SET', 'old', '1', 'PX', 60_000)
    await redis.call('XADD', 's', '*', 'f', '1')
    clock.advance(-30_000)
    await redis.call('INCR', 'old')
    await redis.call('SET', 'new', '1', 'PX', 60_000)
    await redis.call('XADD', 's', '*', 'f', '2')
    await redis.call('HSET', 'h', 'f', '1')
    await redis.call('HPEXPIRE', 'h', 10_000, 'FIELDS', 1, 'f')
    expect(await redis.call('PTTL', 'old')).toBe(90_000)
    expect(await stateOn(dir, clock)).toEqual(stateOf(engine))
    expect(await engine.persistence!.rewrite()).toBe(true)
    clock.advance(-30_000)
    await redis.call('INCR', 'new')
    expect(await stateOn(dir, clock)).toEqual(stateOf(engine))
    clock.advance(90_001)
    expect(await redis.call('EXISTS', 'old', 'new', 'h')).toBe(1)
    await round()
    expect(await stateOn(dir, clock)).toEqual(stateOf(engine))
  })
})
