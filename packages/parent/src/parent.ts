/** The composition root of a parent: every part is built here, in order, and closed in the reverse one. */

import { dirname } from 'node:path';
import type { Clock } from '@ficus/common/clock.ts';
import { type Log, lineLog } from '@ficus/common/log.ts';
import { onSignals } from '@ficus/common/signals.ts';
import { version } from '@ficus/common/version.ts';
import { accessLogOptions } from '@ficus/gateway/access-log/options.ts';
import { FileProvider } from '@ficus/gateway/config/file-provider.ts';
import { HealthChecker } from '@ficus/gateway/health/health-checker.ts';
import { startDataPlane } from '@ficus/gateway/runtime/start.ts';
import { childTransport } from './aggregation/mesh-model.ts';
import { uplinkTerms } from './aggregation/uplink-terms.ts';
import type { ParentConfig } from './config/parent-config.ts';
import { Configuration } from './runtime/configuration.ts';
import { HealthBoard } from './runtime/health-board.ts';
import { Rebuilder } from './runtime/rebuilder.ts';
import { Resolver } from './runtime/resolver.ts';
import { Serving } from './runtime/serving.ts';
import { StateFile } from './state/last-good.ts';

export interface ParentOptions {
  readonly config: ParentConfig;
  /** The file that `config` was read from, for people. */
  readonly configFile: string;
  readonly log: Log;
  readonly clock: Clock;
}

export interface Parent {
  /** Bound ports of the entrypoints by name. */
  readonly ports: ReadonlyMap<string, number>;
  /** Bound port of the join listener; absent in a plain reverse proxy. */
  readonly joinPort?: number;
  /** Bound TCP port of the admin API, when it has one. */
  readonly adminPort?: number;
  /** Drains (lame duck, then grace) and closes everything; resolves with the requests that were cut. */
  close(): Promise<{ cut: number }>;
}

/**
 * Starts a parent and resolves once it serves. Without `meshEnabled` it is a plain reverse proxy: no authority, no
 * store, no children, and none of their code. Throws a FicusError and leaves nothing running: `store.*`,
 * `authority.*`, `config.refused`, `listen.*`, `join.listen`, `admin.*`.
 */
export async function startParent({ config, configFile, log, clock }: ParentOptions): Promise<Parent> {
  const line = lineLog(log);
  const { entryPoints, stateDirectory, meshEnabled } = config;
  await using stack = new AsyncDisposableStack();

  // State and trust come before any port: a parent that can't be itself must not open its door.
  const trust = meshEnabled
    ? await (await import('./runtime/trust.ts')).openTrust(config, { clock, log: line, stack })
    : undefined;

  const accessLog = config.accessLog && accessLogOptions(config.accessLog, dirname(configFile));
  const dataPlane = await startDataPlane({ workers: config.workers, log: line, clock, accessLog });
  let drained: { cut: number } | undefined;
  stack.defer(async () => {
    // Reached without a drain only when starting failed.
    if (drained === undefined) await dataPlane.drain({ lameDuckMs: 0, graceMs: 0 });
  });

  const board = new HealthBoard((patch) => serving.send(patch));
  const checker = stack.adopt(new HealthChecker({ clock, log: line }), (each) => each.close());
  checker.onVerdict(({ service, endpoint, up, reason }) =>
    board.check(service, endpoint.host, endpoint.port, up, reason),
  );

  const mesh =
    trust &&
    stack.adopt(
      new (await import('./runtime/mesh.ts')).Mesh({
        clock,
        log: line,
        trustDomain: config.trustDomain,
        decisions: trust.decisions,
        identity: () => trust.identity.current,
        ask: (question, listener) => dataPlane.ask(question, listener),
        configured: config.children,
        remembered: trust.remembered,
        onChange() {
          trust.childrenFile.save(() => mesh?.toRemember() ?? []);
          rebuilder.request();
        },
        onHealth: (host, port, up, reason) => board.child(host, port, up, reason),
        onForgotten: (host, port) => board.forget(host, port),
      }),
      (each) => each.close(),
    );

  const resolver = new Resolver(entryPoints);
  const serving = new Serving({
    log: line,
    dataPlane,
    board,
    checker,
    build: (extra) => {
      const { sources } = configuration;
      return { ...resolver.resolve(sources, extra), sources };
    },
    ...(mesh && trust
      ? {
          mesh: {
            aggregated: () => mesh.aggregated(),
            identity: () => trust.identity.current,
            terms: uplinkTerms(config.uplinks),
          },
        }
      : {}),
  });
  const rebuilder = stack.adopt(new Rebuilder(clock, () => serving.rebuild()), (each) => each.close());
  dataPlane.onEndpointFailure(({ host, port }) => mesh?.suspect(host, port));

  const configuration = new Configuration({
    clock,
    log: line,
    file: stack.adopt(new StateFile(stateDirectory, 'last-good-configuration.json', clock, line), (each) =>
      each.flush(),
    ),
    check: (source) => resolver.resolve([source], serving.fragments()).problems,
    onChange: () => rebuilder.request(),
  });
  if (config.file !== undefined) {
    const files = new FileProvider({
      config: config.file,
      clock,
      onChange: (source) => configuration.offer(source),
      onProblems: (problems, held) => configuration.refuse(problems, held),
    });
    stack.adopt(files, (each) => each.close());
    const first = await files.start();
    if (await configuration.start(first)) files.took(first);
  }

  // Children before the first model: what was known of them serves from the first request on.
  mesh?.start();
  await rebuilder.first(() => serving.start());

  trust?.decisions.onRecovered(() => {
    for (const { name } of mesh?.status() ?? []) mesh?.follow(name);
    rebuilder.request();
  });
  trust?.identity.onRenewed(({ certificate, roots }) => {
    for (const { name } of mesh?.status() ?? []) {
      serving.send({ kind: 'transportCertificate', transport: childTransport(name), certificate, roots });
    }
    mesh?.redial();
  });

  const installs =
    trust &&
    stack.adopt(
      (await import('./install/installs-of.ts')).installsOf(config, { version: version(), clock, log: line }),
      (each) => each.close(),
    );

  const about = {
    ...{ name: config.name, version: version(), trustDomain: config.trustDomain, clock },
    ...{ dataPlane, configuration, serving, rebuilder, board, config },
  };
  const apis =
    mesh && trust && installs
      ? await (await import('./runtime/apis.ts')).startApis({
          config,
          trust,
          runtime: (await import('./runtime/parent-runtime.ts')).parentRuntime({
            ...about,
            mesh,
            installs,
            decisions: trust.decisions,
          }),
          ...{ installs, clock, log: line, stack },
        })
      : config.admin.alone
        ? await (await import('./runtime/plain-api.ts')).startPlainApi({ ...about, log: line, stack })
        : undefined;

  // Last: it reads and compresses for some seconds.
  installs?.start();

  const running = stack.move();
  let closing: Promise<{ cut: number }> | undefined;
  const close = async () => {
    drained = await dataPlane.drain(config.lifeCycle);
    await running.disposeAsync();
    line('info', 'stopped', drained);
    return drained;
  };
  const parent: Parent = {
    ports: dataPlane.ports,
    ...(apis?.join === undefined ? {} : { joinPort: apis.join }),
    ...(apis?.admin === undefined ? {} : { adminPort: apis.admin }),
    close: () => (closing ??= close()),
  };
  running.defer(onSignals({ close: parent.close, rollWorkers: () => dataPlane.rollWorkers() }, line));
  line('info', 'serving', {
    config: configFile,
    ports: Object.fromEntries(dataPlane.ports),
    mesh: meshEnabled,
  });
  return parent;
}
