// Tests of node:test that test-kit.test.ts runs in a process of their own: one is fine, the others leak clients. Clients of
// @ochre/client dial again when the engine is closed; the process must end all the same.
import { connect } from '../../packages/client/src/index.ts'
import { engineTest } from '../../packages/embedded/src/node-test.ts'

const events = { onOpen() {}, onData() {}, onDrain() {}, onClose() {} }

engineTest('a test that closes what it opens', (engine) => {
  engine.dial(events).end()
})

engineTest('a test that leaks', (engine) => {
  engine.dial(events)
})

engineTest('a test that leaks a client which dials again', async (engine) => {
  const redis = await connect(engine)
  await redis.subscribe('news')
})
