// Publish and subscribe: who listens to which channel, pattern and shard channel.
import { compileGlob, type Glob, matchGlob, PushReply } from '@ochre/protocol'
import { ITEM_BYTES } from './client-memory.ts'
import type { Session } from './session.ts'

type Listeners = Map<string, Set<Session>>

export class Pubsub {
  readonly channels: Listeners = new Map()
  readonly patterns: Listeners = new Map()
  readonly shardChannels: Listeners = new Map()
  /** Compiled patterns; emptied when nobody listens to any. */
  readonly #globs: Map<string, Glob> = new Map()

  /** Sends a message to the channel's subscribers, then to matching patterns; returns how many received it. */
  publish(channel: string, message: string): number {
    let receivers = 0
    const direct = this.channels.get(channel)
    if (direct !== undefined) {
      const push = new PushReply(['message', channel, message])
      for (const session of direct) session.send(push)
      receivers += direct.size
    }
    for (const [pattern, sessions] of this.patterns) {
      const glob = this.#globs.get(pattern) ?? compileGlob(pattern)
      this.#globs.set(pattern, glob)
      if (!matchGlob(glob, channel)) continue
      const push = new PushReply(['pmessage', pattern, channel, message])
      for (const session of sessions) session.send(push)
      receivers += sessions.size
    }
    return receivers
  }

  /** Sends a message to the shard channel's subscribers; returns how many received it. */
  publishShard(channel: string, message: string): number {
    const sessions = this.shardChannels.get(channel)
    if (sessions === undefined) return 0
    const push = new PushReply(['smessage', channel, message])
    for (const session of sessions) session.send(push)
    return sessions.size
  }

  /** Ends every subscription of a session, without telling it. */
  forget(session: Session): void {
    for (const channel of session.channels) drop(this.channels, channel, session)
    for (const pattern of session.patterns) drop(this.patterns, pattern, session)
    if (this.patterns.size === 0) this.#globs.clear()
    for (const channel of session.shardChannels) drop(this.shardChannels, channel, session)
    for (const names of [session.channels, session.patterns, session.shardChannels]) {
      for (const name of names) session.nameBytes -= name.length + ITEM_BYTES
    }
    session.channels.clear()
    session.patterns.clear()
    session.shardChannels.clear()
  }
}

/** Adds a session to the listeners of a name. */
export function listen(listeners: Listeners, name: string, session: Session): void {
  const sessions = listeners.get(name)
  if (sessions === undefined) listeners.set(name, new Set([session]))
  else sessions.add(session)
}

export function drop(listeners: Listeners, name: string, session: Session): void {
  const sessions = listeners.get(name)
  if (sessions?.delete(session) && sessions.size === 0) listeners.delete(name)
}
