import { expect, test } from 'vitest'
import { parseDeb822, parseOneLine, sourcesFor } from './apt-sources.ts'

const DEB822 = `
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: https://vendor.example/node
Suites: nodistro
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
`

test('a deb822 file yields one source per address and suite', () => {
  expect(parseDeb822(DEB822).map((source) => `${source.uri} ${source.suite} ${source.components.join('+')}`)).toEqual([
    'http://mirror.example/debian bookworm main+contrib',
    'http://mirror.example/debian bookworm-updates main+contrib',
    'https://vendor.example/node nodistro main',
  ])
})

test('an embedded key stays with its source', () => {
  const [source] = parseDeb822('Types: deb\nURIs: http://a\nSuites: s\nComponents: main\nSigned-By:\n KEY\n .\n END\n')
  expect(source?.signedBy).toBe('\n KEY\n .\n END')
})

test('a one-line file yields its deb lines with their options', () => {
  const text = `deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/ubuntu noble main universe # why
deb-src http://mirror.example/ubuntu noble main
# deb http://off.example noble main
deb http://mirror.example/ubuntu noble-updates main`
  expect(parseOneLine(text)).toEqual([
    { uri: 'http://mirror.example/ubuntu', suite: 'noble', components: ['main', 'universe'], signedBy: '/k.gpg' },
    { uri: 'http://mirror.example/ubuntu', suite: 'noble-updates', components: ['main'] },
  ])
})

test('other suites are looked for in the archives of the release itself only', () => {
  expect(sourcesFor(parseDeb822(DEB822), 'bookworm', ['trixie'])).toBe(`Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main contrib
Signed-By: /usr/share/keyrings/debian.gpg
`)
  expect(sourcesFor(parseDeb822(DEB822), 'noble', ['noble'])).toBe('')
})
