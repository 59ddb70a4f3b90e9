// An engine in a process of its own, which tests may kill.
//
//     tsx child.ts <folder> <fsync> [rewrite size]     prints its port; with a size, scripts are interrupted after 2 ms
import { Engine } from '@ochre/embedded'

const [dir, fsync, rewriteSize] = process.argv.slice(2) as [string, 'always' | 'everysec' | 'no', string?]
const engine = await Engine.open({
  dir,
  fsync,
  warn: () => {},
  config:
    rewriteSize === undefined
      ? {}
      : {
          'auto-aof-rewrite-min-size': rewriteSize,
          'auto-aof-rewrite-percentage': 50,
          'busy-reply-threshold': 2,
        },
})
const { port } = await engine.listen({ port: 0 })
process.stdout.write(`${port}\n`)
