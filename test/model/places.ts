// What the interpreter reads of places on a sphere: about what Redis reads, which rounds positions to 52 bits.
export type Place = readonly [longitude: number, latitude: number]

export function readPlaces(fn: string, places: ReadonlyMap<string, Place>, args: readonly unknown[]): unknown {
  if (fn === 'geoPosition') return places.get(args[0] as string) ?? null
  if (fn === 'geoDistance') {
    const [a, b] = args.map((member) => places.get(member as string))
    return a && b ? metres(a, b) : null
  }
  const [longitude, latitude, radius] = args as [number, number, number]
  const from = (member: string) => metres([longitude, latitude], places.get(member)!)
  return [...places.keys()].filter((member) => from(member) <= radius).sort((a, b) => from(a) - from(b))
}

/** On a sphere of the radius that Redis uses. */
function metres([lon1, lat1]: Place, [lon2, lat2]: Place): number {
  const rad = Math.PI / 180
  const u = Math.sin(((lat2 - lat1) * rad) / 2)
  const v = Math.sin(((lon2 - lon1) * rad) / 2)
  return 2 * 6_372_797.560856 * Math.asin(Math.sqrt(u * u + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * v * v))
}
