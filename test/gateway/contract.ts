// Checks answers against the gateway's own OpenAPI document.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Gateway } from '../../packages/gateway/src/index.ts'

export interface Document {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object> }
}

export interface Operation {
  readonly operationId: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly schema: object
    readonly example?: unknown
  }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object; readonly example?: unknown }> }
  readonly responses: Record<
    string,
    { readonly content?: Record<string, { readonly schema: object; readonly example?: unknown }> }
  >
}

export class Contract {
  readonly document: Document
  readonly #ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false })
  readonly #compiled = new Map<object, ValidateFunction>()

  constructor(document: Document) {
    this.document = document
    this.#ajv.addSchema({ $id: 'openapi', components: document.components })
  }

  /** A schema of the document, its references resolved. */
  compile(schema: object): ValidateFunction {
    let found = this.#compiled.get(schema)
    if (found === undefined) {
      const text = JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/')
      found = this.#ajv.compile(JSON.parse(text) as object)
      this.#compiled.set(schema, found)
    }
    return found
  }

  operation(path: string, method: string): Operation | undefined {
    return this.document.paths[path]?.[method.toLowerCase()]
  }

  /** What is wrong with an answer, or undefined. */
  problem(path: string, method: string, status: number, type: string | undefined, body: string): string | undefined {
    const operation = this.operation(path, method === 'HEAD' ? 'GET' : method)
    if (operation === undefined) return undefined
    const response = operation.responses[status]
    if (response === undefined) return `${operation.operationId} does not tell of ${status}`
    if (body === '' || response.content === undefined) return undefined
    const content = response.content[type?.split(';')[0] ?? '']
    if (content === undefined)
      return type?.includes('json') ? `${operation.operationId} ${status} is not told as ${type}` : undefined
    if (!/[/+]json\b/.test(type!)) return undefined
    const validate = this.compile(content.schema)
    if (validate(JSON.parse(body))) return undefined
    return `${operation.operationId} ${status}: ${JSON.stringify(validate.errors)} in ${body.slice(0, 300)}`
  }
}

const contracts = new WeakMap<Gateway, Promise<Contract>>()

/** The contract of a gateway, read from its own /openapi.json once. */
export function contractOf(gateway: Gateway, read: () => Promise<unknown>): Promise<Contract> {
  let found = contracts.get(gateway)
  if (found === undefined) {
    found = read().then((document) => new Contract(document as Document))
    contracts.set(gateway, found)
  }
  return found
}
