/** The part of `headers` that protects: which hosts are served, and fields that browsers heed. */
import { getHeader } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { ProtectionModel } from '../model/middleware/headers.ts';
import { applyEdits, type FieldEdit, fieldEdit } from './field-edit.ts';
import type { Refusal } from './middleware.ts';

const otherHost: Refusal = { code: 'client.host-refused', detail: 'this host is not served here' };

export class BrowserProtection {
  readonly #hosts: ReadonlySet<string>;
  readonly #hostFields: readonly string[];
  readonly #tlsFields: readonly (readonly [name: string, value: string])[];
  readonly #always: readonly FieldEdit[];
  readonly #overTls: readonly FieldEdit[];

  constructor(model: ProtectionModel) {
    this.#hosts = new Set(model.allowedHosts);
    this.#hostFields = model.hostsProxyHeaders;
    this.#tlsFields = model.sslProxyHeaders;
    this.#always = model.fields.map(([name, value]) => fieldEdit(name, value));
    this.#overTls = model.tlsFields.map(([name, value]) => fieldEdit(name, value));
  }

  request(head: RequestHead): Refusal | undefined {
    if (this.#hosts.size === 0) return undefined;
    return this.#hosts.has(this.#host(head).toLowerCase()) ? undefined : otherHost;
  }

  response(head: ResponseHead, request: RequestHead): void {
    applyEdits(this.#always, head.headers, false);
    if (this.#overTls.length > 0 && this.#secure(request)) applyEdits(this.#overTls, head.headers, false);
  }

  #host(head: RequestHead): string {
    for (let i = 0; i < this.#hostFields.length; i++) {
      const value = getHeader(head.headers, this.#hostFields[i] as string);
      if (value) return value;
    }
    return head.authority;
  }

  #secure(request: RequestHead): boolean {
    if (request.secure) return true;
    for (let i = 0; i < this.#tlsFields.length; i++) {
      const [name, value] = this.#tlsFields[i] as readonly [string, string];
      if (getHeader(request.headers, name) === value) return true;
    }
    return false;
  }
}
