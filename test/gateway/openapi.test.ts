// The OpenAPI document: complete, consistent, its examples valid; and the reference page with its assets.
import { readFileSync } from 'node:fs'
import { model, t } from '@ochre/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../packages/gateway/src/index.ts'
import { startServer, type TestServer } from '../servers/index.ts'
import { ask, ROOT } from './ask.ts'
import { Contract, type Document } from './contract.ts'

const Book = model('book', {
  id: t.ulid(),
  title: t.string().min(1),
  pages: t.int().optional(),
  tags: t.set(t.string()),
})

let server: TestServer
let gateway: Gateway
let document: Document & Record<string, unknown>
beforeAll(async () => {
  server = await startServer({ name: 'gateway-openapi' })
  gateway = await createGateway({ redis: server.url, rootKey: ROOT, models: { Book } })
  const answer = await ask(gateway, 'GET', '/openapi.json', { token: null })
  expect(answer.status).toBe(200)
  document = answer.json as typeof document
})
afterAll(async () => {
  await gateway.close()
  await server.stop()
})

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

describe('the document', () => {
  it('has every route that is not an alias, once', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Ochre' } })
    const shown = new Set(operations().map(({ path, method }) => `${method} ${path}`))
    for (const { doc, method, path } of gateway.router.routes) {
      const name = `${method.toLowerCase()} ${path.replace('{model}', 'book')}`
      expect([name, shown.has(name)]).toEqual([name, doc.hidden !== true])
    }
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(80)
  })

  it('declares each path parameter, and has a success and an error answer for each operation', () => {
    for (const { path, operation } of operations()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      const declared = (operation.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name)
      expect(declared).toEqual(inPath)
      const names = (operation.parameters ?? []).map((p) => `${p.in} ${p.name}`)
      expect(new Set(names).size).toBe(names.length)
      const statuses = Object.keys(operation.responses).map(Number)
      expect(statuses.some((status) => status < 300)).toBe(true)
    }
  })

  it('has schemas that compile, references that lead somewhere, and examples that are valid', () => {
    const contract = new Contract(document)
    let examples = 0
    for (const schema of Object.values(document.components.schemas)) contract.compile(schema)
    for (const { operation } of operations()) {
      for (const parameter of operation.parameters ?? []) contract.compile(parameter.schema)
      const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
        Object.values(part?.content ?? {}),
      )
      for (const { schema, example } of contents) {
        const validate = contract.compile(schema)
        if (example === undefined) continue
        examples++
        expect([operation.operationId, validate(example), validate.errors]).toEqual([operation.operationId, true, null])
      }
    }
    expect(examples).toBeGreaterThan(100)
  })

  it('tells the rows of models', () => {
    expect(document.components.schemas['book.row']).toEqual({
      type: 'object',
      properties: { id: { type: 'string' }, title: { type: 'string', minLength: 1 }, pages: { type: 'integer' } },
      required: ['id', 'title'],
      additionalProperties: false,
    })
    expect(document.components.schemas['book.insert']).toMatchObject({ required: ['title'] })
  })

  it('has request examples that the routes accept', async () => {
    for (const { path, method, operation } of operations()) {
      const example = operation.requestBody?.content['application/json']?.example
      if (example === undefined || path.includes('{') || path === '/v1/redis/batch') continue
      const { status } = await ask(gateway, method.toUpperCase(), path, { body: example })
      expect([operation.operationId, status < 500 && status !== 405]).toEqual([operation.operationId, true])
    }
  })

  it('carries the version of the package', () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../packages/gateway/package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    expect(document.info).toMatchObject({ version })
  })
})

describe('the reference page', () => {
  it('is served with its assets, and may load nothing from elsewhere', async () => {
    const page = await ask(gateway, 'GET', '/docs', { token: null })
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.headers['content-security-policy']).toContain("script-src 'self'")
    const assets = [...page.text.matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => match[1]!)
    expect(assets).toEqual(['/docs/page.css', '/docs/page.js'])
    for (const asset of assets) {
      const answer = await ask(gateway, 'GET', asset, { token: null })
      expect([asset, answer.status]).toEqual([asset, 200])
      expect(
        (await ask(gateway, 'GET', asset, { token: null, headers: { 'if-none-match': answer.headers.etag! } })).status,
      ).toBe(304)
    }
    const script = await ask(gateway, 'GET', '/docs/page.js', { token: null })
    expect(() => new Function(script.text)).not.toThrow()
    expect(script.text).not.toMatch(/https?:\/\/|innerHTML/)
  })

  it('shows every operation of the document', async () => {
    const { text } = await ask(gateway, 'GET', '/docs/page.js', { token: null })
    const made: { tag: string; attributes: Record<string, string> }[] = []
    const element = (tag: string) => {
      const node = {
        tag,
        attributes: {} as Record<string, string>,
        value: '',
        append() {},
        addEventListener() {},
        textContent: '',
      }
      made.push(node)
      return Object.assign(node, {
        setAttribute: (name: string, value: string) => {
          node.attributes[name] = value
        },
      })
    }
    const page = { createElement: element, getElementById: () => element('found') }
    const run = new Function('document', 'sessionStorage', 'fetch', 'location', 'addEventListener', text)
    const answer = { json: () => Promise.resolve(document) }
    run(
      page,
      { getItem: () => null, setItem() {} },
      () => Promise.resolve(answer),
      { hash: '' },
      () => {},
    )
    // The page draws itself in the microtasks that follow.
    await new Promise((resolve) => setImmediate(resolve))
    const ids = made.filter(({ tag }) => tag === 'details').map(({ attributes }) => attributes.id)
    expect(ids.toSorted()).toEqual(
      operations()
        .map(({ operation }) => operation.operationId)
        .toSorted(),
    )
  })
})
