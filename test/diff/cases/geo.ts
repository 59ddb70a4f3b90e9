import type { Cases } from '../script.ts'

const CITIES =
  'GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2'

export const cases: Cases = {
  'adding positions': `
    ${CITIES}
    GEOADD g 13.361389 38.115556 Palermo
    GEOADD g CH 13.4 38.1 Palermo
    GEOADD g NX 1 1 Palermo 2 2 new
    GEOADD g XX CH 3 3 new 4 4 nosuch
    GEOADD g NX XX 1 1 a
    GEOADD g 1 1
    GEOADD g 1 1 a 2
    GEOADD g x 1 a
    GEOADD g 181 1 a
    GEOADD g 1 86 a
    GEOADD g -1e300 0.5 a
    GEOADD g CH
    ZSCORE g Palermo
    ZRANGE g 0 -1 WITHSCORES
    GEOADD g 0 0 zero -180 -85.05112878 corner 180 85.05112878 other
    GEOPOS g zero corner other nosuch
    GEOHASH g zero corner other nosuch
    GEOPOS missing a
    GEOHASH missing a
    GEOPOS g
    GEOHASH g
  `,
  distances: `
    ${CITIES}
    GEODIST g Palermo Catania
    GEODIST g Palermo Catania km
    GEODIST g Palermo Catania MI
    GEODIST g Palermo Catania ft
    GEODIST g Palermo Palermo
    GEODIST g Palermo nosuch
    GEODIST missing a b
    GEODIST g Palermo Catania parsec
    GEODIST g Palermo Catania km x
  `,
  'searching in a circle': `
    ${CITIES}
    GEORADIUS g 15 37 200 km
    GEORADIUS g 15 37 200 km ASC
    GEORADIUS g 15 37 200 km DESC WITHDIST WITHCOORD WITHHASH
    GEORADIUS g 15 37 500 km COUNT 2
    GEORADIUS g 15 37 500 km COUNT 2 ANY
    GEORADIUS g 15 37 500 km COUNT 2 DESC
    GEORADIUS g 15 37 0 m
    GEORADIUS missing 15 37 200 km
    GEORADIUS g 15 37 200 parsec
    GEORADIUS g 15 37 x km
    GEORADIUS g 15 37 -1 km
    GEORADIUS g 200 37 1 km
    GEORADIUS g 15 37 200 km COUNT 0
    GEORADIUS g 15 37 200 km COUNT x
    GEORADIUS g 15 37 200 km COUNT
    GEORADIUS g 15 37 200 km ANY
    GEORADIUS g 15 37 200 km NOSUCH
    GEORADIUS_RO g 15 37 200 km ASC
    GEORADIUS_RO g 15 37 200 km STORE d
    GEORADIUSBYMEMBER g Palermo 200 km ASC
    GEORADIUSBYMEMBER g nosuch 200 km
    GEORADIUSBYMEMBER missing nosuch x parsec
    GEORADIUSBYMEMBER_RO g Palermo 100 km WITHDIST
    GEORADIUSBYMEMBER_RO g Palermo 100 km STORE d
    GEORADIUS g 15 37 200 km STORE d
    ZRANGE d 0 -1 WITHSCORES
    GEORADIUS g 15 37 200 km STOREDIST d
    ZRANGE d 0 -1
    GEORADIUS g 15 37 200 km STORE d WITHDIST
    GEORADIUS missing 15 37 200 km STORE d
    EXISTS d
    GEORADIUS g 15 37 1 m STORE d
  `,
  GEOSEARCH: `
    ${CITIES}
    GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHCOORD WITHDIST
    GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC
    GEOSEARCH g BYRADIUS 200 km FROMMEMBER Palermo DESC WITHHASH
    GEOSEARCH g FROMMEMBER nosuch BYRADIUS 200 km
    GEOSEARCH missing FROMMEMBER nosuch BYRADIUS 200 km
    GEOSEARCH g FROMMEMBER Palermo
    GEOSEARCH g BYRADIUS 200 km
    GEOSEARCH g FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 km
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 km BYBOX 1 1 km
    GEOSEARCH g FROMLONLAT 15 37 BYBOX -1 1 km
    GEOSEARCH g FROMLONLAT 15 37 BYBOX x 1 km
    GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 x km
    GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 parsec
    GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 km STOREDIST
    geosearch g FROMLONLAT 15 37
    GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km ASC COUNT 3
    ZRANGE d 0 -1 WITHSCORES
    GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km STOREDIST
    ZRANGE d 0 -1
    GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 1 km WITHDIST
    GEOSEARCHSTORE d missing FROMLONLAT 15 37 BYRADIUS 1 km
    EXISTS d
  `,
  'wrong types': `
    SET s x
    GEOADD s 1 1 a
    GEODIST s a b
    GEOPOS s a
    GEORADIUS s x y z km
    GEOSEARCH s NOSUCH x y z w
    GEORADIUS g 1 1
  `,
  'positions that are none': `
    GEOADD g -0 9007199254740993 a
    GEOADD g -0.5 -100 a
    GEOADD g 200 0.9999999 a
    GEOADD g 1e30 -1e30 a
    GEOADD g inf 1 a
    GEOADD g 180.0078125 -86.0078125 a
  `,
}

export const templates: readonly string[] = [
  'GEOADD <key> 13.36 38.11 <value> 15.08 37.5 <value>',
  'GEODIST <key> <value> <value> km',
  'GEOPOS <key> <value>',
  'GEORADIUS <key> 15 37 200 km ASC',
]
