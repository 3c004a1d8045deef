/** Reads the alternative names of a certificate as Node writes them. */

/** Node writes `DNS:a, URI:"JSON string"`: names that hold commas or quotes are JSON, so that no name can pass for two. */
export function alternativeNames(text: string): (kind: string) => readonly string[] {
  const found = [...text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)/g)].map(
    ([, kind, value]) => [kind, value!.startsWith('"') ? (JSON.parse(value!) as string) : value!] as const,
  );
  return (wanted) => found.filter(([kind]) => kind === wanted).map(([, value]) => value);
}
