import { UsageError } from '@ochre/protocol'
import { describe, expect, test } from 'vitest'
import { type BufferOptions, Inbox } from './inbox.ts'

async function drain(inbox: Inbox<string>): Promise<string[]> {
  const items: string[] = []
  inbox.end()
  for (let step = await inbox.next(); !step.done; step = await inbox.next()) items.push(step.value)
  return items
}

describe('a reader', () => {
  test('that waits gets the next item, several of them in their order', async () => {
    const inbox = new Inbox<string>({})
    const reads = [inbox.next(), inbox.next()]
    inbox.offer('a')
    inbox.offer('b')
    inbox.offer('c')
    expect((await Promise.all(reads)).map((step) => step.value)).toEqual(['a', 'b'])
    expect(inbox.length).toBe(1)
  })

  test('gets what was there before the end, then the end, once and for all', async () => {
    const inbox = new Inbox<string>({})
    inbox.offer('a')
    inbox.end(new Error('over'))
    inbox.offer('late')
    expect(await inbox.next()).toEqual({ done: false, value: 'a' })
    await expect(inbox.next()).rejects.toThrow('over')
    expect(await inbox.next()).toEqual({ done: true, value: undefined })
  })

  test('that waits when the end comes gets it, the first of them with the error', async () => {
    const inbox = new Inbox<string>({})
    const reads = [inbox.next(), inbox.next()]
    inbox.end(new Error('over'))
    await expect(reads[0]).rejects.toThrow('over')
    expect(await reads[1]).toEqual({ done: true, value: undefined })
  })

  test('gets nothing after the buffer was discarded', async () => {
    const inbox = new Inbox<string>({ buffer: 1 }, (dropped) => `-${dropped}`)
    inbox.offer('a')
    inbox.offer('b')
    inbox.discard()
    expect(await drain(inbox)).toEqual([])
  })
})

describe('a full buffer', () => {
  test('drops the oldest, counts them and tells so at the place where they are missing', async () => {
    const inbox = new Inbox<string>({ buffer: 2 }, (dropped) => `-${dropped}`)
    for (const item of ['a', 'b', 'c', 'd', 'e']) expect(inbox.offer(item)).toBe(true)
    expect(inbox.dropped).toBe(3)
    expect(await drain(inbox)).toEqual(['-3', 'd', 'e'])
  })

  test('ends the iteration with QUEUE_FULL when told so, after what it holds', async () => {
    const inbox = new Inbox<string>({ buffer: 2, whenFull: 'error' })
    expect(['a', 'b', 'c', 'd'].map((item) => inbox.offer(item))).toEqual([true, true, false, true])
    expect([(await inbox.next()).value, (await inbox.next()).value]).toEqual(['a', 'b'])
    await expect(inbox.next()).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  })
})

test.each<[unknown, RegExp]>([
  [{ buffer: 0 }, /buffer must be/],
  [{ buffer: 1.5 }, /buffer must be/],
  [{ whenFull: 'drop' }, /whenFull must be/],
])('the options %j are refused', (options, message) => {
  expect(() => new Inbox(options as BufferOptions)).toThrow(UsageError)
  expect(() => new Inbox(options as BufferOptions)).toThrow(message)
})
