// Metrics of several processes as one text. The processes themselves are tested in test/gateway.
import { expect, it } from 'vitest'
import { mergeMetrics } from './workers.ts'

it('adds counters and histograms up and labels the rest', () => {
  const text = (n: number) => `# HELP a_total Things.
# TYPE a_total counter
a_total{x="1"} ${n}
# HELP h Seconds.
# TYPE h histogram
h_bucket{le="+Inf"} ${n}
h_sum ${n / 2}
h_count ${n}
# HELP g Now.
# TYPE g gauge
g ${n}
`
  expect(mergeMetrics([text(1), text(2)])).toBe(`# HELP a_total Things.
# TYPE a_total counter
a_total{x="1"} 3
# HELP h Seconds.
# TYPE h histogram
h_bucket{le="+Inf"} 3
h_sum 1.5
h_count 3
# HELP g Now.
# TYPE g gauge
g{worker="0"} 1
g{worker="1"} 2
`)
})
