// Two tests of node:test that test-kit.test.ts runs in a process of their own: one is fine, one leaks a client.
import { engineTest } from '../../packages/embedded/src/node-test.ts'

const events = { onOpen() {}, onData() {}, onDrain() {}, onClose() {} }

engineTest('a test that closes what it opens', (engine) => {
  engine.dial(events).end()
})

engineTest('a test that leaks', (engine) => {
  engine.dial(events)
})
