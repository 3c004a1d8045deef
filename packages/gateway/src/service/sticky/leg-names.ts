/** How cookies name the legs of a weighted service. */
import type { QName } from '../../model/model.ts';

interface Leg {
  readonly key: string;
  readonly service: { readonly name: QName };
}

/** The leg's key makes the cookie; names as Traefik's configuration may have them are understood where only one leg has them. */
export function namesOfLegs(legs: readonly Leg[]): readonly (readonly string[])[] {
  const count = new Map<string, number>();
  const names = legs.map(({ key, service: { name } }) => [
    ...new Set([key, name[0], `${name[0]}@${name[1]}`]),
  ]);
  for (const name of names.flat()) count.set(name, (count.get(name) ?? 0) + 1);
  return names.map(([key, ...others]) => [key as string, ...others.filter((name) => count.get(name) === 1)]);
}
