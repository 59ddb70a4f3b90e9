// The configuration: layers, secrets from files, and everything that is wrong named at once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeConfig, envNameOf, flagNameOf, loadConfig, SETTINGS } from './config.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ochre-config-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const wrong = (input: Parameters<typeof loadConfig>[0]): string => {
  try {
    loadConfig({ cwd, env: {}, ...input })
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

describe('loadConfig', () => {
  it('has defaults that listen on loopback and never on 8080', () => {
    const { config } = loadConfig({ cwd, env: {} })
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 7400,
      adminHost: '127.0.0.1',
      adminPort: 7401,
      corsOrigins: [],
      bodyLimit: 10_485_760,
    })
  })

  it('lets file < .env < environment < flags decide', () => {
    writeFileSync(
      join(cwd, 'ochre.config.json'),
      '{"port": 1, "host": "a", "logLevel": "warn", "corsOrigins": ["https://x.example:8443", "capacitor://localhost"], "workers": 3}',
    )
    writeFileSync(join(cwd, '.env'), 'OCHRE_PORT=2\nOCHRE_HOST=b\nOCHRE_LOG_LEVEL=error\nOTHER=1\n')
    const loaded = loadConfig({
      cwd,
      env: { OCHRE_PORT: '3', OCHRE_HOST: 'c', OCHRE_BODY_LIMIT: '2mb' },
      flags: { port: 4 },
    })
    expect(loaded.config).toMatchObject({
      port: 4,
      host: 'c',
      logLevel: 'error',
      corsOrigins: ['https://x.example:8443', 'capacitor://localhost'],
      workers: 3,
      bodyLimit: 2_097_152,
    })
    expect(loaded.sources).toMatchObject({
      port: 'flag',
      host: 'environment',
      logLevel: '.env',
      workers: 'ochre.config.json',
      adminPort: 'default',
    })
  })

  it('reads secrets from files and never shows them', () => {
    const path = join(cwd, 'key')
    writeFileSync(path, `${'k'.repeat(40)}\n`)
    const loaded = loadConfig({ cwd, env: { OCHRE_ROOT_KEY_FILE: path } })
    expect(loaded.config.rootKey).toBe('k'.repeat(40))
    expect(JSON.stringify(describeConfig(loaded))).not.toContain('kkk')
    expect(describeConfig(loaded)).toContainEqual({ name: 'rootKey', value: '(set)', source: 'environment' })
    expect(wrong({ env: { OCHRE_ROOT_KEY_FILE: join(cwd, 'none') } })).toContain(
      'OCHRE_ROOT_KEY_FILE names a file that cannot be read',
    )
    expect(wrong({ env: { OCHRE_ROOT_KEY_FILE: path, OCHRE_ROOT_KEY: 'x'.repeat(32) } })).toContain('both set')
  })

  it('takes origins only as browsers send them', () => {
    const of = (text: string) => loadConfig({ cwd, env: { OCHRE_CORS_ORIGINS: text } }).config.corsOrigins
    for (const text of [
      '*',
      'https://app.example',
      'http://localhost:3000',
      'http://[::1]:8000',
      'capacitor://localhost',
    ])
      expect(of(text)).toEqual([text])
    const never = [
      'https://App.example',
      'https://*.example',
      'https://app.example:443',
      'https://bücher.example',
      'null',
    ]
    for (const text of never) expect(wrong({ env: { OCHRE_CORS_ORIGINS: text } })).toContain('as browsers send them')
  })

  it('refuses certificates that are none', () => {
    const files = ['cert.pem', 'key.pem', 'ca.pem'].map((name) => join(cwd, name)) as [string, string, string]
    for (const file of files) writeFileSync(file, 'nonsense')
    const [OCHRE_TLS_CERT_FILE, OCHRE_TLS_KEY_FILE, OCHRE_TLS_CA_FILE] = files
    const message = wrong({ env: { OCHRE_TLS_CERT_FILE, OCHRE_TLS_KEY_FILE, OCHRE_TLS_CA_FILE } })
    expect(message).toContain('OCHRE_TLS_CERT_FILE with OCHRE_TLS_KEY_FILE cannot be used: ')
    expect(message).toContain('OCHRE_TLS_CA_FILE cannot be used: ')
    expect(wrong({ env: { OCHRE_TLS_CERT_FILE: cwd, OCHRE_TLS_KEY_FILE } })).toContain('cannot be used: no PEM')
  })

  it('names everything that is wrong, at once', () => {
    const cert = join(cwd, 'cert.pem')
    writeFileSync(cert, '')
    const message = wrong({
      env: {
        OCHRE_PROT: '1',
        OCHRE_PORT: 'x',
        OCHRE_ROOT_KEY: 'short',
        OCHRE_LOG_LEVEL: 'loud',
        OCHRE_TLS_CERT_FILE: cert,
        OCHRE_TLS_CA_FILE: join(cwd, 'none'),
        OCHRE_JWT_ISSUER: 'i',
        OCHRE_JWT_JWKS_URI: 'keys.json',
        OCHRE_JWT_ALGORITHMS: 'RS256,HS256',
        OCHRE_PUBLIC_URL: 'api.example',
        OCHRE_CORS_ORIGINS: 'https://app.example, https://other.example/',
      },
      flags: { bodyLimit: '12 parsecs' },
    })
    for (const part of [
      'There is no variable OCHRE_PROT; did you mean OCHRE_PORT?',
      'OCHRE_PORT is an integer from 0 to 65535',
      'OCHRE_ROOT_KEY has at least 32 characters',
      'OCHRE_LOG_LEVEL is one of',
      'OCHRE_TLS_CERT_FILE and OCHRE_TLS_KEY_FILE go together',
      'OCHRE_JWT_ISSUER, OCHRE_JWT_AUDIENCE',
      'OCHRE_TLS_CA_FILE names a file that cannot be read',
      'OCHRE_JWT_JWKS_URI is an address that begins with http:// or https://',
      'OCHRE_JWT_ALGORITHMS is a list of RS256',
      'OCHRE_PUBLIC_URL is an address',
      'OCHRE_CORS_ORIGINS is *, or a list of origins',
      '--body-limit is a size',
    ]) {
      expect(message).toContain(part)
    }
    expect(message).not.toContain('short')
  })

  it('refuses files that are not there or not an object, and settings that do not exist', () => {
    expect(wrong({ file: 'none.json' })).toContain('cannot be read')
    writeFileSync(join(cwd, 'ochre.config.json'), '[]')
    expect(wrong({})).toContain('not a JSON object')
    writeFileSync(join(cwd, 'ochre.config.json'), '{"prot": 1}')
    expect(wrong({})).toContain('The file has no setting prot; did you mean port?')
  })

  it('spells every setting for environment and flags', () => {
    expect([envNameOf('tlsCertFile'), flagNameOf('tlsCertFile')]).toEqual(['OCHRE_TLS_CERT_FILE', '--tls-cert-file'])
    expect(new Set(SETTINGS.map((setting) => setting.name)).size).toBe(SETTINGS.length)
    for (const setting of SETTINGS) expect(setting.about).not.toBe('')
  })
})
