// A gateway as a running service: the shell and the admin server listening, logs, reload, and an orderly end.
//
//   close: readiness off -> wait for load balancers, serving as before -> stop accepting -> requests in work finish, sockets
//          and streams are told -> connections to Redis close. After the deadline what is left is cut.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ClientOptions, Target } from '@ochre/client'
import { UsageError } from '@ochre/protocol'
import { type Logger, pino } from 'pino'
import { createAdmin, observed } from './admin.ts'
import { auditFile } from './audit.ts'
import { type Config, envNameOf, loadConfig } from './config.ts'
import { createGateway, type Gateway, type RequestNote } from './gateway.ts'
import { createShell } from './node.ts'
import type { Models } from './open-models.ts'
import { attachWebSocket } from './websocket-server.ts'
import { auditAtPrimary, isWorker } from './workers.ts'

export interface StartOptions {
  /** The Redis to serve: anything that `connect` of @ochre/client takes, an embedded engine too. */
  readonly redis: Target
  readonly client?: ClientOptions
  readonly models?: Models
  /** Default: `loadConfig()`. */
  readonly config?: Config
  /** Default: JSON lines on standard output at the configured level. */
  readonly log?: Logger
  /** False in a worker: the primary has the admin server. */
  readonly admin?: boolean
}

export interface RunningGateway {
  readonly gateway: Gateway
  readonly url: string
  /** Undefined when the admin server is off. */
  readonly adminUrl: string | undefined
  /** The text of the root key, when this start made one; it is shown here and never again. */
  readonly rootKey: string | undefined
  /** Applies what a new configuration may change while running: root key, limits, CORS, log level, certificates. */
  reload(config: Config): void
  /** Stops as described above. Resolves when everything is closed; calling it again waits for the same end. */
  close(): Promise<void>
}

/** A logger that never writes a credential, a key or a value. */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'authorization',
        '*.authorization',
        'token',
        '*.token',
        'password',
        '*.password',
        'key',
        '*.key',
        'value',
        '*.value',
      ],
      censor: '[redacted]',
    },
  })
}

/** Starts a gateway. Rejects when Redis cannot be reached, a port is taken or a file cannot be read. */
export async function startGateway(options: StartOptions): Promise<RunningGateway> {
  const config = options.config ?? loadConfig().config
  const log = options.log ?? createLog(config.logLevel)
  const gateway = await createGateway({
    redis: options.redis,
    ...(options.client === undefined ? {} : { client: options.client }),
    ...(options.models === undefined ? {} : { models: options.models }),
    ...(config.rootKey === undefined ? {} : { rootKey: config.rootKey }),
    ...(config.secret === undefined ? {} : { secret: Buffer.from(config.secret) }),
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
    ...(config.auditFile === undefined
      ? {}
      : { audit: isWorker() ? auditAtPrimary() : auditFile(config.auditFile, log) }),
    ...(config.jwtIssuer === undefined ? {} : { jwt: jwtOf(config) }),
    ...reloadable(config),
    onRequest: (note) => logRequest(log, note),
    notesAll: config.logRequests,
    // The stack of a bug names code, not data; its message might, and stays out.
    onBug: (error, requestId) => log.error({ requestId, stack: stackOf(error) }, 'a request failed by a bug'),
  })
  const opened: Server[] = []
  let shell: Server
  let admin: Server | undefined
  let rootKey: string | undefined
  try {
    rootKey = await gateway.ensureRootKey()
    shell = createShell(gateway, {
      trustedProxies: config.trustedProxies,
      ...(config.tlsCertFile === undefined ? {} : { tls: tlsOf(config) }),
    })
    opened.push(shell)
    attachWebSocket(shell, gateway, config.trustedProxies)
    await listen(shell, config.port, config.host)
    if (config.admin && options.admin !== false) {
      admin = createAdmin(observed(gateway))
      opened.push(admin)
      await listen(admin, config.adminPort, config.adminHost)
    }
  } catch (error) {
    // What listens already would keep the process alive, and answer.
    for (const server of opened) {
      server.close()
      server.closeAllConnections()
    }
    await gateway.close()
    throw error
  }
  const url = urlOf(shell, config.host, config.tlsCertFile === undefined ? 'http' : 'https')
  const adminUrl = admin === undefined ? undefined : urlOf(admin, config.adminHost, 'http')
  log.info({ url, adminUrl }, 'listening')

  let current = config
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    log.info('closing')
    gateway.beginClosing()
    if (config.shutdownDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, config.shutdownDelayMs))
    const ended = new Promise<void>((resolve) => shell.close(() => resolve()))
    gateway.dismiss()
    const timer = setTimeout(() => {
      log.warn('cutting what did not finish in time')
      shell.closeAllConnections()
    }, config.shutdownMs)
    // A connection whose request has just been answered turns idle without being told.
    const sweep = setInterval(() => shell.closeIdleConnections(), 50)
    await ended
    clearTimeout(timer)
    clearInterval(sweep)
    admin?.close()
    admin?.closeAllConnections()
    await gateway.close()
    log.info('closed')
  }

  return {
    gateway,
    url,
    adminUrl,
    rootKey,
    reload(next) {
      // First, since what cannot be done must not be half done, least of all without a word.
      for (const name of ['tlsCertFile', 'tlsCaFile'] as const) {
        if ((next[name] === undefined) !== (current[name] === undefined))
          throw new UsageError(`${envNameOf(name)} can be set or removed only by a restart.`)
      }
      if (next.rootKey === undefined && current.rootKey !== undefined)
        throw new UsageError('OCHRE_ROOT_KEY can be removed only by a restart; it can be another one.')
      if (next.tlsCertFile !== undefined && 'setSecureContext' in shell) {
        ;(shell as TlsServer).setSecureContext(tlsOf(next))
      }
      log.level = next.logLevel
      gateway.reload({ ...reloadable(next), ...(next.rootKey === undefined ? {} : { rootKey: next.rootKey }) })
      current = next
      log.info('configuration reloaded')
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

function reloadable(config: Config): Pick<Parameters<typeof createGateway>[0], 'limits' | 'cors' | 'compression'> {
  return {
    compression: config.compression,
    limits: {
      bodyBytes: config.bodyLimit,
      valueBytes: config.valueLimit,
      pipeline: config.pipelineLimit,
      bufferedBytes: config.bufferLimit,
      socketInFlight: config.socketInFlight,
      socketSubscriptions: config.socketSubscriptions,
    },
    ...(config.corsOrigins.length === 0 ? {} : { cors: { origins: config.corsOrigins } }),
  }
}

function jwtOf(config: Config): NonNullable<Parameters<typeof createGateway>[0]['jwt']> {
  return {
    issuer: config.jwtIssuer!,
    audience: config.jwtAudience!,
    jwksUri: config.jwtJwksUri!,
    algorithms: config.jwtAlgorithms,
    claim: config.jwtClaim,
  }
}

function tlsOf(config: Config): {
  cert: Buffer
  key: Buffer
  ca?: Buffer
  requestCert?: boolean
  rejectUnauthorized?: boolean
} {
  const tls = {
    cert: readFileSync(config.tlsCertFile!),
    key: readFileSync(config.tlsKeyFile!),
    minVersion: 'TLSv1.2' as const,
  }
  if (config.tlsCaFile === undefined) return tls
  return { ...tls, ca: readFileSync(config.tlsCaFile), requestCert: true, rejectUnauthorized: true }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

function urlOf(server: Server, host: string, scheme: string): string {
  const { port } = server.address() as AddressInfo
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `${scheme}://${shown}:${port}`
}

function logRequest(log: Logger, note: RequestNote): void {
  if (note.status >= 500) log.error(note, 'request')
  else log.info(note, 'request')
}

function stackOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
    .join('\n')
}

/** Ctrl-C under `npm start` arrives twice: from the terminal, and again from npm. That is one wish to end, not two. */
const SAME_SIGNAL_MS = 500

/**
 * Ends the service on SIGTERM and SIGINT (another one later cuts at once) and reloads it on SIGHUP. Resolves to the exit code
 * when it has ended. `readConfig` reads the configuration anew for a reload.
 */
export function runUntilSignal(
  running: Pick<RunningGateway, 'reload' | 'close'>,
  readConfig: () => Config,
): Promise<number> {
  return new Promise((resolve) => {
    let closingSince: number | undefined
    const stop = (): void => {
      if (closingSince !== undefined) {
        if (performance.now() - closingSince > SAME_SIGNAL_MS) process.exit(1)
        return
      }
      closingSince = performance.now()
      running.close().then(
        () => resolve(0),
        () => resolve(1),
      )
    }
    process.on('SIGTERM', stop)
    // Ctrl-C reaches the whole group of processes; a worker waits for its primary to end it in order.
    process.on('SIGINT', isWorker() ? () => {} : stop)
    process.on('SIGHUP', () => {
      try {
        running.reload(readConfig())
      } catch (error) {
        // A wrong file must not end a service that runs.
        process.stderr.write(`The configuration was not reloaded. ${error instanceof Error ? error.message : ''}\n`)
      }
    })
  })
}
