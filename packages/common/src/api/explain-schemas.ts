/** The shapes of `explain.ts` as JSON Schema: what requests are checked against and what OpenAPI shows. */
import { Type } from 'typebox';

const text = (description: string, maxLength: number) => Type.String({ description, maxLength });

export const explainRequestSchema = Type.Object(
  {
    method: text('such as GET', 256),
    url: text('https://shop.example/api?x=1', 16_384),
    headers: Type.Optional(
      Type.Array(Type.Array(Type.String({ maxLength: 65_536 }), { minItems: 2, maxItems: 2 }), {
        maxItems: 500,
        description: 'pairs of name and value',
      }),
    ),
    from: Type.Optional(text('address of the client; default 127.0.0.1', 45)),
    entryPoint: Type.Optional(text("default: by the URL's port, then by its scheme", 253)),
  },
  { additionalProperties: false, $id: 'ExplainRequest' },
);
const objects = Type.Array(Type.Object({}, { additionalProperties: true }));
const absent = Type.Array(Type.Object({ name: Type.String(), error: Type.Array(Type.String()) }), {
  description: 'routers that no request can reach: their rules cannot be read, say',
});
/** In full: `explain.ts`. */
export const explanationSchema = Type.Object(
  {
    request: Type.Object({}, { additionalProperties: true, description: 'as the gateway routes it' }),
    outcome: Type.Union(
      [
        Type.Literal('service'),
        Type.Literal('middleware'),
        Type.Literal('unavailable'),
        Type.Literal('possible'),
        Type.Literal('no-route'),
        Type.Literal('refused'),
      ],
      { description: 'service: it reaches one that can take it; else who answers in its place' },
    ),
    status: Type.Optional(Type.Integer({ description: "of the gateway's own answer" })),
    code: Type.Optional(Type.String()),
    detail: Type.Optional(Type.String()),
    routers: objects,
    passedOver: Type.Object({ count: Type.Integer(), nearest: objects }),
    alsoMatching: objects,
    middlewares: objects,
    service: Type.Optional(Type.Object({}, { additionalProperties: true })),
    absent: Type.Optional(absent),
    dependsOn: Type.Optional(
      Type.Array(Type.String(), { description: 'middlewares on its way that may answer it themselves' }),
    ),
    possible: Type.Optional(objects),
  },
  { $id: 'Explanation' },
);
export const routeListSchema = Type.Object(
  {
    entryPoints: Type.Array(
      Type.Object({
        entryPoint: Type.String(),
        address: Type.String(),
        tls: Type.Boolean(),
        uplink: Type.Optional(Type.String()),
        routers: objects,
      }),
    ),
    absent: Type.Optional(absent),
  },
  { $id: 'RouteList' },
);
