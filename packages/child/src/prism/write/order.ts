/** What a person orders when a VM is to be created. */

/** What VM is wanted. Cluster, image and subnet by name or extId. */
export interface VmOrder {
  /** At most 80 characters; must not be in use on the cluster. */
  readonly name: string;
  readonly cluster: string;
  /** A disk image that cloud-init runs on. */
  readonly image: string;
  readonly subnet: string;
  /** Default 2. */
  readonly sockets?: number;
  /** Default 1. */
  readonly coresPerSocket?: number;
  /** Default 2 GiB. */
  readonly memoryBytes?: number;
  /** Default the image's size. */
  readonly diskBytes?: number;
  /** Key to value or values; they must exist. Default none. */
  readonly categories?: Readonly<Record<string, string | readonly string[]>>;
  /** Plain text that begins with `#cloud-config`; at most 24,000 bytes. */
  readonly userData: string;
  readonly description?: string;
}
