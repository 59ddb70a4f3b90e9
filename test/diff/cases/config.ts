import type { Cases } from '../script.ts'

export const cases: Cases = {
  'CONFIG GET takes patterns': `
    CONFIG GET maxclients
    CONFIG GET MAXCLIENTS
    CONFIG GET nosuch
    ~2 CONFIG GET zset-max-*
    ~2 CONFIG GET maxclients timeout nosuch
    ~2 CONFIG GET [ht]a?h-max-ziplist-entries time*
    CONFIG GET save
    CONFIG GET appendonly
    CONFIG GET databases
    CONFIG GET slowlog-log-slower-than
    CONFIG GET client-output-buffer-limit
    CONFIG GET acl-pubsub-default
    CONFIG GET cluster-enabled
    CONFIG GET
    CONFIG
    CONFIG NOSUCH
    CONFIG HELP
  `,
  'CONFIG SET changes all or nothing': `
    CONFIG SET maxclients x
    CONFIG SET maxclients 0
    CONFIG SET nosuch 1
    CONFIG SET port
    CONFIG SET databases 3
    CONFIG SET timeout 1 timeout 2
    CONFIG SET maxclients 500 timeout x
    CONFIG GET maxclients
    CONFIG SET maxclients 500 hash-max-ziplist-entries 100
    CONFIG GET maxclients
    CONFIG GET hash-max-listpack-entries
    CONFIG SET hash-max-listpack-entries 1 hash-max-ziplist-entries 2
    CONFIG SET maxclients 10000 hash-max-listpack-entries 512
    CONFIG SET a b c
    CONFIG SET latency-tracking maybe
    CONFIG SET slowlog-max-len -1
    CONFIG SET slowlog-log-slower-than -2
    CONFIG SET proto-max-bulk-len 1
    CONFIG SET proto-max-bulk-len 10mx
    CONFIG SET proto-max-bulk-len 512mb
    CONFIG GET proto-max-bulk-len
    CONFIG SET notify-keyspace-events KEx
    CONFIG GET notify-keyspace-events
    CONFIG SET notify-keyspace-events ""
    CONFIG SET notify-keyspace-events Q
    CONFIG SET client-output-buffer-limit "normal 1mb 1kb 10"
    CONFIG GET client-output-buffer-limit
    CONFIG SET client-output-buffer-limit "normal 0 0 0"
    CONFIG SET client-output-buffer-limit "foo 1 2 3"
    CONFIG SET client-output-buffer-limit "normal 1 2"
    CONFIG SET acl-pubsub-default foo
    CONFIG RESETSTAT
    CONFIG RESETSTAT x
  `,
  'maxmemory-clients is a size or a part of maxmemory': `
    CONFIG GET maxmemory-clients
    CONFIG SET maxmemory-clients 5%
    CONFIG GET maxmemory-clients
    CONFIG SET maxmemory-clients 100mb
    CONFIG GET maxmemory-clients
    ? DEBUG CLIENT-EVICTION
    CONFIG SET maxmemory-clients 150%
    CONFIG SET maxmemory-clients 0%
    CONFIG GET maxmemory-clients
    CONFIG SET maxmemory-clients -1
    CONFIG SET maxmemory-clients -5%
    CONFIG SET maxmemory-clients x
    CONFIG SET maxmemory-clients 1.5%
    CONFIG SET maxmemory-clients 0
    DEBUG CLIENT-EVICTION
  `,
}

export const templates: readonly string[] = []
