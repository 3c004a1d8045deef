/** The body that creates a VM whose first boot is cloud-init's. */
import { FicusError } from '@ficus/common/errors.ts';
import type { OrderIds } from './names.ts';
import type { VmOrder } from './order.ts';

const config = 'vmm.v4.ahv.config';
const maxUserData = 24_000;

/** Every object says its type: where several are possible, Prism Central goes by it. */
const typed = (name: string, members: object) => ({ $objectType: `${config}.${name}`, ...members });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Throws `prism.vm-order`. */
export function checkOrder({ name, userData, sockets = 2, coresPerSocket = 1 }: VmOrder): void {
  const wrong = (message: string, remedy: string) => new FicusError('prism.vm-order', message, { remedy });
  if (name === '' || name.length > 80 || /\p{Cc}/u.test(name))
    throw wrong('want a name of 1 to 80 characters for the VM, found another', 'name it shorter');
  if (!userData.startsWith('#cloud-config'))
    throw wrong(
      'want user-data that begins with #cloud-config, found something else',
      'print it with ficus cloud-init: Prism Central 7.3 and later take nothing else',
    );
  const bytes = Buffer.byteLength(userData);
  if (bytes > maxUserData)
    throw wrong(
      `want at most ${maxUserData} bytes of user-data, found ${bytes}`,
      'AHV takes 32 KB: leave out what the VM can fetch',
    );
  for (const [what, count] of [
    ['sockets', sockets],
    ['cores per socket', coresPerSocket],
  ] as const) {
    if (!Number.isInteger(count) || count < 1 || count > 240)
      throw wrong(`want 1 to 240 ${what}, found ${count}`, 'correct it');
  }
}

/** `version`: of the path it is posted to, `v4.0` knows the older description of a card only. `uuid`: of this first boot. */
export function vmBody(order: VmOrder, ids: OrderIds, version: string, uuid: string): object {
  const subnet = typed('SubnetReference', { extId: ids.subnet });
  const card =
    version === 'v4.0'
      ? { networkInfo: typed('NicNetworkInfo', { nicType: 'NORMAL_NIC', subnet }) }
      : { nicNetworkInfo: typed('VirtualEthernetNicNetworkInfo', { nicType: 'NORMAL_NIC', subnet }) };
  const image = typed('ImageReference', { imageExtId: ids.image });
  const disk = typed('VmDisk', {
    ...(order.diskBytes === undefined ? {} : { diskSizeBytes: order.diskBytes }),
    dataSource: typed('DataSource', { reference: image }),
  });
  // A name that is no host name would make cloud-init complain.
  const hostname = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(order.name)
    ? { hostname: order.name }
    : {};
  const cloudInit = typed('CloudInit', {
    datasourceType: 'CONFIG_DRIVE_V2',
    metadata: base64(JSON.stringify({ ...hostname, uuid })),
    cloudInitScript: typed('Userdata', { value: base64(order.userData) }),
  });
  return typed('Vm', {
    name: order.name,
    ...(order.description === undefined ? {} : { description: order.description }),
    numSockets: order.sockets ?? 2,
    numCoresPerSocket: order.coresPerSocket ?? 1,
    memorySizeBytes: order.memoryBytes ?? 2 * 1024 ** 3,
    cluster: typed('ClusterReference', { extId: ids.cluster }),
    ...(ids.categories.length === 0
      ? {}
      : { categories: ids.categories.map((extId) => typed('CategoryReference', { extId })) }),
    disks: [
      typed('Disk', { diskAddress: typed('DiskAddress', { busType: 'SCSI', index: 0 }), backingInfo: disk }),
    ],
    nics: [typed('Nic', card)],
    guestCustomization: typed('GuestCustomizationParams', { config: cloudInit }),
  });
}
