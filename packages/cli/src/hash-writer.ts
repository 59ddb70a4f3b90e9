// Records written as hashes: each column a field.

import type { Client } from '@ochre/client'
import { isObject, JsonNumber, type JsonObject, type JsonValue, writeJson } from '@ochre/gateway'
import { type OchreError, ReplyError, UsageError } from '@ochre/protocol'
import type { Refusals } from './refusals.ts'
import { KEY, type Numbered } from './rows.ts'

export interface HashWriterOptions {
  /** The key of a record, with its columns in braces. */
  readonly key: string
  /** Time to live of each key in seconds. */
  readonly expire: number | undefined
}

export class HashWriter {
  readonly #client: Client
  readonly #options: HashWriterOptions
  done = 0

  constructor(client: Client, options: HashWriterOptions) {
    this.#client = client
    this.#options = options
  }

  /** Writes records in one go. Those that cannot be written are refused; rejects when the server takes none. */
  async write(records: readonly Numbered[], refusals: Refusals): Promise<void> {
    const written = await Promise.allSettled(records.map(({ row }) => this.#writeOne(row)))
    for (const [i, outcome] of written.entries()) {
      if (outcome.status === 'fulfilled') this.done++
      else if (isOfRecord(outcome.reason)) refusals.add(records[i]!.line, outcome.reason.message)
      else throw outcome.reason
    }
  }

  async #writeOne(row: JsonObject): Promise<void> {
    const { key: template, expire } = this.#options
    const key = fillTemplate(template, row)
    const fields = Object.entries(row).flatMap(([field, value]) =>
      field === KEY || value === null ? [] : [field, bytesOf(value)],
    )
    if (fields.length === 0) throw new UsageError('It has no values.')
    const writes = [this.#client.call('HSET', key, ...fields)]
    if (expire !== undefined) writes.push(this.#client.call('EXPIRE', key, expire))
    for (const outcome of await Promise.allSettled(writes)) if (outcome.status === 'rejected') throw outcome.reason
  }
}

/** Whether it says something about this record, and not about the server. */
function isOfRecord(error: unknown): error is OchreError {
  return error instanceof UsageError || (error instanceof ReplyError && error.code === 'WRONGTYPE')
}

function fillTemplate(template: string, row: JsonObject): Buffer {
  const parts = template.split(/\{([^{}]+)\}/).map((part, i) => {
    if (i % 2 === 0) return Buffer.from(part)
    const value = row[part]
    if (value === undefined || value === null || value === '')
      throw new UsageError(`It has no ${part}, which its key needs.`)
    return bytesOf(value)
  })
  return Buffer.concat(parts)
}

/** Text as it is, numbers with all their digits, `{"base64": ...}` as bytes, the rest as JSON. */
function bytesOf(value: JsonValue): Buffer {
  if (typeof value === 'string') return Buffer.from(value)
  if (value instanceof JsonNumber) return Buffer.from(value.text)
  if (isObject(value) && typeof value.base64 === 'string' && Object.keys(value).length === 1)
    return Buffer.from(value.base64, 'base64')
  return Buffer.from(writeJson(value))
}
