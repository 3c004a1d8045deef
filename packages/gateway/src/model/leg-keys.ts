/** Names the legs of a weighted service so that no two are alike. */
import type { QName } from './model.ts';

/** The service's own name; with its provider where two would be alike; numbered where that is not enough. */
export function legKeys(services: readonly QName[]): readonly string[] {
  const count = new Map<string, number>();
  for (const [name] of services) count.set(name, (count.get(name) ?? 0) + 1);
  const used = new Set<string>();
  return services.map(([name, provider]) => {
    const base = count.get(name) === 1 ? name : `${name}@${provider}`;
    let key = base;
    for (let n = 2; used.has(key); n++) key = `${base}#${n}`;
    used.add(key);
    return key;
  });
}
