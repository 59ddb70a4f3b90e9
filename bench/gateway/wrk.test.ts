import { expect, test } from 'vitest'
import { read } from './wrk.ts'

const OUTPUT = `Running 1s test @ http://127.0.0.1:7400/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.02ms    4.94ms  70.97ms   94.57%
    Req/Sec    29.97k     5.92k   38.10k    80.00%
  Latency Distribution
     50%    1.91ms
     75%    2.45ms
     90%    4.30ms
     99%  950.00us
  29836 requests in 1.10s, 6.51MB read
Requests/sec:  27123.64
Transfer/sec:      5.92MB
`

test('the answer of wrk has requests, time and the 99th percentile in milliseconds', () => {
  const { operations, seconds, p99Ms } = read(OUTPUT)
  expect(operations).toBe(29_836)
  expect(seconds).toBeCloseTo(1.1, 5)
  expect(p99Ms).toBeCloseTo(0.95, 5)
})

test('an answer that is no success, a broken connection or silence is no number', () => {
  expect(() => read(`${OUTPUT}  Non-2xx or 3xx responses: 12\n`)).toThrow('Non-2xx or 3xx responses: 12')
  expect(() => read(`${OUTPUT}  Socket errors: connect 0, read 3, write 0, timeout 0\n`)).toThrow('Socket errors')
  expect(() => read('')).toThrow('wrk said nothing')
})
