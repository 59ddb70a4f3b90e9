// The Redis client for Node.js.
export {
  ConnectionError,
  ERROR_CODES,
  type ErrorCode,
  OchreError,
  ProtocolError,
  ReplyError,
  type Transport,
  UsageError,
  ValidationError,
} from '@ochre/protocol'
export type { AdaptiveTimeoutOptions } from './adaptive-timeout.ts'
export type { AtMostOne, Decimal, Integer, Many, OneOf, Pairs, Rest } from './arguments.ts'
export type { BreakerOptions } from './breaker.ts'
export {
  type CallOptions,
  Client,
  connect,
  type Health,
  type ScriptOptions,
  type ScriptSource,
} from './client.ts'
export type { Clock } from './clock.ts'
export { bytes, type Codec, json, text } from './codec.ts'
export type { Arg, Resend } from './command.ts'
export type * from './commands.gen.ts'
export { Commands } from './commands.gen.ts'
export { type CompressionOptions, compressed } from './compression.ts'
export type { ConsumeOptions, Consumer, Job, WorkOptions } from './consumer.ts'
export {
  type CommandEvent,
  type ConnectEvent,
  onSlowCommand,
  type PoolEvent,
  type PushEvent,
  type ReconnectEvent,
} from './diagnostics.ts'
export { type EncryptionOptions, encrypted } from './encryption.ts'
export type { Credentials, Greeting } from './handshake.ts'
export type { BufferOptions } from './inbox.ts'
export type { ReadableOptions, WritableOptions } from './large-value.ts'
export type { Mode, Promised, Result } from './mode.ts'
export type { Monitor, MonitoredCommand } from './monitor.ts'
export type { NodeHealth, QueueOptions } from './node.ts'
export type { ClientOptions, Target } from './options.ts'
export { type Piped, Pipeline, type Replies, type Settled } from './pipeline.ts'
export type { PoolHealth, PoolOptions } from './pool.ts'
export type { Lane } from './router.ts'
export {
  type FunctionDefinition,
  libraryFunction,
  type ParameterType,
  type Script,
  type ScriptDefinition,
  type ScriptRun,
  script,
} from './script.ts'
export type * from './shapes.ts'
export type * from './shapes-modules.ts'
export type * from './shapes-server.ts'
export type { TlsOptions } from './socket.ts'
export type { SubscriptionHealth } from './subscriber.ts'
export type { Gap, Message, SubscribeOptions, Subscription } from './subscription.ts'
export { Values } from './values.ts'
export type { Committable, Committed, Watched, WatchOptions } from './watch.ts'
