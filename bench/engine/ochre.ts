// The parts of our engine and client that the suite uses, loaded from the build of a checkout.
import { pathToFileURL } from 'node:url'

export interface EngineModule {
  readonly Engine: {
    open(options?: object): Promise<Engine>
  }
}

export interface Engine {
  listen(): Promise<{ readonly port: number }>
  reset(): void
  close(): Promise<void>
}

export interface OchreClient {
  get(key: string): Promise<unknown>
  set(key: string, value: string): Promise<unknown>
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>
  runScript(source: { lua: string; sha: string }, keys: readonly string[], args: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

export function loadEngine(root: string): Promise<EngineModule> {
  return import(pathToFileURL(`${root}/packages/embedded/dist/index.js`).href) as Promise<EngineModule>
}

export async function connectTo(engine: Engine, root: string): Promise<OchreClient> {
  const entry = pathToFileURL(`${root}/packages/client/dist/index.js`).href
  const { connect } = (await import(entry)) as { connect(target: Engine): Promise<OchreClient> }
  return connect(engine)
}
