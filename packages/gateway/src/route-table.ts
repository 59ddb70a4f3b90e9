// The whole route table. The router and the OpenAPI document are made from it.

import type { Gateway } from './gateway.ts'
import { modelChangeRoutes } from './model-changes.ts'
import { modelRoutes } from './models.ts'
import { apiKeyRoutes } from './resources/api-keys.ts'
import { commandRoutes } from './resources/commands.ts'
import { dbxRoutes } from './resources/dbx.ts'
import { geoRoutes } from './resources/geo.ts'
import { hashRoutes } from './resources/hashes.ts'
import { keyRoutes } from './resources/keys.ts'
import { listRoutes } from './resources/lists.ts'
import { pubsubRoutes } from './resources/pubsub.ts'
import { referenceRoutes } from './resources/reference.ts'
import { scriptRoutes } from './resources/scripts.ts'
import { serverRoutes } from './resources/server.ts'
import { setRoutes } from './resources/sets.ts'
import { sortedSetRoutes } from './resources/sorted-sets.ts'
import { streamRoutes } from './resources/streams.ts'
import { stringRoutes } from './resources/strings.ts'
import type { Handler, Route } from './routes.ts'
import { upstashRoutes } from './upstash.ts'

export function allRoutes(gateway: Gateway): readonly Route<Handler>[] {
  const { models } = gateway
  const table: readonly Route<Handler>[] = [
    ...referenceRoutes(() => table, models?.specs ?? [], gateway.options.publicUrl),
    ...commandRoutes,
    ...stringRoutes,
    ...hashRoutes,
    ...listRoutes,
    ...setRoutes,
    ...sortedSetRoutes,
    ...streamRoutes,
    ...geoRoutes,
    ...keyRoutes,
    ...scriptRoutes(gateway.connections.own),
    ...pubsubRoutes,
    ...serverRoutes,
    ...apiKeyRoutes(gateway.keys, () => gateway.authenticator.forget()),
    ...upstashRoutes({
      secret: gateway.secret,
      checkAclUser: (user) => gateway.connections.checkAclUser(user),
      monitor: async (user) => (await gateway.connections.of(gateway.connections.database, false, user)).monitor(),
    }),
    ...dbxRoutes,
    ...(models === undefined ? [] : [...modelChangeRoutes(models), ...modelRoutes(models)]),
  ]
  return table
}
