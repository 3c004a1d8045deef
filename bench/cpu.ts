/** CPU time and peak memory of a process and all its descendants, read from Linux's /proc. */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The fields of `/proc/<pid>/stat` that we use; see proc_pid_stat(5). */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of the process and of the children it has reaped, in clock ticks. */
  readonly ticks: number;
}

/**
 * Parses one `/proc/<pid>/stat` line. The command name stands in parentheses and may itself hold spaces and
 * parentheses, so fields are counted from the last `)`. Throws a RangeError for anything else.
 */
export function parseStat(line: string): ProcessStat {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const fields = line
    .slice(close + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  const pid = Number(line.slice(0, open));
  // From the state on: state=0, ppid=1, … utime=11, stime=12, cutime=13, cstime=14.
  const [, parent] = fields;
  const times = fields.slice(11, 15);
  if (open < 1 || close < open || !Number.isInteger(pid) || !Number.isInteger(parent)) {
    throw new RangeError(`not a /proc stat line: ${line.slice(0, 80)}`);
  }
  if (times.length < 4 || !times.every(Number.isInteger)) {
    throw new RangeError(`a /proc stat line without its four times: ${line.slice(0, 80)}`);
  }
  return { pid, parent: parent!, ticks: times.reduce((sum, time) => sum + time, 0) };
}

/** Peak resident memory in KiB from `/proc/<pid>/status`; 0 when the kernel states none (a zombie). */
export function parsePeakMemory(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

/** Resident memory in KiB from `/proc/<pid>/status`; 0 when the kernel states none (a zombie). */
export function parseMemory(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}

/** The processes of `all` that are one of `roots` or descend from one, parents before children. */
export function treeOf(roots: readonly number[], all: readonly ProcessStat[]): ProcessStat[] {
  const tree = all.filter((process) => roots.includes(process.pid));
  for (let at = 0; at < tree.length; at += 1) {
    tree.push(...all.filter((process) => process.parent === tree[at]!.pid && !tree.includes(process)));
  }
  return tree;
}

/** Every process that is there now; one that ends while we look is left out. */
export function listProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const line = readOrEmpty(`/proc/${name}/stat`);
      return line === '' ? [] : [parseStat(line)];
    });
}

/** What a process tree has used so far. */
export interface Usage {
  /** User + system, seconds. */
  readonly cpuSeconds: number;
  /** Sum of the processes' own peaks (VmHWM), MiB: an upper bound, since peaks may fall apart in time. */
  readonly peakMemoryMiB: number;
}

/** Usage of the trees under `roots`. A process that was reaped meanwhile still counts, in its parent's times. */
export function usageOf(roots: readonly number[]): Usage {
  const tree = treeOf(roots, listProcesses());
  const ticks = tree.reduce((sum, process) => sum + process.ticks, 0);
  return { cpuSeconds: ticks / ticksPerSecond(), peakMemoryMiB: memoryOf(tree, parsePeakMemory) };
}

/** Resident memory of the trees under `roots` now, summed, MiB. */
export function residentOf(roots: readonly number[]): number {
  return memoryOf(treeOf(roots, listProcesses()), parseMemory);
}

/** Peak resident memory of one process, MiB; 0 when it has ended. */
export function peakMemoryOf(pid: number): number {
  return parsePeakMemory(readOrEmpty(`/proc/${pid}/status`)) / 1024;
}

function memoryOf(tree: readonly ProcessStat[], parse: (status: string) => number): number {
  const kib = tree.reduce((sum, { pid }) => sum + parse(readOrEmpty(`/proc/${pid}/status`)), 0);
  return kib / 1024;
}

let knownTicksPerSecond: number | undefined;

function ticksPerSecond(): number {
  knownTicksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return knownTicksPerSecond;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // ended between the listing and this read
  }
}
