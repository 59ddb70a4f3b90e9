// What the requests ask for.
export const KEY = 'greeting'
export const VALUE = 'v'.repeat(100)
/** Commands in one request of a pipeline. */
export const PIPELINE = 100
