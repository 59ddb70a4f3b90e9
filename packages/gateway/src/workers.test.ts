// Metrics of several processes as one text. The processes themselves are tested in test/gateway.
import { expect, it } from 'vitest'
import { Figures, mergeMetrics } from './workers.ts'

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

it('lets no counter go down when a worker is replaced or does not answer', () => {
  const text = (n: number) => `# TYPE a_total counter\na_total ${n}\n# TYPE g gauge\ng ${n}\n`
  const figures = new Figures()
  figures.take(0, text(10))
  figures.take(1, text(5))
  expect(figures.text()).toContain('a_total 15\n')
  figures.retire(0)
  figures.take(1, text(6))
  expect(figures.text()).toBe('# TYPE a_total counter\na_total 16\n# TYPE g gauge\ng{worker="1"} 6\n')
  figures.take(0, text(1))
  figures.retire(0)
  figures.take(0, text(2))
  expect(figures.text()).toContain('a_total 19\n')
  expect(figures.text()).toContain('g{worker="0"} 2\n')
})
