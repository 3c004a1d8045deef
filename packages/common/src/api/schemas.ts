/** The admin and join APIs' shapes as JSON Schema: what requests are checked against and what OpenAPI shows. */
import { Type } from 'typebox';

const text = (description: string, maxLength = 500) => Type.String({ description, maxLength });
const time = (description: string) => Type.String({ format: 'date-time', description });
const mode = Type.Union(
  [Type.Literal('active'), Type.Literal('standby'), Type.Literal('draining'), Type.Literal('off')],
  {
    description:
      'active takes its weight; standby only on failover; draining finishes sticky sessions; off nothing, ever',
  },
);
const closed = { additionalProperties: false } as const;
const reason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'why, in one line; kept in the history',
});
const actor = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: 'who; kept in the history' }),
);

export const reasonSchema = Type.Object({ reason, actor }, { ...closed, $id: 'Reason' });
/** For deletions whose client may say nothing. */
export const optionalReasonSchema = Type.Object(
  { reason: Type.Optional(reason), actor },
  { ...closed, $id: 'OptionalReason' },
);

export const tokenRequestSchema = Type.Object(
  {
    child: text('name of the child: a-z, 0-9 and -', 63),
    workloads: Type.Array(text('exposed name or glob', 253), {
      minItems: 1,
      maxItems: 100,
      description: 'exposed names the child may advertise; * matches any run of characters',
    }),
    ttlSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        description: 'seconds the token may be used; default 900',
      }),
    ),
    secrets: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z0-9-]{1,63}$' }), text('the secret', 16_384), {
        maxProperties: 8,
        additionalProperties: false,
        description: 'given to the child when it joins, as files secrets/<name> in its state directory',
      }),
    ),
    actor,
  },
  { ...closed, $id: 'TokenRequest' },
);

// Values are checked by the store, whose refusals name the child and have their own codes.
export const weightsRequestSchema = Type.Object(
  {
    weights: Type.Record(Type.String(), Type.Unknown({ description: 'whole number from 0 to 1000' }), {
      description: 'child → weight; children not named keep theirs',
    }),
    reason,
    actor,
  },
  { ...closed, $id: 'WeightsRequest' },
);
export const modesRequestSchema = Type.Object(
  {
    modes: Type.Record(Type.String(), Type.Unknown({ description: 'active, standby, draining or off' }), {
      description: 'child → mode; children not named keep theirs',
    }),
    sessionsForSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 31_536_000,
        description:
          'sessions of legs that drain from now on stay for so long; default: as long as they drain',
      }),
    ),
    reason,
    actor,
  },
  { ...closed, $id: 'ModesRequest' },
);
export const undoRequestSchema = Type.Object(
  {
    reason,
    actor,
    seq: Type.Optional(
      Type.Integer({ minimum: 1, description: 'the entry to take back; default: the newest' }),
    ),
  },
  { ...closed, $id: 'UndoRequest' },
);

export const joinRequestSchema = Type.Object(
  {
    token: text('the join token as printed', 200),
    csr: text('PKCS#10, PEM', 16_384),
    address: Type.Optional(text('host:port the parent dials; default: the caller and port 9443', 261)),
  },
  { ...closed, $id: 'JoinRequest' },
);
export const renewRequestSchema = Type.Object(
  { csr: text('PKCS#10, PEM', 16_384) },
  { ...closed, $id: 'RenewRequest' },
);

export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String({ description: 'what was expected and what was found' })),
    code: Type.String({ description: 'stable across releases' }),
    remedy: Type.Optional(Type.String({ description: 'what to do next' })),
  },
  { $id: 'Problem', description: 'RFC 9457 problem document' },
);

const statusProblem = Type.Object({
  code: Type.String(),
  message: Type.String(),
  at: time('when it was last seen'),
  count: Type.Integer(),
});
const providerStatus = Type.Object(
  {
    name: Type.String(),
    endpoint: Type.String({ description: 'what it asks' }),
    state: Type.Union([Type.Literal('starting'), Type.Literal('ok'), Type.Literal('failing')], {
      description: 'failing: the last good answer holds',
    }),
    lastGoodAt: Type.Optional(time('of the last good answer; only while it fails')),
    error: Type.Optional(
      Type.Object({
        code: Type.String(),
        message: Type.String(),
        remedy: Type.Optional(Type.String()),
        since: time('of the first failure in a row'),
      }),
    ),
    services: Type.Integer(),
    machines: Type.Integer(),
    seen: Type.Optional(Type.Integer({ description: 'machines that it is shown at all' })),
    conditions: Type.Array(
      Type.Object({ code: Type.String(), subject: Type.String(), message: Type.String() }),
    ),
  },
  { description: 'a provider that finds workloads for a child, as the child tells it' },
);
export const childStatusSchema = Type.Object(
  {
    name: Type.String(),
    address: Type.String({ description: 'host:port of its uplink entrypoint' }),
    workloads: Type.Array(Type.String()),
    state: Type.Union(
      [Type.Literal('connected'), Type.Literal('stale'), Type.Literal('never'), Type.Literal('revoked')],
      { description: 'stale: its last known advertisement is held' },
    ),
    version: Type.Optional(Type.String()),
    advertisementAgeSeconds: Type.Optional(Type.Number()),
    certificate: Type.Optional(Type.Object({ serial: Type.String(), notAfter: time('end of its life') })),
    providers: Type.Optional(Type.Array(providerStatus)),
    problems: Type.Array(statusProblem),
  },
  { $id: 'ChildStatus' },
);
export const uplinkStatusSchema = Type.Object(
  {
    name: Type.String(),
    legs: Type.Array(
      Type.Object({
        child: Type.String(),
        weight: Type.Number(),
        weightFrom: Type.Union([Type.Literal('operator'), Type.Literal('child')]),
        mode,
        sessionsUntil: Type.Optional(time('until then sessions stay at a leg that drains')),
        health: Type.Union([Type.Literal('up'), Type.Literal('down'), Type.Literal('unknown')]),
        reason: Type.Optional(Type.String()),
        endpoints: Type.Object({ healthy: Type.Integer(), total: Type.Integer() }),
        requests: Type.Integer(),
        failures: Type.Integer(),
      }),
    ),
  },
  { $id: 'UplinkStatus' },
);
export const tokenInfoSchema = Type.Object(
  {
    id: Type.String(),
    child: Type.String(),
    workloads: Type.Array(Type.String()),
    createdAt: time('when it was made'),
    expiresAt: time('when it stops being of use'),
    state: Type.Union([
      Type.Literal('unused'),
      Type.Literal('used'),
      Type.Literal('expired'),
      Type.Literal('revoked'),
    ]),
  },
  { $id: 'TokenInfo' },
);
export const createdTokenSchema = Type.Object(
  {
    ...tokenInfoSchema.properties,
    token: Type.String({ description: 'shown once' }),
    caPin: Type.String({ description: 'sha256:<hex> of the root’s SubjectPublicKeyInfo' }),
    command: Type.String({ description: 'the line to run on the child’s machine' }),
  },
  { $id: 'CreatedToken' },
);
export const historyEntrySchema = Type.Object(
  {
    seq: Type.Integer(),
    at: time('when'),
    actor: Type.String(),
    reason: Type.String(),
    action: Type.String({ description: 'weights, modes, undo, child.join, child.revoke, token.create, …' }),
    subject: Type.String({ description: 'the uplink, child, token or certificate it is about' }),
    before: Type.Unknown(),
    after: Type.Unknown(),
    undoes: Type.Optional(Type.Integer({ description: 'of an undo: the entry it takes back' })),
    hash: Type.String({ description: 'SHA-256 over the previous hash and this entry, hex' }),
  },
  { $id: 'HistoryEntry' },
);
export const certificateInfoSchema = Type.Object(
  {
    serial: Type.String(),
    child: Type.String(),
    uri: Type.String({ description: 'SPIFFE ID' }),
    notBefore: time('begin of its life'),
    notAfter: time('end of its life'),
    state: Type.Union([Type.Literal('valid'), Type.Literal('expired'), Type.Literal('revoked')]),
  },
  { $id: 'CertificateInfo' },
);
export const trustBundleSchema = Type.Object(
  {
    trustDomain: Type.String(),
    roots: Type.Array(Type.String({ description: 'PEM' })),
    caPin: Type.String({ description: 'sha256:<hex> of the issuing root’s SubjectPublicKeyInfo' }),
  },
  { $id: 'TrustBundle' },
);
export const enrolmentSchema = Type.Object(
  {
    child: Type.String(),
    trustDomain: Type.String(),
    certificate: Type.String({ description: 'leaf first, then intermediates; PEM' }),
    roots: Type.Array(Type.String({ description: 'PEM' })),
    parents: Type.Array(Type.String({ description: 'SPIFFE IDs of the parents that may dial this child' })),
  },
  { $id: 'Enrolment' },
);
export const parentStatusSchema = Type.Object(
  {
    name: Type.String(),
    version: Type.String(),
    startedAt: time('when this process started'),
    workers: Type.Array(
      Type.Object({ pid: Type.Integer(), restarts: Type.Integer(), rssBytes: Type.Integer() }),
    ),
    configuration: Type.Object({
      revision: Type.Integer(),
      loadedAt: time('when the configuration that serves was loaded'),
      refused: Type.Optional(Type.Array(Type.String())),
      held: Type.Optional(Type.Array(Type.String())),
    }),
    disabled: Type.Array(Type.Object({ kind: Type.String(), name: Type.String(), reason: Type.String() })),
    children: Type.Array(Type.Unsafe({ $ref: 'ChildStatus#' })),
    uplinks: Type.Array(Type.Unsafe({ $ref: 'UplinkStatus#' })),
    problems: Type.Array(statusProblem),
  },
  { $id: 'ParentStatus' },
);
