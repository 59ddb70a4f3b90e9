// Publish and subscribe: messages out by POST, in as server-sent events.

import type { Exchange } from '../exchange.ts'
import type { HubListener, HubMessage, SubscriptionKind } from '../hub.ts'
import { writeJson } from '../json.ts'
import { type GatewayResponse, json } from '../message.ts'
import { authorizeSubscription } from '../policy.ts'
import { type Handler, type Route, textOf } from '../routes.ts'
import { eventFrame, eventStreamResponse, openEventStream } from '../sse.ts'
import { GatewayError } from '../status.ts'
import { answer, listOf, object, ref } from './schemas.ts'
import { integerJson, member, sendsJson } from './value.ts'

async function publish(x: Exchange): Promise<GatewayResponse> {
  const message = sendsJson(x) ? member(await x.object(['message']), 'message') : await x.bytes()
  const command = x.query.flag('shard') ? 'SPUBLISH' : 'PUBLISH'
  return integerJson('receivers', await x.run([command, x.param('channel'), message]))
}

async function channels(x: Exchange): Promise<GatewayResponse> {
  const match = x.query.bytes('match')
  const names = (await x.run(['PUBSUB', 'CHANNELS', ...(match === undefined ? [] : [match])])) as string[]
  return json(
    200,
    `{"channels":${writeJson(names.filter((name) => x.principal.rules.allowsChannel(Buffer.from(name).toString('latin1'))))}}`,
  )
}

/** Opens one event stream over any number of channels; `frame` spells the events. */
export async function subscribeStream(
  x: Exchange,
  topics: readonly (readonly [SubscriptionKind, string])[],
  frame: {
    readonly message: (message: HubMessage) => string
    readonly subscribed: (kind: SubscriptionKind, name: string, count: number) => string
    readonly gap: (name: string) => string
    readonly overflow: (dropped: number) => string
  },
): Promise<GatewayResponse> {
  await x.spend(authorizeSubscription(x.principal, topics))
  const leave: (() => void)[] = []
  const stream = openEventStream(x, frame.overflow)
  stream.onEnd(() => {
    for (const one of leave) one()
  })
  const listener: HubListener = {
    onMessage: (message) => {
      stream.push(frame.message(message))
    },
    onGap: (_, name) => {
      stream.push(frame.gap(name))
    },
  }
  try {
    for (const [i, [kind, name]] of topics.entries()) {
      const one = await x.hub.subscribe(kind, name, listener, x.principal.redisUser)
      if (stream.isEnded) one()
      else leave.push(one)
      stream.push(frame.subscribed(kind, name, i + 1))
    }
  } catch (error) {
    stream.end()
    throw error
  }
  return eventStreamResponse(stream)
}

function subscribe(x: Exchange): Promise<GatewayResponse> {
  const of = (kind: SubscriptionKind, name: string): (readonly [SubscriptionKind, string])[] =>
    x.query.all(name).map((topic) => [kind, textOf(topic)] as const)
  const topics = [...of('channel', 'channel'), ...of('pattern', 'pattern'), ...of('shard', 'shard')]
  if (topics.length === 0 || topics.length > 100) {
    throw new GatewayError('BAD_REQUEST', 'The query names 1 to 100 of channel, pattern or shard.')
  }
  return subscribeStream(x, topics, {
    message: ({ kind, name, channel, payload }) =>
      eventFrame(
        'message',
        JSON.stringify(kind === 'pattern' ? { channel, pattern: name, data: payload } : { channel, data: payload }),
      ),
    subscribed: (kind, name) => eventFrame('subscribed', JSON.stringify({ [kind]: name })),
    gap: (name) => eventFrame('gap', JSON.stringify({ channel: name })),
    overflow: (dropped) => eventFrame('lag', JSON.stringify({ dropped })),
  })
}

const tag = 'pub/sub'

export const pubsubRoutes: readonly Route<Handler>[] = [
  {
    method: 'GET',
    path: '/v1/redis/pubsub/channels',
    handle: channels,
    doc: {
      id: 'listChannels',
      tag,
      summary: 'Channels with subscribers',
      query: { match: { about: 'A glob pattern.' } },
      answers: { 200: answer({ channels: listOf({ type: 'string' }) }, { channels: ['news'] }) },
    },
  },
  {
    method: 'POST',
    path: '/v1/redis/pubsub/channels/{channel}',
    handle: publish,
    doc: {
      id: 'publish',
      tag,
      summary: 'Publish a message',
      query: { shard: { schema: { type: 'boolean' }, about: 'On a shard channel.' } },
      body: [
        { schema: object({ message: ref('Argument') }), example: { message: 'hello' } },
        { type: 'application/octet-stream', schema: {}, about: 'The message itself.' },
      ],
      answers: { 200: answer({ receivers: { type: 'integer' } }, { receivers: 1 }) },
    },
  },
  {
    method: 'GET',
    path: '/v1/redis/pubsub/subscribe',
    handle: subscribe,
    doc: {
      id: 'subscribe',
      queryToken: true,
      tag,
      summary: 'Subscribe as server-sent events',
      about:
        'Events: `subscribed`, `message`, `gap` (Redis was away: messages may be missing), `lag` (the reader was too slow; the stream ends). Delivery is at most once; streams are resumable. A browser, which cannot set headers here, sends its key as `_token`.',
      query: {
        channel: { about: 'A channel; may be repeated.', example: 'news' },
        pattern: { about: 'A pattern; may be repeated.' },
        shard: { about: 'A shard channel; may be repeated.' },
      },
      answers: { 200: { type: 'text/event-stream', schema: { type: 'string' }, about: 'Events.' } },
    },
  },
]
