// Shell blocks: what is typed and what the page says comes out of it.

export interface ShellSession {
  /** What bash is given. */
  readonly script: string
  /** What it prints, line by line; `...` alone on a line stands for any lines. Undefined: anything. */
  readonly output: readonly string[] | undefined
}

/** A `sh` block is a script. In a `console` block commands stand behind `$ `, and behind `> ` when they go on. */
export function shellSession(language: string, code: string): ShellSession {
  if (language === 'sh') return { script: code, output: undefined }
  const lines = code.split('\n')
  const script = lines.filter((line) => /^[$>] /.test(line)).map((line) => line.slice(2))
  return { script: script.join('\n'), output: lines.filter((line) => !/^[$>] /.test(line)) }
}

/** Whether the lines printed are those expected. Space at the end of a line and empty lines at the end do not count. */
export function isOutput(actual: string, expected: readonly string[]): boolean {
  const clean = (lines: readonly string[]): string[] => {
    const trimmed = lines.map((line) => line.trimEnd())
    while (trimmed.at(-1) === '') trimmed.pop()
    return trimmed
  }
  const pattern = clean(expected).map((line) =>
    line.trim() === '...' ? '(?:.*\\n)*?' : `${line.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}\\n`,
  )
  return new RegExp(`^${pattern.join('')}$`).test(`${clean(actual.split('\n')).join('\n')}\n`)
}
