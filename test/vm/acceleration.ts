/** Whether this machine's processor can run a VM itself, or QEMU has to do it in software. */
import { accessSync, constants } from 'node:fs';
import { Managed } from '../harness/process.ts';

export type Acceleration = 'kvm' | 'tcg';

/** A kernel says its first line at once; on some machines `/dev/kvm` is there and a VM hangs before. */
const firstLineMs = 10_000;

/** Boots a kernel without a disk and sees whether it says anything. */
export async function acceleration(kernel: string): Promise<Acceleration> {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return 'tcg';
  }
  await using probe = new Managed({
    name: 'probe of /dev/kvm',
    command: 'qemu-system-x86_64',
    args: [
      ...['-accel', 'kvm', '-cpu', 'host', '-m', '512', '-display', 'none', '-no-reboot'],
      ...['-monitor', 'none', '-serial', 'stdio', '-kernel', kernel],
      ...['-append', 'console=ttyS0 panic=-1'],
    ],
  });
  return probe.printed('Linux version', firstLineMs).then(
    () => 'kvm',
    () => 'tcg',
  );
}

/** QEMU's arguments for it. */
export function accelerationArgs(kind: Acceleration): readonly string[] {
  return kind === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}
