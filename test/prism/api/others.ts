/** Tasks, subnets, VPCs and clusters. */
import type { Fields } from '../http/filter.ts';
import type { TaskView } from '../state/tasks.ts';
import { entityAnswer } from '../wire/envelope.ts';
import { appMessage, notFound } from '../wire/errors.ts';
import { wireCluster, wireSubnet, wireTask, wireVpc } from '../wire/others.ts';
import type { Namespace, Profile } from '../wire/profile.ts';
import type { Call, Central, Reply, Route } from './central.ts';
import { lister } from './list.ts';

const tasks = '/config/tasks';

export function taskRoutes(central: Central): Route[] {
  const { profile } = central;
  const fields: Fields<TaskView> = {
    fields: {
      extId: { get: (task) => task.extId },
      operation: { get: (task) => task.operation },
      createdTime: { get: (task) => task.createdTime },
      status: { get: (task) => task.status, enumType: 'Prism.Config.TaskStatus' },
    },
  };
  const config = 'prism.v4.config';
  const route = (method: string, pattern: string, answer: string, handle: Route['handle']): Route => ({
    method,
    namespace: 'prism',
    pattern,
    answer: `${config}.${answer}`,
    handle,
  });
  return [
    // Tasks change as time passes: nothing of a list is kept.
    route('GET', tasks, 'ListTasksApiResponse', (call) =>
      lister(central, {
        namespace: 'prism',
        answer: `${config}.ListTasksApiResponse`,
        rows: () => central.tasks.list(),
        fields,
        text: (task) => JSON.stringify(wireTask(task, profile)),
      })(call),
    ),
    route('GET', `${tasks}/{extId}`, 'GetTaskApiResponse', (call) => {
      const task = central.tasks.get(call.names['extId'] as string);
      if (task === undefined) throw notFound('prism');
      return entity(call, central, 'prism', `${config}.GetTaskApiResponse`, wireTask(task, profile));
    }),
    route('POST', `${tasks}/{extId}/$actions/cancel`, 'CancelTaskApiResponse', (call) => {
      const extId = call.names['extId'] as string;
      if (central.tasks.get(extId) === undefined) throw notFound('prism');
      const message = central.tasks.cancel(extId)
        ? { message: 'The task is being canceled.', code: 'TSKS-20103', group: 'TASK_CANCEL' }
        : { message: 'The task cannot be canceled.', code: 'TSKS-20104', group: 'TASK_CANCEL' };
      const data = appMessage(profile, 'prism', message, 'INFO');
      return entity(call, central, 'prism', `${config}.CancelTaskApiResponse`, data);
    }),
  ];
}

export function networkRoutes(central: Central): Route[] {
  const { inventory } = central;
  return [
    ...kind(central, 'networking', '/config/subnets', 'Subnet', 'Subnets', inventory.subnets, wireSubnet, {
      vpcReference: { get: (one) => one.vpc },
      clusterReference: { get: (one) => one.cluster },
      subnetType: {
        get: (one) => (one.vpc === undefined ? 'VLAN' : 'OVERLAY'),
        enumType: 'Networking.Config.SubnetType',
      },
    }),
    ...kind(central, 'networking', '/config/vpcs', 'Vpc', 'Vpcs', inventory.vpcs, wireVpc),
    ...kind(
      central,
      'clustermgmt',
      '/config/clusters',
      'Cluster',
      'Clusters',
      inventory.clusters,
      wireCluster,
    ),
  ];
}

/** List and get of things that only have a name. */
function kind<Row extends { readonly extId: string; readonly name: string }>(
  central: Central,
  namespace: Namespace,
  pattern: string,
  singular: string,
  plural: string,
  map: ReadonlyMap<string, Row>,
  wire: (row: Row, profile: Profile) => object,
  more: Fields<Row>['fields'] = {},
): Route[] {
  const config = `${namespace}.v4.config`;
  const answers = { list: `${config}.List${plural}ApiResponse`, get: `${config}.Get${singular}ApiResponse` };
  const list = lister(central, {
    namespace,
    answer: answers.list,
    rows: () => [...map.values()],
    fields: { fields: { extId: { get: (row) => row.extId }, name: { get: (row) => row.name }, ...more } },
    text: (row) => JSON.stringify(wire(row, central.profile)),
  });
  const get = (call: Call): Reply => {
    const row = map.get(call.names['extId'] as string);
    if (row === undefined) throw notFound(namespace);
    return entity(call, central, namespace, answers.get, wire(row, central.profile));
  };
  return [
    { method: 'GET', namespace, pattern, answer: answers.list, handle: list },
    { method: 'GET', namespace, pattern: `${pattern}/{extId}`, answer: answers.get, handle: get },
  ];
}

function entity(call: Call, central: Central, namespace: Namespace, answer: string, data: object): Reply {
  const self = `${call.origin}${call.path}`;
  return { status: 200, body: entityAnswer(central.profile, namespace, answer, data, self) };
}
