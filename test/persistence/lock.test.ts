// One engine at a time has a folder, whatever became of the one before.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Engine } from '../../packages/embedded/src/index.ts'
import { temporaryFolder } from './folder.ts'
import { startEngine } from './process.ts'

/** Opens the folder many times at once; how many succeeded, and why the others did not. */
async function race(dir: string): Promise<{ engines: Engine[]; reasons: unknown[] }> {
  const attempts = await Promise.allSettled(Array.from({ length: 12 }, () => Engine.open({ dir })))
  const engines = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
  onTestFinished(async () => void (await Promise.all(engines.map((engine) => engine.close()))))
  return { engines, reasons: attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : [])) }
}

const IN_USE = expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('is in use by') })

it('is won by one of many who open at once', async () => {
  const { engines, reasons } = await race(temporaryFolder())
  expect(engines.length).toBe(1)
  expect(reasons).toEqual(Array(11).fill(IN_USE))
})

it('names the process that has it, and is free when that was killed', async () => {
  const dir = temporaryFolder()
  const child = await startEngine([dir, 'no'])
  await expect(Engine.open({ dir })).rejects.toThrow(/in use by the engine of process \d+/)
  await child.kill()
  expect(fs.readdirSync(dir).filter((name) => name.startsWith('lock')).length).toBe(1)
  for (let round = 0; round < 20; round++) {
    const { engines } = await race(dir)
    expect(engines.length).toBe(1)
    await engines[0]!.close()
  }
})

it('leaves nothing behind when it is released', async () => {
  const dir = temporaryFolder()
  await (await Engine.open({ dir })).close()
  expect(fs.readdirSync(dir).filter((name) => name.includes('lock'))).toEqual([])
  await (await Engine.open({ dir })).close()
})

it('is not fooled by a folder under another name, nor by a long one', async () => {
  const dir = join(temporaryFolder(), 'x'.repeat(150))
  const engine = await Engine.open({ dir })
  const link = join(temporaryFolder(), 'link')
  fs.symlinkSync(dir, link)
  await expect(Engine.open({ dir: link })).rejects.toMatchObject({ code: 'USAGE' })
  await expect(Engine.open({ dir })).rejects.toMatchObject({ code: 'USAGE' })
  await engine.close()
  await (await Engine.open({ dir: link })).close()
})
