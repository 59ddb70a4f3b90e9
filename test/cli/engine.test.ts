// `ochre engine --repair`: a damaged folder opens again, and what was cut is named.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runCli, startCli } from './run-cli.ts'

test('a damaged folder is refused, and opens after --repair', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ochre-engine-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  for (const key of ['a', 'b', 'c', 'd']) await runCli(['exec', '--dir', dir, 'SET', key, key.repeat(100)])
  const log = (await readdir(dir)).find((name) => name.includes('.log'))
  const bytes = await readFile(join(dir, log!))
  // In the second value: changes follow, so it is damage and no torn end.
  bytes[bytes.indexOf('bbbbbb')]! ^= 1
  await writeFile(join(dir, log!), bytes)

  expect((await runCli(['exec', '--dir', dir, 'GET', 'a'])).code).toBe(1)
  const engine = startCli(['engine', '--port', 0, '--dir', dir, '--repair'])
  await engine.wrote('Listening on')
  engine.stop()
  const { code, err } = await engine.done
  expect(code).toBe(0)
  expect(err).toMatch(/^Cut .* at byte \d+: .* Kept: .*\.cut/)
  expect((await runCli(['exec', '--dir', dir, 'EXISTS', 'a', 'b', 'c'])).out).toBe('1\n')
})

test('a unix socket in no folder is told so', async () => {
  const path = join(tmpdir(), 'ochre-nosuch-folder', 'engine.sock')
  expect(await runCli(['engine', '--path', path])).toMatchObject({
    code: 1,
    err: `ochre: ${path} cannot be listened on: its folder is missing, or this user has no permission there.\n`,
  })
})

test('--repair without a folder is a usage error', async () => {
  expect(await runCli(['engine', '--port', 0, '--repair'])).toMatchObject({ code: 2 })
})
