/** What a starting node would refuse or disable of configuration files. */
import { childInput, dynamicInput, type Findings, type InputReading, parentInput } from './read-input.ts';

/** A parent's static configuration with the dynamic files it names. */
export async function checkParent(text: string, file: string): Promise<Findings> {
  return resolved(await parentInput(text, file));
}

/** A child's static configuration with its workloads and the dynamic files it names. */
export async function checkChild(text: string, file: string): Promise<Findings> {
  return resolved(await childInput(text, file));
}

/** Dynamic files by themselves: their entrypoints are taken to exist. */
export async function checkDynamicFiles(files: readonly string[]): Promise<Findings> {
  return resolved(await dynamicInput(files));
}

async function resolved({ files, problems, input, undecoded }: InputReading): Promise<Findings> {
  if (input === undefined) return { files, problems };
  const { resolve } = await import('@ficus/gateway/model/resolve.ts');
  const mistakes = resolve(input).problems.filter((problem) => undecoded?.explains(problem) !== true);
  return { files, problems: [...problems, ...mistakes] };
}
