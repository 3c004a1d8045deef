/** One VM: a QEMU process with a root disk it can't change for good, a config drive, and a serial console in a log file. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../harness/eventually.ts';
import { Managed } from '../harness/process.ts';
import { type Acceleration, accelerationArgs } from './acceleration.ts';
import { type GuestResult, runInGuest } from './guest-agent.ts';
import { JsonLines } from './json-lines.ts';
import type { RootImage } from './root-image.ts';

export interface MachineOptions {
  readonly name: string;
  readonly image: RootImage;
  /** The config drive's ISO. */
  readonly drive: string;
  readonly acceleration: Acceleration;
  /** Port of 127.0.0.1 that leads to the VM's 9443. */
  readonly uplinkPort: number;
  /** Folder of its sockets and its console's log, `<name>.log`. */
  readonly folder: string;
  /** What its clock shows at power-on. Default: the time. */
  readonly clock?: Date;
}

/** The longest that a VM may live, so that a test that hangs leaves none behind. */
const lifeMs = 15 * 60_000;

/** A powered-on VM. `await using` ends it. In it, the host is 10.0.2.2. */
export class Machine implements AsyncDisposable {
  readonly name: string;
  readonly log: string;
  readonly poweredOnAt: number;
  readonly #process: Managed;
  readonly #folder: string;
  readonly #life: NodeJS.Timeout;

  constructor(options: MachineOptions) {
    this.name = options.name;
    this.#folder = options.folder;
    this.log = join(options.folder, `${options.name}.log`);
    this.poweredOnAt = performance.now();
    this.#process = new Managed({
      name: `console of ${options.name}`,
      // The kernel ends it when this process ends, however that comes.
      command: 'setpriv',
      args: [
        ...['--pdeathsig', 'KILL', 'qemu-system-x86_64'],
        ...accelerationArgs(options.acceleration),
        ...['-smp', '2', '-m', '1024', '-nodefaults', '-display', 'none'],
        ...['-kernel', options.image.kernel, '-initrd', options.image.initrd],
        // systemd writes what it starts on the console, without colours.
        ...['-append', 'root=/dev/vda ro console=ttyS0 net.ifnames=0 TERM=dumb systemd.show_status=1'],
        ...['-drive', `file=${options.image.disk},if=virtio,format=raw,snapshot=on`],
        ...['-drive', `file=${options.drive},if=ide,media=cdrom,readonly=on`],
        ...['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${options.uplinkPort}-:9443`],
        ...['-device', 'virtio-net-pci,netdev=net', '-device', 'virtio-rng-pci'],
        ...['-chardev', `stdio,id=console,signal=off,logfile=${this.log}`, '-serial', 'chardev:console'],
        ...['-qmp', `unix:${this.#socket('monitor')},server=on,wait=off`],
        ...['-chardev', `socket,id=agent,path=${this.#socket('agent')},server=on,wait=off`],
        ...[
          '-device',
          'virtio-serial',
          '-device',
          'virtserialport,chardev=agent,name=org.qemu.guest_agent.0',
        ],
        ...(options.clock === undefined ? [] : ['-rtc', `base=${options.clock.toISOString().slice(0, 19)}`]),
      ],
    });
    this.#life = setTimeout(() => this.#process.kill('SIGKILL'), lifeMs);
    this.#life.unref();
  }

  /** Everything its console showed, without what only moves a terminal's cursor. */
  get console(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what terminals are told with
    return this.#process.output.replaceAll('\r', '').replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
  }

  /** Seconds since power-on. */
  get age(): number {
    return (performance.now() - this.poweredOnAt) / 1000;
  }

  /** Waits until the console shows a line, after what it had shown at `from`; returns the VM's age then. */
  async shows(line: RegExp, deadlineMs: number, from = 0): Promise<number> {
    await this.until(() => line.test(this.console.slice(from)), `${line} on the console`, deadlineMs);
    return this.age;
  }

  /** Waits for something about it; fails at once when it panics or its process ends. */
  async until(check: () => boolean | Promise<boolean>, what: string, deadlineMs: number): Promise<void> {
    await this.#process.until(
      async () => {
        // A VM in software needs the cores that looking more often would take.
        await pause(50);
        if (!this.#process.output.includes('Kernel panic')) return await check();
        this.#process.kill('SIGKILL');
        return false;
      },
      what,
      deadlineMs,
    );
  }

  /** Runs a line of shell in it as root; waits for it to be far enough. */
  async run(line: string, deadlineMs = 60_000): Promise<GuestResult> {
    const agent = this.#socket('agent');
    return eventually(() => runInGuest(agent, line, deadlineMs), deadlineMs, `the agent of ${this.name}`);
  }

  /** What a line of shell printed; throws when it failed. */
  async output(line: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(line);
    if (code !== 0) throw new Error(`in ${this.name}, exit code ${code}: ${line}\n${stdout}${stderr}`);
    return stdout.trimEnd();
  }

  /** Presses its reset button: no file system is told. */
  async reset(): Promise<void> {
    using monitor = await JsonLines.connect(this.#socket('monitor'));
    monitor.send({ execute: 'qmp_capabilities' });
    await monitor.receive((message) => 'return' in message, 10_000);
    monitor.send({ execute: 'system_reset' });
    await monitor.receive((message) => 'return' in message, 10_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#life);
    await this.#process[Symbol.asyncDispose]();
  }

  #socket(kind: 'monitor' | 'agent'): string {
    return join(this.#folder, `${this.name}.${kind}`);
  }
}
