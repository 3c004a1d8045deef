/** Letting children in and shutting them out: tokens, children, certificates. */
import type { CreatedToken, Reason, TokenRequest } from '@ficus/common/api/admin.ts';
import { sealSecrets } from '@ficus/pki/sealed-secrets.ts';
import { createToken } from '@ficus/pki/token.ts';
import { changeOf, type Routes } from './context.ts';
import { list, object, ref, route } from './route-schema.ts';

const revoked = object({ change: ref('HistoryEntry') });
const optionalReason = { anyOf: [ref('OptionalReason'), { type: 'null' }] };

export const trustRoutes: Routes = (app, context) => {
  const { store, runtime, authority, clock, joinUrl, log } = context;

  app.get(
    '/v1/tokens',
    route('listTokens', 'join tokens, without their secrets', object({ tokens: list('TokenInfo') })),
    () => ({ tokens: store.tokens() }),
  );

  app.post(
    '/v1/tokens',
    route('createToken', 'make a join token for one child', ref('CreatedToken'), {
      body: ref('TokenRequest'),
      status: 201,
    }),
    (request, reply): CreatedToken => {
      const { child, workloads, ttlSeconds = 900, secrets } = request.body as TokenRequest;
      const ttlMs = ttlSeconds * 1000;
      const { token, id, secretHash } = createToken(clock.now(), ttlMs);
      const info = store.createToken(
        {
          ...{ id, secretHash, child, workloads, ttlMs },
          ...(secrets === undefined ? {} : { sealed: sealSecrets(secrets, token) }),
        },
        changeOf(request, context, `let ${child} join`),
      );
      const caPin = authority.pin;
      reply.code(201);
      return { ...info, token, caPin, command: `ficus join ${joinUrl} --token ${token} --ca-pin ${caPin}` };
    },
  );

  app.delete(
    '/v1/tokens/:id',
    route('revokeToken', 'make a token useless', revoked, { body: optionalReason, params: 'id' }),
    (request) => {
      const { id } = request.params as { id: string };
      return { change: store.revokeToken(id, changeOf(request, context, 'revoked')) };
    },
  );

  app.delete(
    '/v1/children/:name',
    route('revokeChild', 'shut a child out: its legs go, its connections are closed', revoked, {
      body: ref('Reason'),
      params: 'name',
    }),
    async (request) => {
      const { name } = request.params as { name: string };
      const change = store.revokeChild(name, changeOf(request, context));
      log('warn', 'child revoked', { child: name, reason: (request.body as Reason).reason });
      await runtime.childRevoked(name);
      return { change };
    },
  );

  app.delete(
    '/v1/certificates/:serial',
    route('revokeCertificate', 'refuse one certificate from now on', revoked, {
      body: ref('Reason'),
      params: 'serial',
    }),
    async (request) => {
      const serial = (request.params as { serial: string }).serial.toUpperCase();
      const change = store.revokeCertificate(serial, changeOf(request, context));
      const { child } = change.after as { child: string };
      log('warn', 'certificate revoked', { child, serial, reason: (request.body as Reason).reason });
      await runtime.certificateRevoked(child, serial);
      return { change };
    },
  );
};
