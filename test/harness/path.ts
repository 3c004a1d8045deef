/** The whole path of a request, for real clients and real endpoints: parent (cleartext and TLS) → uplink → child → endpoint. */
import { makeCertificate } from '@ficus/pki/testing/certificates.ts';
import { type ChildOptions, type ChildProcess, startChild, type WorkloadConfig } from './child.ts';
import { type ParentOptions, type ParentProcess, startParent } from './parent.ts';
import { freePort } from './ports.ts';

export interface PathOptions
  extends Omit<ParentOptions, 'mesh' | 'static' | 'dynamic' | 'web'>,
    WorkloadConfig {
  /** Keys of both public entrypoints. */
  readonly entryPoint?: object;
  /** Keys of the child's uplink entrypoint. */
  readonly uplinkEntryPoint?: object;
  readonly childEnv?: ChildOptions['env'];
  /** False: don't wait until the leg is up. */
  readonly up?: boolean;
}

/** The exposed name of the one workload. */
export const workloadName = 'app';

/** A certificate that a client may trust, for 127.0.0.1 and localhost. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

export function serverCertificate(): ServerCertificate {
  // GeneralName iPAddress of 127.0.0.1.
  const address = Buffer.from([0x87, 4, 127, 0, 0, 1]);
  return makeCertificate({ dnsNames: ['localhost'], uris: [], rawNames: [address] });
}

/** A started path. */
export class Path implements AsyncDisposable {
  readonly parent: ParentProcess;
  readonly child: ChildProcess;
  /** The TLS entrypoint. */
  readonly tlsPort: number;
  /** What a client of the TLS entrypoint trusts, PEM. */
  readonly ca: string;
  readonly #owned: AsyncDisposableStack;

  constructor(
    parent: ParentProcess,
    child: ChildProcess,
    tls: { port: number; ca: string },
    owned: AsyncDisposableStack,
  ) {
    this.parent = parent;
    this.child = child;
    this.tlsPort = tls.port;
    this.ca = tls.ca;
    this.#owned = owned;
  }

  /** The cleartext entrypoint. */
  get port(): number {
    return this.parent.port;
  }

  get url(): string {
    return this.parent.url;
  }

  get tlsUrl(): string {
    return `https://localhost:${this.tlsPort}`;
  }

  /** Processes that carry its traffic. */
  async gateways(): Promise<readonly number[]> {
    return [this.parent.process.pid, this.child.process.pid, ...(await this.parent.workers())];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

/** Starts parent and child in front of the endpoint at `url`, and waits until the leg is up. */
export async function startPath(options: PathOptions): Promise<Path> {
  await using starting = new AsyncDisposableStack();
  const {
    url,
    weight,
    healthCheck,
    transport,
    entryPoint,
    uplinkEntryPoint,
    childEnv,
    up,
    ...parentOptions
  } = options;
  const [web, tlsPort] = [await freePort(), await freePort()];
  const { certificate, key } = serverCertificate();
  const parent = starting.use(
    await startParent({
      ...parentOptions,
      web,
      dynamic: {
        http: {
          routers: {
            app: { rule: 'PathPrefix(`/`)', service: `${workloadName}@multicluster` },
            // For what may meet an uplink that nobody advertises.
            unknown: { rule: 'Host(`unknown.test`)', service: 'unknown@multicluster' },
          },
        },
        tls: { certificates: [{ certFile: certificate, keyFile: key }] },
      },
      static: {
        entryPoints: {
          web: { address: `127.0.0.1:${web}`, ...entryPoint },
          websecure: { address: `127.0.0.1:${tlsPort}`, ...entryPoint, http: { tls: {} } },
        },
      },
    }),
  );
  const child = starting.use(
    await startChild({
      parent,
      name: 'vm-1',
      workloads: {
        [workloadName]: {
          url,
          ...(weight === undefined ? {} : { weight }),
          ...(healthCheck === undefined ? {} : { healthCheck }),
          ...(transport === undefined ? {} : { transport }),
        },
      },
      ...(uplinkEntryPoint === undefined ? {} : { entryPoint: uplinkEntryPoint }),
      ...(childEnv === undefined ? {} : { env: childEnv }),
    }),
  );
  if (up !== false) await parent.leg(workloadName, 'vm-1');
  return new Path(parent, child, { port: tlsPort, ca: certificate }, starting.move());
}
