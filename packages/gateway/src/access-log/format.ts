/** Writes one request as one line: Traefik's common log format, or JSON with Traefik's field names. */
import type { QName } from '../model/model.ts';
import type { AccessRecord } from './access-record.ts';
import { jsonString, quoted } from './escape.ts';

/** How a request ended. */
export interface Outcome {
  /** Sent to the client; 499 when it left before anything was. */
  readonly status: number;
  readonly durationMs: number;
  /** Spent on the service and its endpoint; 0 when it got to none. */
  readonly originMs: number;
  /** Number of the request in this process, from 1. */
  readonly count: number;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * `client - user [time] "request" status bytes "-" "-" count "router" "service URL" durationms`. Referrer and user agent
 * are `-`, as in Traefik, which drops header values unless told otherwise: they may hold secrets.
 */
export function commonLine(record: AccessRecord, outcome: Outcome): string {
  const { request, route } = record;
  const line = request.method === '' ? '-' : `${request.method} ${request.target} ${request.protocol}`;
  const router = route === undefined ? '-' : qualified(route.name);
  const service = serviceUrl(record) || '-';
  const client = request.clientHost === '' ? '-' : bare(request.clientHost);
  const user = record.clientUsername === '' ? '-' : bare(record.clientUsername);
  return (
    `${client} - ${user} [${commonTime(record.startedAt)}] ${quoted(line)} ${outcome.status} ${sentBytes(record, outcome)} ` +
    `"-" "-" ${outcome.count} ${quoted(router)} ${quoted(service)} ${Math.round(outcome.durationMs)}ms\n`
  );
}

/** Durations in nanoseconds. Fields that have no value are left out. */
export function jsonLine(record: AccessRecord, outcome: Outcome): string {
  const { request, route, forward } = record;
  const { host, port } = splitAuthority(request.authority);
  const started = new Date(record.startedAt).toISOString();
  let line =
    `{"time":"${started}","StartUTC":"${started}","Duration":${nanoseconds(outcome.durationMs)},` +
    `"entryPointName":${jsonString(request.entryPoint)},` +
    `"ClientAddr":${jsonString(hostPort(request.peerAddress, request.peerPort))},` +
    `"ClientHost":${jsonString(request.clientHost)},"ClientPort":"${request.peerPort}",` +
    `"RequestMethod":${jsonString(request.method)},"RequestPath":${jsonString(request.target)},` +
    `"RequestAddr":${jsonString(request.authority)},"RequestHost":${jsonString(host)},` +
    `"RequestPort":${jsonString(port || '-')},"RequestProtocol":"${request.protocol}",` +
    `"RequestScheme":"${request.secure ? 'https' : 'http'}","RequestCount":${outcome.count},` +
    `"DownstreamStatus":${outcome.status},"DownstreamContentSize":${sentBytes(record, outcome)},` +
    `"Overhead":${nanoseconds(outcome.durationMs - outcome.originMs)}`;
  if (route !== undefined)
    line += `,"RouterName":${jsonString(qualified(route.name))},"ServiceName":${jsonString(qualified(route.service.name))}`;
  if (forward !== undefined) {
    line += `,"RetryAttempts":${Math.max(0, forward.attempts - 1)},"OriginDuration":${nanoseconds(outcome.originMs)}`;
    if (forward.responded) line += `,"OriginStatus":${outcome.status}`;
    const url = serviceUrl(record);
    if (url !== '')
      line += `,"ServiceURL":${jsonString(url)},"ServiceAddr":${jsonString(url.slice(url.indexOf('//') + 2))}`;
    if (forward.leg !== undefined) line += `,"ficusLeg":${jsonString(forward.leg.key)}`;
  }
  if (record.clientUsername !== '') line += `,"ClientUsername":${jsonString(record.clientUsername)}`;
  if (record.errorCode !== '') line += `,"ficusErrorCode":"${record.errorCode}"`;
  return `${line}}\n`;
}

/** What was written for a response that has no body never left. */
function sentBytes(record: AccessRecord, { status }: Outcome): number {
  return record.request.method === 'HEAD' || status === 204 || status === 304 ? 0 : record.bytes;
}

function serviceUrl({ forward }: AccessRecord): string {
  const address = forward?.endpoint?.pool.address;
  return address === undefined ? '' : `${address.scheme}://${hostPort(address.host, address.port)}`;
}

function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function splitAuthority(authority: string): { host: string; port: string } {
  const [, host = authority, port = ''] = /^(.*?)(?::(\d*))?$/s.exec(authority) ?? [];
  return host.includes(':') && !host.startsWith('[') ? { host: authority, port: '' } : { host, port };
}

function qualified([name, provider]: QName): string {
  return `${name}@${provider}`;
}

/** A word without quotes of its own: whatever could end it is escaped away. */
function bare(value: string): string {
  return quoted(value).slice(1, -1).replaceAll(' ', '\\x20');
}

function nanoseconds(ms: number): number {
  return Math.max(0, Math.round(ms * 1e6));
}

/** `20/Nov/2026:22:30:00 +0000`. */
function commonTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  const month = months[Number(iso.slice(5, 7)) - 1];
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
