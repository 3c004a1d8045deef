/** Why a VM was not made, in the words of this command: the options, not the keys of a child's configuration. */
import { FicusError } from '@ficus/common/errors.ts';
import type { CreateOptions } from './create.ts';

/** The same error with what to do about it here; what is no error of Prism Central comes back as it is. */
export function sayingOptions(error: unknown, options: CreateOptions): unknown {
  if (!(error instanceof FicusError)) return error;
  const remedy = remedies(options)[error.code];
  // What is said of a VM that was left behind stays.
  const { cause } = error;
  const inner = cause instanceof FicusError && cause.code === error.code ? cause.remedy : error.remedy;
  const rest = inner !== undefined && error.remedy?.startsWith(inner) ? error.remedy.slice(inner.length) : '';
  const here = remedy ?? inner?.replace(/\bendpoint\b/, '--prism');
  if (here === undefined || here === inner) return error;
  return new FicusError(error.code, error.message, { remedy: `${here}${rest}`, cause: error });
}

function remedies(options: CreateOptions): Readonly<Record<string, string>> {
  const { createApiKeyFile, createUsername, prismApiKeyFile, prismFingerprint } = options;
  const own = createApiKeyFile !== undefined || createUsername !== undefined;
  const byKey = own ? createApiKeyFile !== undefined : prismApiKeyFile !== undefined;
  const whose = own ? '--create' : '--prism';
  const login = byKey
    ? `make a new key (Admin Center, IAM, Service Accounts) and put it into the file of ${whose}-api-key-file`
    : `correct ${whose}-username and the file of ${whose}-password-file`;
  const other = own ? '' : '; or give the login of somebody who may with --create-api-key-file';
  return {
    'prism.unauthorized': login,
    'prism.forbidden': `give the user of ${whose}-${byKey ? 'api-key-file' : 'username'} a role that may create VMs and view clusters, subnets and images${other}`,
    'prism.untrusted':
      prismFingerprint === undefined
        ? 'name the CA with --prism-ca-file; or compare that sum with the certificate of Prism Central and give it with --prism-fingerprint'
        : 'find out who answers there; if the certificate was renewed, give its new sum with --prism-fingerprint',
    'prism.not-found': 'check that --prism is a Prism Central of pc.2024.3 or later',
    'prism.redirected': 'name Prism Central itself with --prism: keys do not follow redirects',
    'prism.rate-limited': 'try again later; fewer programs with this key help',
    'prism.unavailable': 'look at Prism Central, and try again',
    'prism.timeout': 'look at Prism Central, and try again',
    'prism.unreachable': 'check --prism, that Prism Central runs, and that no firewall is in between',
  };
}
