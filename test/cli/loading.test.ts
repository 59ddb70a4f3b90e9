// What a verb loads: it starts quickly because it loads no package that it does not need.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT } from '../e2e/process.ts'
import { startServer } from '../servers/index.ts'

/** Writes the address of every module that is loaded to standard error. */
const HOOK = 'export const load = (url, context, next) => (process._rawDebug(url), next(url, context))'
const hooked = `data:text/javascript,import{register}from"node:module";register("data:text/javascript,${encodeURIComponent(HOOK)}")`

/** The packages, ours and others', that a command line has loaded when it ends. */
async function loadedBy(...args: readonly string[]): Promise<string[]> {
  const run = await promisify(execFile)(process.execPath, [
    '--import',
    hooked,
    `${ROOT}packages/cli/bin/ochre.js`,
    ...args,
  ])
  const packages = [...run.stderr.matchAll(/\/(?:packages|node_modules)\/([\w-]+)\//g)].map(([, name]) => name!)
  return [...new Set(packages)].sort()
}

test('commands and keys are read with the client alone', async () => {
  await using server = await startServer({ name: 'loading' })
  const needed = ['cli', 'client', 'commander', 'protocol']
  expect(await loadedBy('exec', '--url', server.url, 'PING')).toEqual(needed)
  expect(await loadedBy('keys', '--url', server.url)).toEqual(needed)
  expect(await loadedBy('tail', '--help')).toEqual(needed)
  expect(await loadedBy('--version')).toEqual(['cli', 'commander', 'protocol'])
})
