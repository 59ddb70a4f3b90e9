// Hundreds of scripts run on a real Redis 7.0 and on the engine; the bytes of the replies are equal.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as commands from './cases/commands.ts'
import * as language from './cases/language.ts'
import * as libraries from './cases/libraries.ts'
import * as redis from './cases/redis.ts'
import { Pair } from './pair.ts'

describe.each([2, 3])('scripts in RESP%i', (resp) => {
  let pair: Pair
  beforeAll(async () => {
    pair = await Pair.open()
    await pair.replies(['hello', resp])
  })
  afterAll(() => pair.close())

  const groups = { ...language, ...libraries, ...redis }
  it.each(Object.entries(groups))('%s answer as on Redis', async (_name, scripts) => {
    const commands = scripts.map((script) => ['eval', script, 2, 'key:1', 'key:2', '10', 'b', 'c'])
    expect(await pair.differences(commands)).toEqual([])
  })

  it.each(Object.entries(commands))('the commands for %s answer as on Redis', async (_name, sequence) => {
    expect(await pair.differences(sequence)).toEqual([])
  })

  it.each(Object.entries({ api: redis.api, conversions: redis.conversions }))(
    '%s answer as on Redis when the script speaks RESP3',
    async (_name, scripts) => {
      const commands = scripts.map((script) => ['eval', `redis.setresp(3) ${script}`, 1, 'key:1', '10', 'b'])
      expect(await pair.differences(commands)).toEqual([])
    },
  )
})
