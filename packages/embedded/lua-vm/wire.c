/* The buffer between the machine and its host, replies to Lua values, and Lua values to replies. */
#include "vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *io;
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

char *append(size_t size) {
  size_t at = out;
  out += (size + 3) & ~(size_t)3;
  if (out > io_size) reserve(out);
  return io + at;
}

/* The next write starts at the buffer's start again. */
void rewind_output(void) { out = 0; }

void put_word(uint32_t word) { memcpy(append(4), &word, 4); }
void put_text(const char *text, size_t length) {
  put_word((uint32_t)length);
  memcpy(append(length), text, length);
}

uint32_t take_word(size_t *at) {
  uint32_t word;
  memcpy(&word, io + *at, 4);
  *at += 4;
  return word;
}
const char *take_text(size_t *at, size_t *length) {
  *length = take_word(at);
  const char *text = io + *at;
  *at += (*length + 3) & ~(size_t)3;
  return text;
}

/* ---- replies to Lua values ---- */

void push_value(lua_State *L, size_t *at) {
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

/* ---- Lua values to replies ---- */

/* A line of the protocol: the text up to its first NUL, without line breaks. */
void put_line(enum tag tag, const char *text) {
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
void put_reply(lua_State *L) {
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
