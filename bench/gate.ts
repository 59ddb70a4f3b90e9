// Whether this checkout is slower than another revision of the project: both are built, both run in the same rounds.
//
// Each round gives one ratio new/old per workload. The verdict is a distribution-free confidence interval of the median
// ratio (statistics.ts): a loss is an interval of at least 98 % that lies wholly below 0.98. A workload that looks like
// a loss is measured again, with twice the rounds; only a loss in both counts. Noise alone gets through both with a
// probability of less than 0.01 % per workload.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { race } from './run.ts'
import { compare, type Verdict } from './statistics.ts'
import type { Environment, Suite } from './suite.ts'

const run = promisify(execFile)

export interface GateOptions {
  readonly rounds: number
  readonly ms: number
  readonly onProgress?: (text: string) => void
}

/** Verdicts by workload of `ours` from `root` against `ours` of `revision`. */
export async function runGate(
  suite: Suite<unknown>,
  workloads: readonly string[],
  environment: Environment,
  root: string,
  revision: string,
  options: GateOptions,
): Promise<Map<string, Verdict>> {
  const contender = suite.contenders.find((one) => one.role === 'ours')
  if (contender === undefined) throw new Error(`The suite ${suite.name} has nothing of ours to compare.`)
  const { path, remove } = await buildRevision(root, revision, suite.packages, options.onProgress)
  try {
    const racers = [
      { name: 'old', contender: contender.name, root: path },
      { name: 'new', contender: contender.name, root },
    ]
    const measure = async (names: readonly string[], rounds: number): Promise<Map<string, Verdict>> => {
      const { samples, failures } = await race(suite, names, racers, environment, { ...options, rounds })
      const [failure] = failures
      if (failure !== undefined) throw new Error(`${failure.racer}, ${failure.workload ?? 'start'}: ${failure.message}`)
      return new Map(
        names.map((name) => {
          const of = (racer: string): number[] =>
            samples
              .get(name)!
              .get(racer)!
              .map((sample) => sample.opsPerSecond)
          return [name, compare(of('old'), of('new'))]
        }),
      )
    }
    const verdicts = await measure(workloads, options.rounds)
    const suspects = workloads.filter((name) => verdicts.get(name)!.isLoss)
    if (suspects.length > 0) {
      options.onProgress?.(`again, because they look slower: ${suspects.join(', ')}`)
      for (const [name, verdict] of await measure(suspects, options.rounds * 2)) verdicts.set(name, verdict)
    }
    return verdicts
  } finally {
    await remove()
  }
}

/** Builds packages of a revision in a temporary worktree that borrows this checkout's installed packages. */
export async function buildRevision(
  root: string,
  revision: string,
  packages: readonly string[],
  onProgress?: (text: string) => void,
): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const { stdout } = await run('git', ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], {
    cwd: root,
  }).catch(() => {
    throw new Error(`There is no revision '${revision}'.`)
  })
  const commit = stdout.trim()
  onProgress?.(`building ${commit.slice(0, 12)}`)
  const path = join(mkdtempSync(join(tmpdir(), 'ochre-gate-')), 'tree')
  const remove = async (): Promise<void> => {
    await run('git', ['worktree', 'remove', '--force', path], { cwd: root }).catch(() => undefined)
    rmSync(join(path, '..'), { recursive: true, force: true })
  }
  try {
    await run('git', ['worktree', 'add', '--detach', path, commit], { cwd: root })
    borrowPackages(root, path)
    const projects = packages.map((name) => `packages/${name}`)
    const tsc = join(root, 'node_modules/.bin/tsc')
    await run(tsc, ['-b', ...projects], { cwd: path }).catch((error: { stdout?: string }) => {
      throw new Error(`Revision ${revision} does not build:\n${error.stdout ?? error}`)
    })
    return { path, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Links what is installed in `root` into `path`, except the workspace's own packages, which are `path`'s own. */
function borrowPackages(root: string, path: string): void {
  const folders = ['.', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)]
  for (const folder of folders) {
    const from = join(root, folder, 'node_modules')
    if (!existsSync(from) || !existsSync(join(path, folder))) continue
    const entries = readdirSync(from).flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(from, name)).map((inner) => `${name}/${inner}`) : name,
    )
    for (const entry of entries) {
      const target = realpathSync(join(from, entry))
      const own = target.startsWith(`${realpathSync(root)}/packages/`) && !target.includes('/node_modules/')
      const link = join(path, folder, 'node_modules', entry)
      mkdirSync(join(link, '..'), { recursive: true })
      symlinkSync(own ? join(path, target.slice(realpathSync(root).length + 1)) : target, link)
    }
  }
}
