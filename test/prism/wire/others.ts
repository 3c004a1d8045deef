/** Categories, tasks, subnets, VPCs and clusters as Prism Central writes them. */
import {
  type CategoryRecord,
  type ClusterRecord,
  fixedIds,
  type ImageRecord,
  type SubnetRecord,
  type VpcRecord,
} from '../state/records.ts';
import type { TaskView } from '../state/tasks.ts';
import { appMessage } from './errors.ts';
import { commonRevision, type Profile, revision, typed } from './profile.ts';

/** Which VMs have a category; only what `$expand` asks for is written. */
export interface Associations {
  readonly count?: number;
  readonly vms?: readonly string[];
}

export function wireCategory(
  category: CategoryRecord,
  profile: Profile,
  associated: Associations = {},
): object {
  const fv = revision(profile, 'prism');
  const common = { categoryId: category.extId, resourceType: 'VM', resourceGroup: 'ENTITY' };
  return typed(fv, 'prism.v4.config.Category', {
    extId: category.extId,
    key: category.key,
    value: category.value,
    type: category.type,
    description: category.description,
    ownerUuid: fixedIds.admin,
    associations:
      associated.count === undefined
        ? undefined
        : [typed(fv, 'prism.v4.config.AssociationSummary', { ...common, count: associated.count })],
    detailedAssociations: associated.vms?.map((resourceId) =>
      typed(fv, 'prism.v4.config.AssociationDetail', { ...common, resourceId }),
    ),
  });
}

export function wireTask(task: TaskView, profile: Profile): object {
  const fv = revision(profile, 'prism');
  return typed(fv, 'prism.v4.config.Task', {
    extId: task.extId,
    operation: task.operation,
    operationDescription: task.description,
    createdTime: task.createdTime,
    lastUpdatedTime: task.lastUpdatedTime,
    startedTime: task.startedTime,
    progressPercentage: task.progress,
    status: task.status,
    isCancelable: task.cancelable,
    isBackgroundTask: false,
    numberOfSubtasks: 0,
    ownedBy: typed(fv, 'prism.v4.config.OwnerReference', { extId: fixedIds.admin, name: 'admin' }),
    completedTime: task.completedTime,
    entitiesAffected: task.entities?.map((entity) => typed(fv, 'prism.v4.config.EntityReference', entity)),
    errorMessages: task.errors?.map((error) => appMessage(profile, 'prism', error)),
    legacyErrorMessage: task.legacyErrorMessage,
    numberOfEntitiesAffected: task.entities?.length ?? 0,
  });
}

export function wireSubnet(subnet: SubnetRecord, profile: Profile): object {
  const fv = revision(profile, 'networking');
  const ipv4 = (value: string) =>
    typed(commonRevision, 'common.v1.config.IPv4Address', { value, prefixLength: 32 });
  const object = (name: string, members: object) => typed(fv, `networking.v4.config.${name}`, members);
  return object('Subnet', {
    extId: subnet.extId,
    name: subnet.name,
    subnetType: subnet.vpc === undefined ? 'VLAN' : 'OVERLAY',
    networkId: subnet.vlan,
    clusterReference: subnet.cluster,
    vpcReference: subnet.vpc,
    ipConfig:
      subnet.managed === undefined
        ? undefined
        : [
            object('IPConfig', {
              ipv4: object('IPv4Config', {
                ipSubnet: object('IPv4Subnet', { ip: ipv4(`${subnet.managed}.0`), prefixLength: 24 }),
                defaultGatewayIp: ipv4(`${subnet.managed}.1`),
              }),
            }),
          ],
    isAdvancedNetworking: subnet.vpc !== undefined,
  });
}

export function wireVpc(vpc: VpcRecord, profile: Profile): object {
  return typed(revision(profile, 'networking'), 'networking.v4.config.Vpc', {
    extId: vpc.extId,
    name: vpc.name,
    vpcType: 'REGULAR',
  });
}

export function wireCluster(cluster: ClusterRecord, profile: Profile): object {
  return typed(revision(profile, 'clustermgmt'), 'clustermgmt.v4.config.Cluster', {
    extId: cluster.extId,
    name: cluster.name,
  });
}

export function wireImage(image: ImageRecord, profile: Profile): object {
  return typed(revision(profile, 'vmm'), 'vmm.v4.content.Image', {
    extId: image.extId,
    name: image.name,
    type: 'DISK_IMAGE',
    sizeBytes: image.sizeBytes,
    ownerExtId: fixedIds.admin,
  });
}
