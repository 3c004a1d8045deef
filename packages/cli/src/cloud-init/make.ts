/** Makes user-data: asks the parent what there is to install, renders everything once to be sure, then makes the token. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { CreatedToken, TokenRequest } from '@ficus/common/api/admin.ts';
import type { InstallStatus } from '@ficus/common/api/install.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { AdminClient } from '../admin/client.ts';
import type { Io } from '../output/io.ts';
import { bootstrapCommands, bootstrapScript, bootstrapUnit } from './bootstrap.ts';
import { childConfigText, readGiven } from './child-config.ts';
import { joinUrlFor } from './join-url.ts';
import { paths } from './paths.ts';
import { type PrismOptions, prismPart } from './prism.ts';
import { metaData, renderUserData } from './user-data.ts';

export interface MakeOptions extends PrismOptions {
  readonly child: string;
  readonly workloads: readonly string[];
  readonly ttlSeconds: number;
  readonly joinAddress?: string;
  readonly address?: string;
  /** The operator's own child.yaml. */
  readonly childConfig?: string;
}

export interface MadeUserData {
  readonly userData: string;
  readonly metaData: string;
  readonly token: CreatedToken;
  /** Where the machine downloads and joins. */
  readonly url: string;
  readonly install: InstallStatus;
  /** Whether the child has anything to advertise by what it was given. */
  readonly hasWorkloads: boolean;
}

/** A minute in all. */
const pauseMs = 200;
const mostTries = 300;

/** As long as a token, so that it takes the same room. */
const noToken = `v1.${'0'.repeat(16)}.${'0'.repeat(43)}`;

/**
 * No token is made unless everything else is right. Throws `cli.usage`, `config.invalid`, `cloud-init.*`, `install.*`,
 * and what the parent answers.
 */
export async function makeUserData(io: Io, admin: AdminClient, options: MakeOptions): Promise<MadeUserData> {
  const { child, workloads, ttlSeconds, joinAddress, address, childConfig: own } = options;
  const prism = await prismPart(io, options);
  const given = own === undefined ? undefined : await readGiven(io, own, workloads);
  const install = await whenPrepared(io, admin);
  const sums = sumsOf(install);
  const url = joinUrlFor(install, joinAddress);
  const childConfig = await childConfigText({
    ...{ name: child, url, caPins: [install.caPin], address, given },
    prism: prism?.provider,
  });
  const render = (token: string) =>
    renderUserData(
      [
        {
          path: paths.ca,
          permissions: '0644',
          content: install.roots.map((root) => `${root.trim()}\n`).join(''),
        },
        { path: paths.childConfig, permissions: '0640', content: childConfig },
        { path: paths.token, permissions: '0600', content: `${token}\n` },
        ...(prism?.files ?? []),
        { path: paths.bootstrap, permissions: '0755', content: bootstrapScript({ url, ...sums }) },
        { path: paths.bootstrapUnit, permissions: '0644', content: bootstrapUnit() },
      ],
      bootstrapCommands,
    );
  render(noToken);
  const request: TokenRequest = {
    ...{ child, workloads, ttlSeconds },
    ...(prism === undefined ? {} : { secrets: prism.secrets }),
  };
  const token = await admin.send<CreatedToken>('POST', '/tokens', request);
  return {
    userData: render(token.token),
    metaData: metaData(child, randomUUID()),
    hasWorkloads: prism !== undefined || given !== undefined,
    ...{ token, url, install },
  };
}

/** A parent that has just started still compresses or compares: some seconds that a script should not have to know of. */
async function whenPrepared(io: Io, admin: AdminClient): Promise<InstallStatus> {
  for (let tries = 0; ; tries++) {
    const status = await admin.get<InstallStatus>('/install');
    if (status.problem?.code !== 'install.preparing' || tries === mostTries) return status;
    if (tries === 0) io.err('the parent prepares what is to be installed; waiting for it\n');
    await setTimeout(pauseMs);
  }
}

/** What pins the installation. Throws why the parent has nothing to install. */
function sumsOf({ bundle, manifestSha256, problem }: InstallStatus) {
  const script = bundle?.files.find(({ file }) => file === 'install.sh');
  if (manifestSha256 !== undefined && script !== undefined) {
    return { manifestSha256, scriptSha256: script.sha256 };
  }
  const { code = 'install.none', message = 'the parent has nothing to install', remedy } = problem ?? {};
  throw new FicusError(code, message, remedy === undefined ? {} : { remedy });
}
