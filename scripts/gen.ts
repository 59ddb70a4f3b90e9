// `npm run gen`: writes the generated sources from the captured facts and the overlay.
//   --check     writes nothing; exits 1 with the names of files that are not what would be written
//   --capture   first asks a Redis 7.0, which it obtains as the tests do, for the facts again
import { readFileSync, writeFileSync } from 'node:fs'
import { captureFacts } from './gen/capture.ts'
import { formatCliOptions } from './gen/cli-options.ts'
import { formatDocument } from './gen/document.ts'
import { formatMethods } from './gen/emit.ts'
import { formatEngineDocument, readEngineCommands } from './gen/engine-commands.ts'
import { formatTable, mergeFacts, readCaptured, readOverlay, writeCaptured } from './gen/facts.ts'
import { readReplies, readWords } from './gen/replies.ts'

const ROOT = new URL('../', import.meta.url)

if (process.argv.includes('--capture')) {
  const { startServer } = await import('../test/servers/index.ts')
  await using server = await startServer({ version: 'redis-7.0' })
  writeCaptured(await captureFacts(server.port))
}

const table = mergeFacts(readCaptured(), readOverlay())
const replies = readReplies()
const { text, methods } = formatMethods(table, replies, readWords())
const files: Record<string, string> = {
  'packages/protocol/src/commands.gen.ts': formatTable(table),
  'packages/client/src/commands.gen.ts': text,
  'docs/client-commands.gen.md': formatDocument(table, methods, replies.none),
}

let stale = 0
function settle(path: string, text: string): void {
  let current = ''
  try {
    current = readFileSync(new URL(path, ROOT), 'utf8')
  } catch {}
  if (current === text) return
  if (process.argv.includes('--check')) {
    stale++
    console.error(`${path} is stale: run npm run gen`)
  } else {
    writeFileSync(new URL(path, ROOT), text)
    console.log(`wrote ${path}`)
  }
}

for (const [path, text] of Object.entries(files)) settle(path, text)
// The engine reads the table when it is loaded, so the table comes first.
settle('docs/commands.gen.md', formatEngineDocument(table, await readEngineCommands()))
settle('docs/cli-options.gen.md', await formatCliOptions())
process.exitCode = stale > 0 ? 1 : 0
