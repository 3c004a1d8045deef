/** Reads where a machine gets its Debian packages from, in both formats of `sources.list(5)`. Pure. */

/** One archive, one or more suites of it. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** The entries for binary packages of `*.list`: `deb [options] uri suite components…`. */
export function parseOneLine(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [, uri, suite, rest] = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line) ?? [];
    return uri === undefined || suite === undefined
      ? []
      : [{ uri, suites: [suite], components: words(rest) }];
  });
}

/** The entries for binary packages of `*.sources` (deb822): stanzas of `Key: value`, continued by lines that begin with a blank. */
export function parseStanzas(text: string): readonly AptSource[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const keys = new Map(
        [...stanza.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm)].map(([, key = '', value = '']) => [
          key.toLowerCase(),
          words(value),
        ]),
      );
      if (!keys.get('types')?.includes('deb') || keys.get('enabled')?.[0] === 'no') return [];
      const suites = keys.get('suites') ?? [];
      const components = keys.get('components') ?? [];
      return (keys.get('uris') ?? []).map((uri) => ({ uri, suites, components }));
    });
}

/** What a Debian 12 gets its packages from: the machine's own entries of that release, one line each. */
export function bookwormLines(sources: readonly AptSource[], mirror: string): readonly string[] {
  const lines = sources.flatMap(({ uri, suites, components }) =>
    suites
      .filter((suite) => /^bookworm(-updates|-security)?$/.test(suite) && components.includes('main'))
      .map((suite) => `deb ${uri} ${suite} main`),
  );
  const own = `deb ${mirror} bookworm main`;
  return [...new Set([own, ...lines])];
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter(Boolean);
}
