/** What every v4 answer is wrapped in. */
import { commonRevision, type Namespace, type Profile, revision, typed } from './profile.ts';

const link = (href: string, rel: string) =>
  typed(commonRevision, 'common.v1.response.ApiLink', { href, rel });

const flag = (name: string, value: boolean) =>
  typed(commonRevision, 'common.v1.config.Flag', { name, value });

const metadata = (paginated: boolean, links: readonly object[], more: object = {}) =>
  typed(commonRevision, 'common.v1.response.ApiResponseMetadata', {
    flags: [flag('hasError', false), flag('isPaginated', paginated), flag('isTruncated', false)],
    links,
    ...more,
  });

/** One entity, with a link to itself. */
export function entityAnswer(
  profile: Profile,
  namespace: Namespace,
  objectType: string,
  data: object,
  self: string,
): object {
  return {
    data,
    $reserved: { $fv: revision(profile, namespace) },
    $objectType: objectType,
    metadata: metadata(false, [link(self, 'self')]),
  };
}

/** 202: the reference of a task, with a link to it whose `rel` nobody could verify. */
export function taskAnswer(
  profile: Profile,
  namespace: Namespace,
  objectType: string,
  task: { readonly extId: string; readonly href: string; readonly rel: string },
): object {
  const fv = revision(profile, 'prism');
  return {
    data: typed(fv, 'prism.v4.config.TaskReference', { extId: task.extId }),
    $reserved: { $fv: revision(profile, namespace) },
    $objectType: objectType,
    metadata: metadata(false, [link(task.href, task.rel)]),
  };
}

export interface PageOf {
  /** Without paging parameters; ends in `?` or `&`. */
  readonly href: string;
  /** What follows the paging parameters: `&$filter=…`. */
  readonly rest: string;
  readonly page: number;
  readonly limit: number;
  readonly total: number;
}

/**
 * A list's answer as text: rows are JSON already, so that thousands of them cost nothing. `undefined` leaves `data` out,
 * which is one of three shapes of an empty page.
 */
export function listAnswer(
  profile: Profile,
  namespace: Namespace,
  objectType: string,
  rows: readonly string[] | null | undefined,
  page: PageOf,
): string {
  const at = (number: number, rel: string) =>
    link(`${page.href}$page=${number}&$limit=${page.limit}${page.rest}`, rel);
  const last = Math.max(0, Math.ceil(page.total / page.limit) - 1);
  const links = [at(0, 'first')];
  if (page.page > 0) links.push(at(page.page - 1, 'prev'));
  links.push(at(page.page, 'self'));
  if (page.page < last) links.push(at(page.page + 1, 'next'));
  links.push(at(last, 'last'));
  const rest = JSON.stringify({
    $reserved: { $fv: revision(profile, namespace) },
    $objectType: objectType,
    metadata: metadata(true, links, { totalAvailableResults: page.total }),
  });
  if (rows === undefined) return rest;
  return `{"data":${rows === null ? 'null' : `[${rows.join(',')}]`},${rest.slice(1)}`;
}
