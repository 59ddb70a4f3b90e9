// What is kept of scripts that were made: the same for the same shape, and never more than a limited number.
import { model, t } from '@ochre/model'
import { expect, it } from 'vitest'
import { ShapeCache } from '../../packages/model/src/shape-cache.ts'

it('keeps what is asked for, and forgets shapes that are not any more', () => {
  const cache = new ShapeCache<{ readonly shape: string }>()
  const { spec } = model('one', { id: t.string() })
  const { spec: other } = model('one', { id: t.string() })
  let made = 0
  const get = (shape: string, of = spec) =>
    cache.get(of, shape, () => {
      made++
      return { shape }
    })
  const kept = get('kept')
  for (let i = 0; i < 5000; i++) {
    expect(get(`shape ${i}`)).toEqual({ shape: `shape ${i}` })
    expect(get('kept')).toBe(kept)
  }
  expect(made).toBe(5001)
  get('shape 4999')
  expect(made).toBe(5001)
  get('shape 0')
  get('kept', other)
  expect(made).toBe(5003)
})
