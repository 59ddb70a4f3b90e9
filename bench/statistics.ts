// The few statistics the benchmarks use. Medians and order statistics only: timings are skewed, not normal.

/** Median of a non-empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface Interval {
  readonly low: number
  readonly high: number
  /** Probability that it holds the median, whatever the distribution. */
  readonly confidence: number
}

/**
 * A confidence interval of the median: the narrowest symmetric pair of order statistics that holds it with at least
 * `confidence`. That the k smallest of n all lie below the median has the probability of at most k heads in n throws,
 * so the pair (k, n-1-k), counted from 0, fails with twice the probability of at most k heads. Too few values for
 * `confidence` give the whole range and the confidence that it has.
 */
export function medianInterval(values: readonly number[], confidence: number): Interval {
  const sorted = values.toSorted((a, b) => a - b)
  const n = sorted.length
  const tail = (k: number): number => {
    let sum = 0
    for (let i = 0, choose = 1; i <= k; choose = (choose * (n - i)) / (i + 1), i++) sum += choose
    return sum / 2 ** n
  }
  let k = 0
  while (2 * (k + 1) < n && 1 - 2 * tail(k + 1) >= confidence) k++
  return { low: sorted[k]!, high: sorted[n - 1 - k]!, confidence: 1 - 2 * tail(k) }
}

export interface Verdict {
  /** Median of new/old over the rounds. */
  readonly ratio: number
  readonly interval: Interval
  readonly isLoss: boolean
}

/**
 * Whether `next` is slower than `previous`, from samples of the same rounds. Each round gives one ratio, so that what
 * disturbs a round cancels out. A loss is one whose whole interval lies below `1 - tolerance`.
 */
export function compare(
  previous: readonly number[],
  next: readonly number[],
  { confidence = 0.98, tolerance = 0.02 }: { readonly confidence?: number; readonly tolerance?: number } = {},
): Verdict {
  const ratios = next.map((value, round) => value / previous[round]!)
  const interval = medianInterval(ratios, confidence)
  return { ratio: median(ratios), interval, isLoss: interval.high < 1 - tolerance }
}
