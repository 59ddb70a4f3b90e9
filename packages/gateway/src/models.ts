export type Models = Readonly<Record<string, object>>
