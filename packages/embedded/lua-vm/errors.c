/* Errors as Redis 7 has them in scripts: tables with the text in `err` and the place in `source` and `line`. */
#include "vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pushes {err = 'CODE message'}. A text that starts with '-' brings its code, any other gets ERR. */
void push_error(lua_State *L, const char *text) {
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

int raise_error(lua_State *L, const char *text) {
  push_error(L, text);
  return lua_error(L);
}

/* What pcall's error handler does: makes a table of any error and notes where it was raised. */
int error_handler(lua_State *L) {
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

/* The text of a field of the error table on top, or NULL; what was pushed stays. */
const char *field_text(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  const char *text = lua_isstring(L, -1) ? lua_tostring(L, -1) : NULL;
  lua_insert(L, -2);
  return text;
}

/* Writes the error on top as a reply: 'CODE message script: <name>, on <source>:<line>.' */
void put_failure(lua_State *L, const char *name, size_t name_length) {
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
