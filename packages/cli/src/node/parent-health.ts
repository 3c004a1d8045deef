/** Whether the parent of a configuration file serves: its control process answers and its entrypoints accept. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { decodeParentConfig } from '@ficus/parent/config/parent-config.ts';
import { refusedConfiguration } from '../output/configuration.ts';
import { accepts, dialTimeoutMs, notServing } from './dial-own.ts';

/** A line for each part that serves. Throws `healthcheck.not-serving`, or what is wrong with the file. */
export async function parentServes(file: string): Promise<readonly string[]> {
  const decoded = decodeParentConfig(await readFile(file, 'utf8'), file);
  if (!decoded.ok) throw refusedConfiguration(decoded.problems);
  const { meshEnabled, admin, entryPoints } = decoded.value;
  const lines: string[] = [];
  if (meshEnabled || admin.alone) {
    await answers(admin.socket);
    lines.push(`parent: the admin API answers at ${admin.socket}`);
  }
  for (const [name, { address }] of Object.entries(entryPoints)) {
    await accepts(name, address);
    lines.push(`parent: entrypoint ${name} accepts at ${address}`);
  }
  return lines;
}

function answers(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(notServing(`the admin API (${socketPath})`, cause));
    const asking = request({ socketPath, path: '/v1/healthz', timeout: dialTimeoutMs }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else fail(new Error(`status ${response.statusCode}`));
    });
    asking.once('timeout', () => asking.destroy(new Error(`no answer within ${dialTimeoutMs} ms`)));
    asking.once('error', fail);
    asking.end();
  });
}
