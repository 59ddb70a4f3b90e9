// What the types cost the compiler: instantiations for 1, 50 and 200 models with everything used, against a budget.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'ochre-types-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Most instantiations that each model may add, and that the package may cost by itself. */
const PER_MODEL = 1500
const ALONE = 60_000

function program(models: number): string {
  const lines = [
    "import { and, index, model, open, t, when } from '@ochre/model'",
    'declare const redis: Parameters<typeof open>[0]',
  ]
  for (let i = 0; i < models; i++)
    lines.push(`const M${i} = model('m${i}', {
  id: t.ulid(), email: t.string().unique(), name${i}: t.string(), age: t.int().index(), score: t.float().default(0),
  status: t.enum(['a', 'b${i}']).default('a'), big: t.bigint().optional(), on: t.boolean().default(true),
  at: t.date().defaultNow(), doc: t.json<{ a: { b: number } }>().optional(), tags: t.list(t.string()), set: t.set(t.int()),
  map: t.map(t.json<{ x: number }>()),
}, (m) => ({ indexes: [index(m.status, m.age.desc())] }))`)
  lines.push(`const db = open(redis, { ${Array.from({ length: models }, (_, i) => `M${i}`).join(', ')} })`)
  for (let i = 0; i < models; i++)
    lines.push(`export async function f${i}(): Promise<number | undefined> {
  const row = await db.M${i}.create({ email: 'e', name${i}: 'n', age: 1 })
  const added: number = await db.M${i}.at(row.id).score.add(row.name${i}.length)
  const { a, b } = await db.M${i}.atomic(row.id, (p) => {
    when(p.age.gt(added), () => p.score.add(1))
    return { a: p.score, b: p.doc.at('a.b'), c: p.tags.length() }
  })
  const found = await db.M${i}.find({ where: (u) => and(u.age.gt(1), u.name${i}.eq('x')), orderBy: (u) => u.age.desc() })
  return found[0]?.age ?? a + (b ?? 0)
}`)
  lines.push('db.close()')
  return `${lines.join('\n')}\n`
}

async function instantiations(models: number): Promise<number> {
  const own = join(folder, String(models))
  mkdirSync(own)
  writeFileSync(join(own, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(own, 'program.ts'), program(models))
  const compilerOptions = {
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
    typeRoots: [join(root, 'node_modules/@types')],
    paths: { '@ochre/*': [join(root, 'packages/*/src/index.ts')] },
  }
  writeFileSync(
    join(own, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['program.ts'] }),
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', own, '--extendedDiagnostics'])
  const line = /^Instantiations:\s+(\d+)/m.exec(stdout)
  if (!line) throw new Error(`The compiler does not tell its instantiations:\n${stdout}`)
  return Number(line[1])
}

it('stays within the budget and grows in proportion', async () => {
  const one = await instantiations(1)
  const fifty = await instantiations(50)
  const many = await instantiations(200)
  expect(one).toBeLessThan(ALONE)
  expect((fifty - one) / 49).toBeLessThan(PER_MODEL)
  expect((many - one) / 199).toBeLessThan(PER_MODEL)
}, 120_000)
