/** Tasks, subnets, VPCs, clusters and images. */
import type { Fields } from '../http/filter.ts';
import type { TaskView } from '../state/tasks.ts';
import { entityAnswer } from '../wire/envelope.ts';
import { appMessage, notFound } from '../wire/errors.ts';
import { wireCluster, wireImage, wireSubnet, wireTask, wireVpc } from '../wire/others.ts';
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
  const { subnets, vpcs, clusters, images } = central.inventory;
  return [
    ...kind(central, {
      namespace: 'networking',
      pattern: '/config/subnets',
      types: ['networking.v4.config', 'Subnet', 'Subnets'],
      map: subnets,
      wire: wireSubnet,
      fields: {
        vpcReference: { get: (one) => one.vpc },
        clusterReference: { get: (one) => one.cluster },
        subnetType: {
          get: (one) => (one.vpc === undefined ? 'VLAN' : 'OVERLAY'),
          enumType: 'Networking.Config.SubnetType',
        },
      },
    }),
    ...kind(central, {
      namespace: 'networking',
      pattern: '/config/vpcs',
      types: ['networking.v4.config', 'Vpc', 'Vpcs'],
      map: vpcs,
      wire: wireVpc,
    }),
    ...kind(central, {
      namespace: 'clustermgmt',
      pattern: '/config/clusters',
      types: ['clustermgmt.v4.config', 'Cluster', 'Clusters'],
      map: clusters,
      wire: wireCluster,
    }),
    ...kind(central, {
      namespace: 'vmm',
      pattern: '/content/images',
      types: ['vmm.v4.content', 'Image', 'Images'],
      map: images,
      wire: wireImage,
    }),
  ];
}

interface Kind<Row> {
  readonly namespace: Namespace;
  readonly pattern: string;
  /** Package, singular and plural of the type's name. */
  readonly types: readonly [string, string, string];
  readonly map: ReadonlyMap<string, Row>;
  readonly wire: (row: Row, profile: Profile) => object;
  /** Beside extId and name. */
  readonly fields?: Fields<Row>['fields'];
}

/** List and get of things that only have a name. */
function kind<Row extends { readonly extId: string; readonly name: string }>(
  central: Central,
  { namespace, pattern, types: [packageName, singular, plural], map, wire, fields = {} }: Kind<Row>,
): Route[] {
  const answers = {
    list: `${packageName}.List${plural}ApiResponse`,
    get: `${packageName}.Get${singular}ApiResponse`,
  };
  const list = lister(central, {
    namespace,
    answer: answers.list,
    rows: () => [...map.values()],
    fields: { fields: { extId: { get: (row) => row.extId }, name: { get: (row) => row.name }, ...fields } },
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
