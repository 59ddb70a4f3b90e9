// `npm run check`: everything that can be known without running the product. One line per check, the exit code says all.
//
// Names on the command line select: `npm run check -- arrows links`. What a check needs is run with it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ERROR_CODES } from '../packages/protocol/src/errors.ts'
import { checkArrows } from './check/arrows.ts'
import { checkCliPage } from './check/cli-page.ts'
import { runCommand } from './check/commands.ts'
import { checkDependencies } from './check/dependencies.ts'
import { checkErrorTable, type HttpStatuses, meaningRows, statusRows } from './check/error-table.ts'
import { checkExports } from './check/exports.ts'
import { checkLengths } from './check/lengths.ts'
import { checkLinks } from './check/links.ts'
import { type Problems, readTree } from './check/tree.ts'
import { checkWords } from './check/words.ts'

interface Check {
  readonly name: string
  /** Another check that has to be finished before. */
  readonly after?: string
  run(): Problems | Promise<Problems>
}

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const tree = readTree(root)

const CHECKS: readonly Check[] = [
  { name: 'types', run: () => runCommand(root, 'tsc', '-b') },
  { name: 'types of tests', after: 'types', run: () => runCommand(root, 'tsc', '-p', 'tsconfig.test.json') },
  {
    name: 'lint',
    run: () => runCommand(root, 'biome', 'check', '--error-on-warnings', '--diagnostic-level=warn', '.'),
  },
  { name: 'arrows', run: () => checkArrows(tree) },
  {
    name: 'generated',
    run: () => runCommand(root, 'tsx', '--tsconfig', 'scripts/tsconfig.json', 'scripts/gen.ts', '--check'),
  },
  { name: 'errors', after: 'types', run: checkErrors },
  { name: 'command line', run: () => checkCliPage(tree) },
  { name: 'words', run: () => checkWords(tree) },
  { name: 'lengths', run: () => checkLengths(tree) },
  { name: 'dependencies', run: () => checkDependencies(tree) },
  { name: 'exports', after: 'types', run: () => checkExports(root, tree) },
  { name: 'links', run: () => checkLinks(tree, (path) => existsSync(join(root, path))) },
]

const asked = process.argv.slice(2)
const unknown = asked.find((name) => !CHECKS.some((check) => check.name === name))
if (unknown !== undefined) {
  console.error(`There is no check '${unknown}'. Checks: ${CHECKS.map((check) => check.name).join(', ')}.`)
  process.exit(2)
}
const isWanted = (name: string): boolean =>
  asked.length === 0 ||
  asked.includes(name) ||
  CHECKS.some((check) => check.after === name && asked.includes(check.name))

const finished = new Map<string, Promise<boolean>>()
for (const check of CHECKS) if (isWanted(check.name)) finished.set(check.name, runCheck(check))
const results = await Promise.all(finished.values())
const failed = results.filter((passed) => !passed).length
console.log(`${results.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** The gateway's table is read from its build: it imports another package by name. */
async function checkErrors(): Promise<Problems> {
  const module = new URL('../packages/gateway/dist/status.js', import.meta.url).href
  const gateway = (await import(module)) as Record<
    'INTERNAL_STATUS' | 'MODEL_STATUS' | 'REPLY_STATUS' | 'GATEWAY_STATUS',
    HttpStatuses
  >
  const statuses = statusRows(
    gateway.INTERNAL_STATUS,
    gateway.MODEL_STATUS,
    gateway.REPLY_STATUS,
    gateway.GATEWAY_STATUS,
  )
  return checkErrorTable(tree, meaningRows(ERROR_CODES), statuses)
}

async function runCheck(check: Check): Promise<boolean> {
  await (check.after === undefined ? undefined : finished.get(check.after))
  const start = performance.now()
  const problems = await Promise.resolve()
    .then(() => check.run())
    .catch((error: Error) => [error.stack ?? String(error)])
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${check.name.padEnd(16)} ${seconds.padStart(5)} s`)
  for (const problem of problems) console.log(`     ${problem.replaceAll('\n', '\n     ')}`)
  return problems.length === 0
}
