// The contract between a client and what it talks to: one server, and in time a cluster or what a sentinel points at.
import type { Arg, Reply } from '@ochre/protocol'
import type { Command } from './command.ts'
import type { Connection, ConnectionOwner } from './connection.ts'
import type { NodeHealth } from './node.ts'

export interface Router {
  /** Rejects when no server can be reached or it refuses the client. */
  connect(): Promise<void>
  /** Takes over a new command: it will be settled, whatever happens. Never throws. */
  send(command: Command): void
  /**
   * A connection for one user alone, ready for commands, to be given back with `release`. `near` is a command whose keys
   * tell the server where servers differ.
   */
  lane(near?: Command): Promise<Lane>
  /** A new connection whose events all go to `owner`, who closes it: for subscriptions and MONITOR. */
  open(owner: ConnectionOwner): Promise<Connection>
  /** Every server that is in use. */
  health(): NodeHealth[]
  /** Takes no new commands, lets the accepted ones finish for `drainMs`, then closes everything. */
  close(drainMs: number): Promise<void>
}

/** A connection that is shared with nobody. */
export interface Lane {
  readonly connection: Connection
  /** Sends on this connection, within the command's deadline. It is not repeated when the connection is lost. */
  send(command: Command): void
  /**
   * Any command by its words, also one that changes the connection (MULTI, SELECT, CLIENT REPLY), without a deadline; the
   * reply exactly as it came. From then on silence of the server is no reason to give the connection up. When `signal`
   * ends the call, the lane is of no more use: release it as not clean.
   */
  raw(words: readonly Arg[], signal?: AbortSignal): Promise<Reply>
  /** `clean`: the connection is as it was, nothing watched or subscribed. Otherwise it is closed. */
  release(clean: boolean): void
}
