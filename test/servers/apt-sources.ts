// Reads the package sources that a Debian or Ubuntu machine is configured with, and writes the same archives for other
// suites. Pure: text in, text out. No archive is named here; every address is the machine's own.

export interface AptSource {
  readonly uri: string
  readonly suite: string
  readonly components: readonly string[]
  /** `Signed-By` and `Trusted` as configured, when they are. */
  readonly signedBy?: string
  readonly trusted?: string
}

/** The `deb` entries of a deb822 file (`*.sources`), one per address and suite. Disabled stanzas are left out. */
export function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>()
    let last = ''
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#') || line.trim() === '') continue
      if (/^\s/.test(line)) {
        fields.set(last, `${fields.get(last) ?? ''}\n${line}`)
        continue
      }
      const colon = line.indexOf(':')
      last = line.slice(0, colon).trim().toLowerCase()
      fields.set(last, line.slice(colon + 1).trim())
    }
    const words = (name: string): string[] => (fields.get(name) ?? '').split(/\s+/).filter(Boolean)
    if (!words('types').includes('deb') || /^(no|false)$/i.test(fields.get('enabled') ?? '')) return []
    const signedBy = fields.get('signed-by')
    const trusted = fields.get('trusted')
    return words('uris').flatMap((uri) =>
      words('suites').map((suite) => ({
        uri,
        suite,
        components: words('components'),
        ...(signedBy ? { signedBy } : {}),
        ...(trusted ? { trusted } : {}),
      })),
    )
  })
}

/** The `deb` lines of a one-line file (`sources.list`, `*.list`). */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((raw) => {
    const line = raw.replace(/#.*/, '').trim()
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line)
    if (match === null) return []
    const options = new Map((match[1] ?? '').split(/\s+/).map((option) => option.split('=', 2) as [string, string]))
    const signedBy = options.get('signed-by')
    const trusted = options.get('trusted')
    return [
      {
        uri: match[2]!,
        suite: match[3]!,
        components: match[4]!.trim().split(/\s+/),
        ...(signedBy ? { signedBy } : {}),
        ...(trusted ? { trusted } : {}),
      },
    ]
  })
}

/**
 * A deb822 text with `suites` of every archive that `sources` uses for `codename` itself. Archives of other kinds
 * (a vendor's own repository) do not have these suites and are left out; so are the machine's own pins and variants.
 */
export function sourcesFor(sources: readonly AptSource[], codename: string, suites: readonly string[]): string {
  const archives = sources.filter((source) => source.suite === codename)
  return archives
    .map((source) =>
      [
        'Types: deb',
        `URIs: ${source.uri}`,
        `Suites: ${suites.join(' ')}`,
        `Components: ${source.components.join(' ')}`,
        ...(source.signedBy ? [`Signed-By: ${source.signedBy}`] : []),
        ...(source.trusted ? [`Trusted: ${source.trusted}`] : []),
        '',
      ].join('\n'),
    )
    .join('\n')
}
