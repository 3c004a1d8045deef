/** The model of configuration files that nothing runs, for `ficus routes` and `ficus explain` with `--config`. */
import { readFile, stat } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import { FicusError } from '@ficus/common/errors.ts';
import type { ModelView } from '@ficus/gateway/explain/view.ts';
import type { Model } from '@ficus/gateway/model/model.ts';
import { refusedConfiguration } from '../output/configuration.ts';
import { configKind } from './config-kind.ts';
import { childInput, defaultEntryPoint, dynamicInput, type InputReading, parentInput } from './read-input.ts';

/**
 * Of a parent's or child's file with the dynamic files it names, of one dynamic file, or of a folder of them. What is
 * disabled in it is a part of the view; throws `config.invalid` for what cannot be read at all.
 */
export async function givenModel(path: string, cwd: string): Promise<ModelView> {
  const [{ resolve }, { nothingKnown }] = await Promise.all([
    import('@ficus/gateway/model/resolve.ts'),
    import('@ficus/gateway/explain/view.ts'),
  ]);
  const { input, problems, dynamic } = await inputOf(resolvePath(cwd, path));
  if (input === undefined || problems.length > 0) throw refusedConfiguration(problems);
  const { model, disabled } = resolve(input);
  const mistakes = disabled.filter(({ pending }) => !pending);
  return {
    running: false,
    model: dynamic ? withoutStandIn(model) : model,
    disabled: mistakes,
    stateOf: nothingKnown,
  };
}

/** Routers that name no entrypoint are on all that others name; one more is only needed when nobody names any. */
function withoutStandIn(model: Model): Model {
  const used = model.entryPoints.filter(({ uplink }) => uplink === undefined || uplink.tables.length > 0);
  const needed = model.routers.some(
    ({ entryPoints: [only, ...more] }) => only === defaultEntryPoint && more.length === 0,
  );
  const entryPoints = used.filter(
    ({ name, uplink }) => needed || uplink !== undefined || name !== defaultEntryPoint,
  );
  return { ...model, entryPoints: entryPoints.length === 0 ? used : entryPoints };
}

interface Reading extends Omit<InputReading, 'files'> {
  /** Nothing static was there to say which entrypoints there are. */
  readonly dynamic: boolean;
}

async function inputOf(path: string): Promise<Reading> {
  if ((await stat(path)).isDirectory()) {
    const { findFiles } = await import('@ficus/gateway/config/find-files.ts');
    const { files, problems } = await findFiles({ directory: path });
    if (problems.length > 0) return { problems, dynamic: true };
    if (files.length > 0) return { ...(await dynamicInput(files)), dynamic: true };
    throw new FicusError('config.none', `want .yaml, .yml or .json files in ${path}, found none`, {
      remedy: 'name a folder of dynamic configuration, or one file',
    });
  }
  const text = await readFile(path, 'utf8');
  const kind = configKind(text);
  if (kind === 'dynamic') return { ...(await dynamicInput([path])), dynamic: true };
  return { ...(await (kind === 'parent' ? parentInput : childInput)(text, path)), dynamic: false };
}
