/* The scripting machine: Lua 5.1 with the globals, the limits and the conversions that Redis 7.0 gives its scripts.
 *
 * It holds two Lua states, one for EVAL and one for FUNCTION, and talks to its host (runtime.ts) through one buffer in
 * linear memory, `io`. Everything in it is made of 32-bit words in the machine's byte order; a text is its length, then
 * its bytes, then padding to the next word. A value is a tag (see enum tag) and what follows from it. An INTEGER is one
 * word on the way in (a reply for the script) and two on the way out (the script's own reply).
 *
 * The order in which tables are filled here is part of the contract: `pairs` shows it to scripts.
 *
 * What only the host can do is imported: run a command, log, hash, ask whether to go on, check permissions, and catch.
 * Lua leaves a protected call by throwing; WebAssembly has no setjmp, so the host's `protect` calls back into invoke()
 * inside a JavaScript `try` and `raise` throws out of it.
 *
 * A script runs in a thread of its state, so that the host may interrupt it: every so many instructions the hook asks it, and
 * yields when it says PAUSE, which Lua allows where no C function (pcall, sort, a metamethod) is in between. Scripts must
 * not see that: for them there is only the main thread, which cannot yield. */
#include "vm.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstate.h"

#include "ldo.h"

enum verdict { GO_ON, KILL, PAUSE };

/* The script that runs, or waits to go on. */
static struct {
  int state;
  char name[512];
  size_t name_length;
} script;

static lua_State *threads[STATES]; /* NULL before the first script of a state, and after one that failed */
static int thread_refs[STATES];

int is_script_thread(lua_State *L) { return L == threads[EVAL] || L == threads[FUNCTION]; }

static void interrupt(lua_State *L, lua_Debug *where) {
  (void)where;
  int verdict = host_tick(running && is_script_thread(L) && L->nCcalls == L->baseCcalls);
  if (verdict == PAUSE) lua_yield(L, 0);
  if (verdict != KILL) return;
  /* From now on every line raises the error, so that no pcall of the script can swallow it. */
  lua_sethook(L, interrupt, LUA_MASKLINE, 0);
  raise_error(L, loading ? "FUNCTION LOAD timeout" : "Script killed by user with SCRIPT KILL...");
}

/* Opens the state for functions afresh (FUNCTION FLUSH). */
EXPORT("open_functions") void open_functions(void) {
  if (states[FUNCTION]) lua_close(states[FUNCTION]);
  threads[FUNCTION] = NULL;
  open_function();
}

/* Opens both states afresh, or only the one for EVAL (SCRIPT FLUSH). */
EXPORT("open") void open_states(int only_eval) {
  reserve(65536);
  if (states[EVAL]) lua_close(states[EVAL]);
  threads[EVAL] = NULL;
  open_eval();
  if (!only_eval) open_functions();
}

/* Compiles the text at the start of the buffer: a reference to run, or 0 with the compiler's message as a text. */
EXPORT("compile") int compile(int length) {
  lua_State *L = states[EVAL];
  if (luaL_loadbuffer(L, io, (size_t)length, "@user_script")) {
    const char *text = lua_tostring(L, -1);
    rewind_output();
    put_text(text, strlen(text));
    lua_pop(L, 1);
    return 0;
  }
  return luaL_ref(L, LUA_REGISTRYINDEX);
}

EXPORT("unref") void unref(int state, int ref) { luaL_unref(states[state], LUA_REGISTRYINDEX, ref); }

static void push_texts(lua_State *L, int count, size_t *at) {
  lua_newtable(L);
  for (int i = 1; i <= count; i++) {
    size_t length;
    const char *text = take_text(at, &length);
    lua_pushlstring(L, text, length);
    lua_rawseti(L, -2, i);
  }
}

static void set_script_global(lua_State *L, const char *name) {
  lua_enablereadonlytable(L, LUA_GLOBALSINDEX, 0);
  lua_setglobal(L, name);
  lua_enablereadonlytable(L, LUA_GLOBALSINDEX, 1);
}

static lua_State *thread_of(int state) {
  if (threads[state] == NULL) {
    threads[state] = lua_newthread(states[state]);
    thread_refs[state] = luaL_ref(states[state], LUA_REGISTRYINDEX);
  }
  return threads[state];
}

/* Runs the script to its end, or until the host interrupts it: 1 or 0. At its end it leaves the protocol version that the
 * script chose at the buffer's start, then the reply. */
static int go_on(int arguments) {
  static int since_collection = 0;
  lua_State *L = states[script.state], *T = threads[script.state];
  int status = lua_resume(T, arguments);
  if (status == LUA_YIELD) return 0;
  if (status == 0) lua_settop(T, 2);
  lua_pushnil(L); /* where Redis has its error function: how deep a reply may be depends on it */
  lua_xmove(T, L, 1);
  if (++since_collection == 50) {
    lua_gc(L, LUA_GCSTEP, 50);
    since_collection = 0;
  }
  rewind_output();
  put_word((uint32_t)script_resp);
  if (status == 0) {
    put_reply(L);
    lua_sethook(T, NULL, 0, 0);
    lua_settop(T, 0);
  } else {
    put_failure(L, script.name, script.name_length);
    luaL_unref(L, LUA_REGISTRYINDEX, thread_refs[script.state]);
    threads[script.state] = NULL;
  }
  lua_settop(L, 0);
  running = 0;
  return 1;
}

/* Begins a compiled script (EVAL) or a registered function. In the buffer: its name, then keys, then args. Like go_on. */
EXPORT("run") int run(int state, int ref, int nkeys, int nargs, int resp) {
  lua_State *T = thread_of(state);
  size_t at = 0, length;
  const char *text = take_text(&at, &length);
  script.state = state;
  script.name_length = length < sizeof script.name ? length : sizeof script.name;
  memcpy(script.name, text, script.name_length);
  script_resp = resp;
  running = 1;
  /* What lua_pcall does with its error function, which lua_resume has none of. */
  lua_rawgeti(T, LUA_REGISTRYINDEX, handler_ref[state]);
  T->errfunc = savestack(T, T->top - 1);
  lua_rawgeti(T, LUA_REGISTRYINDEX, ref);
  lua_sethook(T, interrupt, LUA_MASKCOUNT, 100000);
  push_texts(T, nkeys, &at);
  if (state == EVAL) set_script_global(T, "KEYS");
  push_texts(T, nargs, &at);
  if (state == EVAL) set_script_global(T, "ARGV");
  return go_on(state == EVAL ? 0 : 2);
}

/* Goes on with the script that was interrupted. */
EXPORT("resume") int resume(void) { return go_on(0); }

static void set_library_globals(lua_State *L, int ref) {
  lua_getmetatable(L, LUA_GLOBALSINDEX);
  lua_enablereadonlytable(L, -1, 0);
  lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
  lua_setfield(L, -2, "__index");
  lua_enablereadonlytable(L, LUA_GLOBALSINDEX, 1);
  lua_pop(L, 1);
}

/* Runs a library's code, which registers its functions: 1, or 0 with the reason as a text. */
EXPORT("load") int load(int length) {
  lua_State *L = states[FUNCTION];
  const char *problem = NULL;
  set_library_globals(L, library_ref);
  if (luaL_loadbuffer(L, io, (size_t)length, "@user_function")) {
    problem = lua_pushfstring(L, "Error compiling function: %s", lua_tostring(L, -1));
  } else {
    loading = 1;
    lua_sethook(L, interrupt, LUA_MASKCOUNT, 100000);
    if (lua_pcall(L, 0, 0, 0)) {
      const char *message = NULL;
      if (lua_isstring(L, -1)) message = lua_pushfstring(L, "ERR %s", lua_tostring(L, -1));
      else if (lua_istable(L, -1)) message = field_text(L, "err");
      problem = lua_pushfstring(L, "Error registering functions: %s", message ? message : "(null)");
    }
    lua_sethook(L, NULL, 0, 0);
    loading = 0;
  }
  rewind_output();
  if (problem) put_text(problem, strlen(problem));
  set_library_globals(L, globals_ref);
  lua_settop(L, 0);
  return problem == NULL;
}

/* Bytes that a state holds. */
EXPORT("used") int used(int state) {
  return lua_gc(states[state], LUA_GCCOUNT, 0) * 1024 + lua_gc(states[state], LUA_GCCOUNTB, 0);
}

/* ---- throwing ---- */

void vm_raise(void) { host_raise(); }
int vm_protect(void (*f)(lua_State *, void *), lua_State *L, void *ud) { return host_protect(f, L, ud); }
EXPORT("invoke") void invoke(void (*f)(lua_State *, void *), lua_State *L, void *ud) { f(L, ud); }

/* ---- what C leaves open ---- */

/* A double as an unsigned 64-bit integer as x86-64 converts it: negative numbers wrap around. */
unsigned long long vm_unsigned(double number) {
  if (number < 9223372036854775808.0) return (unsigned long long)(long long)number;
  return (unsigned long long)(long long)(number - 9223372036854775808.0) ^ 0x8000000000000000ULL;
}

#undef strtod
extern double strtod(const char *text, char **end);

/* A text as a double as glibc reads it: '-nan' keeps its sign. */
double vm_strtod(const char *text, char **end) {
  double number = strtod(text, end);
  while (isspace((unsigned char)*text)) text++;
  return isnan(number) && *text == '-' ? -fabs(number) : number;
}

/* ---- a C library without files ---- */

int fputs(const char *restrict text, FILE *restrict file) { return (void)text, (void)file, 0; }
int fprintf(FILE *restrict file, const char *restrict format, ...) { return (void)file, (void)format, 0; }
int vfprintf(FILE *restrict file, const char *restrict format, va_list args) {
  return (void)file, (void)format, (void)args, 0;
}
_Noreturn void exit(int status) {
  (void)status;
  host_panic(0);
}
