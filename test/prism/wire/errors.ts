/** Errors of the API and the bodies they travel in. */
import { type Namespace, type Profile, revision, typed } from './profile.ts';

/** Message, code and group of one `AppMessage`. */
export interface AppMessage {
  readonly message: string;
  readonly code: string;
  readonly group: string;
}

/** Thrown by whatever handles a request; the server writes it in the envelope of the operation. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: AppMessage | SchemaProblem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: AppMessage | SchemaProblem,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail.message);
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}

/** What a request's check against the API's schema says. */
export interface SchemaProblem {
  /** `query.$limit`, `path.extId`, `body.name`. */
  readonly location: string;
  readonly message: string;
  readonly attribute: string;
}

export const schemaError = (location: string, attribute: string, message: string): ApiError =>
  new ApiError(400, { location, attribute, message: `[Path '${attribute}'] ${message}` });

export const notFound = (namespace: Namespace): ApiError =>
  namespace === 'vmm'
    ? new ApiError(404, {
        message: 'Failed to perform the operation as the backend service could not find the entity.',
        code: 'VMM-20005',
        group: 'ENTITY_NOT_FOUND',
      })
    : new ApiError(404, {
        message: 'The requested entity could not be found.',
        code: 'PLAT-10007',
        group: 'ENTITY_NOT_FOUND',
      });

/** A path that no namespace serves, or not in this version. */
export const noSuchPath = (path: string): ApiError =>
  new ApiError(404, {
    message: `No resource is served at ${path}.`,
    code: 'PLAT-10007',
    group: 'RESOURCE_NOT_FOUND',
  });

/** As recorded from a real Prism Central, which leaves out what its other answers have. */
export function forbiddenBody(namespace: Namespace, url: string): object {
  return {
    data: {
      error: [
        {
          message: `Access Denied because no or incorrect permissions were set in the request ${url}`,
          code: 'RBA-10001',
          locale: 'en_US',
          errorGroup: 'RBAC_AUTHORIZATION_ERROR',
          severity: 'ERROR',
          $objectType: `${namespace}.v4.error.AppMessage`,
        },
      ],
      $errorItemDiscriminator: `List<${namespace}.v4.error.AppMessage>`,
      $objectType: `${namespace}.v4.error.ErrorResponse`,
    },
    $dataItemDiscriminator: `${namespace}.v4.error.ErrorResponse`,
  };
}

export function appMessage(
  profile: Profile,
  namespace: Namespace,
  detail: AppMessage,
  severity: 'ERROR' | 'INFO' = 'ERROR',
): object {
  return typed(revision(profile, namespace), `${namespace}.v4.error.AppMessage`, {
    message: detail.message,
    severity,
    code: detail.code,
    locale: 'en_US',
    errorGroup: detail.group,
  });
}

/** `objectType`: of the operation's answer. `path`: as it was asked, without the query. */
export function errorBody(
  profile: Profile,
  namespace: Namespace,
  objectType: string,
  error: ApiError,
  at: { readonly path: string; readonly time: string },
): object {
  const fv = revision(profile, namespace);
  const { detail } = error;
  return {
    data: {
      error:
        'code' in detail
          ? [appMessage(profile, namespace, detail)]
          : typed(fv, `${namespace}.v4.error.SchemaValidationError`, {
              timestamp: at.time,
              statusCode: error.status,
              error: 'Bad Request',
              path: at.path,
              validationErrorMessages: [
                typed(fv, `${namespace}.v4.error.SchemaValidationErrorMessage`, {
                  location: detail.location,
                  message: detail.message,
                  attributePath: detail.attribute,
                }),
              ],
            }),
      $reserved: { $fv: fv },
      $objectType: `${namespace}.v4.error.ErrorResponse`,
    },
    $reserved: { $fv: fv },
    $objectType: objectType,
  };
}
