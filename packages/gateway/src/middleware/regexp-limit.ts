/** How long a text may be that an expression rewrites: time is linear in it, but the factor is the expression's. */
import type { Refusal } from './middleware.ts';

/** Characters. Browsers and servers hardly go beyond. */
export const longestRewritten = 8192;

export const tooLongToRewrite: Refusal = {
  code: 'request.target-too-long',
  detail: `at most ${longestRewritten} characters where a regular expression rewrites it`,
};
