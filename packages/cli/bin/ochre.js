#!/usr/bin/env node
import { existsSync } from 'node:fs'
import './node-version.js'

if (!existsSync(new URL('../dist/process.js', import.meta.url))) {
  console.error('ochre is not built yet: npm run build')
  process.exit(1)
}
// Not imported above: all that is imported there is read before anything runs.
await import('../dist/process.js')
