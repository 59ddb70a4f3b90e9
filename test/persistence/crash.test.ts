// Engines killed under load lose nothing that was acknowledged. CRASH_KILLS sets how many die; `npm run test:crash` kills 240.
import { expect, it } from 'vitest'
import { crash } from './crash.ts'
import { temporaryFolder } from './folder.ts'

const KILLS = Number(process.env.CRASH_KILLS ?? 14)
const PER_KILL_MS = 10_000

for (const fsync of ['always', 'everysec'] as const) {
  it(
    `nothing that was acknowledged is lost under ${fsync}`,
    async () => {
      const kills = Math.ceil(KILLS / 2)
      const report = await crash({ dir: temporaryFolder(), fsync, kills, random: Math.random })
      process.stdout.write(`${fsync}: ${JSON.stringify(report)}\n`)
      expect(report).toMatchObject({ kills, lost: 0, wrong: 0 })
      expect(report.acknowledged).toBeGreaterThan(kills * 100)
      expect(report.rewrites).toBeGreaterThan(0)
      expect(report.busy).toBeGreaterThan(0)
    },
    KILLS * PER_KILL_MS,
  )
}
