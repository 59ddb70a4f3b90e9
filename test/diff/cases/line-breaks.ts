import type { Cases } from '../script.ts'

// Line breaks in whatever a client may send stay out of lines of the protocol.
export const cases: Cases = {
  'in names, options and values': `
    FUNCTION DELETE "a\\r\\nb"
    FUNCTION LIST LIBRARYNAME "a\\r\\n"
    FUNCTION RESTORE "a\\r\\n" "x\\r\\n"
    SCRIPT "LO\\r\\nAD" x
    CONFIG SET "a\\r\\nb" x
    CONFIG SET maxmemory "a\\r\\nb"
    CONFIG SET maxmemory-policy "a\\r\\nb"
    CONFIG GET "a\\r\\nb"
    "GE\\r\\nT" k
    "GE\\r\\nT\\r\\n" "k\\r\\n" "\\n\\n"
    GET "a\\r\\n" "b\\r\\n"
    CLIENT "a\\r\\nb"
    CLIENT SETNAME "a\\r\\nb"
    CLIENT KILL "a\\r\\nb"
    CLIENT KILL TYPE "a\\r\\nb"
    CLIENT KILL USER "a\\r\\nb"
    CLIENT LIST TYPE "a\\r\\nb"
    ACL SETUSER "a\\r\\nb"
    ACL SETUSER x "+a\\r\\nb"
    ACL SETUSER x "(+a\\r\\nb"
    ACL SETUSER x "a\\r\\nb"
    ACL SETUSER x "a\\r\\nb\\r\\n"
    ACL GETUSER "a\\r\\nb"
    ACL CAT "a\\r\\nb"
    ACL DRYRUN "a\\r\\nb" get
    ACL DRYRUN default "a\\r\\nb"
    ACL "a\\r\\nb" x
    ACL DELUSER x
    OBJECT "a\\r\\nb" k
    DEBUG "a\\r\\nb"
    DEBUG ERROR "a\\r\\nb"
    LATENCY "a\\r\\nb"
    LATENCY HISTORY "a\\r\\nb"
    MEMORY "a\\r\\nb"
    PUBSUB "a\\r\\nb"
    XGROUP "a\\r\\nb" k g
    XADD "k\\r\\n" * a
    XINFO "a\\r\\nb" k
    XGROUP CREATE s "g\\r\\n" 0 MKSTREAM
    XREADGROUP GROUP "x\\r\\n" c STREAMS s >
    XREADGROUP GROUP "x\\r\\n" c STREAMS "s\\r\\n" >
    XCLAIM s "x\\r\\n" c 0 0
    XGROUP SETID s "x\\r\\n" 0
    XGROUP CREATECONSUMER s "x\\r\\n" c
    XINFO CONSUMERS s "x\\r\\n"
    XPENDING s "x\\r\\n"
    XAUTOCLAIM s "x\\r\\n" c 0 0
    GEORADIUS g 1 2 3 "m\\r\\n"
    SORT l "a\\r\\nb"
    HELLO "3\\r\\n"
    HELLO 3 AUTH "a\\r\\n" b
    HELLO 3 "a\\r\\n"
    HELLO 3 SETNAME "a\\r\\n"
    AUTH "a\\r\\n" b
    MODULE "a\\r\\nb"
    CLUSTER "a\\r\\nb"
    COMMAND "a\\r\\nb"
    COMMAND LIST FILTERBY "x\\r\\n" y
    SLOWLOG "a\\r\\nb"
    FAILOVER "a\\r\\n"
    REPLICAOF "a\\r\\n" "b\\r\\n"
    SWAPDB "a\\r\\n" 0
    SELECT "1\\r\\n"
    PFDEBUG "a\\r\\n" k
  `,
  'in what scripts return and raise': `
    EVAL "return redis.error_reply('a\\\\r\\\\nb')" 0
    EVAL "return redis.error_reply('MY a\\\\r\\\\n')" 0
    EVAL "return redis.status_reply('a\\\\r\\\\n+b')" 0
    EVAL "return {ok='a\\\\r\\\\n:1\\\\r\\\\n'}" 0
    EVAL "return {err='a\\\\r\\\\n:1\\\\r\\\\n'}" 0
    EVAL "return {err='\\\\n'}" 0
    EVAL "return {err=''}" 0
    EVAL "return {ok=''}" 0
    EVAL "return {err=5}" 0
    EVAL "return {ok=5}" 0
    EVAL "error('x\\\\r\\\\ny')" 0
    EVAL "error({err='x\\\\r\\\\ny'})" 0
    EVAL "error({err='x\\\\r\\\\ny\\\\r\\\\n'})" 0
    EVAL "error()" 0
    EVAL "error(5)" 0
    EVAL "redis.call('nosuch\\\\r\\\\n+INJ')" 0
    EVAL "return redis.pcall('nosuch\\\\r\\\\n+INJ')" 0
    EVAL "return redis.pcall('get')" 0
    EVAL "return redis.pcall('DEBUG','ERROR','x\\\\r\\\\n+y')" 0
    EVAL "return {{err='a\\\\r\\\\nb'},{ok='c\\\\r\\\\nd'}}" 0
    EVAL "return {{err='a\\\\nb'},{ok='c\\\\nd'}}" 0
    EVAL "redis.setresp(3); return {big_number='123\\\\r\\\\n+INJ'}" 0
    EVAL "redis.setresp(3); return {double=1.5}" 0
    EVAL "redis.setresp(3); return {verbatim_string={format='txt',string='a\\\\r\\\\nb'}}" 0
    EVAL "redis.setresp(3); return {verbatim_string={format='t\\\\r\\\\n',string='a\\\\r\\\\nb'}}" 0
    EVAL "redis.setresp(3); return {verbatim_string={format='toolong',string='ab'}}" 0
    EVAL "redis.setresp(3); return {verbatim_string={format='x',string='ab'}}" 0
    EVAL "redis.setresp(3); return {verbatim_string={format='',string='ab'}}" 0
    EVAL "redis.setresp(3); return {verbatim_string={string='ab'}}" 0
    EVAL "redis.setresp(3); return {big_number=''}" 0
    EVAL "redis.setresp(3); return {map={['a\\\\r\\\\n']='b\\\\r\\\\n'}}" 0
    EVAL "redis.setresp(3); return {set={['a\\\\r\\\\n']=true}}" 0
    EVAL "return '\\\\r\\\\n'" 0
    EVAL "redis.log(1,'a\\\\r\\\\n')" 0
    EVAL "local t = {} t['a\\\\r\\\\nb']() " 0
    EVAL "a\\\\r\\\\nb" 0
    EVAL "assert(false, 'a\\\\r\\\\nb')" 0
    EVAL "local x = 'a\\\\r\\\\nb' + 1" 0
    EVAL "return cjson.decode('a\\\\r\\\\nb')" 0
    EVAL "return cjson.decode('[1,\\"a\\\\r\\\\nb')" 0
    EVAL "return cmsgpack.unpack('\\\\r\\\\n')" 0
    EVAL "return struct.unpack('\\\\r\\\\n', 'a')" 0
    EVAL "return redis.setresp('\\\\r\\\\n')" 0
    EVAL "return redis.acl_check_cmd('\\\\r\\\\n')" 0
    EVAL "return _G['a\\\\r\\\\nb']" 0
    EVAL "a\\r\\n+b" 0
    EVAL "#!lua\\r\\nreturn 1" 0
    EVAL "#!lua name=\\r\\n" 0
    EVAL "#!x\\r\\nreturn 1" 0
    FCALL "a\\r\\n+b" 0
    FUNCTION LOAD "#!lua name=a\\rb\\nreturn 1"
    FUNCTION LOAD "#!lua name=\\"a\\\\r\\\\nb\\"\\nreturn 1"
    FUNCTION LOAD "#!l\\\\r\\\\nua name=x\\nreturn 1"
    FUNCTION LOAD "#!lua name=x\\nredis.register_function('a\\\\r\\\\nb', function() end)"
    FUNCTION LOAD "#!lua name=x\\nredis.register_function{function_name='ab',callback=function() end,flags={'x\\\\r\\\\ny'}}"
    FUNCTION LOAD "#!lua name=x\\nredis.register_function{['a\\\\r\\\\nb']=1}"
    FUNCTION LOAD "#!lua name=x\\nerror('a\\\\r\\\\nb')"
    FUNCTION LOAD "#!lua name=x\\nerror({err='a\\\\r\\\\nb'})"
  `,
}

export const templates: readonly string[] = []
