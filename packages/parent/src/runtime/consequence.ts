/** What a disabled object means for requests, in the words of a log line. */
import type { Model, QName } from '@ficus/gateway/model/model.ts';
import type { Disabled } from '@ficus/gateway/model/resolve-input.ts';

const answers503 = 'answers 503 from now on';

/**
 * Says it of objects of `model`. A router without a rule that can be read is in no table, so that its requests go to the others;
 * one whose service or middleware is missing takes its requests and refuses them.
 */
export function consequences(model: Model): (disabled: Pick<Disabled, 'kind' | 'name'>) => string {
  const shown = ([name, provider]: QName) => `${name}@${provider}`;
  const isBroken = (index: number) => model.services[index]?.kind === 'broken';
  const routers = new Map<string, boolean>();
  for (const { name, service } of model.routers) {
    const key = shown(name);
    routers.set(key, routers.get(key) === true || isBroken(service));
  }
  const services = new Map(model.services.map(({ name, kind }) => [shown(name), kind === 'broken']));
  return ({ kind, name }) => {
    const broken =
      kind === 'router' ? routers.get(name) : kind === 'service' ? services.get(name) : undefined;
    if (broken === true) return answers503;
    if (broken === false) return 'serves, but not all that was written';
    return kind === 'router'
      ? 'matches nothing from now on: its requests go to other routers, or get 404'
      : 'disabled from now on';
  };
}
