// redis-cli and redis-benchmark against the engine, unchanged.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Engine } from '@ochre/embedded'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { companionOf, installed } from '../servers/provision.ts'

const run = promisify(execFile)
let engine: Engine
let port: string
beforeAll(async () => {
  engine = await Engine.open()
  port = String((await engine.listen()).port)
})
afterAll(() => engine.close())

/** The output of a program that came with the default server. */
async function outputOf(program: string, ...args: readonly string[]): Promise<string> {
  const [server] = installed()!
  const [file, ...leading] = companionOf(server!, program)!
  const { stdout } = await run(file!, [...leading, '-p', port, ...args])
  return stdout
}

describe('redis-cli', () => {
  it('talks to the engine', async () => {
    expect(await outputOf('redis-cli', 'SET', 'k', 'hello')).toBe('OK\n')
    expect(await outputOf('redis-cli', '-3', 'GET', 'k')).toBe('hello\n')
    expect(await outputOf('redis-cli', '--no-raw', 'HGETALL', 'nosuch')).toBe('(empty array)\n')
    expect(await outputOf('redis-cli', 'INFO', 'server')).toContain('redis_mode:standalone')
    expect(await outputOf('redis-cli', 'EVAL', 'return ARGV[1]', '0', 'x')).toBe('x\n')
  })

  it('scans and samples', async () => {
    await outputOf('redis-cli', 'MSET', 's:1', 'a', 's:2', 'b')
    expect((await outputOf('redis-cli', '--scan', '--pattern', 's:*')).split('\n').sort()).toEqual(['', 's:1', 's:2'])
    expect(await outputOf('redis-cli', '--bigkeys')).toContain('Biggest string found')
    expect(await outputOf('redis-cli', '--memkeys')).toContain('Biggest string found')
  })
})

describe('redis-benchmark', () => {
  it('runs its tests without an error', async () => {
    const tests = 'ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset'
    const output = await outputOf('redis-benchmark', '-q', '-n', '1000', '-c', '10', '-P', '4', '-t', tests)
    for (const name of ['PING_INLINE', 'SET', 'GET', 'LRANGE_100', 'MSET']) {
      expect(output).toMatch(new RegExp(`${name}.*requests per second`))
    }
    expect(output).not.toMatch(/error|WARNING/i)
  })
})
