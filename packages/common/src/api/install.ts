/** Shapes of the install bundle: what a new machine downloads from its own parent, and what the parent says of it. */

/** Processor of a machine, as Node names it. */
export type Architecture = 'x64' | 'arm64';

/** One executable, compressed with gzip. Sums are SHA-256, lower-case hexadecimal. */
export interface InstallArtefact {
  readonly arch: Architecture;
  /** `ficus-linux-x64.gz`. */
  readonly file: string;
  /** Of the compressed file. */
  readonly bytes: number;
  readonly sha256: string;
  readonly executableBytes: number;
  readonly executableSha256: string;
}

/** A file that is installed beside the executable, or installs it. */
export interface InstallFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** `manifest.json` of an install bundle. */
export interface InstallManifest {
  /** Of ficus: `0.1.0`. */
  readonly version: string;
  readonly artefacts: readonly InstallArtefact[];
  /** `install.sh` and the systemd units. A parent serves them all; in a bundle on disk they may be left out. */
  readonly files?: readonly InstallFile[];
}

/** A manifest as a parent serves it: everything that can be downloaded is in it, so its own sum pins them all. */
export interface ServedManifest extends InstallManifest {
  readonly files: readonly InstallFile[];
}

/** `GET /v1/install`: what a new machine needs to know of its parent. */
export interface InstallStatus {
  /** `https://parent.example.com:8443`; files are at `<joinUrl>/install/<file>`. */
  readonly joinUrl: string;
  /** `sha256:<hex>` of the issuing root's SubjectPublicKeyInfo. */
  readonly caPin: string;
  /** Every root, PEM each: what a download is checked against. */
  readonly roots: readonly string[];
  /** Host names and addresses that the join listener's certificate has. */
  readonly names: readonly string[];
  /** Absent while there is none to download. */
  readonly bundle?: ServedManifest;
  /** SHA-256 of `manifest.json` as it is served; there when `bundle` is. */
  readonly manifestSha256?: string;
  /** Why there is no bundle. */
  readonly problem?: { readonly code: string; readonly message: string; readonly remedy?: string };
}

/** Executables for both architectures, the script, two units, the manifest: none of them is bigger than this. */
export const installLimits = {
  artefacts: 4,
  files: 8,
  manifestBytes: 16_384,
  fileBytes: 512 * 1024 * 1024,
} as const;
