/* What scripts call: the `redis` table, pcall, and the random numbers of Redis. */
#include "vm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int running;
int loading;
int script_resp;

/* Writes a call's arguments and pops them. 0 after pushing an error: none, or one that is no string or number. */
static int put_arguments(lua_State *L) {
  int argc = lua_gettop(L);
  if (argc == 0) {
    push_error(L, "Please specify at least one argument for this redis lib call");
    return 0;
  }
  rewind_output();
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
int global_pcall(lua_State *L) {
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
  rewind_output();
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

/* ---- math.random: lrand48, seeded once ---- */

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

/* ---- coroutines: the thread of a script is none ---- */

static int coroutine_yield(lua_State *L) {
  if (!is_script_thread(L)) return lua_yield(L, lua_gettop(L));
  lua_pushliteral(L, "attempt to yield across metamethod/C-call boundary");
  return lua_error(L);
}

static int coroutine_running(lua_State *L) {
  if (lua_pushthread(L) || is_script_thread(L)) lua_pushnil(L);
  return 1;
}

/* ---- functions that a library registers ---- */

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
  rewind_output();
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

/* ---- the tables that hold all this; their order shows in pairs() ---- */

void set_function(lua_State *L, const char *name, lua_CFunction function) {
  lua_pushstring(L, name);
  lua_pushcfunction(L, function);
  lua_settable(L, -3);
}
static void set_number(lua_State *L, const char *name, int number) {
  lua_pushstring(L, name);
  lua_pushnumber(L, number);
  lua_settable(L, -3);
}
void set_log(lua_State *L) {
  set_function(L, "log", redis_log);
  set_number(L, "LOG_DEBUG", 0);
  set_number(L, "LOG_VERBOSE", 1);
  set_number(L, "LOG_NOTICE", 2);
  set_number(L, "LOG_WARNING", 3);
}
void set_version(lua_State *L) {
  set_number(L, "REDIS_VERSION_NUM", 0x0007000f);
  lua_pushliteral(L, "REDIS_VERSION");
  lua_pushliteral(L, "7.0.15");
  lua_settable(L, -3);
}

void set_redis_table(lua_State *L) {
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
}

/* What EVAL has and functions have not. */
void set_eval_functions(lua_State *L) {
  lua_getglobal(L, "redis");
  set_function(L, "breakpoint", redis_breakpoint);
  set_function(L, "debug", redis_debug);
  set_function(L, "replicate_commands", redis_replicate_commands);
  lua_setglobal(L, "redis");
}

/* What `redis` has while a library loads. */
void set_register_function(lua_State *L) { set_function(L, "register_function", redis_register_function); }

void set_coroutines(lua_State *L) {
  lua_getglobal(L, "coroutine");
  set_function(L, "yield", coroutine_yield);
  set_function(L, "running", coroutine_running);
  lua_setglobal(L, "coroutine");
}

void set_random(lua_State *L) {
  lua_getglobal(L, "math");
  set_function(L, "random", math_random);
  set_function(L, "randomseed", math_randomseed);
  lua_setglobal(L, "math");
}
