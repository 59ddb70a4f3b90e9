// Programs of models as JSON, replayed onto the model's own recorder, so that they are checked and compiled like code.
//
//   {"steps": [
//      ["score", "add", 10],                                       field, operation, arguments
//      ["profile.address", "put", {"city": "Rome"}],               a place in a JSON field
//      {"when": COND, "do": [..], "else": [..]},
//      {"switch": EXPR, "cases": [{"is": 1, "do": [..]}], "default": [..]},
//      {"each": "inventory", "as": ["item"], "do": [..]},          loop over a collection; $item in steps; also limit, and
//                                                                  for sorted sets from, to and order
//      {"let": "before", "be": EXPR},                              a value of this moment
//      {"fail": "TOO_YOUNG"}],
//    "return": {"score": EXPR, "tags": ["tags", "length"]}}
//
//   EXPR  a literal, or {"$field": "age"}, {"$var": "item"}, {"$now": true}, {"$value": literal}, each with optional calls
//         "$do": [["plus", 1], ["gt", 17]]; {"$cond": [COND, EXPR, EXPR]}; {"$and": [..]}, {"$or": [..]}, {"$not": COND};
//         {"$some": "tags", "as": ["tag"], "where": COND}, and $every, $count and $find in the same way
//   COND  an EXPR that is a condition, or a filter: {"age": {"gt": 17}}

import type { FieldSpec as FieldDoc, ModelSpec as ModelDoc } from '@ochre/model'
import { and, type Condition, cond, fail, keep, not, now, or, switchOn, when } from '@ochre/model'
import { isObject, JsonNumber, type JsonObject, type JsonValue, plainJson } from './json.ts'
import { documentValue, documentValues, entryValue, fieldValue } from './model-json.ts'
import { GatewayError } from './status.ts'

type Callable = Record<string, ((...args: readonly unknown[]) => unknown) | undefined>

/**
 * What each argument of an operation is: v a value of the field, e of its elements, n a number, s text, b true or false,
 * j an object, d a document, m an object of documents, c a condition, p a span such as {"days": 1} or milliseconds, V a list
 * of values, t an entry of a stream, o an order. The last one may be left out before `?`, and repeats before `*`. Only
 * what is here can be called.
 */
type Signatures = Readonly<Record<string, string>>

const ANY: Signatures = { eq: 'v', ne: 'v', in: 'V', notIn: 'V', isNull: '', isNotNull: '', orElse: 'v' }
const ORDERED: Signatures = { ...ANY, gt: 'v', gte: 'v', lt: 'v', lte: 'v', between: 'vv' }
const SET: Signatures = { get: '', set: 'v', unset: '', setIf: 'cv', compareAndSet: 'vv', getAndSet: 'v' }
const NUMBER: Signatures = {
  ...ORDERED,
  ...SET,
  ...Object.fromEntries(
    ['plus', 'minus', 'times', 'dividedBy', 'modulo', 'add', 'sub', 'mul', 'div', 'mod', 'pow', 'min', 'max'].map(
      (name) => [name, 'v'],
    ),
  ),
  clamp: 'vv',
}
const ITEMS: Signatures = { length: '', clear: '' }

/** Operations by kind of field. */
export const OPERATIONS: Readonly<Record<string, Signatures>> = {
  int: NUMBER,
  float: NUMBER,
  bigint: NUMBER,
  string: {
    ...ORDERED,
    ...SET,
    contains: 's',
    startsWith: 's',
    endsWith: 's',
    length: '',
    concat: 's',
    slice: 'nn?',
    append: 's',
    prepend: 's',
    replace: 'ss',
    replaceAll: 'ss',
    keep: 'nn?',
  },
  bytes: {
    ...ORDERED,
    ...SET,
    length: '',
    slice: 'nn?',
    getBit: 'n',
    bitCount: '',
    append: 'v',
    keep: 'nn?',
    setRange: 'nv',
    setBit: 'nb',
  },
  boolean: { ...ANY, ...SET, toggle: '' },
  date: { ...ORDERED, ...SET, plus: 'p', minus: 'p', add: 'p', sub: 'p', since: 'v', truncate: 's' },
  enum: { ...ANY, ...SET },
  json: {
    ...ANY,
    ...SET,
    at: 's',
    gt: 'n',
    gte: 'n',
    lt: 'n',
    lte: 'n',
    asNumber: '',
    asText: '',
    length: '',
    put: 'd',
    merge: 'm',
    remove: '',
    increase: 'n',
    push: 'd*',
  },
  list: {
    ...ITEMS,
    at: 'n',
    has: 'e',
    items: '',
    range: 'nn',
    push: 'e*',
    unshift: 'e*',
    pop: '',
    shift: '',
    put: 'ne',
    insertBefore: 'ee',
    insertAfter: 'ee',
    remove: 'en?',
    trim: 'nn',
  },
  set: { ...ITEMS, has: 'e', items: '', add: 'e*', remove: 'e*' },
  map: { ...ITEMS, has: 's', get: 's', entries: '', set: 'se', delete: 's', increase: 'se' },
  sortedSet: {
    ...ITEMS,
    has: 'e',
    score: 'e',
    rank: 'eo?',
    range: 'nno?',
    rangeWithScores: 'nno?',
    countBetween: 'nn',
    add: 'en',
    increase: 'en',
    remove: 'e*',
    popMin: '',
    popMax: '',
  },
  geo: { ...ITEMS, has: 's', add: 'snn', remove: 's*', position: 's', distance: 'ss', search: 'jn' },
  stream: { length: '', append: 't', latest: 'n', clear: '' },
}

/** The kind of what a call gives, where it is not the kind it was called on. */
const GIVES: Readonly<Record<string, string>> = {
  length: 'int',
  bitCount: 'int',
  since: 'int',
  rank: 'int',
  countBetween: 'int',
  asNumber: 'float',
  asText: 'string',
  score: 'float',
}
const OF_ELEMENT: ReadonlySet<string> = new Set([
  'list.at',
  'list.pop',
  'list.shift',
  'map.get',
  'map.increase',
  'sortedSet.popMin',
  'sortedSet.popMax',
])

/** Something to call operations on: the handle that the recorder made, and what is known of it. */
interface Handle {
  readonly value: object
  readonly spec: FieldDoc
}

const INT: FieldDoc = { kind: 'int', optional: false, nullable: false }
const DATE: FieldDoc = { kind: 'date', optional: false, nullable: false }
const TEXT: FieldDoc = { kind: 'string', optional: false, nullable: false }
const FLOAT: FieldDoc = { kind: 'float', optional: false, nullable: false }
const BOOLEAN: FieldDoc = { kind: 'boolean', optional: false, nullable: false }

const MAX_STEPS = 1000

/** What a program of JSON does inside the callback of `atomic`. Throws BAD_REQUEST naming the step that is wrong. */
export function replay(model: ModelDoc, program: JsonObject, row: object): unknown {
  for (const name of Object.keys(program)) {
    if (name !== 'steps' && name !== 'return') wrong('A program has steps and return, and nothing else.')
  }
  const player = new Player(model, row)
  if (program.steps !== undefined) player.steps(program.steps, 'steps')
  return program.return === undefined ? undefined : player.returned(program.return)
}

function wrong(message: string): never {
  throw new GatewayError('BAD_REQUEST', message)
}

class Player {
  readonly #model: ModelDoc
  readonly #row: Callable
  readonly #variables = new Map<string, Handle>()
  #count = 0

  constructor(model: ModelDoc, row: object) {
    this.#model = model
    this.#row = row as Callable
  }

  steps(list: JsonValue, where: string): void {
    if (!Array.isArray(list)) wrong(`${where} is a list of steps.`)
    list.forEach((step, i) => {
      if (++this.#count > MAX_STEPS) wrong(`A program has at most ${MAX_STEPS} steps.`)
      this.#step(step, `${where}[${i}]`)
    })
  }

  #step(step: JsonValue, where: string): void {
    if (Array.isArray(step)) {
      this.#chain(step, where)
      return
    }
    if (!isObject(step)) wrong(`${where} is [field, operation, ...arguments] or an object.`)
    const known = STEPS.find(([name]) => step[name!] !== undefined)
    if (known === undefined) wrong(`${where} has when, switch, each, let or fail.`)
    onlyHas(step, known, where)
    if (step.when !== undefined) {
      const chain = when(this.condition(step.when, `${where}.when`), () => this.steps(step.do ?? [], `${where}.do`))
      if (step.else !== undefined) chain.else(() => this.steps(step.else!, `${where}.else`))
    } else if (step.switch !== undefined) this.#switch(step, where)
    else if (step.each !== undefined) this.#each(step, where)
    else if (step.let !== undefined) {
      const { value, spec } = this.#handle(step.be ?? null, `${where}.be`)
      this.#variables.set(nameOf(step.let, `${where}.let`), { value: keep(value as Condition), spec })
    } else fail(nameOf(step.fail!, `${where}.fail`))
  }

  #switch(step: JsonObject, where: string): void {
    const subject = this.#handle(step.switch!, `${where}.switch`)
    if (!Array.isArray(step.cases) || step.cases.length === 0) wrong(`${where}.cases is a list of {"is", "do"}.`)
    const cases = switchOn(subject.value as Condition as Parameters<typeof switchOn<unknown>>[0])
    step.cases.forEach((one, i) => {
      if (!isObject(one) || one.is === undefined) wrong(`${where}.cases[${i}] has is and do.`)
      onlyHas(one, ['is', 'do'], `${where}.cases[${i}]`)
      const is = Array.isArray(one.is)
        ? one.is.map((v) => fieldValue(subject.spec, v))
        : fieldValue(subject.spec, one.is)
      cases.case(is, () => this.steps(one.do ?? [], `${where}.cases[${i}].do`))
    })
    if (step.default !== undefined) cases.default(() => this.steps(step.default!, `${where}.default`))
  }

  #each(step: JsonObject, where: string): void {
    const { value, spec } = this.#target(nameOf(step.each!, `${where}.each`), `${where}.each`)
    const each = (value as Callable).each
    if (each === undefined) wrong(`${where}.each names a list, set, map or sorted set.`)
    const options: Record<string, unknown> = {}
    for (const name of ['limit', 'from', 'to'] as const) {
      if (step[name] !== undefined) options[name] = this.#argument('n', spec, step[name], `${where}.${name}`)
    }
    if (step.order !== undefined) options.order = this.#argument('o', spec, step.order, `${where}.order`)
    const isPart = step.from !== undefined || step.to !== undefined || step.order !== undefined
    if (isPart && spec.kind !== 'sortedSet') wrong(`${where}: only a sorted set has from, to and order.`)
    const steps = (): void => this.steps(step.do ?? [], `${where}.do`)
    each.call(value, (...items: readonly object[]) => this.#withItems(step, spec, items, where, steps), options)
  }

  /** Runs `body` with the items of a loop as the variables that `as` names. */
  #withItems<T>(
    step: JsonObject,
    { kind, element }: FieldDoc,
    items: readonly object[],
    where: string,
    body: () => T,
  ): T {
    const names = (step.as === undefined ? ['item'] : Array.isArray(step.as) ? step.as : [step.as]).map((name) =>
      nameOf(name, `${where}.as`),
    )
    const specs = kind === 'map' ? [TEXT, element!] : kind === 'sortedSet' ? [element!, FLOAT] : [element!]
    if (names.length > items.length) wrong(`${where}.as has more names than there are.`)
    const hidden = names.map((name) => this.#variables.get(name))
    for (const [i, name] of names.entries()) this.#variables.set(name, { value: items[i]!, spec: specs[i]! })
    try {
      return body()
    } finally {
      names.forEach((name, i) => {
        if (hidden[i] === undefined) this.#variables.delete(name)
        else this.#variables.set(name, hidden[i])
      })
    }
  }

  /** What the program gives back: a call, an expression, or objects and lists of them. */
  returned(value: JsonValue): unknown {
    if (Array.isArray(value)) {
      const isCall = typeof value[0] === 'string' && this.#names(value[0])
      return isCall ? this.#chain(value, 'return') : value.map((item) => this.returned(item))
    }
    if (!isObject(value)) return plainJson(value)
    if (isExpression(value)) return this.#evaluate(value, 'return').value
    const result: Record<string, unknown> = {}
    for (const name of Object.keys(value)) {
      Object.defineProperty(result, name, {
        value: this.returned(value[name]!),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return result
  }

  /** `[target, operation, ...arguments]`; a target alone is its value. */
  #chain(words: readonly JsonValue[], where: string): unknown {
    const [target, operation, ...args] = words
    if (typeof target !== 'string') wrong(`${where} begins with the name of a field.`)
    const handle = this.#target(target, where)
    if (operation === undefined) return handle.value
    if (typeof operation !== 'string') wrong(`${where} names an operation after the field.`)
    return this.#call(handle, operation, args, where).value
  }

  #names(target: string): boolean {
    const field = /^[^.[]+/.exec(target)?.[0] ?? ''
    return target.startsWith('$') ? this.#variables.has(target.slice(1)) : this.#model.byProperty.has(field)
  }

  /** `score`, `profile.address.city` in a JSON field, `$item`. */
  #target(name: string, where: string): Handle {
    if (name.startsWith('$')) {
      const variable = this.#variables.get(name.slice(1))
      if (variable === undefined) wrong(`${where} uses a variable that is not there.`)
      return variable
    }
    const match = /^([A-Za-z]\w*)(?:\.(.+)|(\[.+))?$/s.exec(name)
    const spec = match === null ? undefined : this.#model.byProperty.get(match[1]!)
    if (match === null || spec === undefined) wrong(`${where} names a field that ${this.#model.name} does not have.`)
    const value = (this.#row as Record<string, unknown>)[match[1]!] as object
    const path = match[2] ?? match[3]
    if (path === undefined) return { value, spec }
    if (spec.kind !== 'json') wrong(`${where}: only a JSON field has places inside.`)
    return { value: (value as Callable).at!.call(value, path) as object, spec }
  }

  #call(handle: Handle, operation: string, args: readonly JsonValue[], where: string): Handle {
    const { value, spec } = handle
    const isItem = operation === 'remove' || operation === 'put'
    const table = OPERATIONS[spec.kind] ?? {}
    // The item of a loop may be removed or replaced, whatever its kind.
    const signature = Object.hasOwn(table, operation)
      ? table[operation]!
      : isItem
        ? operation === 'put'
          ? 'v'
          : ''
        : undefined
    const method = signature === undefined ? undefined : (value as Callable)[operation]
    if (signature === undefined || typeof method !== 'function') wrong(`${where}: ${spec.kind} has no such operation.`)
    const [codes, may] = /[*?]$/.test(signature) ? [signature.slice(0, -1), signature.at(-1)] : [signature, undefined]
    if (args.length > codes.length && may !== '*') wrong(`${where}: too many arguments.`)
    if (args.length < codes.length - (may === undefined ? 0 : 1)) wrong(`${where}: too few arguments.`)
    const given = args.map((arg, i) =>
      this.#argument(codes[Math.min(i, codes.length - 1)]!, spec, arg, `${where}[${i + 2}]`),
    )
    const result = method.apply(value, given) as object
    const kind = GIVES[operation]
    const isElement = OF_ELEMENT.has(`${spec.kind}.${operation}`)
    return {
      value: result,
      spec: isElement ? spec.element! : kind === undefined ? spec : { ...INT, kind: kind as FieldDoc['kind'] },
    }
  }

  #argument(code: string, spec: FieldDoc, arg: JsonValue, where: string): unknown {
    if (code === 'c') return this.condition(arg, where)
    if (code === 'o') return arg === 'asc' || arg === 'desc' ? arg : wrong(`${where} is asc or desc.`)
    if (!isObject(arg) || !isExpression(arg)) return this.#literal(code, spec, arg, where)
    const { value } = this.#evaluate(arg, where)
    return arg.$value === undefined ? value : this.#literal(code, spec, arg.$value, where)
  }

  #literal(code: string, spec: FieldDoc, arg: JsonValue, where: string): unknown {
    switch (code) {
      case 'v':
        return fieldValue(spec, arg)
      case 'V':
        return Array.isArray(arg) ? arg.map((item) => fieldValue(spec, item)) : wrong(`${where} is a list.`)
      case 'e':
        return fieldValue(spec.element ?? TEXT, arg)
      case 't':
        return entryValue(spec, arg)
      case 's':
        return typeof arg === 'string' ? arg : wrong(`${where} is text.`)
      case 'n':
        return arg instanceof JsonNumber ? Number(arg.text) : wrong(`${where} is a number.`)
      case 'b':
        return typeof arg === 'boolean' ? arg : wrong(`${where} is true or false.`)
      case 'd':
        return documentValue(arg)
      case 'm':
        return isObject(arg) ? documentValues(arg) : wrong(`${where} is an object.`)
      case 'j':
        return isObject(arg) ? plainJson(arg) : wrong(`${where} is an object.`)
      default:
        return plainJson(arg)
    }
  }

  condition(value: JsonValue, where: string): Condition {
    if (!isObject(value)) wrong(`${where} is a condition: an object.`)
    if (isExpression(value)) return this.#evaluate(value, where).value as Condition
    const parts: Condition[] = []
    for (const name of Object.keys(value)) {
      const handle = this.#target(name, where)
      const wanted = value[name]!
      if (!isObject(wanted) || isExpression(wanted)) {
        parts.push(this.#call(handle, 'eq', [wanted], where).value as Condition)
        continue
      }
      for (const operator of Object.keys(wanted)) {
        const operand = wanted[operator]!
        if (operator === 'isNull' && typeof operand !== 'boolean') wrong(`${where}: isNull is true or false.`)
        const args = operator === 'between' && Array.isArray(operand) ? operand : operator === 'isNull' ? [] : [operand]
        const name = operator === 'isNull' && operand === false ? 'isNotNull' : operator
        parts.push(this.#call(handle, name, args, where).value as Condition)
      }
    }
    if (parts.length === 0) wrong(`${where} is an empty condition.`)
    return parts.length === 1 ? parts[0]! : and(...parts)
  }

  #handle(value: JsonValue, where: string): Handle {
    if (!isObject(value) || !isExpression(value)) wrong(`${where} is an expression such as {"$field": "age"}.`)
    return this.#evaluate(value, where)
  }

  #conditions(list: JsonValue, where: string): Condition[] {
    if (!Array.isArray(list) || list.length === 0) wrong(`${where} is a list of conditions.`)
    return list.map((item, i) => this.condition(item, `${where}[${i}]`))
  }

  /** `{"$some": "tags", "as": ["tag"], "where": COND}`. */
  #quantified(value: JsonObject, mode: string, where: string): Handle {
    const { value: collection, spec } = this.#target(nameOf(value[`$${mode}`]!, `${where}.$${mode}`), where)
    const quantify = (collection as Callable)[mode]
    if (quantify === undefined || spec.element === undefined)
      wrong(`${where}.$${mode} names a list, set, map or sorted set.`)
    const options = value.limit === undefined ? {} : { limit: this.#argument('n', spec, value.limit, `${where}.limit`) }
    const test = (...items: readonly object[]): Condition =>
      this.#withItems(value, spec, items, where, () => this.condition(value.where ?? null, `${where}.where`))
    const given = mode === 'count' ? INT : mode === 'find' ? (spec.kind === 'map' ? TEXT : spec.element) : BOOLEAN
    return { value: quantify.call(collection, test, options) as object, spec: given }
  }

  #evaluate(value: JsonObject, where: string): Handle {
    const quantifier = QUANTIFIERS.find((name) => value[`$${name}`] !== undefined)
    onlyHas(
      value,
      quantifier === undefined
        ? [EXPRESSIONS.find((name) => value[name] !== undefined)!, ...(value.$value === undefined ? ['$do'] : [])]
        : [`$${quantifier}`, '$do', 'as', 'where', 'limit'],
      where,
    )
    let handle: Handle
    if (quantifier !== undefined) handle = this.#quantified(value, quantifier, where)
    else if (value.$and !== undefined)
      handle = { value: and(...this.#conditions(value.$and, `${where}.$and`)), spec: BOOLEAN }
    else if (value.$or !== undefined)
      handle = { value: or(...this.#conditions(value.$or, `${where}.$or`)), spec: BOOLEAN }
    else if (value.$not !== undefined)
      handle = { value: not(this.condition(value.$not, `${where}.$not`)), spec: BOOLEAN }
    else if (typeof value.$field === 'string') handle = this.#target(value.$field, where)
    else if (typeof value.$var === 'string') handle = this.#target(`$${value.$var}`, where)
    else if (value.$now !== undefined) handle = { value: now(), spec: DATE }
    else if (value.$value !== undefined) return { value: plainJson(value.$value) as object, spec: TEXT }
    else if (Array.isArray(value.$cond) && value.$cond.length === 3) {
      const [test, yes, no] = value.$cond
      const a = this.#handle(yes!, `${where}.$cond[1]`)
      const b = this.#handle(no!, `${where}.$cond[2]`)
      handle = {
        value: cond(this.condition(test!, `${where}.$cond[0]`), a.value as Condition, b.value as Condition),
        spec: a.spec,
      }
    } else wrong(`${where} is an expression with ${EXPRESSIONS.join(', ')}.`)
    if (value.$do === undefined) return handle
    if (!Array.isArray(value.$do)) wrong(`${where}.$do is a list of calls.`)
    for (const [i, call] of value.$do.entries()) {
      if (!Array.isArray(call) || typeof call[0] !== 'string') wrong(`${where}.$do[${i}] is [operation, ...arguments].`)
      handle = this.#call(handle, call[0], call.slice(1), `${where}.$do[${i}]`)
    }
    return handle
  }
}

const QUANTIFIERS = ['some', 'every', 'count', 'find'] as const
const EXPRESSIONS: readonly string[] = [
  ...['$field', '$var', '$now', '$value', '$cond', '$and', '$or', '$not'],
  ...QUANTIFIERS.map((name) => `$${name}`),
]

/** Members of each kind of step; the first one tells it. */
const STEPS: readonly (readonly string[])[] = [
  ['when', 'do', 'else'],
  ['switch', 'cases', 'default'],
  ['each', 'as', 'do', 'limit', 'from', 'to', 'order'],
  ['let', 'be'],
  ['fail'],
]

/** A misspelt member must not be overlooked: the program would do something else. */
function onlyHas(value: JsonObject, members: readonly string[], where: string): void {
  for (const name of Object.keys(value)) {
    if (!members.includes(name)) wrong(`${where} has ${members.join(', ')}, and nothing else.`)
  }
}

/** No field begins with `$`, so an expression is never mistaken for a filter or a value with members. */
function isExpression(value: JsonObject): boolean {
  return EXPRESSIONS.some((name) => value[name] !== undefined)
}

function nameOf(value: JsonValue, where: string): string {
  return typeof value === 'string' && value !== '' ? value : wrong(`${where} is a name.`)
}
