/** What Traefik's API is made from: the configuration as it was written, and what it became. */
import type { MirrorStatus } from '@ficus/common/api/mirrors.ts';
import type { EntryPointConfig } from '../../config/entry-points.ts';
import { withRedirections } from '../../model/redirections.ts';
import type { DynamicSource } from '../../model/resolve-input.ts';
import type { ModelView } from '../view.ts';

export interface RunningView extends ModelView {
  readonly entryPoints: Readonly<Record<string, EntryPointConfig>>;
  /** How mirrors compare with the services they mirror. */
  readonly mirrors?: readonly MirrorStatus[];
  /** Those that the model was made from. */
  readonly sources: readonly Pick<DynamicSource, 'provider' | 'config'>[];
}

/** Also what entrypoints' redirections are made of, as Traefik shows it. */
export function allSources({ sources, entryPoints }: RunningView): RunningView['sources'] {
  return withRedirections(sources, entryPoints);
}

/** An object of the API: Traefik's keys. */
export interface ApiObject {
  readonly name: string;
  readonly provider: string;
  readonly status: string;
  readonly [key: string]: unknown;
}

/** Left out when empty, as Go's `omitempty` does. */
export function filled(key: string, values: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return values.length === 0 ? {} : { [key]: values };
}
