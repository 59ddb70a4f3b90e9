// What programs do to collections and read of them as a whole, as Lua over the views of lua/collections.ts.

import type { LuaWriter } from './compile-expression.ts'
import type { Expr, Op } from './ops.ts'

/** A change: the view answers as if it had happened, and the command waits in the queue. */
export function mutationCode(writer: LuaWriter, op: Extract<Op, { op: 'mutate' }>): string {
  const { uses } = writer
  const { of } = op
  const view = writer.view(of)
  const [a, b, c] = op.args
  const result = `v[${op.id}] = `
  switch (op.fn) {
    case 'push':
    case 'unshift':
      return `${uses.use(op.fn === 'push' ? 'l_push' : 'l_unshift')}(${view}, ${writer.stored(of, a!)})`
    case 'pop':
    case 'shift':
      return result + writer.fromMaybe(of.element, `${uses.use(op.fn === 'pop' ? 'l_pop' : 'l_shift')}(${view})`)
    case 'put':
      return `${uses.use('l_put')}(${view}, ${writer.need(a!)}, ${writer.stored(of, b!)})`
    case 'insertBefore':
    case 'insertAfter': {
      const where = op.fn === 'insertBefore' ? 'BEFORE' : 'AFTER'
      return `${result}${uses.use('l_insert')}(${view}, '${where}', ${writer.element(of, a!)}, ${writer.stored(of, b!)})`
    }
    case 'removeItem':
      return `${result}${uses.use('l_remove')}(${view}, ${writer.element(of, a!)}, ${writer.need(b!)})`
    case 'trim':
      return `${uses.use('l_trim')}(${view}, ${writer.need(a!)}, ${writer.need(b!)})`
    case 'clear':
      return `${uses.use(of.kind === 'list' ? 'l_clear' : 'clear')}(${view})`
    case 'add':
      if (of.kind === 'set') return `${result}${uses.use('s_add')}(${view}, ${writer.stored(of, a!)}) and 1 or 0`
      return `${result}${uses.use('z_add')}(${view}, ${writer.stored(of, a!)}, ${writer.need(b!)})`
    case 'remove': {
      const fn = of.kind === 'set' ? 's_remove' : 'z_remove'
      return `${result}${uses.use(fn)}(${view}, ${writer.element(of, a!)}) and 1 or 0`
    }
    case 'mapSet':
      return `${result}${uses.use('h_set')}(${view}, ${writer.need(a!)}, ${writer.stored(of, b!)})`
    case 'mapDelete':
      return `${result}${uses.use('h_delete')}(${view}, ${writer.need(a!)})`
    case 'mapAdd': {
      const zero = of.element === 'bigint' ? "'0'" : '0'
      const old = `(${writer.fromMaybe(of.element, `${uses.use('h_get')}(${view}, ${writer.need(a!)})`)} or ${zero})`
      const sum = writer.arithmetic(of.element, '+', old, writer.need(b!))
      return `${result}${sum} ${uses.use('h_set')}(${view}, ${writer.need(a!)}, ${writer.stored(of, { k: 'var', type: of.element, id: op.id })})`
    }
    case 'scoreAdd': {
      const old = `(${uses.use('z_score')}(${view}, ${writer.element(of, a!)}) or 0)`
      return `${result}${writer.arithmetic('float', '+', old, writer.need(b!))} ${uses.use('z_add')}(${view}, ${writer.stored(of, a!)}, v[${op.id}])`
    }
    case 'popMin':
    case 'popMax': {
      uses.use('z_range')
      uses.use('z_remove')
      const got = `(z_range(${view}, 0, 0, ${op.fn === 'popMax'}))[1]`
      return `do local x = ${got} if x then z_remove(${view}, x) end ${result}${writer.fromMaybe(of.element, 'x')} end`
    }
    case 'geoAdd':
      return `${uses.use('g_add')}(${view}, ${writer.need(a!)}, ${writer.toText('float', writer.need(b!))}, ${writer.toText('float', writer.need(c!))})`
    case 'append':
      uses.use('unlist')
      uses.use('queue')
      return `do local x = unlist(${writer.expr(a!)}) ${view}.w = true queue[#queue + 1] = { 'XADD', ${view}.k, '*', unpack(x) } ${view}.n = ${view}.n + 1 end`
  }
}

/** A change with each of the literals that one argument holds. */
export function repeatedCode(writer: LuaWriter, op: Extract<Op, { op: 'mutateAll' }>): string {
  const { uses } = writer
  const { of, fn } = op
  const view = writer.view(of)
  const each = `for _, x in ipairs(${writer.packed(op.list)}) do`
  if (fn === 'push' || fn === 'unshift')
    return `${each} ${uses.use(fn === 'push' ? 'l_push' : 'l_unshift')}(${view}, x) end`
  const change = uses.use(fn === 'add' ? 's_add' : of.kind === 'set' ? 's_remove' : 'z_remove')
  const count = `v[${op.id}]`
  return `${count} = 0 ${each} if ${change}(${view}, x) then ${count} = ${count} + 1 end end`
}

/** A list or pairs, put into a variable for a return. */
export function readingCode(writer: LuaWriter, op: Extract<Op, { op: 'read' }>): string {
  const { uses } = writer
  const { of } = op
  const view = writer.view(of)
  const [a, b, c] = op.args
  const result = `v[${op.id}] = `
  switch (op.fn) {
    case 'items':
      return `${result}${uses.use(of.kind === 'list' ? 'l_each' : 's_all')}(${view}${of.kind === 'list' ? `, ${view}.n` : ''})`
    case 'entries':
      uses.use('h_get')
      return `do local x = {} for _, k in ipairs(${uses.use('h_keys')}(${view})) do x[#x + 1] = k x[#x + 1] = h_get(${view}, k) end ${result}x end`
    case 'range':
      if (of.kind === 'stream') {
        return `${result}${uses.use('x_latest')}(${view}, ${writer.toText('int', writer.need(a!))})`
      }
      if (of.kind === 'list') {
        uses.use('l_all')
        return `do local x, from, to = {}, ${writer.need(a!)}, ${writer.need(b!)} if not ${view}.a and #${view}.f == 0 and #${view}.b == 0 and next(${view}.o) == nil and ${view}.lo == 0 and ${view}.hi == ${view}.len then x = call('LRANGE', ${view}.k, ${uses.use('int')}(from), int(to)) else local n = ${view}.n if from < 0 then from = math.max(from + n, 0) end if to < 0 then to = to + n end local all = l_all(${view}) for i = from, math.min(to, n - 1) do x[#x + 1] = all[i + 1] end end ${result}x end`
      }
      return `${result}(${uses.use('z_range')}(${view}, ${writer.need(a!)}, ${writer.need(b!)}, ${op.rev}))`
    case 'rangeWithScores':
      uses.use('float')
      return `do local x, members, scores = {}, ${uses.use('z_range')}(${view}, ${writer.need(a!)}, ${writer.need(b!)}, ${op.rev}) for _, m in ipairs(members) do x[#x + 1] = m x[#x + 1] = float(scores[m]) end ${result}x end`
    case 'geoPosition':
      uses.use('g_add')
      return `${result}g_read(${view}, 'GEOPOS', ${view}.k, ${writer.need(a!)})[1] or nil`
    case 'geoDistance':
      uses.use('g_add')
      return `${result}g_read(${view}, 'GEODIST', ${view}.k, ${writer.need(a!)}, ${writer.need(b!)}) or nil`
    case 'geoSearch':
      uses.use('g_add')
      return `${result}g_read(${view}, 'GEOSEARCH', ${view}.k, 'FROMLONLAT', ${argText(writer, a!)}, ${argText(writer, b!)}, 'BYRADIUS', ${argText(writer, c!)}, 'm', 'ASC')`
  }
}

function argText(writer: LuaWriter, node: Expr): string {
  return node.k === 'arg' ? writer.argv(node.slot) : writer.toText(node.type, writer.need(node))
}
