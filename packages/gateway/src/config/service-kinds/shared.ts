/** Words that several kinds of services share. */
import { object, optional, string } from '@ficus/common/config/schema.ts';

/** A share beside others. */
export const weight = { minimum: 0, maximum: 1_000_000 };

/** A service by name. */
export const serviceName = (description: string) => string(description, { minLength: 1 });

/** What two requests must have in common to be treated alike. */
export const hashOn = (beginning: string) =>
  string(
    `${beginning} two requests alike: \`clientIP\`, \`header:<name>\`, \`cookie:<name>\` or \`query:<name>\`; a request without it counts by its client's address. Default: \`clientIP\`, the first untrusted address behind \`forwardedHeaders.trustedIPs\`.`,
    { format: 'hash-key' },
  );

export const propagated = optional(
  object('Accepted for Traefik: the health of what is below always counts.', {}, { allowEmpty: true }),
);
