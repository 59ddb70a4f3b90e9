// Entity tags: what names a state of a resource, in `ETag`, `If-Match` and `If-None-Match`.
//
// A strong tag names bytes, so the same state has another tag when it is sent compressed: "abc" is "abc-br" then. Both
// name one state, and a caller may send back whichever it got.

import { type GatewayRequest, type GatewayResponse, headerOf } from './message.ts'
import { GatewayError } from './status.ts'

export interface Tag {
  /** Between the quotes, without the suffix of a coding. */
  readonly value: string
  readonly isWeak: boolean
  /** As it was sent. */
  readonly text: string
}

const TAG = /\s*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/y
const SUFFIX = /-(?:br|gzip)$/

/** The tags of a list, `*` for any, undefined when the header was not sent. Throws BAD_REQUEST when it is no list of tags. */
export function tagsIn(request: GatewayRequest, name: 'if-match' | 'if-none-match'): '*' | readonly Tag[] | undefined {
  const header = headerOf(request, name)
  if (header === undefined) return undefined
  if (header.trim() === '*') return '*'
  const tags: Tag[] = []
  for (TAG.lastIndex = 0; TAG.lastIndex < header.length; ) {
    const match = TAG.exec(header)
    if (match === null) throw new GatewayError('BAD_REQUEST', `${name} is * or a list of entity tags in double quotes.`)
    tags.push({
      value: match[2]!.replace(SUFFIX, ''),
      isWeak: match[1] !== undefined,
      text: match[0].replace(/,$/, '').trim(),
    })
  }
  if (tags.length === 0)
    throw new GatewayError('BAD_REQUEST', `${name} is * or a list of entity tags in double quotes.`)
  return tags
}

/** The tag of the same state in a coding. */
export function codedTag(etag: string, coding: string): string {
  return etag.startsWith('W/') ? etag : `${etag.slice(0, -1)}-${coding}"`
}

/**
 * 304 when the reader has this state already, with the tag that it has, else the answer itself. Throws
 * PRECONDITION_FAILED when the reader wants another state or none.
 */
export function conditional(request: GatewayRequest, response: GatewayResponse): GatewayResponse {
  const { etag } = response.headers
  if (etag === undefined || response.status !== 200) return response
  const value = etag.slice(etag.indexOf('"') + 1, -1)
  const wanted = tagsIn(request, 'if-match')
  if (wanted !== undefined && wanted !== '*' && !wanted.some((tag) => !tag.isWeak && tag.value === value)) {
    throw new GatewayError('PRECONDITION_FAILED', 'The state is none of those that If-Match names.')
  }
  const known = tagsIn(request, 'if-none-match')
  if (known === undefined) return response
  const found = known === '*' ? etag : known.find((tag) => tag.value === value)?.text
  return found === undefined ? response : { status: 304, headers: { ...response.headers, etag: found }, body: null }
}
