// Files that were cut or changed: the state of some earlier moment with a word about it, or a refusal; never wrong data.
import fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { execute } from '../../packages/embedded/src/execute.ts'
import { DamagedDataError, Engine, repairFolder } from '../../packages/embedded/src/index.ts'
import { copyOf, stateOf, temporaryFolder } from './folder.ts'

const LOG = 'appendonly.aof.2.log'
const BASE = 'appendonly.aof.2.base'
const MANIFEST = 'appendonly.aof.manifest'
const BEFORE = ['SET base 1', 'RPUSH list a b c', 'HSET hash f v']
const AFTER = [
  'SET a 1',
  'INCR base',
  'RPUSH list d',
  'MULTI',
  'INCR base',
  'INCR a',
  'EXEC',
  'DEL hash',
  'SADD set x y',
]

/** A folder with a base and a log, and the state after each record of the log by where the record ends. */
let folder: string
const states: { readonly end: number; readonly state: string[] }[] = []

beforeAll(async () => {
  folder = fs.mkdtempSync(join(fs.realpathSync('/tmp'), 'ochre-'))
  const engine = await Engine.open({ dir: folder, fsync: 'always' })
  const session = engine.openSession(null)
  const run = async (line: string): Promise<void> => {
    engine.turn(() => void execute(session, line.split(' ')))
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  }
  for (const line of BEFORE) await run(line)
  await engine.persistence!.rewrite()
  states.push({ end: 16, state: stateOf(engine) })
  // The log's first record says which log it follows.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  states.push({ end: size(LOG), state: stateOf(engine) })
  for (const line of AFTER) {
    const { size } = fs.statSync(join(folder, LOG))
    await run(line)
    const end = fs.statSync(join(folder, LOG)).size
    if (end !== size) states.push({ end, state: stateOf(engine) })
  }
  await engine.close()
  return () => fs.rmSync(folder, { recursive: true, force: true })
})

function changed(name: string, change: (bytes: Buffer) => Buffer): string {
  const copy = copyOf(folder)
  fs.writeFileSync(join(copy, name), change(fs.readFileSync(join(copy, name))))
  return copy
}

async function opened(dir: string): Promise<{ state: string[]; warnings: string[] }> {
  const warnings: string[] = []
  const engine = await Engine.open({ dir, warn: (message) => void warnings.push(message) })
  const state = stateOf(engine)
  await engine.close()
  return { state, warnings }
}

function flipped(at: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    bytes[at]! ^= 1 << (at % 8)
    return bytes
  }
}

function size(name: string): number {
  return fs.statSync(join(folder, name)).size
}

describe('a log', () => {
  it('has one record for each unit', () => {
    expect(states.length).toBe(8)
    expect(states.at(-1)!.end).toBe(size(LOG))
  })

  it('that is cut anywhere gives the last whole unit, and keeps what was cut', async () => {
    for (let length = 16; length < size(LOG); length++) {
      const dir = changed(LOG, (bytes) => bytes.subarray(0, length))
      const { state, warnings } = await opened(dir)
      const last = states.findLast(({ end }) => end <= length)!
      expect(state, `cut to ${length}`).toEqual(last.state)
      const backup = join(dir, `${LOG}.${last.end}.cut`)
      if (length === last.end) expect([warnings, fs.existsSync(backup)]).toEqual([[], false])
      else {
        expect(warnings).toEqual([expect.stringContaining(`cut off, copied to ${backup}`)])
        expect(fs.readFileSync(backup)).toEqual(fs.readFileSync(join(folder, LOG)).subarray(last.end, length))
        expect((await opened(dir)).warnings).toEqual([])
      }
    }
  })

  it('with any bit changed is refused, with the file and the place', async () => {
    const bytes = fs.readFileSync(join(folder, LOG))
    for (let at = 0; at < bytes.length; at++) {
      const dir = changed(LOG, flipped(at))
      const start = states.findLast(({ end }) => end <= at)?.end ?? 0
      await expect(Engine.open({ dir }), `bit of byte ${at}`).rejects.toMatchObject({
        code: 'DATA_DAMAGED',
        file: join(fs.realpathSync(dir), LOG),
        offset: start,
        message: expect.stringContaining('repairFolder'),
      })
      expect(fs.readFileSync(join(dir, LOG))).toEqual(flipped(at)(Buffer.from(bytes)))
    }
  })

  it('whose last blocks were never written is cut', async () => {
    const last = states.at(-2)!
    const dir = changed(LOG, (bytes) => Buffer.concat([bytes.subarray(0, last.end + 30), Buffer.alloc(1000)]))
    const { state, warnings } = await opened(dir)
    expect([state, warnings.length]).toEqual([last.state, 1])
  })

  it('that is cut is refused when aof-load-truncated says so', async () => {
    const dir = changed(LOG, (bytes) => bytes.subarray(0, -1))
    const refused = Engine.open({ dir, config: { 'aof-load-truncated': 'no' } })
    await expect(refused).rejects.toThrow(DamagedDataError)
  })
})

describe('a base', () => {
  it('that is cut anywhere, or has any bit changed, is refused', async () => {
    for (let at = 0; at < size(BASE); at++) {
      await expect(Engine.open({ dir: changed(BASE, (bytes) => bytes.subarray(0, at)) })).rejects.toThrow('damaged')
      await expect(Engine.open({ dir: changed(BASE, flipped(at)) })).rejects.toThrow('damaged')
    }
  })
})

describe('a manifest', () => {
  it('that is cut anywhere, or has any bit changed, is refused', async () => {
    for (let at = 0; at < size(MANIFEST); at++) {
      await expect(Engine.open({ dir: changed(MANIFEST, (bytes) => bytes.subarray(0, at)) })).rejects.toMatchObject({
        code: 'DATA_DAMAGED',
      })
      await expect(Engine.open({ dir: changed(MANIFEST, flipped(at)) })).rejects.toMatchObject({ code: 'DATA_DAMAGED' })
    }
  })

  it('that is missing is refused while there is data', async () => {
    const dir = copyOf(folder)
    fs.rmSync(join(dir, MANIFEST))
    await expect(Engine.open({ dir })).rejects.toThrow('manifest is missing')
  })
})

describe('a repair', () => {
  it('cuts a log where the damage begins', async () => {
    const { end, state } = states[3]!
    const dir = changed(LOG, flipped(end + 25))
    const [repair, ...others] = await repairFolder(dir)
    expect(others).toEqual([])
    expect(repair).toMatchObject({ offset: end, backups: [join(dir, `${LOG}.${end}.cut`)] })
    expect(await opened(dir)).toEqual({ state, warnings: [] })
    expect(await repairFolder(dir)).toEqual([])
  })

  it('keeps the readable part of a base, and sets the logs aside', async () => {
    const dir = changed(BASE, flipped(size(BASE) - 3))
    await repairFolder(dir)
    expect((await opened(dir)).state.length).toBe(0)
    expect(fs.readdirSync(dir)).toEqual(expect.arrayContaining([`${BASE}.16.cut`, `${LOG}.cut`]))
  })

  it('sets aside a file that cannot be told from another', async () => {
    const dir = changed(LOG, flipped(3))
    await repairFolder(dir)
    expect(await opened(dir)).toEqual({ state: states[0]!.state, warnings: [] })
    const engine = await Engine.open({ dir })
    engine.turn(() => void execute(engine.openSession(null), ['SET', 'new', 'x']))
    await engine.close()
    expect((await opened(dir)).state).toContainEqual(expect.stringContaining('"new"'))
  })

  it('cuts a torn end too, and tells of it', async () => {
    const dir = changed(LOG, (bytes) => bytes.subarray(0, -1))
    expect(await repairFolder(dir)).toEqual([expect.objectContaining({ offset: states.at(-2)!.end })])
  })

  it('is refused while the folder is in use', async () => {
    const dir = temporaryFolder()
    const engine = await Engine.open({ dir })
    await expect(repairFolder(dir)).rejects.toMatchObject({ code: 'USAGE' })
    await engine.close()
  })
})
