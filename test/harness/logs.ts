/** Keeps the logs of the processes of a test until it is known whether it passed. */

const kept: { readonly name: string; readonly text: () => string }[] = [];

/** Remembers a process's log. */
export function keepLog(name: string, text: () => string): void {
  kept.push({ name, text });
}

/** The last lines of every log since the last call, and forgets them. */
export function takeLogs(lines = 60): string {
  return kept
    .splice(0)
    .map((log) => `--- ${log.name}\n${log.text().trimEnd().split('\n').slice(-lines).join('\n')}\n`)
    .join('');
}
