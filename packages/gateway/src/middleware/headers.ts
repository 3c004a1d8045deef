/** `headers`: sets and deletes fields of requests and responses. */
import { FicusError } from '@ficus/common/errors.ts';
import { type Authority, parseAuthority } from '../http/authority.ts';
import { deleteHeader, type Headers } from '../http/headers.ts';
import { CONNECTION, classify, DROP, TE } from '../http/managed-headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { HeadersMiddleware } from '../model/model.ts';
import type { Middleware } from './middleware.ts';

/** Throws a FicusError for fields that belong to the wire, and for names and values that no field may have. */
export function headers(config: HeadersMiddleware): Middleware {
  const host = config.request.find(([name]) => name.toLowerCase() === 'host');
  const others = config.request.filter(([name]) => name.toLowerCase() !== 'host');
  return new HeadersRewriter(
    host === undefined ? undefined : hostAuthority(host[1]),
    others.map(([name, value]) => edit('customRequestHeaders', name, value)),
    config.response.map(([name, value]) => edit('customResponseHeaders', name, value)),
  );
}

interface Edit {
  readonly name: string;
  /** '' deletes. */
  readonly value: string;
  /** As it goes over the wire. */
  readonly written: string;
}

class HeadersRewriter implements Middleware {
  readonly #host: Authority | undefined;
  readonly #request: readonly Edit[];
  readonly #response: readonly Edit[];

  constructor(host: Authority | undefined, request: readonly Edit[], response: readonly Edit[]) {
    this.#host = host;
    this.#request = request;
    this.#response = response;
  }

  request(head: RequestHead): undefined {
    if (this.#host !== undefined) {
      head.authority = this.#host.authority;
      head.host = this.#host.host;
    }
    apply(this.#request, head.headers);
  }

  response(head: ResponseHead): void {
    apply(this.#response, head.headers);
  }
}

function apply(edits: readonly Edit[], fields: Headers): void {
  for (let i = 0; i < edits.length; i++) {
    const edit = edits[i] as Edit;
    deleteHeader(fields, edit.name);
    if (edit.value !== '') fields.push(edit.name, edit.value, edit.written);
  }
}

function edit(key: string, name: string, value: string): Edit {
  const lower = name.toLowerCase();
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]{1,256}$/.test(lower)) {
    throw bad(key, `want a header name, got ${JSON.stringify(name)}`, 'use letters, digits and "-"');
  }
  const kind = classify(lower);
  // An underscore alias is dropped from clients, but an operator may well want to set one.
  const ofTheWire = kind === CONNECTION || kind === TE || (kind === DROP && !lower.includes('_'));
  if (ofTheWire || lower === 'trailer' || lower === 'expect') {
    throw bad(
      key,
      `"${name}" belongs to the connection or the framing`,
      'leave it out: the gateway writes it',
    );
  }
  if (!isFieldValue(value)) {
    throw bad(key, `the value of "${name}" holds a control character`, 'write the value in one line');
  }
  // The wire writes latin1, so text beyond ASCII goes as its UTF-8 bytes.
  return { name: lower, value: Buffer.from(value, 'utf8').toString('latin1'), written: spelled(lower) };
}

function hostAuthority(value: string): Authority {
  const authority = parseAuthority(value);
  if (authority !== undefined) return authority;
  throw bad(
    'customRequestHeaders',
    'want a host name, maybe with a port, as value of "Host"',
    'write it like example.com',
  );
}

function isFieldValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x20 && code !== 9) || code === 0x7f) return false;
  }
  return true;
}

/** `x-robots-tag` as `X-Robots-Tag`, the spelling Traefik sends. */
function spelled(lower: string): string {
  return lower.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

function bad(key: string, message: string, remedy: string): FicusError {
  return new FicusError('config.bad-header', `headers.${key}: ${message}`, { remedy, status: 400 });
}
