// The WebAssembly module of the scripting machine: what it exports, what it imports, and how it is opened.
import { brotliDecompressSync } from 'node:zlib'
import { WASM_BROTLI_BASE64 } from './vm.gen.ts'

/** What ../../lua-vm/vm.c exports; the contracts stand there. */
export interface Machine {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly __stack_pointer: { value: number }
  invoke(f: number, state: number, argument: number): void
  reserve(size: number): number
  open(onlyEval: number): void
  open_functions(): void
  compile(length: number): number
  unref(state: number, ref: number): void
  run(state: number, ref: number, nkeys: number, nargs: number, resp: number): number
  resume(): number
  load(length: number): number
  used(state: number): number
}

/** What it imports. */
export interface MachineHost {
  protect(f: number, state: number, argument: number): number
  raise(): never
  panic(length: number): never
  call(argc: number, resp: 2 | 3): void
  log(level: number, length: number): void
  verbosity(): number
  sha1(text: number, length: number): void
  tick(mayPause: number): number
  permits(argc: number): number
  replicate(flags: number): void
  register(ref: number, flags: number, described: number): number
}

// TypeScript declares WebAssembly only together with the browser's globals.
const { Module, Instance } = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object
      Instance: new (module: object, imports: Record<string, object>) => { exports: Machine }
    }
  }
).WebAssembly

/** The C library's file functions: nothing that a script can reach uses them. 52 says there is no such system call. */
const NO_FILES = Object.fromEntries(
  ['fd_close', 'fd_fdstat_get', 'fd_read', 'fd_seek', 'fd_write'].map((name) => [name, () => 52]),
)

let compiled: object | undefined

/** A new machine with both states open. The module is compiled once in a process. */
export function openMachine(host: MachineHost): Machine {
  compiled ??= new Module(brotliDecompressSync(Buffer.from(WASM_BROTLI_BASE64, 'base64')))
  return new Instance(compiled, { host, wasi_snapshot_preview1: NO_FILES }).exports
}
