/** The shapes of `mirrors.ts` as JSON Schema: what OpenAPI shows. */
import { Type } from 'typebox';

const counts = (description: string) => Type.Record(Type.String(), Type.Integer(), { description });
const bound = Type.Union(
  [Type.Object({ atMostMs: Type.Number() }), Type.Object({ moreThanMs: Type.Number() })],
  { description: 'milliseconds: no more than this, or more than the last bound that is counted' },
);
const answers = (description: string) =>
  Type.Object(
    {
      answered: Type.Integer(),
      codes: counts('by status code; a failure counts as what a client would have been told'),
      serverErrors: Type.Number({ minimum: 0, maximum: 1, description: 'share of the answers that are 5xx' }),
      latency: Type.Optional(
        Type.Object(
          { p50: bound, p95: bound, p99: bound },
          { description: 'to the head of the answer; absent without answers' },
        ),
      ),
    },
    { description },
  );

export const mirrorStatusSchema = Type.Object(
  {
    service: Type.String({ description: 'the mirroring service, such as orders@file' }),
    mirror: Type.String({ description: 'who gets the copies' }),
    copies: Type.Integer({ description: 'begun' }),
    inFlight: Type.Integer({ description: 'under way now' }),
    dropped: counts('by reason: busy, body-too-large, memory, timeout, client-gone, request-ended'),
    bytes: Type.Integer({ description: "of the bodies of the mirror's answers" }),
    answers: answers('of the mirror'),
    main: answers('of the service that answers clients'),
  },
  { $id: 'MirrorStatus' },
);
