// Which of several media types a caller likes best, by the weights of its `Accept` header (RFC 9110, 12.5.1).

import { GatewayError } from './status.ts'

type Weights = readonly { readonly range: string; readonly weight: number }[]

const parsed = new Map<string, Weights>()

function weightsOf(header: string): Weights {
  let found = parsed.get(header)
  if (found === undefined) {
    found = header
      .toLowerCase()
      .split(',')
      .flatMap((item) => {
        const [range = '', ...parameters] = item.split(';').map((part) => part.trim())
        const q = parameters.find((parameter) => /^q\s*=/.test(parameter))
        const weight = q === undefined ? 1 : Number(q.slice(q.indexOf('=') + 1))
        return /^[^\s/]+\/[^\s/]+$/.test(range) && weight >= 0 && weight <= 1 ? [{ range, weight }] : []
      })
    if (parsed.size >= 100) parsed.clear()
    parsed.set(header, found)
  }
  return found
}

/**
 * The type that the caller gives the greatest weight, of equal ones the one that is offered first. Throws NOT_ACCEPTABLE
 * when it takes none of them. Parameters of the ranges other than `q` are not looked at.
 */
export function preferredType(accept: string | undefined, offered: readonly string[]): string {
  if (accept === undefined || accept === '*/*' || accept === '') return offered[0]!
  const weights = weightsOf(accept)
  let best: string | undefined
  let most = 0
  for (const type of offered) {
    const group = `${type.slice(0, type.indexOf('/'))}/*`
    // The most exact range counts, wherever it stands.
    const own = [type, group, '*/*'].map((range) => weights.find((item) => item.range === range)).find(Boolean)
    if (own !== undefined && own.weight > most) {
      best = type
      most = own.weight
    }
  }
  if (best === undefined) throw new GatewayError('NOT_ACCEPTABLE', `The answer is ${offered.join(' or ')}.`)
  return best
}
