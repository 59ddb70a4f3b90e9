// Builds the scripting machine: npx tsx packages/embedded/lua-vm/build.ts <folder of the Redis 7.0.15 sources>
// Writes ../src/lua/vm.gen.ts, which holds the WebAssembly module, compressed, as text.
//
// Needs clang, wasm-ld, wasi-libc and the compiler's builtins for wasm32 (Debian: clang lld wasi-libc
// libclang-rt-14-dev-wasm32). The sources are Debian's (`apt-get source redis`): Redis 7.0.15 with the security fixes
// that were made since; nothing but deps/lua/src is read. sources.sha256 pins every file, and each change below must
// find its text, so that another source tree fails the build instead of making another machine.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = process.argv[2]
if (root === undefined) throw new Error('usage: build.ts <folder of the Redis 7.0.15 sources>')

const core =
  'lapi lcode ldebug ldo ldump lfunc lgc llex lmem lobject lopcodes lparser lstate lstring ltable ltm lundump lvm lzio'
const libraries = 'lauxlib lbaselib lmathlib ltablib lstrlib lua_cjson lua_struct lua_cmsgpack lua_bit strbuf fpconv'
/** Our own part of the machine. */
const ours = ['vm', 'wire', 'errors', 'api', 'sandbox']
const units = `${core} ${libraries}`.split(' ')

/** Where a 32-bit machine, or one without setjmp, would behave differently from Redis on x86-64. */
const changes: [file: string, from: string, to: string][] = [
  ['luaconf.h', '#define LUA_INTEGER\tptrdiff_t', '#define LUA_INTEGER\tlong long'],
  [
    'luaconf.h',
    '#define LUA_INTFRMLEN\t\t"l"\n#define LUA_INTFRM_T\t\tlong',
    '#define LUA_INTFRMLEN\t\t"ll"\n#define LUA_INTFRM_T\t\tlong long',
  ],
  [
    'luaconf.h',
    'longjmp((c)->b, 1)\n#define LUAI_TRY(L,c,a)\tif (setjmp((c)->b) == 0) { a }\n#define luai_jmpbuf\tjmp_buf',
    'vm_raise()\n#define LUAI_TRY(L,c,a)\tvm_protect(f, L, ud);\n#define luai_jmpbuf\tint',
  ],
  [
    'ldo.c',
    '#include <setjmp.h>',
    '#include "lua.h"\nvoid vm_raise(void);\nint vm_protect(void (*f)(lua_State *, void *), lua_State *L, void *ud);',
  ],
  ['lstrlib.c', 'ptrdiff_t', 'long long'],
  ['lstrlib.c', '(size_t)pose > l', 'pose > (long long)l'],
  ['lstrlib.c', '(size_t)(init) > l1', 'init > (long long)l1'],
  ['lstrlib.c', '(unsigned LUA_INTFRM_T)luaL_checknumber(L, arg)', 'vm_unsigned(luaL_checknumber(L, arg))'],
  ['lstrlib.c', '#include "lualib.h"', '#include "lualib.h"\nunsigned long long vm_unsigned(double number);'],
  ['lua_struct.c', '#define STRUCT_INT\tlong', '#define STRUCT_INT\tlong long'],
  ['lua_struct.c', 'sizeof(long)', '8'],
  ['lua_struct.c', 'sizeof(size_t)', '8'],
  ['lua_struct.c', 'size_t pos = luaL_optinteger(L, 3, 1);', 'unsigned long long pos = luaL_optinteger(L, 3, 1);'],
  ['lua_cmsgpack.c', '#define BITS_32 1', '#define BITS_32 0'],
  ['lbaselib.c', 'unsigned long n;', 'unsigned long long n;'],
  ['lbaselib.c', 'strtoul(', 'strtoull('],
  ['lobject.c', 'strtoul(', 'strtoull('],
  ['lbaselib.c', 'luaL_loadfile(L, fname)', 'LUA_ERRERR'],
  ['lua_cjson.c', '#include "../../../src/solarisfixes.h"', ''],
  // gcc reads arguments from the right, which shows in which of two wrong ones is named.
  [
    'lmathlib.c',
    'lua_pushnumber(L, fmod(luaL_checknumber(L, 1), luaL_checknumber(L, 2)))',
    'lua_Number second = luaL_checknumber(L, 2); lua_pushnumber(L, fmod(luaL_checknumber(L, 1), second))',
  ],
  [
    'lmathlib.c',
    'lua_pushnumber(L, pow(luaL_checknumber(L, 1), luaL_checknumber(L, 2)))',
    'lua_Number second = luaL_checknumber(L, 2); lua_pushnumber(L, pow(luaL_checknumber(L, 1), second))',
  ],
  [
    'lmathlib.c',
    'lua_pushnumber(L, atan2(luaL_checknumber(L, 1), luaL_checknumber(L, 2)))',
    'lua_Number second = luaL_checknumber(L, 2); lua_pushnumber(L, atan2(luaL_checknumber(L, 1), second))',
  ],
  [
    'lmathlib.c',
    'lua_pushnumber(L, ldexp(luaL_checknumber(L, 1), luaL_checkint(L, 2)))',
    'lua_Number second = luaL_checkint(L, 2); lua_pushnumber(L, ldexp(luaL_checknumber(L, 1), second))',
  ],
  // What musl leaves open and glibc does: the exponent of infinity, the text of a null pointer (and '-nan', in vm.c).
  [
    'lmathlib.c',
    'lua_pushnumber(L, frexp(luaL_checknumber(L, 1), &e));',
    'lua_Number n = luaL_checknumber(L, 1); lua_pushnumber(L, frexp(n, &e)); if (!isfinite(n)) e = 0;',
  ],
  [
    'lobject.c',
    'sprintf(buff, "%p", va_arg(argp, void *))',
    'void *p = va_arg(argp, void *); sprintf(buff, p ? "%p" : "(nil)", p)',
  ],
]

const work = mkdtempSync(join(tmpdir(), 'lua-vm-'))
try {
  cpSync(join(root, 'deps/lua/src'), work, { recursive: true })
  const used = readdirSync(work)
    .filter((file) => file.endsWith('.h') || units.includes(file.replace(/\.c$/, '')))
    .sort()
  const sums = used.map((file) => `${sha256(readFileSync(join(work, file)))}  ${file}\n`).join('')
  const pinned = join(here, 'sources.sha256')
  if (process.argv.includes('--pin')) writeFileSync(pinned, sums)
  else if (readFileSync(pinned, 'latin1') !== sums)
    throw new Error('these are not the sources that sources.sha256 names')

  for (const [file, from, to] of changes) {
    const text = readFileSync(join(work, file), 'latin1')
    if (!text.includes(from)) throw new Error(`${file} does not contain ${JSON.stringify(from)}`)
    writeFileSync(join(work, file), text.replaceAll(from, to), 'latin1')
  }
  mkdirSync(join(work, 'out'))
  const flags = [
    '--target=wasm32-wasi',
    '-O2',
    '-flto',
    '-fno-strict-aliasing',
    '-Wno-everything',
    '-DLUA_ANSI',
    '-DENABLE_CJSON_GLOBAL',
    '-Dexit=vm_exit',
    '-Dstrtod=vm_strtod',
    '-Dfputs=vm_fputs',
    '-Dfprintf=vm_fprintf',
    '-Dvfprintf=vm_vfprintf',
    '-DNDEBUG',
    `-I${work}`,
  ]
  const objects = [...units.map((unit) => join(work, `${unit}.c`)), ...ours.map((unit) => join(here, `${unit}.c`))].map(
    (source, i) => {
      const object = join(work, 'out', `${i}.o`)
      execFileSync('clang', [...flags, '-c', source, '-o', object], { stdio: 'inherit' })
      return object
    },
  )
  const wasm = join(work, 'out/vm.wasm')
  execFileSync(
    'clang',
    [
      ...flags,
      '-nostartfiles',
      ...objects,
      '-o',
      wasm,
      '-lm',
      '-Wl,--no-entry,--stack-first,--gc-sections,--strip-all,-O2',
      '-Wl,-z,stack-size=1048576',
      '-Wl,--max-memory=2147483648',
      '-Wl,--export=__stack_pointer',
      '-Wl,--lto-O2',
    ],
    { stdio: 'inherit' },
  )
  const module = readFileSync(wasm)
  const packed = brotliCompressSync(module, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 },
  })
  const lines = packed
    .toString('base64')
    .replace(/.{1,118}/g, "  '$&' +\n")
    .replace(/ \+\n$/, '')
  writeFileSync(
    join(here, '../src/lua/vm.gen.ts'),
    [
      '// The scripting machine as WebAssembly (brotli, base64). Generated by packages/embedded/lua-vm/build.ts.',
      `export const SOURCE_SHA256: string = '${sourceSha256()}'`,
      `export const WASM_BYTES: number = ${module.length}`,
      `export const WASM_BROTLI_BASE64: string =\n${lines}`,
      '',
    ].join('\n'),
  )
  console.log(`vm.wasm: ${module.length} bytes, ${packed.length} compressed`)
} finally {
  rmSync(work, { recursive: true })
}

/** What the machine was made of: our code, this recipe and the pinned sources. A test compares it. */
function sourceSha256(): string {
  return sha256(
    Buffer.concat(
      [...ours.map((unit) => `${unit}.c`), 'vm.h', 'build.ts', 'sources.sha256'].map((file) =>
        readFileSync(join(here, file)),
      ),
    ),
  )
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
