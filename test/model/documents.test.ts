// JSON documents as text: stored and given as they stand, beside documents that are JavaScript values.

import { JsonText, model, open, t, wholeRow } from '@ochre/model'
import { UsageError, ValidationError } from '@ochre/protocol'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { useRedis } from './database.ts'

const Note = model('note', {
  id: t.string(),
  facts: t.json().optional(),
  strict: t.json(z.object({ n: z.number() })).optional(),
  doubled: t.json(z.object({ n: z.number().transform((n) => n * 2) })).optional(),
  pages: t.list(t.json()),
  log: t.stream({ what: t.json() }),
})
const fixture = useRedis()
const exact = () => open(fixture.redis, { Note }, { sweepEvery: 0, documents: 'text' }).Note
const values = () => open(fixture.redis, { Note }, { sweepEvery: 0 }).Note
const LONG = '{"n":9007199254740993.0}'

it('are stored as they stand, and given so where that was asked for', async () => {
  const text = new JsonText(LONG)
  const note = await exact().create({
    id: 'a',
    facts: text,
    strict: text as never,
    pages: [text, [1]],
    log: [['1-0', { what: text }]] as never,
  })
  expect(note).toMatchObject({ facts: text, strict: text })
  expect(await exact().get('a')).toEqual(note)
  expect(await exact().find({}).select('facts')).toEqual([{ facts: text }])
  expect((await wholeRow(exact(), 'a'))!.data).toEqual({
    id: 'a',
    facts: text,
    strict: text,
    pages: [text, new JsonText('[1]')],
    log: [['1-0', { what: text }]],
  })
  expect(await values().get('a')).toEqual(expect.objectContaining({ facts: { n: 2 ** 53 }, strict: { n: 2 ** 53 } }))
  expect(await note.save()).toBe(note)
})

it('are operands of programs', async () => {
  await values().create({ id: 'a', facts: { n: 1 } })
  const program = exact().atomic('a', (note) => {
    note.facts.path('long').put(new JsonText('1.50'))
    note.facts.path('list').put([])
    note.facts.path('list').push(new JsonText('9007199254740993'), 1)
    note.pages.push(new JsonText(LONG))
    return {
      facts: note.facts,
      isMore: note.facts.path('long').gt(new JsonText('1.0') as never),
      page: note.pages.at(0),
    }
  })
  expect(await program).toEqual({
    facts: new JsonText('{"n":1,"long":1.50,"list":[9007199254740993,1]}'),
    isMore: true,
    page: new JsonText(LONG),
  })
})

it('go through schemas as values; what these leave as it is keeps its text', async () => {
  await expect(exact().create({ id: 'a', strict: new JsonText('{"n":"x"}') as never })).rejects.toThrow(ValidationError)
  await exact().create({
    id: 'a',
    strict: new JsonText('{ "n": 1.0 }') as never,
    doubled: new JsonText('{"n":1.0}') as never,
  })
  expect(await exact().get('a')).toMatchObject({
    strict: new JsonText('{ "n": 1.0 }'),
    doubled: new JsonText('{"n":2}'),
  })
})

it('are whole values of valid JSON', async () => {
  expect(() => new JsonText('{"n":01}')).toThrow(UsageError)
  expect(() => JSON.stringify({ inside: new JsonText('1.0') })).toThrow(UsageError)
  await expect(exact().create({ id: 'a', facts: { inside: new JsonText('1.0') } })).rejects.toThrow(ValidationError)
  await expect(exact().create({ id: 'a', facts: new JsonText('"\\ud800"') })).rejects.toThrow(ValidationError)
  await exact().create({ id: 'a', facts: new JsonText('"\\ud83d\\ude00"') })
  expect(await values().get('a')).toMatchObject({ facts: '😀' })
})

it('are reached by paths of a thousand segments, and no longer ones', async () => {
  await values().create({ id: 'a', facts: { n: 1 } })
  const at = (segments: number) =>
    values()
      .at('a')
      .facts.path(`${'x.'.repeat(segments - 1)}x`)
  expect(await at(1000).get()).toBe(null)
  await expect((async () => at(1001).get())()).rejects.toThrow(
    new UsageError('A path has at most 1000 keys and positions'),
  )
})
