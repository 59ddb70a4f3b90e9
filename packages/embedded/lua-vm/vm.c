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
 * inside a JavaScript `try` and `raise` throws out of it. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

#define IMPORT(name) __attribute__((import_module("host"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("protect") int host_protect(void (*f)(lua_State *, void *), lua_State *L, void *ud);
IMPORT("raise") _Noreturn void host_raise(void);
IMPORT("panic") _Noreturn void host_panic(int length);
IMPORT("call") void host_call(int argc, int resp);
IMPORT("log") void host_log(int level, int length);
IMPORT("verbosity") int host_verbosity(void);
IMPORT("sha1") void host_sha1(const char *text, int length);
IMPORT("tick") int host_tick(void);
IMPORT("permits") int host_permits(int argc);
IMPORT("replicate") void host_replicate(int flags);
IMPORT("register") int host_register(int ref, int flags, int described);

int luaopen_cjson(lua_State *L);
int luaopen_struct(lua_State *L);
int luaopen_cmsgpack(lua_State *L);
int luaopen_bit(lua_State *L);

enum tag { NIL, FALSE_, TRUE_, NUMBER, STRING, ARRAY, MAP, SET, STATUS, ERROR, DOUBLE, BIGNUMBER, VERBATIM, INTEGER };
enum flag { NO_WRITES = 1, ALLOW_OOM = 2, ALLOW_STALE = 4, NO_CLUSTER = 8, ALLOW_CROSS_SLOT = 16 };
enum state { EVAL, FUNCTION, STATES };

static lua_State *states[STATES];
static int running;       /* inside run(): redis.call may be used */
static int loading;       /* inside load(): redis.register_function may be used */
static int script_resp;   /* what redis.setresp chose for the running script */
static int handler_ref[STATES];
static int library_ref, globals_ref; /* what globals mean while a library loads, and otherwise */

/* ---------------------------------------------------------------- the buffer */

static char *io;
static size_t io_size;
static size_t out; /* where the next write goes */

/* Makes room for `size` bytes from the buffer's start, keeping what is in it; returns its address. */
EXPORT("reserve") char *reserve(size_t size) {
  if (size > io_size) {
    size_t grown = io_size ? io_size : 65536;
    while (grown < size) grown *= 2;
    char *moved = realloc(io, grown);
    if (moved == NULL) host_panic(0);
    io = moved;
    io_size = grown;
  }
  return io;
}

static char *append(size_t size) {
  size_t at = out;
  out += (size + 3) & ~(size_t)3;
  if (out > io_size) reserve(out);
  return io + at;
}

static void put_word(uint32_t word) { memcpy(append(4), &word, 4); }
static void put_text(const char *text, size_t length) {
  put_word((uint32_t)length);
  memcpy(append(length), text, length);
}

static uint32_t take_word(size_t *at) {
  uint32_t word;
  memcpy(&word, io + *at, 4);
  *at += 4;
  return word;
}
static const char *take_text(size_t *at, size_t *length) {
  *length = take_word(at);
  const char *text = io + *at;
  *at += (*length + 3) & ~(size_t)3;
  return text;
}

/* ---------------------------------------------------------------- conversions that C leaves undefined */

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

/* ---------------------------------------------------------------- throwing */

void vm_raise(void) { host_raise(); }
int vm_protect(void (*f)(lua_State *, void *), lua_State *L, void *ud) { return host_protect(f, L, ud); }
EXPORT("invoke") void invoke(void (*f)(lua_State *, void *), lua_State *L, void *ud) { f(L, ud); }

/* An error outside of any protected call: the state cannot be used any more. */
static int panic(lua_State *L) {
  size_t length = 0;
  const char *text = lua_isstring(L, -1) ? lua_tolstring(L, -1, &length) : "";
  out = 0;
  memcpy(append(length), text, length);
  host_panic((int)length);
  return 0;
}

static void *allocate(void *ud, void *block, size_t was, size_t size) {
  (void)ud, (void)was;
  if (size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, size);
}

/* ---------------------------------------------------------------- errors as tables */

/* Pushes {err = 'CODE message'}. A text that starts with '-' brings its code, any other gets ERR. */
static void push_error(lua_State *L, const char *text) {
  const char *code = "ERR", *message = text;
  char *copy = strdup(text);
  if (copy[0] == '-') {
    char *space = strchr(copy, ' ');
    message = space ? space + 1 : copy + 1;
    if (space) {
      *space = '\0';
      code = copy + 1;
    }
  } else {
    message = copy;
  }
  while (*message == '\r' || *message == '\n') message++;
  char *end = (char *)message + strlen(message);
  while (end > message && (end[-1] == '\r' || end[-1] == '\n')) *--end = '\0';
  lua_newtable(L);
  lua_pushstring(L, "err");
  lua_pushfstring(L, "%s %s", code, message);
  lua_settable(L, -3);
  free(copy);
}

static int raise_error(lua_State *L, const char *text) {
  push_error(L, text);
  return lua_error(L);
}

/* What pcall's error handler does: makes a table of any error and notes where it was raised. */
static int error_handler(lua_State *L) {
  lua_Debug where;
  int known = lua_getstack(L, 1, &where) && lua_getinfo(L, "nSl", &where);
  if (known && strcmp(where.what, "C") == 0) known = lua_getstack(L, 2, &where) && lua_getinfo(L, "nSl", &where);
  lua_settop(L, 1);
  if (!lua_istable(L, 1)) {
    if (!luaL_callmeta(L, 1, "__tostring")) {
      switch (lua_type(L, 1)) {
        case LUA_TNUMBER:
        case LUA_TSTRING: lua_pushstring(L, lua_tostring(L, 1)); break;
        case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, 1) ? "true" : "false"); break;
        case LUA_TNIL: lua_pushliteral(L, "nil"); break;
        default: lua_pushfstring(L, "%s: %p", luaL_typename(L, 1), lua_topointer(L, 1));
      }
    }
    lua_pushliteral(L, "ERR ");
    lua_insert(L, -2);
    lua_concat(L, 2);
    lua_newtable(L);
    lua_insert(L, -2);
    lua_setfield(L, -2, "err");
  }
  if (known) {
    lua_pushstring(L, where.source);
    lua_setfield(L, -2, "source");
    lua_pushinteger(L, where.currentline);
    lua_setfield(L, -2, "line");
  }
  return 1;
}

/* ---------------------------------------------------------------- replies to Lua values */

static void push_value(lua_State *L, size_t *at) {
  uint32_t tag = take_word(at), count;
  size_t length;
  const char *text;
  double number;
  luaL_checkstack(L, 6, "reply is nested too deeply");
  switch (tag) {
    case NIL: lua_pushnil(L); break;
    case FALSE_: lua_pushboolean(L, 0); break;
    case TRUE_: lua_pushboolean(L, 1); break;
    case INTEGER: lua_pushnumber(L, (int32_t)take_word(at)); break;
    case NUMBER:
      memcpy(&number, io + *at, 8);
      *at += 8;
      lua_pushnumber(L, number);
      break;
    case STRING:
      text = take_text(at, &length);
      lua_pushlstring(L, text, length);
      break;
    case ARRAY:
      count = take_word(at);
      lua_newtable(L);
      for (uint32_t i = 1; i <= count; i++) {
        lua_pushnumber(L, i);
        push_value(L, at);
        lua_settable(L, -3);
      }
      break;
    case MAP:
      count = take_word(at);
      lua_newtable(L);
      lua_pushliteral(L, "map");
      lua_newtable(L);
      while (count-- > 0) {
        push_value(L, at);
        push_value(L, at);
        lua_settable(L, -3);
      }
      lua_settable(L, -3);
      break;
    case SET:
      count = take_word(at);
      lua_newtable(L);
      lua_pushliteral(L, "set");
      lua_newtable(L);
      while (count-- > 0) {
        push_value(L, at);
        lua_pushboolean(L, 1);
        lua_settable(L, -3);
      }
      lua_settable(L, -3);
      break;
    case STATUS:
    case BIGNUMBER:
      lua_newtable(L);
      lua_pushstring(L, tag == STATUS ? "ok" : "big_number");
      text = take_text(at, &length);
      lua_pushlstring(L, text, length);
      lua_settable(L, -3);
      break;
    case ERROR: {
      text = take_text(at, &length);
      char *dashed = malloc(length + 2);
      dashed[0] = '-';
      memcpy(dashed + 1, text, length);
      dashed[length + 1] = '\0';
      push_error(L, dashed);
      free(dashed);
      lua_pushliteral(L, "ignore_error_stats_update");
      lua_pushboolean(L, 1);
      lua_settable(L, -3);
      break;
    }
    case DOUBLE:
      memcpy(&number, io + *at, 8);
      *at += 8;
      lua_newtable(L);
      lua_pushliteral(L, "double");
      lua_pushnumber(L, number);
      lua_settable(L, -3);
      break;
    case VERBATIM:
      lua_newtable(L);
      lua_pushliteral(L, "verbatim_string");
      lua_newtable(L);
      lua_pushliteral(L, "string");
      text = take_text(at, &length);
      lua_pushlstring(L, text, length);
      lua_settable(L, -3);
      lua_pushliteral(L, "format");
      text = take_text(at, &length);
      lua_pushlstring(L, text, length);
      lua_settable(L, -3);
      lua_settable(L, -3);
      break;
  }
}

/* ---------------------------------------------------------------- Lua values to replies */

/* A line of the protocol: the text up to its first NUL, without line breaks. */
static void put_line(enum tag tag, const char *text) {
  size_t length = strlen(text);
  if (tag == ERROR)
    while (length > 0 && (text[length - 1] == '\r' || text[length - 1] == '\n')) length--;
  put_word(tag);
  size_t start = out + 4;
  put_text(text, length);
  for (char *c = io + start; c < io + start + length; c++)
    if (*c == '\r' || *c == '\n') *c = ' ';
}

/* A collection that is being written: where its count belongs, how many it has, and where we are in it. */
struct open {
  enum tag tag;
  size_t count_at;
  uint32_t count;
  int at_value; /* MAP: the next value to write is a value, not a key */
};

static struct open *opened;
static size_t opened_size;

/* Pushes the field `name` of the table on top; leaves it there when it has the wanted type. */
static int has_field(lua_State *L, const char *name, int type) {
  lua_pushstring(L, name);
  lua_rawget(L, -2);
  if (lua_type(L, -1) == type) return 1;
  lua_pop(L, 1);
  return 0;
}

/* Writes the value on top and pops it; a collection stays open (1) for its items to follow. */
static int put_value(lua_State *L, struct open *collection) {
  size_t length;
  const char *text;
  double number;
  if (!lua_checkstack(L, 4)) {
    put_line(ERROR, "ERR reached lua stack limit");
    lua_pop(L, 1);
    return 0;
  }
  switch (lua_type(L, -1)) {
    case LUA_TSTRING:
      put_word(STRING);
      text = lua_tolstring(L, -1, &length);
      put_text(text, length);
      break;
    case LUA_TBOOLEAN: put_word(lua_toboolean(L, -1) ? TRUE_ : FALSE_); break;
    case LUA_TNUMBER: {
      long long integer = (long long)lua_tonumber(L, -1);
      put_word(INTEGER);
      memcpy(append(8), &integer, 8);
      break;
    }
    case LUA_TTABLE:
      if (has_field(L, "err", LUA_TSTRING)) {
        put_line(ERROR, lua_tostring(L, -1));
        lua_pop(L, 2);
        return 0;
      }
      if (has_field(L, "ok", LUA_TSTRING)) {
        put_line(STATUS, lua_tostring(L, -1));
        lua_pop(L, 2);
        return 0;
      }
      if (has_field(L, "double", LUA_TNUMBER)) {
        char digits[64];
        number = lua_tonumber(L, -1);
        put_word(DOUBLE);
        put_text(digits, (size_t)snprintf(digits, sizeof digits, "%.17g", number));
        lua_pop(L, 2);
        return 0;
      }
      if (has_field(L, "big_number", LUA_TSTRING)) {
        text = lua_tolstring(L, -1, &length);
        put_word(BIGNUMBER);
        size_t start = out + 4;
        put_text(text, length);
        for (char *c = io + start; c < io + start + length; c++)
          if (*c == '\r' || *c == '\n') *c = ' ';
        lua_pop(L, 2);
        return 0;
      }
      if (has_field(L, "verbatim_string", LUA_TTABLE)) {
        if (has_field(L, "format", LUA_TSTRING)) {
          const char *format = lua_tostring(L, -1);
          lua_pushliteral(L, "string");
          lua_rawget(L, -3);
          if (lua_type(L, -1) == LUA_TSTRING) {
            char padded[3] = {' ', ' ', ' '};
            text = lua_tolstring(L, -1, &length);
            for (int i = 0; i < 3 && format[i] != '\0'; i++) padded[i] = format[i];
            put_word(VERBATIM);
            put_text(text, length);
            put_text(padded, 3);
            lua_pop(L, 4);
            return 0;
          }
          lua_pop(L, 2);
        }
        lua_pop(L, 1);
      }
      if (has_field(L, "map", LUA_TTABLE) || has_field(L, "set", LUA_TTABLE)) {
        lua_pushliteral(L, "map");
        lua_rawget(L, -3);
        collection->tag = lua_istable(L, -1) ? MAP : SET;
        lua_pop(L, 1);
        lua_pushnil(L);
      } else {
        collection->tag = ARRAY;
      }
      put_word(collection->tag);
      collection->count_at = out;
      collection->count = 0;
      collection->at_value = 0;
      put_word(0);
      return 1;
    default: put_word(NIL);
  }
  lua_pop(L, 1);
  return 0;
}

/* Writes the value on top, and pops it. Not recursive: a table may be nested as deep as Lua's stack goes, which is
 * deeper than a host's stack is. */
static void put_reply(lua_State *L) {
  size_t depth = 0;
  for (;;) {
    if (depth == opened_size) {
      opened_size = opened_size ? opened_size * 2 : 64;
      opened = realloc(opened, opened_size * sizeof *opened);
      if (opened == NULL) host_panic(0);
    }
    if (put_value(L, &opened[depth])) depth++;
    /* Push the next item of the innermost collection, closing those that have no more. */
    for (;;) {
      if (depth == 0) return;
      struct open *in = &opened[depth - 1];
      if (in->tag == ARRAY) {
        lua_pushnumber(L, in->count + 1);
        lua_rawget(L, -2);
        if (!lua_isnil(L, -1)) {
          in->count++;
          break;
        }
        lua_pop(L, 2); /* nil, table */
      } else if (in->at_value) { /* stack: table, items, key, value, key */
        in->at_value = 0;
        break;
      } else if (lua_next(L, -2)) { /* stack: table, items, key, value */
        in->count++;
        if (in->tag == MAP) {
          in->at_value = 1;
          lua_pushvalue(L, -2);
        } else {
          lua_pop(L, 1);
          lua_pushvalue(L, -1);
        }
        break;
      } else {
        lua_pop(L, 2); /* items, table */
      }
      uint32_t count = in->count;
      memcpy(io + in->count_at, &count, 4);
      depth--;
    }
  }
}

/* ---------------------------------------------------------------- the redis table */

/* Writes a call's arguments and pops them. 0 after pushing an error: none, or one that is no string or number. */
static int put_arguments(lua_State *L) {
  int argc = lua_gettop(L);
  if (argc == 0) {
    push_error(L, "Please specify at least one argument for this redis lib call");
    return 0;
  }
  out = 0;
  for (int i = 1; i <= argc; i++) {
    if (lua_type(L, i) == LUA_TNUMBER) {
      char digits[64];
      double number = lua_tonumber(L, i);
      int length = number == (int)number && (number != 0 || !signbit(number))
                       ? snprintf(digits, sizeof digits, "%d", (int)number)
                       : snprintf(digits, sizeof digits, "%.17g", number);
      put_text(digits, (size_t)length);
    } else {
      size_t length;
      const char *text = lua_tolstring(L, i, &length);
      if (text == NULL) {
        lua_pop(L, argc);
        push_error(L, "Lua redis lib command arguments must be strings or integers");
        return 0;
      }
      put_text(text, length);
    }
  }
  lua_pop(L, argc);
  return argc;
}

static int redis_generic_call(lua_State *L, int raise) {
  if (!running) return raise_error(L, "redis.call/pcall can only be called inside a script invocation");
  int argc = put_arguments(L);
  if (argc == 0) return raise ? lua_error(L) : 1;
  host_call(argc, script_resp);
  size_t at = 0;
  uint32_t tag = take_word(&at);
  at = 0;
  push_value(L, &at);
  if (raise && tag == ERROR) return lua_error(L);
  return 1;
}
static int redis_call(lua_State *L) { return redis_generic_call(L, 1); }
static int redis_pcall(lua_State *L) { return redis_generic_call(L, 0); }

/* The global pcall: an error table of redis.call comes back as its text, as scripts before Redis 7 expect. */
static int global_pcall(lua_State *L) {
  int argc = lua_gettop(L);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  if (lua_pcall(L, argc - 1, LUA_MULTRET, 0)) {
    lua_remove(L, 1);
    if (lua_istable(L, -1)) {
      lua_getfield(L, -1, "err");
      if (lua_isstring(L, -1)) lua_replace(L, -2);
    }
    lua_pushboolean(L, 0);
    lua_insert(L, 1);
  }
  return lua_gettop(L);
}

static int redis_log(lua_State *L) {
  int argc = lua_gettop(L);
  if (argc < 2) return raise_error(L, "redis.log() requires two arguments or more.");
  if (!lua_isnumber(L, 1)) return raise_error(L, "First argument must be a number (log level).");
  int level = (int)lua_tonumber(L, 1);
  if (level < 0 || level > 3) return raise_error(L, "Invalid debug level.");
  if (level < host_verbosity()) return 0;
  out = 0;
  size_t written = 0;
  for (int i = 2; i <= argc; i++) {
    size_t length;
    const char *text = lua_tolstring(L, i, &length);
    if (text == NULL) continue;
    reserve(written + length + 1);
    if (i != 2) io[written++] = ' ';
    memcpy(io + written, text, length);
    written += length;
  }
  host_log(level, (int)written);
  return 0;
}

static int redis_setresp(lua_State *L) {
  if (!running) return raise_error(L, "redis.setresp can only be called inside a script invocation");
  if (lua_gettop(L) != 1) return raise_error(L, "redis.setresp() requires one argument.");
  int resp = (int)lua_tonumber(L, 1);
  if (resp != 2 && resp != 3) return raise_error(L, "RESP version must be 2 or 3.");
  script_resp = resp;
  return 0;
}

static int redis_sha1hex(lua_State *L) {
  if (lua_gettop(L) != 1) return raise_error(L, "wrong number of arguments");
  size_t length = 0;
  const char *text = lua_tolstring(L, 1, &length);
  reserve(40);
  host_sha1(text, (int)length);
  lua_pushlstring(L, io, 40);
  return 1;
}

static int redis_error_reply(lua_State *L) {
  if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
    push_error(L, "wrong number or type of arguments");
    return 1;
  }
  const char *text = lua_tostring(L, 1);
  push_error(L, text[0] == '-' ? text : lua_pushfstring(L, "-%s", text));
  return 1;
}

static int redis_status_reply(lua_State *L) {
  if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
    push_error(L, "wrong number or type of arguments");
    return 1;
  }
  lua_newtable(L);
  lua_pushliteral(L, "ok");
  lua_pushvalue(L, 1);
  lua_settable(L, -3);
  return 1;
}

static int redis_set_repl(lua_State *L) {
  if (!running) return raise_error(L, "redis.set_repl can only be called inside a script invocation");
  if (lua_gettop(L) != 1) return raise_error(L, "redis.set_repl() requires two arguments.");
  int flags = (int)lua_tonumber(L, 1);
  if (flags & ~3)
    return raise_error(L, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  host_replicate(flags);
  return 0;
}

static int redis_acl_check_cmd(lua_State *L) {
  if (!running) return raise_error(L, "redis.acl_check_cmd can only be called inside a script invocation");
  int argc = put_arguments(L);
  if (argc == 0) return lua_error(L);
  int permitted = host_permits(argc);
  if (permitted < 0) return raise_error(L, "Invalid command passed to redis.acl_check_cmd()");
  lua_pushboolean(L, permitted);
  return 1;
}

static int redis_breakpoint(lua_State *L) {
  lua_pushboolean(L, 0);
  return 1;
}
static int redis_debug(lua_State *L) {
  (void)L;
  return 0;
}
static int redis_replicate_commands(lua_State *L) {
  lua_pushboolean(L, 1);
  return 1;
}

/* ---------------------------------------------------------------- math.random: lrand48, seeded once */

static uint64_t random_state = 0x1234ABCD330EULL;

static int math_random(lua_State *L) {
  if (!running) return luaL_error(L, "math.random can only be called inside a script invocation");
  random_state = (random_state * 0x5DEECE66DULL + 0xB) & 0xFFFFFFFFFFFFULL;
  int32_t drawn = (int32_t)(random_state >> 17);
  lua_Number fraction = (lua_Number)(drawn % INT32_MAX) / (lua_Number)INT32_MAX;
  switch (lua_gettop(L)) {
    case 0: lua_pushnumber(L, fraction); break;
    case 1: {
      int upper = luaL_checkint(L, 1);
      luaL_argcheck(L, 1 <= upper, 1, "interval is empty");
      lua_pushnumber(L, floor(fraction * upper) + 1);
      break;
    }
    case 2: {
      int lower = luaL_checkint(L, 1);
      int upper = luaL_checkint(L, 2);
      luaL_argcheck(L, lower <= upper, 2, "interval is empty");
      lua_pushnumber(L, floor(fraction * (int)((unsigned)upper - (unsigned)lower + 1)) + lower);
      break;
    }
    default: return luaL_error(L, "wrong number of arguments");
  }
  return 1;
}

static int math_randomseed(lua_State *L) {
  if (!running) return luaL_error(L, "math.randomseed can only be called inside a script invocation");
  random_state = ((uint64_t)(uint32_t)luaL_checkint(L, 1) << 16) | 0x330E;
  return 0;
}

/* ---------------------------------------------------------------- functions that a library registers */

static const char *const flag_names[] = {"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"};

/* Reads the array of flag names on top; -1 when one is unknown. */
static int read_flags(lua_State *L) {
  int flags = 0;
  for (int i = 1;; i++) {
    int found = 0;
    lua_pushnumber(L, i);
    lua_gettable(L, -2);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      return flags;
    }
    const char *name = lua_isstring(L, -1) ? lua_tostring(L, -1) : "";
    for (int f = 0; f < 5; f++) {
      if (strcasecmp(name, flag_names[f]) == 0) {
        flags |= 1 << f;
        found = 1;
      }
    }
    lua_pop(L, 1);
    if (!found) return -1;
  }
}

/* redis.register_function(name, callback) or ({function_name, callback, description, flags}) */
static int redis_register_function(lua_State *L) {
  if (!loading) return raise_error(L, "redis.register_function can only be called on FUNCTION LOAD command");
  int argc = lua_gettop(L), flags = 0, ref = LUA_NOREF;
  const char *error = NULL;
  if (argc < 1 || argc > 2) return raise_error(L, "wrong number of arguments to redis.register_function");
  int name = 0, description = 0; /* stack positions */
  if (argc == 2) {
    if (!lua_isstring(L, 1)) return raise_error(L, "first argument to redis.register_function must be a string");
    if (!lua_isfunction(L, 2)) return raise_error(L, "second argument to redis.register_function must be a function");
    lua_settop(L, 2);
    ref = luaL_ref(L, LUA_REGISTRYINDEX);
    name = 1;
  } else {
    if (!lua_istable(L, 1))
      return raise_error(L, "calling redis.register_function with a single argument is only applicable to Lua table "
                            "(representing named arguments).");
    lua_pushnil(L); /* 2: name */
    lua_pushnil(L); /* 3: description */
    lua_pushnil(L); /* the key to go on from */
    while (error == NULL && lua_next(L, 1)) {
      if (!lua_isstring(L, -2)) {
        error = "named argument key given to redis.register_function is not a string";
        break;
      }
      lua_pushvalue(L, -2);
      const char *key = lua_tostring(L, -1);
      if (strcasecmp(key, "function_name") == 0) {
        lua_pop(L, 1);
        if (lua_isstring(L, -1)) lua_replace(L, name = 2), lua_pushnil(L);
        else error = "function_name argument given to redis.register_function must be a string";
      } else if (strcasecmp(key, "description") == 0) {
        lua_pop(L, 1);
        if (lua_isstring(L, -1)) lua_replace(L, description = 3), lua_pushnil(L);
        else error = "description argument given to redis.register_function must be a string";
      } else if (strcasecmp(key, "callback") == 0) {
        lua_pop(L, 1);
        if (lua_isfunction(L, -1)) {
          luaL_unref(L, LUA_REGISTRYINDEX, ref);
          ref = luaL_ref(L, LUA_REGISTRYINDEX);
          lua_pushnil(L);
        } else {
          error = "callback argument given to redis.register_function must be a function";
        }
      } else if (strcasecmp(key, "flags") == 0) {
        lua_pop(L, 1);
        if (!lua_istable(L, -1)) error = "flags argument to redis.register_function must be a table representing function flags";
        else if ((flags = read_flags(L)) < 0) error = "unknown flag given";
      } else {
        error = "unknown argument given to redis.register_function";
      }
      lua_pop(L, 1);
    }
    if (error == NULL && name == 0) error = "redis.register_function must get a function name argument";
    if (error == NULL && ref == LUA_NOREF) error = "redis.register_function must get a callback argument";
    if (error != NULL) {
      luaL_unref(L, LUA_REGISTRYINDEX, ref);
      return raise_error(L, error);
    }
  }
  size_t length;
  const char *text = lua_tolstring(L, name, &length);
  out = 0;
  put_text(text, length);
  if (description) {
    text = lua_tolstring(L, description, &length);
    put_text(text, length);
  }
  int refused = host_register(ref, flags, description != 0);
  if (refused > 0) {
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    lua_pushlstring(L, io, (size_t)refused);
    return raise_error(L, lua_tostring(L, -1));
  }
  return 0;
}

/* ---------------------------------------------------------------- globals and their protection */

static const char *const allowed_globals[] = {
    "string",       "cjson",  "bit",      "cmsgpack", "math",     "table",  "struct", "redis",  "__redis__err__handler",
    "xpcall",       "tostring", "setmetatable", "next", "assert", "tonumber", "rawequal", "collectgarbage",
    "getmetatable", "rawset", "pcall",    "coroutine", "type",    "_G",     "select", "unpack", "gcinfo",
    "pairs",        "rawget", "loadstring", "ipairs", "_VERSION", "load",   "error",  "debug",  NULL};

/* __newindex of the globals while they are set up: keeps what scripts may see, drops the rest. */
static int keep_allowed(lua_State *L) {
  const char *name = lua_tostring(L, 2);
  for (const char *const *allowed = allowed_globals; *allowed; allowed++) {
    if (strcmp(*allowed, name) == 0) {
      lua_rawset(L, 1);
      break;
    }
  }
  return 0;
}

static int missing_global(lua_State *L) {
  if (lua_gettop(L) != 2) luaL_error(L, "Wrong number of arguments to luaProtectedTableError");
  if (!lua_isstring(L, -1) && !lua_isnumber(L, -1))
    luaL_error(L, "Second argument to luaProtectedTableError must be a string or number");
  return luaL_error(L, "Script attempted to access nonexistent global variable '%s'", lua_tostring(L, -1));
}

static void set_metamethod(lua_State *L, const char *event, lua_CFunction method) {
  lua_newtable(L);
  lua_pushcfunction(L, method);
  lua_setfield(L, -2, event);
  lua_setmetatable(L, -2);
}

/* Makes the table on top read-only, and every table that can be reached from it. */
static void protect_tables(lua_State *L) {
  if (lua_isreadonlytable(L, -1)) return;
  lua_enablereadonlytable(L, -1, 1);
  lua_checkstack(L, 2);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (lua_istable(L, -1)) protect_tables(L);
    lua_pop(L, 1);
  }
  if (lua_getmetatable(L, -1)) {
    protect_tables(L);
    lua_pop(L, 1);
  }
}

/* The metatables of strings, numbers and so on: only strings have one. */
static void protect_basic_types(lua_State *L) {
  lua_pushliteral(L, "");
  if (lua_getmetatable(L, -1)) {
    protect_tables(L);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void open_library(lua_State *L, const char *name, lua_CFunction open) {
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 0);
}

static void set_function(lua_State *L, const char *name, lua_CFunction function) {
  lua_pushstring(L, name);
  lua_pushcfunction(L, function);
  lua_settable(L, -3);
}
static void set_number(lua_State *L, const char *name, int number) {
  lua_pushstring(L, name);
  lua_pushnumber(L, number);
  lua_settable(L, -3);
}
static void set_log(lua_State *L) {
  set_function(L, "log", redis_log);
  set_number(L, "LOG_DEBUG", 0);
  set_number(L, "LOG_VERBOSE", 1);
  set_number(L, "LOG_NOTICE", 2);
  set_number(L, "LOG_WARNING", 3);
}
static void set_version(lua_State *L) {
  set_number(L, "REDIS_VERSION_NUM", 0x0007000f);
  lua_pushliteral(L, "REDIS_VERSION");
  lua_pushliteral(L, "7.0.15");
  lua_settable(L, -3);
}

static void set_api(lua_State *L) {
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  set_metamethod(L, "__newindex", keep_allowed);
  lua_pop(L, 1);
  open_library(L, "", luaopen_base);
  open_library(L, "table", luaopen_table);
  open_library(L, "string", luaopen_string);
  open_library(L, "math", luaopen_math);
  lua_pushboolean(L, 1); /* the debug library's place: it is taken out again before a script runs */
  lua_setglobal(L, "debug");
  open_library(L, "cjson", luaopen_cjson);
  open_library(L, "struct", luaopen_struct);
  open_library(L, "cmsgpack", luaopen_cmsgpack);
  open_library(L, "bit", luaopen_bit);
  lua_pushcfunction(L, global_pcall);
  lua_setglobal(L, "pcall");

  lua_newtable(L);
  set_function(L, "call", redis_call);
  set_function(L, "pcall", redis_pcall);
  set_log(L);
  set_version(L);
  set_function(L, "setresp", redis_setresp);
  set_function(L, "sha1hex", redis_sha1hex);
  set_function(L, "error_reply", redis_error_reply);
  set_function(L, "status_reply", redis_status_reply);
  set_function(L, "set_repl", redis_set_repl);
  set_number(L, "REPL_NONE", 0);
  set_number(L, "REPL_AOF", 1);
  set_number(L, "REPL_SLAVE", 2);
  set_number(L, "REPL_REPLICA", 2);
  set_number(L, "REPL_ALL", 3);
  set_function(L, "acl_check_cmd", redis_acl_check_cmd);
  lua_setglobal(L, "redis");

  lua_getglobal(L, "math");
  set_function(L, "random", math_random);
  set_function(L, "randomseed", math_randomseed);
  lua_setglobal(L, "math");
}

static void remove_debug(lua_State *L) {
  lua_pushnil(L);
  lua_setglobal(L, "debug");
}

static lua_State *new_state(void) {
  lua_State *L = lua_newstate(allocate, NULL);
  if (L == NULL) host_panic(0);
  lua_atpanic(L, panic);
  return L;
}

static void open_eval(void) {
  lua_State *L = states[EVAL] = new_state();
  set_api(L);
  lua_getglobal(L, "redis");
  set_function(L, "breakpoint", redis_breakpoint);
  set_function(L, "debug", redis_debug);
  set_function(L, "replicate_commands", redis_replicate_commands);
  lua_setglobal(L, "redis");
  remove_debug(L);
  lua_pushcfunction(L, error_handler);
  lua_setglobal(L, "__redis__err__handler");
  lua_pushcfunction(L, error_handler);
  handler_ref[EVAL] = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  set_metamethod(L, "__index", missing_global);
  protect_tables(L);
  lua_pop(L, 1);
  protect_basic_types(L);
}

static void open_function(void) {
  lua_State *L = states[FUNCTION] = new_state();
  set_api(L);
  /* While a library loads, its globals are only a small `redis`. */
  lua_newtable(L);
  lua_newtable(L);
  set_function(L, "register_function", redis_register_function);
  set_log(L);
  set_version(L);
  set_metamethod(L, "__index", missing_global);
  lua_setfield(L, -2, "redis");
  set_metamethod(L, "__index", missing_global);
  protect_tables(L);
  library_ref = luaL_ref(L, LUA_REGISTRYINDEX);

  remove_debug(L);
  lua_pushcfunction(L, error_handler);
  handler_ref[FUNCTION] = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  set_metamethod(L, "__index", missing_global);
  protect_tables(L);
  globals_ref = luaL_ref(L, LUA_REGISTRYINDEX);

  /* What functions see as their globals: an empty table whose metatable looks the real ones up. */
  lua_newtable(L);
  lua_newtable(L);
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  lua_setfield(L, -2, "__index");
  lua_enablereadonlytable(L, -1, 1);
  lua_setmetatable(L, -2);
  lua_enablereadonlytable(L, -1, 1);
  lua_replace(L, LUA_GLOBALSINDEX);
  protect_basic_types(L);
}

/* ---------------------------------------------------------------- running */

static void interrupt(lua_State *L, lua_Debug *where) {
  (void)where;
  if (!host_tick()) return;
  /* From now on every line raises the error, so that no pcall of the script can swallow it. */
  lua_sethook(L, interrupt, LUA_MASKLINE, 0);
  raise_error(L, loading ? "FUNCTION LOAD timeout" : "Script killed by user with SCRIPT KILL...");
}

/* Opens both states afresh, or only the one for EVAL (SCRIPT FLUSH). */
EXPORT("open") void open_states(int only_eval) {
  reserve(65536);
  if (states[EVAL]) lua_close(states[EVAL]);
  open_eval();
  if (only_eval) return;
  if (states[FUNCTION]) lua_close(states[FUNCTION]);
  open_function();
}

/* Opens the state for functions afresh (FUNCTION FLUSH). */
EXPORT("open_functions") void open_functions(void) {
  if (states[FUNCTION]) lua_close(states[FUNCTION]);
  open_function();
}

/* Compiles the text at the start of the buffer: a reference to run, or 0 with the compiler's message as a text. */
EXPORT("compile") int compile(int length) {
  lua_State *L = states[EVAL];
  if (luaL_loadbuffer(L, io, (size_t)length, "@user_script")) {
    const char *text = lua_tostring(L, -1);
    out = 0;
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

/* The text of a field of the error table on top, or NULL; what was pushed stays. */
static const char *field_text(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  const char *text = lua_isstring(L, -1) ? lua_tostring(L, -1) : NULL;
  lua_insert(L, -2);
  return text;
}

/* Writes the error on top as a reply: 'CODE message script: <name>, on <source>:<line>.' */
static void put_failure(lua_State *L, const char *name, size_t name_length) {
  int top = lua_gettop(L);
  lua_pushlstring(L, name, name_length);
  name = lua_tostring(L, -1);
  lua_insert(L, -2);
  if (!lua_istable(L, -1)) {
    const char *text = lua_isstring(L, -1) ? lua_tostring(L, -1) : "execution failure";
    char cut[101];
    snprintf(cut, sizeof cut, "%s", text);
    put_line(ERROR, lua_pushfstring(L, "ERR Error running script %s, %s", name, cut));
  } else {
    const char *message = field_text(L, "err");
    const char *source = field_text(L, "source");
    const char *line = field_text(L, "line");
    if (message == NULL) message = "ERR unknown error";
    if (source && line) message = lua_pushfstring(L, "%s script: %s, on %s:%s.", message, name, source, line);
    put_line(ERROR, message);
  }
  lua_settop(L, top - 1);
}

/* Runs a compiled script (EVAL) or a registered function. In the buffer: its name, then keys, then args. At the
 * buffer's start it leaves the protocol version that the script chose, then the reply. */
EXPORT("run") void run(int state, int ref, int nkeys, int nargs, int resp) {
  static int since_collection = 0;
  lua_State *L = states[state];
  char name[512];
  size_t at = 0, name_length;
  const char *text = take_text(&at, &name_length);
  if (name_length > sizeof name) name_length = sizeof name;
  memcpy(name, text, name_length);
  script_resp = resp;
  running = 1;
  lua_rawgeti(L, LUA_REGISTRYINDEX, handler_ref[state]);
  lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
  lua_sethook(L, interrupt, LUA_MASKCOUNT, 100000);
  push_texts(L, nkeys, &at);
  if (state == EVAL) set_script_global(L, "KEYS");
  push_texts(L, nargs, &at);
  if (state == EVAL) set_script_global(L, "ARGV");
  int failed = state == EVAL ? lua_pcall(L, 0, 1, -2) : lua_pcall(L, 2, 1, -4);
  if (++since_collection == 50) {
    lua_gc(L, LUA_GCSTEP, 50);
    since_collection = 0;
  }
  out = 0;
  put_word((uint32_t)script_resp);
  if (failed) put_failure(L, name, name_length);
  else put_reply(L);
  lua_sethook(L, NULL, 0, 0);
  lua_settop(L, 0);
  running = 0;
}

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
  out = 0;
  if (problem) put_text(problem, strlen(problem));
  set_library_globals(L, globals_ref);
  lua_settop(L, 0);
  return problem == NULL;
}

/* Bytes that a state holds. */
EXPORT("used") int used(int state) {
  return lua_gc(states[state], LUA_GCCOUNT, 0) * 1024 + lua_gc(states[state], LUA_GCCOUNTB, 0);
}

/* ---------------------------------------------------------------- a C library without files */

int fputs(const char *restrict text, FILE *restrict file) { return (void)text, (void)file, 0; }
int fprintf(FILE *restrict file, const char *restrict format, ...) { return (void)file, (void)format, 0; }
int vfprintf(FILE *restrict file, const char *restrict format, va_list args) {
  return (void)file, (void)format, (void)args, 0;
}
_Noreturn void exit(int status) {
  (void)status;
  host_panic(0);
}
