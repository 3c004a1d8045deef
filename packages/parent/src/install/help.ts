/** What `GET /install/` says: how to install from here. */
import type { BundleFile } from './bundle.ts';

/** Plain text. The sums in it are those that the files have. */
export function usage(files: ReadonlyMap<string, BundleFile>): string {
  const rows = [...files.values()].map(({ file, bytes, sha256 }) => `  ${sha256}  ${file} (${bytes} bytes)`);
  return [
    'Ficus, for machines that are to be children of this parent.',
    '',
    'Easiest is user-data for cloud-init, made on the parent:',
    "  ficus cloud-init --child vm-1 --workloads 'orders' > user-data",
    '',
    'By hand, as root, with the CA certificate from `ficus pki roots` on the parent and the sum of manifest.json from',
    'GET /v1/install of its admin API. Do not take them from here: they are what this page is checked with.',
    '  curl --fail --cacert ca.pem -O https://<this parent>/install/install.sh',
    '  sh install.sh --url https://<this parent> --ca-file ca.pem --sha256 <sum of manifest.json>',
    '',
    'Files, with their SHA-256:',
    ...rows,
    '',
  ].join('\n');
}
