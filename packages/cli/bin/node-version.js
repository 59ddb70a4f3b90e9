// Says in one sentence that Node.js is too old, where the first newer word of syntax or the first missing name would not.
// Any Node.js that knows modules has to understand this file.

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`ochre needs Node.js 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
