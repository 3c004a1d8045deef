/** Certificates for the peers' mTLS leg, made by openssl for one run and never kept. */

import { readFileSync } from 'node:fs';
import { cores } from './cores.ts';
import type { Sandbox } from './sandbox.ts';

/** The name in the child's certificate, which the parent verifies. */
export const CHILD_NAME = 'child.bench';

/** Paths of PEM files. A `…Pem` holds certificate and key, as HAProxy wants them. */
export interface Certificates {
  readonly ca: string;
  readonly childCert: string;
  readonly childKey: string;
  readonly childPem: string;
  readonly parentCert: string;
  readonly parentKey: string;
  readonly parentPem: string;
}

/** Makes a P-256 authority, the child's server certificate and the parent's client certificate, valid for a day. */
export async function makeCertificates(sandbox: Sandbox): Promise<Certificates> {
  const folder = sandbox.folder('certificates');
  const path = (name: string) => `${folder}/${name}`;
  const openssl = (...args: string[]) => sandbox.run('openssl', args, { core: cores.load });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-sha256'];

  await openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '1',
    '-subj',
    '/CN=bench authority',
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.crt'),
  );
  for (const [name, subject, usage] of [
    ['child', CHILD_NAME, 'serverAuth'],
    ['parent', 'parent.bench', 'clientAuth'],
  ] as const) {
    const extensions = [
      `subjectAltName=DNS:${subject}`,
      `extendedKeyUsage=${usage}`,
      'basicConstraints=CA:FALSE',
    ];
    const file = sandbox.file(folder, `${name}.ext`, extensions.join('\n'));
    await openssl(
      'req',
      ...key,
      '-subj',
      `/CN=${subject}`,
      '-keyout',
      path(`${name}.key`),
      '-out',
      path(`${name}.csr`),
    );
    await openssl(
      'x509',
      '-req',
      '-in',
      path(`${name}.csr`),
      '-CA',
      path('ca.crt'),
      '-CAkey',
      path('ca.key'),
      '-CAcreateserial',
      '-days',
      '1',
      '-sha256',
      '-extfile',
      file,
      '-out',
      path(`${name}.crt`),
    );
    sandbox.file(folder, `${name}.pem`, readBoth(path(`${name}.crt`), path(`${name}.key`)));
  }
  return {
    ca: path('ca.crt'),
    childCert: path('child.crt'),
    childKey: path('child.key'),
    childPem: path('child.pem'),
    parentCert: path('parent.crt'),
    parentKey: path('parent.key'),
    parentPem: path('parent.pem'),
  };
}

function readBoth(first: string, second: string): string {
  return readFileSync(first, 'utf8') + readFileSync(second, 'utf8');
}
