// Changes of models as they happen, from their feeds: followed as server-sent events, and by the subscriptions of sockets.
// Each change carries its cursor, so that a reader that comes back misses nothing; where the feed cannot tell any more,
// there is a gap. All readers of a model share one connection and one read.

import type { Client } from '@ochre/client'
import type { AnyModel, Change, FeedGap } from '@ochre/model'
import type { Exchange } from './exchange.ts'
import { writeJson } from './json.ts'
import type { GatewayResponse } from './message.ts'
import type { AnyStore, OpenModels } from './open-models.ts'
import type { Handler, Route } from './routes.ts'
import { eventFrame, eventStreamResponse, openEventStream } from './sse.ts'

export type ChangeItem = Change<AnyModel['fields']> | FeedGap

export interface ChangeFollower {
  /** Resolves when each change from now on will be told. Rejects when Redis cannot be reached or refuses. */
  readonly ready: Promise<void>
  stop(): void
}

/**
 * Calls `onItem` for each change behind the cursor `after` (`oldest`: all that is kept; undefined: from now on) until it gives
 * false. It may take its time: what a slow reader has not taken stays in the feed. `onEnd` when reading has failed.
 */
export function followChanges(
  store: AnyStore,
  client: Client,
  after: string | undefined,
  onItem: (json: string, item: ChangeItem) => boolean | Promise<boolean>,
  onEnd: () => void,
): ChangeFollower {
  const changes = store.changes(after === undefined ? {} : { after })
  const follow = async (): Promise<void> => {
    for await (const item of changes) if (!(await onItem(writeJson(item), item))) break
  }
  // A feed waits for Redis to come back; who asks for one while it is away is told so.
  const ready = client.call('PING').then(async () => {
    await changes.position()
    void follow().then(onEnd, onEnd)
  })
  return {
    ready,
    stop: () => void changes.return(),
  }
}

function events(models: OpenModels): Handler {
  return async (x: Exchange): Promise<GatewayResponse> => {
    const store = await models.of(x, 'changes', false, 2)
    const after = x.header('last-event-id') ?? x.query.text('after')
    const stream = openEventStream(x, (dropped) => eventFrame('lag', `{"dropped":${dropped}}`))
    const follower = followChanges(
      store,
      await models.clientOf(x.caller),
      after,
      (json, { type, cursor }) => stream.pushWithRoom(eventFrame(type === 'gap' ? 'gap' : 'change', json, cursor)),
      () => stream.end(),
    )
    stream.onEnd(() => follower.stop())
    try {
      await follower.ready
    } catch (error) {
      stream.end()
      throw error
    }
    return eventStreamResponse(stream)
  }
}

export function modelChangeRoutes(models: OpenModels): readonly Route<Handler>[] {
  return [
    {
      method: 'GET',
      path: '/v1/models/{model}/changes',
      handle: events(models),
      doc: {
        id: 'followChanges',
        tag: 'models',
        takesDatabase: true,
        queryToken: true,
        summary: 'Follow the changes of a model as server-sent events',
        about:
          'For models with a feed. Each event is named `change` and says what happened to which row: `type` (create, update, delete, expire), `id`, `version`, `fields`, `at`, `cursor`. Its id is the cursor, so that a reader resumes with Last-Event-ID. An event `gap` says that changes are missing, because the feed does not reach back that far.',
        query: { after: { about: 'The cursor of a change, or `oldest`; default: from now on.' } },
        headers: { 'last-event-id': { about: 'Where to resume.' } },
        answers: { 200: { type: 'text/event-stream', schema: { type: 'string' }, about: 'Events.' } },
        errors: ['NOT_FOUND', 'USAGE'],
      },
    },
  ]
}
