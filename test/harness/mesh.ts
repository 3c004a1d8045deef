/** The usual mesh: a parent and two children that expose the same workload, each with its own copy. */
import { type ChildProcess, startChild } from './child.ts';
import { type ParentOptions, type ParentProcess, startParent } from './parent.ts';
import { startWorkload, type WorkloadProcess } from './workload.ts';

export interface MeshOptions extends Omit<ParentOptions, 'mesh'> {
  /** Names of the children. Default `vm-1` and `cluster-1`. */
  readonly children?: readonly string[];
  /** The exposed name. Default `orders`. */
  readonly uplink?: string;
  /** Weights to set before anything is measured. Default: 1 each, the children's hints. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Keys added to each child's static configuration. */
  readonly childStatic?: object;
  /** Environment of each child. */
  readonly childEnv?: Readonly<Record<string, string>>;
  /** Of the workloads; default: every 100 ms, so that a workload's end is seen soon. */
  readonly healthCheck?: object;
}

/** A started mesh. A workload behind child `vm-1` is called `at-vm-1`. */
export class Mesh implements AsyncDisposable {
  readonly parent: ParentProcess;
  readonly children: ReadonlyMap<string, ChildProcess>;
  readonly workloads: ReadonlyMap<string, WorkloadProcess>;
  readonly #owned: AsyncDisposableStack;

  constructor(
    parent: ParentProcess,
    children: ReadonlyMap<string, ChildProcess>,
    workloads: ReadonlyMap<string, WorkloadProcess>,
    owned: AsyncDisposableStack,
  ) {
    this.parent = parent;
    this.children = children;
    this.workloads = workloads;
    this.#owned = owned;
  }

  /** The child of that name. */
  child(name: string): ChildProcess {
    const child = this.children.get(name);
    if (child === undefined) throw new Error(`no child ${name}`);
    return child;
  }

  /** Where a load goes. */
  get url(): string {
    return `${this.parent.url}/orders`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

/** Every request goes to the uplink; `/vm-1/…` goes to that child alone, whatever its weight. */
export function meshDynamic(uplink: string, children: readonly string[]): object {
  return {
    http: {
      routers: {
        all: { rule: 'PathPrefix(`/`)', service: `${uplink}@multicluster` },
        ...Object.fromEntries(
          children.map((child) => [
            `only-${child}`,
            { rule: `PathPrefix(\`/${child}\`)`, service: `${uplink}/${child}@multicluster` },
          ]),
        ),
      },
    },
  };
}

/** Starts workloads, parent and children, and waits until every leg is up. */
export async function startMesh(options: MeshOptions = {}): Promise<Mesh> {
  const names = options.children ?? ['vm-1', 'cluster-1'];
  const uplink = options.uplink ?? 'orders';
  const healthCheck = options.healthCheck ?? { path: '/', interval: '100ms', timeout: '2s' };
  await using starting = new AsyncDisposableStack();
  const parent = starting.use(await startParent({ dynamic: meshDynamic(uplink, names), ...options }));
  const children = new Map<string, ChildProcess>();
  const workloads = new Map<string, WorkloadProcess>();
  await Promise.all(
    names.map(async (name) => {
      const workload = starting.use(await startWorkload({ name: `at-${name}` }));
      const child = starting.use(
        await startChild({
          parent,
          name,
          workloads: { [uplink]: { url: workload.url, healthCheck } },
          ...(options.childEnv === undefined ? {} : { env: options.childEnv }),
          ...(options.childStatic === undefined ? {} : { static: options.childStatic }),
        }),
      );
      workloads.set(name, workload);
      children.set(name, child);
    }),
  );
  for (const name of names) await parent.leg(uplink, name);
  if (options.weights !== undefined) await parent.setWeights(uplink, options.weights);
  return new Mesh(parent, children, workloads, starting.move());
}
