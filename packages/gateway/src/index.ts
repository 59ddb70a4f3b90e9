// HTTP, WebSocket and SSE over Redis and models.
export { type ApiKey, ApiKeys } from './api-keys.ts'
export { type AuditEntry, AuditFile, type AuditLog, verifyAudit } from './audit.ts'
export {
  type Config,
  type ConfigInput,
  describeConfig,
  envNameOf,
  flagNameOf,
  type LoadedConfig,
  loadConfig,
  SETTINGS,
  type Setting,
} from './config.ts'
export type { CorsOptions } from './cors.ts'
export { createGateway, Gateway, type GatewayLimits, type GatewayOptions, type RequestNote } from './gateway.ts'
export { isObject, JsonNumber, type JsonObject, type JsonValue, parseJson, writeJson } from './json.ts'
export type { JwtOptions } from './jwt.ts'
export { type Body, bodyOf, type GatewayRequest, type GatewayResponse } from './message.ts'
export { fieldValue, rowJson, rowValue, textValue } from './model-json.ts'
export { filterOf } from './model-query.ts'
export { createShell, type ShellOptions } from './node.ts'
export { FULL_GRANT, type Grant, type Principal, type Rate, SCOPES, type Scope } from './principal.ts'
export { createLog, type RunningGateway, runUntilSignal, type StartOptions, startGateway } from './server.ts'
export {
  GATEWAY_STATUS,
  type GatewayCode,
  GatewayError,
  INTERNAL_STATUS,
  MODEL_STATUS,
  REPLY_STATUS,
  type Status,
} from './status.ts'
export { announceWorker, isWorker, type Supervisor, superviseWorkers } from './workers.ts'
