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
  'numbers have one form, sizes some, and both limits': `
    CONFIG SET slowlog-max-len 01
    CONFIG SET slowlog-max-len +1
    CONFIG SET slowlog-max-len 1k
    CONFIG SET slowlog-max-len ""
    CONFIG SET slowlog-max-len 9223372036854775808
    CONFIG SET slowlog-max-len 9223372036854775807
    CONFIG GET slowlog-max-len
    CONFIG SET slowlog-max-len 128
    CONFIG SET maxmemory-samples 65
    CONFIG SET maxmemory-samples 2147483648
    CONFIG SET maxmemory-samples 5
    CONFIG SET stream-node-max-bytes k
    CONFIG GET stream-node-max-bytes
    CONFIG SET stream-node-max-bytes ""
    CONFIG SET stream-node-max-bytes constructor
    CONFIG SET stream-node-max-bytes 1t
    CONFIG SET stream-node-max-bytes 8589934592gb
    CONFIG SET stream-node-max-bytes 9223372036854775807
    CONFIG GET stream-node-max-bytes
    CONFIG SET stream-node-max-bytes 99999999999999999999999
    CONFIG SET stream-node-max-bytes 4096
    CONFIG SET maxmemory 18446744073709551615
    CONFIG GET maxmemory
    CONFIG SET maxmemory 0
    CONFIG SET maxmemory-clients 18446744073709551615
    CONFIG GET maxmemory-clients
    CONFIG SET maxmemory-clients 0
    CONFIG SET client-query-buffer-limit ""
    CONFIG SET appendfsync sometimes
    CONFIG SET save ""
    CONFIG SET save 1
  `,
  'output limits that are not mentioned stay': `
    CONFIG SET client-output-buffer-limit "normal 1mb 1mb 60"
    CONFIG SET client-output-buffer-limit "pubsub 1mb k 1"
    CONFIG GET client-output-buffer-limit
    CONFIG SET client-output-buffer-limit ""
    CONFIG SET client-output-buffer-limit "normal  0 0"
    CONFIG SET client-output-buffer-limit " normal 0 0 0"
    CONFIG SET client-output-buffer-limit "normal 0 0 0x1"
    CONFIG SET client-output-buffer-limit "normal 0 0 -1"
    CONFIG SET client-output-buffer-limit "normal 0 0 99999999999"
    CONFIG GET client-output-buffer-limit
    CONFIG SET client-output-buffer-limit "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
  `,
  'percentiles are a list': `
    CONFIG GET latency-tracking-info-percentiles
    CONFIG SET latency-tracking-info-percentiles "50.1234567 1e1 0 100"
    CONFIG GET latency-tracking-info-percentiles
    CONFIG SET latency-tracking-info-percentiles "50  60"
    CONFIG SET latency-tracking-info-percentiles nan
    CONFIG SET latency-tracking-info-percentiles 100.1
    CONFIG SET latency-tracking-info-percentiles -1
    CONFIG SET latency-tracking-info-percentiles ""
    CONFIG GET latency-tracking-info-percentiles
    CONFIG SET latency-tracking-info-percentiles "50 99 99.9"
  `,
  'classes of events have an order': `
    CONFIG SET notify-keyspace-events nmKEg
    CONFIG GET notify-keyspace-events
    CONFIG SET notify-keyspace-events KEAmn
    CONFIG GET notify-keyspace-events
    CONFIG SET notify-keyspace-events ""
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
