/** Schema of `grpcWeb`. */
import { list, object, optional, type Static, string } from '@ficus/common/config/schema.ts';

export const grpcWebSchema = object(
  'Lets browsers call gRPC endpoints: translates gRPC-Web to gRPC and back. Endpoints must speak HTTP/2 (`h2c://` or `https://`).',
  {
    allowOrigins: optional(
      list(
        'Origins whose pages may call. Default: none but pages of the same origin.',
        string('An origin such as `https://app.example`, or `*` for all.', { minLength: 1 }),
      ),
    ),
  },
  { allowEmpty: true },
);
export type GrpcWebConfig = Static<typeof grpcWebSchema>;
