/** `ficus explain`: which way one request would take, and why the other routers do not take it. */
import type { ExplainRequest, Explanation } from '@ficus/common/api/explain.ts';
import type { Command } from 'commander';
import { adminOptions, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { explanationReport } from '../output/explanation.ts';
import { exitCodes, usageError } from '../output/failure.ts';
import { json } from '../output/io.ts';
import { lookedAt } from '../output/looked-at.ts';
import type { Cli } from '../program.ts';
import { givenConfig } from './routes.ts';

interface ExplainOptions extends AdminOptions {
  readonly header?: readonly string[];
  readonly from?: string;
  readonly entrypoint?: string;
}

const example = "ficus explain GET https://shop.example/api/orders -H 'X-User: 7'";

/** Registers the command. */
export function explain(program: Command, cli: Cli): void {
  adminOptions(
    program
      .command('explain')
      .description(
        'tell which router, middlewares and service a request would take, and why others do not take it',
      )
      .argument('<method>', 'GET when only a URL is given')
      .argument('[url]', 'with its scheme, such as https://shop.example/api/orders')
      .option('-H, --header <header>', "a header as 'Name: value'; may be repeated", collected)
      .option('--from <address>', 'IP address of the client; default 127.0.0.1')
      .option('--entrypoint <name>', "default: by the URL's port, then by its scheme"),
    givenConfig,
  )
    .addHelpText(
      'after',
      `\nExamples:\n  ${example}\n  ficus explain POST http://shop.example/orders --from 192.0.2.7 --config dynamic/`,
    )
    .action((method: string, url: string | undefined, options: ExplainOptions) =>
      show(cli, url === undefined ? ['GET', method] : [method, url], options),
    );
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function show(
  cli: Cli,
  [method, url]: readonly [string, string],
  options: ExplainOptions,
): Promise<void> {
  const { header = [], from, entrypoint, config, ...where } = options;
  const ask: ExplainRequest = {
    // Nobody means `get` by it, which is another method.
    method: /^[a-z]+$/.test(method) ? method.toUpperCase() : method,
    url,
    headers: header.map(headerOf),
    ...(from === undefined ? {} : { from }),
    ...(entrypoint === undefined ? {} : { entryPoint: entrypoint }),
  };
  const { told, of } =
    config === undefined
      ? await withAdmin(cli, where, async (admin, place) => ({
          told: await admin.send<Explanation>('POST', '/explain', ask),
          of: lookedAt(place),
        }))
      : { told: await explainGiven(config, cli.io.cwd, ask), of: lookedAt({ files: config }) };
  if (!fine.has(told.outcome)) cli.exitCode(exitCodes.failure);
  if (options.json) return json(cli.io, told);
  cli.io.out(`${of}${explanationReport(told)}`);
}

async function explainGiven(config: string, cwd: string, ask: ExplainRequest): Promise<Explanation> {
  const [{ givenModel }, gateway] = await Promise.all([
    import('./given-model.ts'),
    import('@ficus/gateway/explain/explain.ts'),
  ]);
  return gateway.explain(await givenModel(config, cwd), ask);
}

/** A configuration that answers so does what it was written for. */
const fine: ReadonlySet<Explanation['outcome']> = new Set(['service', 'middleware', 'possible']);

function headerOf(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  if (colon > 0) return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  throw usageError(`want a header as 'Name: value', got ${JSON.stringify(text)}`, `write it like ${example}`);
}
