/** The shapes of `install.ts` as JSON Schema: what OpenAPI shows. */
import { Type } from 'typebox';

const sum = (of: string) => Type.String({ description: `SHA-256 of ${of}, lower-case hexadecimal` });

const servedManifest = Type.Object(
  {
    version: Type.String({ description: 'of ficus' }),
    artefacts: Type.Array(
      Type.Object({
        arch: Type.Union([Type.Literal('x64'), Type.Literal('arm64')]),
        file: Type.String({ description: 'its name below /install/ of the join listener' }),
        bytes: Type.Integer(),
        sha256: sum('the compressed file'),
        executableBytes: Type.Integer(),
        executableSha256: sum('the executable in it'),
      }),
    ),
    files: Type.Array(
      Type.Object({
        file: Type.String({ description: 'install.sh or a systemd unit' }),
        bytes: Type.Integer(),
        sha256: sum('the file'),
      }),
    ),
  },
  { description: 'what can be downloaded; absent while there is nothing' },
);

export const installStatusSchema = Type.Object(
  {
    joinUrl: Type.String({ description: 'the join listener; files are at <joinUrl>/install/<file>' }),
    caPin: Type.String({ description: 'sha256:<hex> of the issuing root’s SubjectPublicKeyInfo' }),
    roots: Type.Array(Type.String({ description: 'PEM' })),
    names: Type.Array(Type.String(), {
      description: 'host names and addresses in the listener’s certificate',
    }),
    bundle: Type.Optional(servedManifest),
    manifestSha256: Type.Optional(sum('manifest.json as it is served')),
    problem: Type.Optional(
      Type.Object(
        { code: Type.String(), message: Type.String(), remedy: Type.Optional(Type.String()) },
        { description: 'why there is no bundle' },
      ),
    ),
  },
  { $id: 'InstallStatus' },
);
