// One WebSocket as a session: frames in, frames out, the same policy and limits as HTTP. It knows frames and no socket;
// websocket-server.ts gives it one.
//
//   in   {"t":"hello","token":"..."}                              first, unless the token came with the handshake; again to
//                                                                 change or renew the credential
//        {"id":1,"t":"cmd","c":["GET","k"],"enc":"base64","db":0}
//        {"id":2,"t":"pipeline","c":[["GET","a"],["INCR","n"]]}   {"id":3,"t":"multi","c":[...]}
//        {"id":4,"t":"req","method":"POST","path":"/v1/models/user/query","body":{...}}    any HTTP route, models included
//        {"id":5,"t":"sub","channels":[],"patterns":[],"shards":[],"keyspace":[],"streams":[{"key":"s","after":"0"}],
//         "models":[{"model":"user","after":"oldest"}]}
//        {"id":6,"t":"unsub","ref":5}      {"id":7,"t":"ping"}
//   out  {"id":1,"ok":true,"r":...}        {"id":1,"ok":false,"e":{"code","message","status"}}
//        {"t":"msg","ref":5,"ch":"news","pat":"n*","d":"..."}    {"t":"entry","ref":5,"key":"s","id":"1-1","fields":{}}
//        {"t":"key","ref":5,"key":"user:1","event":"set"}        {"t":"gap","ref":5}  messages may be missing
//        {"t":"change","ref":5,"model":"user","change":{"type":"update","id":"1","version":2,"fields":["age"],...}}
//        {"t":"end","ref":5,"reason":"..."}  the subscription is over
//        {"t":"lag","dropped":3}  too slow; closed               {"t":"bye","reason":"...","retryMs":1000}
//
// Replies come in any order. A frame of DBX, {"id","command":{"action","params"}}, is answered in its own form.

import { setMaxListeners } from 'node:events'
import { isRefusal } from './auth.ts'
import { commandOf, commandsOf } from './command-json.ts'
import { dbxRequest } from './dbx-frames.ts'
import { type Caller, type Form, RAW, TEXT } from './execute.ts'
import { bodyJson, errorJson, errorOf, idJson, replyOf, replyText } from './frames.ts'
import type { Gateway } from './gateway.ts'
import { isObject, JsonNumber, type JsonObject, type JsonValue, parseJson, valueOfJson, writeJson } from './json.ts'
import { bodyOf } from './message.ts'
import type { Principal } from './principal.ts'
import { failureOf, GatewayError } from './status.ts'
import { SocketSubscriptions } from './websocket-subscriptions.ts'

/** What a frame is made of on the wire: JSON text or MessagePack. */
export interface Codec {
  readonly name: 'ochre.v1.json' | 'ochre.v1.msgpack'
  /** Throws BAD_JSON when the bytes are no frame. */
  decode(data: Uint8Array | string): JsonValue
  /** How a frame goes out; absent: as the JSON text that it is made of. */
  readonly encode?: (frame: unknown) => Uint8Array
}

/** The other end of the session. */
export interface Peer {
  send(data: string | Uint8Array): void
  /** Bytes that were sent and have not left. */
  bufferedBytes(): number
  pause(): void
  resume(): void
  close(code: number, reason: string): void
}

export const CLOSE = { BAD_FRAME: 4400, UNAUTHENTICATED: 4401, TOO_SLOW: 4408, GOING_AWAY: 1001 } as const

const OK = { status: 200, code: undefined } as const
const HELLO_MS = 10_000
/** Of a frame before there is a credential, and half of what all of them may have. */
export const MAX_ANONYMOUS_BYTES: number = 64 * 1024
const RECHECK_MS = 10_000

export interface SessionOptions {
  readonly gateway: Gateway
  readonly peer: Peer
  readonly codec: Codec
  readonly remoteAddress: string
  /** A token that came with the handshake. */
  readonly token?: string | undefined
}

export class Session {
  readonly #gateway: Gateway
  readonly #peer: Peer
  readonly #codec: Codec
  readonly #address: { readonly remoteAddress: string }
  #token: string | undefined
  readonly #subscriptions: SocketSubscriptions
  #inFlight = 0
  #isGreeting = false
  #isPaused = false
  /** Frames that had arrived before reading stopped. */
  readonly #waiting: (Uint8Array | string)[] = []
  /** Of those who wait until the peer has read. */
  readonly #wantRoom: (() => void)[] = []
  #isClosed = false
  /** The gateway closes: what is in work is still answered, further frames are refused. */
  #isLeaving = false
  #dropped = 0
  /** Aborted when the socket is gone: what it waits for ends. */
  readonly #ended = new AbortController()
  readonly #recheck: NodeJS.Timeout
  readonly #helloDeadline: NodeJS.Timeout
  readonly #cancelClosing: () => void

  constructor(options: SessionOptions) {
    this.#gateway = options.gateway
    this.#peer = options.peer
    this.#codec = options.codec
    this.#address = options
    this.#token = options.token
    this.#subscriptions = new SocketSubscriptions(options.gateway, {
      push: (json) => this.#push(json),
      pushWithRoom: (json) => this.#pushWithRoom(json),
    })
    // Each command that waits listens to it.
    setMaxListeners(0, this.#ended.signal)
    this.#cancelClosing = options.gateway.onClosing(() => this.#goAway())
    this.#recheck = setInterval(() => void this.#checkAgain(), RECHECK_MS)
    this.#recheck.unref()
    this.#helloDeadline = setTimeout(() => {
      if (this.isAnonymous) this.refuse()
    }, HELLO_MS)
    this.#helloDeadline.unref()
  }

  /** Whether nobody has said yet who this is. */
  get isAnonymous(): boolean {
    return this.#token === undefined && !this.#isGreeting
  }

  /** Ends the session of somebody who does not say who he is. */
  refuse(): void {
    this.#close(CLOSE.UNAUTHENTICATED, 'no credential')
  }

  /** The socket is gone: subscriptions end. */
  onClose(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting.length = 0
    this.#tellRoom()
    this.#ended.abort()
    clearInterval(this.#recheck)
    clearTimeout(this.#helloDeadline)
    this.#cancelClosing()
    this.#subscriptions.closeAll()
  }

  /** The socket has sent what was buffered. */
  onDrain(): void {
    if (this.#wantRoom.length > 0 && this.#peer.bufferedBytes() <= this.#gateway.limits.bufferedBytes) this.#tellRoom()
    if (!this.#isPaused) return
    while (this.#waiting.length > 0) {
      if (this.#isCongested()) return
      this.#take(this.#waiting.shift()!)
    }
    if (this.#isCongested()) return
    this.#isPaused = false
    this.#peer.resume()
  }

  /** One frame arrived. Never throws. */
  onFrame(data: Uint8Array | string): void {
    if (this.#isClosed) return
    // Many small frames arrive in one piece, more than may be in work.
    if (this.#isPaused) this.#waiting.push(data)
    else this.#take(data)
  }

  #take(data: Uint8Array | string): void {
    if (this.isAnonymous && data.length > MAX_ANONYMOUS_BYTES) {
      this.refuse()
      return
    }
    let frame: JsonValue
    try {
      frame = this.#codec.decode(data)
    } catch (error) {
      this.#sendError(undefined, error)
      return
    }
    if (!isObject(frame)) {
      this.#sendError(undefined, new GatewayError('BAD_REQUEST', 'A frame is an object.'))
      return
    }
    const id = idJson(frame.id)
    if (this.#isLeaving) {
      this.#sendError(id, new GatewayError('SHUTTING_DOWN', 'The gateway is closing; nothing happened.'))
      return
    }
    this.#inFlight++
    this.#pauseIfCongested()
    const isNamed = id !== undefined || frame.id === undefined || frame.id === null || isObject(frame.command)
    const done = isNamed
      ? this.#dispatch(frame, id)
      : Promise.reject(new GatewayError('BAD_REQUEST', 'An id is a number, or text of at most 64 characters.'))
    done.then(
      () => this.#settled(),
      (error: unknown) => {
        this.#sendError(id, error)
        this.#settled()
      },
    )
  }

  #pauseIfCongested(): void {
    if (this.#isPaused || !this.#isCongested()) return
    this.#isPaused = true
    this.#peer.pause()
  }

  /** A credential that is being checked, too much in work, or a peer that does not read its answers: stop taking frames. */
  #isCongested(): boolean {
    const { socketInFlight, bufferedBytes } = this.#gateway.limits
    return this.#isGreeting || this.#inFlight >= socketInFlight || this.#peer.bufferedBytes() > bufferedBytes
  }

  #settled(): void {
    this.#inFlight--
    this.onDrain()
    if (this.#isLeaving && this.#inFlight === 0) this.#close(CLOSE.GOING_AWAY, 'closing')
  }

  #dispatch(frame: JsonObject, id: string | undefined): Promise<void> {
    const type = frame.t
    const metrics = this.#gateway.metrics
    if (isObject(frame.command)) {
      metrics.frames.add('dbx')
      return this.#dbx(frame.command, frame.id)
    }
    switch (type) {
      case 'cmd':
        metrics.frames.add('cmd')
        return this.#command(frame, id)
      case 'pipeline':
      case 'multi':
        metrics.frames.add(type)
        return this.#commands(frame, id, type === 'multi')
      case 'req':
        metrics.frames.add('req')
        return this.#request(frame, id)
      case 'sub':
        metrics.frames.add('sub')
        return this.#subscribe(frame, id)
      case 'unsub':
        metrics.frames.add('unsub')
        return this.#unsubscribe(frame, id)
      case 'hello':
        metrics.frames.add('hello')
        return this.#hello(frame, id)
      case 'ping':
        metrics.frames.add('ping')
        return this.#ping(id)
      default:
        metrics.frames.add('other')
        return Promise.reject(
          new GatewayError('BAD_REQUEST', 'The member t is hello, cmd, pipeline, multi, req, sub, unsub or ping.'),
        )
    }
  }

  async #ping(id: string | undefined): Promise<void> {
    this.#reply(
      id,
      () => '"pong"',
      () => 'pong',
    )
  }

  async #hello(frame: JsonObject, id: string | undefined): Promise<void> {
    const token = frame.token
    if (typeof token !== 'string') throw new GatewayError('BAD_REQUEST', 'A hello has a token.')
    let principal: Principal
    // What follows is meant for the new credential.
    this.#isGreeting = true
    this.#pauseIfCongested()
    try {
      principal = await this.#gateway.authenticator.authenticate(token, this.#address)
    } catch (error) {
      this.#audit('hello', undefined, error)
      this.#sendError(id, error)
      this.#close(CLOSE.UNAUTHENTICATED, 'the credential is not valid')
      return
    } finally {
      this.#isGreeting = false
    }
    this.#token = token
    this.#subscriptions.keepFor(principal)
    const r = { principal: principal.id }
    this.#reply(
      id,
      () => JSON.stringify(r),
      () => r,
    )
  }

  async #caller(frame: JsonObject): Promise<Caller> {
    let principal: Principal
    try {
      principal = await this.#gateway.authenticator.authenticate(this.#token, this.#address)
    } catch (error) {
      this.#audit(String(frame.t), undefined, error)
      throw error
    }
    const configured = this.#gateway.connections.database
    const { db } = frame
    if (db === undefined) return { principal, database: configured }
    const database = db instanceof JsonNumber && /^\d{1,4}$/.test(db.text) ? Number(db.text) : -1
    if (database < 0) throw new GatewayError('BAD_REQUEST', 'The member db is a small number.')
    if (!principal.rules.allowsDatabase(database, configured)) {
      throw new GatewayError('NOT_PERMITTED', 'The credential may not use this database.')
    }
    return { principal, database }
  }

  /** Notes in the audit log what becomes of a frame. */
  #audited<T>(frame: JsonObject, caller: Caller, work: Promise<T>): Promise<T> {
    if (this.#gateway.options.audit === undefined) return work
    const started = performance.now()
    return work.then(
      (result) => {
        this.#audit(String(frame.t), caller, undefined, started)
        return result
      },
      (error: unknown) => {
        this.#audit(String(frame.t), caller, error, started)
        throw error
      },
    )
  }

  #audit(type: string, caller: Caller | undefined, error: unknown, started = performance.now()): void {
    const { status, code } = error === undefined ? OK : failureOf(error)
    const request = { method: 'WEBSOCKET', remoteAddress: this.#address.remoteAddress }
    const seconds = (performance.now() - started) / 1000
    this.#gateway.audit(this.#gateway.nextId(), request, caller, type, status, code, seconds)
  }

  /** The form of replies: with `enc` base64 (JSON) or bytes (MessagePack), strings are bytes. */
  #form(frame: JsonObject): Form {
    const { enc } = frame
    if (enc === undefined || enc === 'utf8') return TEXT
    const isJson = this.#codec.name === 'ochre.v1.json'
    if (enc === (isJson ? 'base64' : 'bytes')) return RAW
    throw new GatewayError('BAD_REQUEST', `The member enc is utf8 or ${isJson ? 'base64' : 'bytes'}.`)
  }

  async #command(frame: JsonObject, id: string | undefined): Promise<void> {
    const args = commandOf(frame.c)
    const form = this.#form(frame)
    const caller = await this.#caller(frame)
    const work = this.#gateway.executor.run(caller, args, form, () => this.#ended.signal)
    const reply = await this.#audited(frame, caller, work)
    this.#reply(
      id,
      () => replyText(reply, form),
      () => replyOf(reply, form),
    )
  }

  async #commands(frame: JsonObject, id: string | undefined, isTransaction: boolean): Promise<void> {
    const commands = commandsOf(frame.c, this.#gateway.limits.pipeline)
    const form = this.#form(frame)
    const caller = await this.#caller(frame)
    const executor = this.#gateway.executor
    const work = isTransaction ? executor.transaction(caller, commands, form) : executor.runAll(caller, commands, form)
    const outcomes = await this.#audited(frame, caller, work)
    const text = (outcome: unknown): string =>
      outcome instanceof Error
        ? `{"ok":false,"e":${errorJson(outcome)}}`
        : `{"ok":true,"r":${replyText(outcome, form)}}`
    const value = (outcome: unknown): object =>
      outcome instanceof Error ? { ok: false, e: errorOf(outcome) } : { ok: true, r: replyOf(outcome, form) }
    this.#reply(
      id,
      () => `[${outcomes.map(text).join(',')}]`,
      () => outcomes.map(value),
    )
  }

  /** Any HTTP route, with the credential of the socket. Answers that are streams are refused. */
  async #request(frame: JsonObject, id: string | undefined): Promise<void> {
    const { method, path, body } = frame
    if (typeof method !== 'string' || typeof path !== 'string' || !path.startsWith('/v1/')) {
      throw new GatewayError('BAD_REQUEST', 'A req has a method and a path under /v1/.')
    }
    const { status, text } = await this.#http(method.toUpperCase(), path, body === undefined ? '' : bodyJson(body))
    const r = text === '' ? 'null' : text
    this.#send(`{"id":${id ?? 'null'},"ok":${status < 400},"status":${status},"r":${r}}`)
  }

  async #http(method: string, target: string, body: string): Promise<{ status: number; text: string }> {
    const abort = new AbortController()
    const response = await this.#gateway.handle({
      method,
      target,
      headers: { authorization: `Bearer ${this.#token ?? ''}`, 'content-type': 'application/json' },
      remoteAddress: this.#address.remoteAddress,
      body: bodyOf(body),
      signal: abort.signal,
    })
    if (response.body === null) return { status: response.status, text: '' }
    if (typeof response.body === 'string') return { status: response.status, text: response.body }
    abort.abort()
    throw new GatewayError('NOT_ACCEPTABLE', 'The answer of this route is not JSON; subscribe, or use HTTP.')
  }

  async #dbx(command: JsonObject, id: JsonValue | undefined): Promise<void> {
    const shown = id === undefined ? 'null' : writeJson(id)
    const time = JSON.stringify(new Date().toISOString())
    try {
      const [method, path, body] = dbxRequest(command)
      const { status, text } =
        method === 'PING' ? { status: 200, text: '{"data":true}' } : await this.#http(method, path, body)
      const answer = parseJson(text) as JsonObject
      if (status < 400)
        this.#send(`{"id":${shown},"success":true,"data":${writeJson(answer.data)},"timestamp":${time}}`)
      else this.#send(`{"id":${shown},"success":false,"error":${writeJson(answer.detail)},"timestamp":${time}}`)
    } catch (error) {
      const { detail } = failureOf(error)
      this.#send(`{"id":${shown},"success":false,"error":${JSON.stringify(detail)},"timestamp":${time}}`)
    }
  }

  async #subscribe(frame: JsonObject, id: string | undefined): Promise<void> {
    if (id === undefined) throw new GatewayError('BAD_REQUEST', 'A sub has an id; unsub names it as ref.')
    const caller = await this.#caller(frame)
    if (this.#isClosed) return
    await this.#audited(frame, caller, this.#subscriptions.open(id, frame, caller))
    this.#reply(
      id,
      () => `{"ref":${id}}`,
      () => ({ ref: valueOfJson(id) }),
    )
  }

  async #unsubscribe(frame: JsonObject, id: string | undefined): Promise<void> {
    const ref = idJson(frame.ref)
    if (ref === undefined || !this.#subscriptions.close(ref))
      throw new GatewayError('NOT_FOUND', 'There is no such subscription.')
    this.#reply(
      id,
      () => 'true',
      () => true,
    )
  }

  async #checkAgain(): Promise<void> {
    if (this.#token === undefined || this.#isClosed) return
    try {
      this.#subscriptions.keepFor(await this.#gateway.authenticator.authenticate(this.#token, this.#address))
    } catch (error) {
      if (isRefusal(error)) this.#close(CLOSE.UNAUTHENTICATED, 'the credential is no longer valid')
    }
  }

  #goAway(): void {
    this.#send('{"t":"bye","reason":"the gateway is closing","retryMs":1000}')
    this.#isLeaving = true
    for (const data of this.#waiting.splice(0)) this.#take(data)
    if (this.#inFlight === 0) this.#close(CLOSE.GOING_AWAY, 'closing')
    // Commands that wait for something to happen would wait on.
    else this.#ended.abort(new GatewayError('SHUTTING_DOWN', 'The gateway is closing; nothing happened.'))
  }

  #close(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#peer.close(code, reason)
    this.onClose()
  }

  /** Only the one of the two that the codec writes is made. */
  #reply(id: string | undefined, text: () => string, value: () => unknown): void {
    if (this.#isClosed) return
    const shown = id ?? 'null'
    const data =
      this.#codec.encode === undefined
        ? `{"id":${shown},"ok":true,"r":${text()}}`
        : this.#codec.encode({ id: valueOfJson(shown), ok: true, r: value() })
    this.#peer.send(data)
  }

  #sendError(id: string | undefined, error: unknown): void {
    if (failureOf(error).code === 'INTERNAL') this.#gateway.options.onBug?.(error, 'websocket')
    this.#send(`{"id":${id ?? 'null'},"ok":false,"e":${errorJson(error)}}`)
  }

  #send(json: string): void {
    if (this.#isClosed) return
    this.#peer.send(this.#codec.encode === undefined ? json : this.#codec.encode(valueOfJson(json)))
  }

  /** As `#push`, when there is room: for what can be read later just as well. */
  #pushWithRoom(json: string): boolean | Promise<boolean> {
    if (this.#isClosed || this.#peer.bufferedBytes() <= this.#gateway.limits.bufferedBytes) return this.#push(json)
    return new Promise<void>((resolve) => this.#wantRoom.push(resolve)).then(() => this.#pushWithRoom(json))
  }

  #tellRoom(): void {
    for (const resolve of this.#wantRoom.splice(0)) resolve()
  }

  /** Something the peer did not ask for just now: a peer that does not read is told and closed instead. */
  #push(json: string): boolean {
    if (this.#isClosed) return false
    if (this.#peer.bufferedBytes() > this.#gateway.limits.bufferedBytes) {
      this.#dropped++
      this.#send(`{"t":"lag","dropped":${this.#dropped}}`)
      this.#close(CLOSE.TOO_SLOW, 'too slow')
      return false
    }
    this.#send(json)
    return true
  }
}
