// Rows of models out and in: exact both ways, through the model's checks, safe to run again.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, connect } from '@ochre/client'
import { type AnyModel, JsonText, open, wholeRow } from '@ochre/model'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { loadModels } from '../../packages/cli/src/modules.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { type CliOptions, type CliRun, runCli, startCli } from './run-cli.ts'

const MODELS = `import { model, t } from '@ochre/model'
export const Thing = model('thing', {
  id: t.string(), count: t.int().index(), ratio: t.float(), large: t.bigint().unique(), flag: t.boolean(),
  kind: t.enum(['a', 'b']), at: t.date().index(), raw: t.bytes(), text: t.string().nullable().optional(),
  data: t.json().optional(), files: t.list(t.json()), names: t.list(t.string()), days: t.set(t.date()), rates: t.map(t.float()),
  board: t.sortedSet(t.bigint()), places: t.geo(), log: t.stream({ what: t.string(), n: t.int().optional() }),
})
export const Session = model('session', { id: t.string(), user: t.string().index() }, { ttl: '30d' })
`
let server: TestServer
let redis: Client
let folder = ''
let models = ''
let loaded: Readonly<Record<string, AnyModel>>

beforeAll(async () => {
  server = await startServer({ name: 'rows' })
  redis = await connect(server.url)
  folder = await mkdtemp(join(tmpdir(), 'ochre-rows-'))
  models = join(folder, 'models.ts')
  await writeFile(models, MODELS)
  loaded = (await loadModels(models)).models
})
afterAll(async () => {
  await redis.close()
  await server.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await server.call('FLUSHALL')
})

function cli(verb: string, args: readonly (string | number)[], options: CliOptions = {}): Promise<CliRun> {
  return runCli([verb, '--url', server.url, '--models', models, ...args], options)
}

const text = fc.string({ unit: 'grapheme' })
/** Documents as text: JavaScript has no numbers as long as these. */
const digits = fc.constantFrom(
  '9007199254740993',
  '-0',
  '1.0',
  '1e400',
  '0.1234567890123456789012',
  '12345678901234567890',
)
const documents = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  digits,
  fc.array(digits).map((numbers) => `{"n":[${numbers.join()}],"s":"1.0"}`),
)
const json = documents.filter((text) => text !== 'null').map((text) => new JsonText(text))
const ids = fc.string({ unit: fc.constantFrom(...'aZ09é:{}\\"/ ,'), minLength: 1, maxLength: 12 })
const thing = fc.record(
  {
    id: ids,
    count: fc.integer(),
    ratio: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    large: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    flag: fc.boolean(),
    kind: fc.constantFrom('a', 'b'),
    at: fc.date({ noInvalidDate: true }),
    raw: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    text: fc.oneof(fc.constant(null), fc.constantFrom('', '\\N', '\0', '\0x', ' ', 'null'), text),
    data: json,
    files: fc.array(json),
    names: fc.array(text),
    days: fc.array(fc.date({ noInvalidDate: true })),
    rates: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), fc.double({ noNaN: true, noDefaultInfinity: true })),
    board: fc.array(fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer())),
    places: fc.dictionary(
      text,
      fc.tuple(fc.double({ min: -180, max: 180, noNaN: true }), fc.double({ min: -85, max: 85, noNaN: true })),
    ),
    log: fc.array(fc.record({ what: text, n: fc.integer() }, { requiredKeys: ['what'] })),
  },
  { requiredKeys: ['id', 'count', 'ratio', 'large', 'flag', 'kind', 'at', 'raw'] },
)

/** Everything that the server holds of a model's rows, by id. */
async function everything(name: 'Thing' | 'Session' = 'Thing'): Promise<Map<unknown, unknown>> {
  const db = open(redis, loaded, { sweepEvery: 0, documents: 'text' })
  const rows = new Map<unknown, unknown>()
  for (const id of (await db[name]!.find({}).ids()) as never[]) rows.set(id, inOrder(await wholeRow(db[name]!, id)))
  return rows
}

/** Sets have no order. */
function inOrder(row: unknown): unknown {
  const { data, ...rest } = row as { data: { days?: Date[] } }
  return data.days ? { ...rest, data: { ...data, days: data.days.map(Number).sort() } } : row
}

async function fill(rows: readonly object[], name: 'Thing' | 'Session' = 'Thing'): Promise<void> {
  const db = open(redis, loaded, { sweepEvery: 0 })
  const { failures } = await db[name]!.createMany(rows as never)
  expect(failures.map(({ error }) => error.name).filter((error) => !/AlreadyExists|Unique/.test(error))).toEqual([])
}

const plain = (id: string, n = 0) => ({
  id,
  count: n,
  ratio: 0.5,
  large: BigInt(n),
  flag: true,
  kind: 'a',
  at: new Date(n),
  raw: Buffer.from([n]),
})
const line = (id: string, n = 0, more = {}): string =>
  `${JSON.stringify({ ...plain(id, n), large: n, raw: '', ...more })}\n`

test.each(['ndjson', 'csv'])(
  'what goes out as %s comes back, whatever it is',
  async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.array(thing, { maxLength: 8 }), async (rows) => {
        await server.call('FLUSHALL')
        await fill(rows)
        const before = await everything()
        const out = await cli('export', ['--model', 'Thing', '--format', format])
        expect(out).toMatchObject({ code: 0 })
        await server.call('FLUSHALL')
        const back = await cli('import', ['--model', 'Thing', '--format', format], { stdin: out.out })
        expect(back).toMatchObject({ code: 0 })
        expect(await everything()).toEqual(before)
        const verified = await runCli(['models', 'verify', 'Thing', '--json', '--url', server.url, '--models', models])
        expect(JSON.parse(verified.out)).toMatchObject({ rows: before.size, problems: [] })
      }),
      { numRuns: 60 },
    )
  },
  60_000,
)

test('an export is filtered, and has the columns that were asked for', async () => {
  await fill([{ ...plain('x', 1), names: ['n'] }, plain('y', 2)])
  expect((await cli('export', ['--model', 'thing', '--where', '{"count":{"gte":2}}', '--fields', 'id,at'])).out).toBe(
    '{"id":"y","at":"1970-01-01T00:00:00.002Z"}\n',
  )
  expect((await cli('export', ['--model', 'Thing', '--format', 'csv', '--fields', 'names,id'])).out).toBe(
    'names,id\n"[""n""]",x\n,y\n',
  )
  expect(await cli('export', ['--model', 'Thing', '--where', '{"ratio":1}'])).toMatchObject({ code: 1, out: '' })
  expect((await cli('export', ['--model', 'Thing', '--where', '{"ratio":0.5}', '--scan'])).err).toBe('2 rows.\n')
  for (const wrong of [
    ['--fields', 'nosuch'],
    ['--where', '{'],
    ['--where', '{"nosuch":1}'],
    ['--match', 'x'],
  ])
    expect(await cli('export', ['--model', 'Thing', ...wrong])).toMatchObject({ code: 2, out: '' })
  expect(await cli('export', ['--model', 'Nosuch'])).toMatchObject({ code: 2, err: expect.stringContaining('Thing') })
})

test('lines that do not fit are told by their number, and hold up no others', async () => {
  await fill([plain('there', 77)])
  const stdin = [
    line('one', 1),
    '{"id":\n',
    '\n',
    line('two', 2, { count: 1.5, kind: 'z' }),
    line('three', 3, { nosuch: 1 }),
    line('four', 77),
    line('there', 5),
    line('six', 6, {
      log: [
        ['2-0', { what: 'x' }],
        ['1-0', { what: 'y' }],
      ],
    }),
    line('seven', 7, { _expires: null }),
    line('eight', 8),
  ].join('')
  const run = await cli('import', ['--model', 'Thing', '--json'], { stdin })
  expect(run.code).toBe(1)
  const { imported, refused, refusals } = JSON.parse(run.out) as {
    imported: number
    refused: number
    refusals: { line: number; message: string }[]
  }
  expect([imported, refused]).toEqual([2, 7])
  const told = Object.fromEntries(refusals.map(({ line, message }) => [line, message]))
  expect(told).toMatchObject({
    2: expect.stringContaining('JSON'),
    4: expect.stringMatching(/count must be an integer.*kind must be one of a, b/),
    5: expect.stringContaining('nosuch is not a field'),
    6: expect.stringContaining('Another thing has the same large'),
    7: expect.stringContaining('exists already'),
    8: expect.stringContaining('log.1 must have an id'),
    9: expect.stringContaining('do not expire'),
  })
  expect(run.err).toContain('Line 4: ')
  expect([...(await everything()).keys()].sort()).toEqual(['eight', 'one', 'there'])
})

test('columns of CSV that cannot be read are told with their line', async () => {
  const head = 'id,count,ratio,large,flag,kind,at,raw,names,data\n'
  const stdin = `${head}a,1,0.5,1,true,a,1970-01-01T00:00:00Z,,"[""x""]",{\nb,x,0.5,2,yes,a,soon,"!",x,1\nc,1\n`
  const run = await cli('import', ['--model', 'Thing', '--format', 'csv', '--json'], { stdin })
  expect(JSON.parse(run.out)).toMatchObject({
    imported: 0,
    refusals: [
      { line: 2, message: expect.stringContaining('data is not JSON') },
      { line: 3, message: expect.stringContaining('names is not JSON') },
      { line: 4, message: expect.stringContaining('2 values for 10 columns') },
    ],
  })
  const broken = await cli('import', ['--model', 'Thing', '--format', 'csv'], { stdin: `${head}"a\n` })
  expect(broken).toMatchObject({ code: 1, err: expect.stringContaining('Line 2: A quote is not closed.') })
})

test('rows that are there stay, or are replaced as a whole, in the order of the lines', async () => {
  await fill([{ ...plain('x', 1), names: ['old'], text: 'old' }])
  const stdin = line('x', 2, { days: ['2024-01-01T00:00:00.000Z'] }) + line('y', 3) + line('x', 4) + line('y', 5)
  const skip = await cli('import', ['--model', 'Thing', '--existing', 'skip'], { stdin })
  expect(skip).toMatchObject({ code: 0, err: '1 row imported, 3 were there already.\n' })
  expect((await everything()).get('x')).toMatchObject({ data: { count: 1, names: ['old'], text: 'old' } })
  const replace = await cli('import', ['--model', 'Thing', '--existing', 'replace'], { stdin })
  expect(replace).toMatchObject({ code: 0, err: '0 rows imported, 4 replaced.\n' })
  expect((await everything()).get('x')).toEqual({ data: { ...plain('x', 4), raw: Buffer.alloc(0) }, expiresAt: null })
  expect((await everything()).get('y')).toMatchObject({ data: { count: 5 } })
})

test('deadlines go out and come back; what has expired stays out', async () => {
  const db = open(redis, loaded, { sweepEvery: 0 }) as unknown as {
    Session: { create(row: object, options?: object): Promise<unknown> }
  }
  await db.Session.create({ id: 'rule', user: 'u' })
  await db.Session.create({ id: 'hour', user: 'u' }, { ttl: '1h' })
  await db.Session.create({ id: 'forever', user: 'u' }, { ttl: 'forever' })
  const before = await everything('Session')
  for (const format of ['ndjson', 'csv']) {
    const { out } = await cli('export', ['--model', 'Session', '--format', format])
    await server.call('FLUSHALL')
    const past = format === 'csv' ? 'gone,u,2001-01-01T00:00:00.000Z\n' : '{"id":"gone","user":"u","_expires":1}\n'
    const back = await cli('import', ['--model', 'Session', '--format', format], { stdin: out + past })
    expect(back).toMatchObject({ code: 0, err: '3 rows imported, 1 had expired.\n' })
    const after = await everything('Session')
    expect([...after.keys()]).toEqual(['forever', 'hour', 'rule'])
    for (const [id, row] of after) {
      const [was, is] = [before.get(id), row].map((each) => (each as { expiresAt: Date | null }).expiresAt?.getTime())
      // Sent as what is left, so late by the time that takes.
      if (was === undefined) expect(is).toBeUndefined()
      else expect(Math.abs(is! - was)).toBeLessThan(10_000)
    }
  }
  const wrong = await cli('import', ['--model', 'Session'], { stdin: '{"id":"x","user":"u","_expires":"soon"}\n' })
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('_expires is a date or null') })
})

test('an import that is cut short says how far it came, and is completed by running it again', async () => {
  const file = join(folder, 'many.ndjson')
  await writeFile(file, Array.from({ length: 9000 }, (_, i) => line(`row${i}`, i)).join(''))
  const run = startCli(['import', file, '--model', 'Thing', '--models', models, '--url', server.url])
  while (Number(await server.call('EXISTS', '{thing}:r:row2500')) === 0);
  run.stop()
  const cut = await run.done
  expect(cut).toMatchObject({ code: 143, err: expect.stringMatching(/All up to line \d+000 was written/) })
  const done = Number(await server.call('ZCARD', '{thing}:ids'))
  expect(done).toBeGreaterThan(0)
  expect(done).toBeLessThan(9000)
  const again = await cli('import', [file, '--model', 'Thing', '--existing', 'skip'])
  expect(again).toMatchObject({
    code: 0,
    err: expect.stringContaining(`${done.toLocaleString('en-US')} were there already`),
  })
  expect(await server.call('ZCARD', '{thing}:ids')).toBe(9000)
}, 60_000)

test('a server that is killed in the middle of an import loses nothing that a second run does not bring', async () => {
  await using own = await startServer({ name: 'rows-killed', config: { appendonly: 'yes', appendfsync: 'always' } })
  const file = join(folder, 'killed.ndjson')
  await writeFile(file, Array.from({ length: 9000 }, (_, i) => line(`row${i}`, i)).join(''))
  const args = ['import', file, '--model', 'Thing', '--models', models, '--url', `${own.url}?timeoutMs=1000`]
  const run = startCli(args)
  while (Number(await own.call('EXISTS', '{thing}:r:row0')) === 0);
  await own.kill()
  expect(await run.done).toMatchObject({ code: 3 })
  await own.restart()
  expect(await runCli([...args, '--existing', 'skip'])).toMatchObject({ code: 0 })
  expect(await own.call('ZCARD', '{thing}:ids')).toBe(9000)
  const verified = await runCli(['models', 'verify', 'Thing', '--url', own.url, '--models', models])
  expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('9,000 rows') })
}, 60_000)

test('a document goes out and comes back with its very digits, as one line', async () => {
  await fill([plain('x', 1)])
  const text = '{\n  "n": 9007199254740993,\r\n  "list": [1.0, -0, 1e400]\n}'
  await server.call('HSET', '{thing}:r:x', 'data', text)
  const out = await cli('export', ['--model', 'Thing', '--fields', 'data'])
  expect(out.out).toBe('{"data":{   "n": 9007199254740993,    "list": [1.0, -0, 1e400] }}\n')
  const shown = await runCli(['models', 'show', 'Thing', '--url', server.url, '--models', models])
  expect(shown.out).toContain('"list": [1.0, -0, 1e400]')
  await cli('import', ['--model', 'Thing'], { stdin: line('y', 2, { data: 'DATA' }).replace('"DATA"', '{"n":1.50}') })
  expect(await server.call('HGET', '{thing}:r:y', 'data')).toBe('{"n":1.50}')
})
