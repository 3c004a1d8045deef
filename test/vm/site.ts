/** What every story needs: a root image, a way to run it, a parent, and VMs with names. Made once for a run. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type ParentProcess } from '../harness/harness.ts';
import { type Acceleration, acceleration } from './acceleration.ts';
import { writeConfigDrive } from './config-drive.ts';
import { installBundle } from './install-bundle.ts';
import { Machine } from './machine.ts';
import { cacheFolder, type RootImage, rootImage } from './root-image.ts';
import { startParentForVms } from './scene.ts';

export interface VmOptions {
  /** Of its log and its sockets. */
  readonly name: string;
  readonly hostname: string;
  readonly userData: string;
  /** What its clock shows at power-on. Default: the time. */
  readonly clock?: Date;
}

/** `await using` ends the parent. */
export class Site implements AsyncDisposable {
  readonly parent: ParentProcess;
  /** Port of this host that leads to the 9443 of whichever VM runs: one at a time. */
  readonly uplinkPort: number;
  readonly acceleration: Acceleration;
  readonly #image: RootImage;
  readonly #folder: string;

  private constructor(
    parent: ParentProcess,
    uplinkPort: number,
    how: Acceleration,
    image: RootImage,
    folder: string,
  ) {
    this.parent = parent;
    this.uplinkPort = uplinkPort;
    this.acceleration = how;
    this.#image = image;
    this.#folder = folder;
  }

  static async open(say: (text: string) => void): Promise<Site> {
    const image = await rootImage(say);
    const how = await acceleration(image.kernel);
    say(
      how === 'kvm' ? 'VMs run with KVM' : 'no working /dev/kvm: VMs run in software, some ten times slower',
    );
    const folder = join(cacheFolder(), 'last-run');
    await mkdir(folder, { recursive: true });
    say(`consoles: ${folder}/*.log`);
    const parent = await startParentForVms(await installBundle(folder, say));
    return new Site(parent, await freePort(), how, image, folder);
  }

  /** Powers on a new VM with user-data on a config drive. */
  async powerOn({ name, hostname, userData, clock }: VmOptions): Promise<Machine> {
    const drive = await writeConfigDrive(this.#folder, name, {
      hostname,
      userData,
      uuid: crypto.randomUUID(),
    });
    return new Machine({
      name,
      drive,
      image: this.#image,
      acceleration: this.acceleration,
      uplinkPort: this.uplinkPort,
      folder: this.#folder,
      ...(clock === undefined ? {} : { clock }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parent[Symbol.asyncDispose]();
  }
}
