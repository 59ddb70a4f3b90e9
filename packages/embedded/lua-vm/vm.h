/* What the parts of the scripting machine share. vm.c says what the machine is. */
#ifndef VM_H
#define VM_H

#include <stddef.h>
#include <stdint.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

#define IMPORT(name) __attribute__((import_module("host"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

/* What the host does for us; runtime.ts. */
IMPORT("protect") int host_protect(void (*f)(lua_State *, void *), lua_State *L, void *ud);
IMPORT("raise") _Noreturn void host_raise(void);
IMPORT("panic") _Noreturn void host_panic(int length);
IMPORT("call") void host_call(int argc, int resp);
IMPORT("log") void host_log(int level, int length);
IMPORT("verbosity") int host_verbosity(void);
IMPORT("sha1") void host_sha1(const char *text, int length);
IMPORT("tick") int host_tick(int may_pause); /* a verdict; PAUSE only where it may */
IMPORT("permits") int host_permits(int argc);
IMPORT("replicate") void host_replicate(int flags);
IMPORT("register") int host_register(int ref, int flags, int described);

/* wire.c: the buffer. */
enum tag { NIL, FALSE_, TRUE_, NUMBER, STRING, ARRAY, MAP, SET, STATUS, ERROR, DOUBLE, BIGNUMBER, VERBATIM, INTEGER };
extern char *io;
char *reserve(size_t size);
void rewind_output(void);
char *append(size_t size);
void put_word(uint32_t word);
void put_text(const char *text, size_t length);
void put_line(enum tag tag, const char *text);
void put_reply(lua_State *L);
uint32_t take_word(size_t *at);
const char *take_text(size_t *at, size_t *length);
void push_value(lua_State *L, size_t *at);

/* errors.c: errors as tables. */
void push_error(lua_State *L, const char *text);
int raise_error(lua_State *L, const char *text);
int error_handler(lua_State *L);
void put_failure(lua_State *L, const char *name, size_t name_length);
const char *field_text(lua_State *L, const char *name);

/* vm.c */
int is_script_thread(lua_State *L);

/* api.c: what a script calls, and what the running script may do. */
extern int running;     /* inside run(): redis.call may be used */
extern int loading;     /* inside load(): redis.register_function may be used */
extern int script_resp; /* what redis.setresp chose for the running script */
void set_function(lua_State *L, const char *name, lua_CFunction function);
void set_log(lua_State *L);
void set_version(lua_State *L);
void set_redis_table(lua_State *L);
void set_eval_functions(lua_State *L);
void set_register_function(lua_State *L);
void set_random(lua_State *L);
void set_coroutines(lua_State *L);
int global_pcall(lua_State *L);

/* sandbox.c: the two states. */
enum state { EVAL, FUNCTION, STATES };
extern lua_State *states[STATES];
extern int handler_ref[STATES];
extern int library_ref, globals_ref; /* what globals mean while a library loads, and otherwise */
void open_eval(void);
void open_function(void);

#endif
