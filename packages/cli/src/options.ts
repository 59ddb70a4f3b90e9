// Values of options, checked where they are declared, so that the message names the option.

import { InvalidArgumentError } from 'commander'

/** A parser of whole numbers within bounds. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(
      max === Number.MAX_SAFE_INTEGER
        ? `It is a whole number from ${min}.`
        : `It is a whole number from ${min} to ${max}.`,
    )
  }
}

/** The items of a list that is separated by commas. */
export function list(text: string): string[] {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) throw new InvalidArgumentError('It is a list, separated by commas.')
  return items
}
