// Replies of scripts that are nested as deep as a script can: the real server and the engine give the same bytes, to the
// depth at which Lua's own stack ends, and go on.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Pair } from './pair.ts'

const SCRIPTS: Readonly<Record<string, string>> = {
  arrays: 'local t = {1} for i = 1, ARGV[1] do t = {t} end return t',
  'arrays with neighbours': "local t = 'x' for i = 1, ARGV[1] do t = {1, t, 2} end return t",
  maps: 'redis.setresp(3) local t = {map = {a = 1}} for i = 1, ARGV[1] do t = {map = {a = t}} end return t',
  sets: 'redis.setresp(3) local t = {set = {a = true}} for i = 1, ARGV[1] do t = {map = {[1] = t}} end return t',
}
const DEPTHS = [100, 2600, 2700, 7999, 8000, 20_000]

let pair: Pair
beforeAll(async () => {
  pair = await Pair.open()
})
afterAll(() => pair.close())

for (const resp of [2, 3]) {
  for (const [title, script] of Object.entries(SCRIPTS)) {
    it(`${title} in RESP${resp}, alone and in a transaction`, async () => {
      await pair.replies(['HELLO', resp])
      for (const depth of DEPTHS) {
        const command = ['EVAL', script, 0, depth]
        const reply = await pair.same(command)
        expect(reply.length).toBeGreaterThan(Math.min(depth, 2600) * 4)
        await pair.same(['MULTI'])
        await pair.same(command)
        await pair.same(command)
        expect((await pair.same(['EXEC'])).length).toBeGreaterThan(reply.length * 2)
      }
      await pair.same(['PING'])
    })
  }
}
