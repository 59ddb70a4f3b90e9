// A Redis-compatible engine inside the process.
export { Clock, type Timer } from './clock.ts'
export { Engine, type EngineOptions, type Snapshot } from './engine.ts'
export type { FaultOptions } from './faults.ts'
export { DamagedDataError } from './persistence/recovery.ts'
export { type Repair, repairFolder } from './persistence/repair.ts'
export type { ListenTarget, Server } from './server.ts'
