// wrk as the load: 64 connections, one thread, a second at least.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Outcome } from '../suite.ts'

const execute = promisify(execFile)

export const CONNECTIONS = 64

export interface Request {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Of a POST. */
  readonly body?: string
}

/** Sends the same request for about so long; every answer has to be a success. `program` is a command line as JSON. */
export async function wrk(program: string, request: Request, ms: number): Promise<Required<Outcome>> {
  const [file, ...prefix] = JSON.parse(program) as string[]
  const folder = mkdtempSync(join(tmpdir(), 'ochre-wrk-'))
  try {
    const script = join(folder, 'request.lua')
    writeFileSync(script, scriptOf(request))
    const seconds = Math.max(1, Math.round(ms / 1000))
    const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', '-s', script, request.url]
    const { stdout } = await execute(file!, [...prefix, ...args], { timeout: ms + 30_000 }).catch(() => {
      throw new Error('wrk did not come to an end')
    })
    return read(stdout)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Exported for its test. */
export function read(output: string): Required<Outcome> {
  const failure = /(Non-2xx or 3xx responses: \d+|Socket errors: .*)/.exec(output)?.[0]
  if (failure !== undefined) throw new Error(failure)
  const counted = /(\d+) requests in ([\d.]+)(us|ms|s|m)/.exec(output)
  const p99 = /^\s+99%\s+([\d.]+)(us|ms|s)/m.exec(output)
  const rate = Number(/^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1])
  if (counted === null || p99 === null || !(rate > 0)) throw new Error('wrk said nothing')
  const operations = Number(counted[1])
  const unit = { us: 0.001, ms: 1, s: 1000 }[p99[2] as 'us' | 'ms' | 's']
  return { operations, seconds: operations / rate, p99Ms: Number(p99[1]) * unit }
}

function scriptOf({ headers = {}, body }: Request): string {
  // A JSON string is a Lua string too, as long as it is ASCII without \u.
  const text = (value: string): string => JSON.stringify(value)
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${text(name)}] = ${text(value)}`)
  if (body !== undefined) lines.push('wrk.method = "POST"', `wrk.body = ${text(body)}`)
  return lines.join('\n')
}
