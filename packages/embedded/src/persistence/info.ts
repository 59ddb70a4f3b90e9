// The persistence section of INFO.
import type { Engine } from '../engine.ts'

/** Fields of INFO persistence in Redis's order. `rdb_` fields tell of saves, which write the append-only file. */
export function persistenceFields(engine: Engine): readonly (readonly [name: string, value: string | number])[] {
  const { persistence } = engine
  const facts = persistence?.facts
  const status = (isGood: boolean | undefined): string => (isGood === false ? 'err' : 'ok')
  const isRewriting = persistence?.isRewriting === true
  const fields: (readonly [string, string | number])[] = [
    ['loading', 0],
    ['async_loading', 0],
    ['rdb_changes_since_last_save', engine.dirty - (persistence?.dirtyAtSave ?? 0)],
    ['rdb_bgsave_in_progress', 0],
    ['rdb_last_save_time', Math.floor((facts?.lastSaveAt ?? engine.openedAt) / 1000)],
    ['rdb_last_bgsave_status', status(facts?.isLastSaveGood)],
    ['rdb_saves', facts?.saves ?? 0],
    ['aof_enabled', persistence === null ? 0 : 1],
    ['aof_rewrite_in_progress', isRewriting ? 1 : 0],
    ['aof_rewrite_scheduled', 0],
    ['aof_last_rewrite_time_sec', seconds(facts?.lastRewriteMs ?? -1)],
    ['aof_current_rewrite_time_sec', isRewriting ? seconds(engine.clock.now() - facts!.rewriteStartedAt) : -1],
    ['aof_last_bgrewrite_status', status(facts?.isLastRewriteGood)],
    ['aof_rewrites', facts?.rewrites ?? 0],
    ['aof_last_write_status', persistence?.failure == null ? 'ok' : 'err'],
  ]
  if (persistence === null) return fields
  return [
    ...fields,
    ['aof_current_size', persistence.size],
    ['aof_base_size', persistence.baseSize],
    ['aof_pending_rewrite', 0],
    ['aof_buffer_length', persistence.waitingBytes],
  ]
}

function seconds(ms: number): number {
  return ms < 0 ? -1 : Math.floor(ms / 1000)
}
