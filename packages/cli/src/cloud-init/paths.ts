/** Where things are on a machine that was set up by user-data: the same that packages and install.sh use. */
export const etc = '/etc/ficus';
export const stateDirectory = '/var/lib/ficus-child';

export const paths = {
  ca: `${etc}/ca.pem`,
  childConfig: `${etc}/child.yaml`,
  token: `${stateDirectory}/join-token`,
  /** There once the child has joined. */
  identity: `${stateDirectory}/identity/current`,
  bootstrap: '/usr/local/sbin/ficus-bootstrap',
  bootstrapUnit: '/etc/systemd/system/ficus-bootstrap.service',
  prismCa: `${etc}/prism-ca.pem`,
  baseFile: `${etc}/prism-base.yaml`,
} as const;

/** Where the child keeps a secret that came with its token. */
export const secretFile = (name: string) => `${stateDirectory}/secrets/${name}`;
