/* The two states: what their globals are, and that scripts cannot change them. */
#include "vm.h"

#include <stdlib.h>
#include <string.h>

lua_State *states[STATES];
int handler_ref[STATES];
int library_ref, globals_ref;

int luaopen_cjson(lua_State *L);
int luaopen_struct(lua_State *L);
int luaopen_cmsgpack(lua_State *L);
int luaopen_bit(lua_State *L);

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

  set_redis_table(L);
  set_random(L);
  set_coroutines(L);
}

static void remove_debug(lua_State *L) {
  lua_pushnil(L);
  lua_setglobal(L, "debug");
}

/* An error outside of any protected call: the state cannot be used any more. */
static int panic(lua_State *L) {
  size_t length = 0;
  const char *text = lua_isstring(L, -1) ? lua_tolstring(L, -1, &length) : "";
  rewind_output();
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

static lua_State *new_state(void) {
  lua_State *L = lua_newstate(allocate, NULL);
  if (L == NULL) host_panic(0);
  lua_atpanic(L, panic);
  return L;
}

void open_eval(void) {
  lua_State *L = states[EVAL] = new_state();
  set_api(L);
  set_eval_functions(L);
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

void open_function(void) {
  lua_State *L = states[FUNCTION] = new_state();
  set_api(L);
  /* While a library loads, its globals are only a small `redis`. */
  lua_newtable(L);
  lua_newtable(L);
  set_register_function(L);
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
