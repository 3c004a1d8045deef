/** Which dynamic configuration counts: the newest good one, or the last good one from disk when it starts with bad files. */
import type { Clock } from '@ficus/common/clock.ts';
import { type ConfigProblem, formatProblem } from '@ficus/common/config/problem.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';
import type { HeldFile } from '@ficus/gateway/config/hold-files.ts';
import type { DynamicSource } from '@ficus/gateway/model/resolve-input.ts';
import type { StateFile } from '../state/last-good.ts';

/** Problems kept for `ficus status`. */
const shown = 20;

export interface ConfigurationOptions {
  readonly clock: Clock;
  readonly log: LogLine;
  readonly file: StateFile;
  /** What is wrong in a source that could be read: references to nothing, bad rules. */
  readonly check: (source: DynamicSource) => readonly ConfigProblem[];
  /** Another configuration counts from now on. */
  readonly onChange: () => void;
}

/** What the file provider read first. */
export interface FirstReading {
  readonly source?: DynamicSource;
  readonly problems: readonly ConfigProblem[];
}

export interface ConfigurationStatus {
  /** Grows with each configuration that was put into force. */
  readonly revision: number;
  /** Milliseconds since the epoch. */
  readonly loadedAt: number;
  /** Problems of the newest files, while they are refused; one line each. */
  readonly refused: readonly string[];
  /** Those of the newest files that are not taken up while the others are; a sentence each. */
  readonly held: readonly string[];
  /** Refused since start. */
  readonly refusals: number;
}

/** Without `start` it is empty: a parent without `providers.file`. */
export class Configuration {
  readonly #options: ConfigurationOptions;
  #source: DynamicSource | undefined;
  #revision = 0;
  #loadedAt: number;
  #refused: readonly string[] = [];
  #held: readonly string[] = [];
  #refusals = 0;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
    this.#loadedAt = options.clock.now();
  }

  get sources(): readonly DynamicSource[] {
    return this.#source === undefined ? [] : [this.#source];
  }

  status(): ConfigurationStatus {
    return {
      revision: this.#revision,
      loadedAt: this.#loadedAt,
      refused: this.#refused,
      held: this.#held,
      refusals: this.#refusals,
    };
  }

  /**
   * Takes the first reading. Bad files are passed over for the last good configuration on disk, loudly; when there is
   * none, a file that can't be read throws `config.refused`, and one with mistakes serves what is right in it. True: the
   * files are wholly good.
   */
  async start({ source, problems }: FirstReading): Promise<boolean> {
    const mistakes = source === undefined ? problems : this.#options.check(source);
    if (source !== undefined && mistakes.length === 0) {
      this.#accept(source);
      return true;
    }
    const lastGood = decodeSource(await this.#options.file.read());
    if (lastGood !== undefined) {
      this.refuse(mistakes);
      this.#options.log('error', 'the configuration is refused: serving the last good one from disk', {
        file: this.#options.file.path,
      });
      this.#source = lastGood;
      this.#revision += 1;
      return false;
    }
    if (source === undefined) throw refusedAtStart(problems);
    this.#tell(mistakes, 'the configuration has mistakes: what is right in it serves');
    this.#source = source;
    this.#revision += 1;
    return false;
  }

  /** The files changed and could be read. Their mistakes; without any they count from now on. */
  offer(source: DynamicSource): readonly ConfigProblem[] {
    const mistakes = this.#options.check(source);
    if (mistakes.length > 0) return mistakes;
    this.#accept(source);
    this.#options.log('info', 'configuration loaded', { revision: this.#revision });
    this.#options.onChange();
    return [];
  }

  /**
   * The newest files are bad: what runs stays, or, where files are `held`, only these stay as they were. An empty list:
   * the files are good.
   */
  refuse(problems: readonly ConfigProblem[], held: readonly HeldFile[] = []): void {
    const outcome = held.length === 0 ? 'what was good last serves' : 'the files that have no mistakes serve';
    this.#tell(problems, `configuration refused: ${outcome}`, held);
  }

  #tell(problems: readonly ConfigProblem[], outcome: string, held: readonly HeldFile[] = []): void {
    this.#refused = atMost(problems.map(formatProblem));
    this.#held = atMost(held.map(describeHeld));
    if (problems.length === 0) return;
    this.#refusals += 1;
    const facts = { problems: this.#refused, ...(held.length === 0 ? {} : { held: this.#held }) };
    this.#options.log('error', outcome, facts);
  }

  #accept(source: DynamicSource): void {
    this.#source = source;
    this.#revision += 1;
    this.#loadedAt = this.#options.clock.now();
    this.#refused = [];
    this.#held = [];
    this.#options.file.save(() => ({
      provider: source.provider,
      config: source.config,
      files: [...(source.files ?? [])],
    }));
  }
}

function atMost(lines: readonly string[]): readonly string[] {
  return lines.length > shown ? [...lines.slice(0, shown), `and ${lines.length - shown} more`] : lines;
}

function describeHeld({ file, counts }: HeldFile): string {
  return counts
    ? `${file} still counts as it was; the other files are taken up`
    : `${file} is left out; the other files are taken up`;
}

function refusedAtStart(problems: readonly ConfigProblem[]): FicusError {
  const lines = problems.slice(0, shown).map(formatProblem);
  return new FicusError('config.refused', lines.join('\n') || 'the configuration could not be read', {
    remedy: 'mend the file; there is no last good configuration to start from',
    status: 400,
  });
}

/** Our own file, mode 0600: its shape is checked, its content was checked when it was written. */
function decodeSource(value: unknown): DynamicSource | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { provider, config, files } = value as Record<string, unknown>;
  if (typeof provider !== 'string' || typeof config !== 'object' || config === null) return undefined;
  const entries = Array.isArray(files) ? (files as readonly unknown[]) : [];
  const pairs = entries.filter(
    (entry): entry is [string, string] =>
      Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'string',
  );
  return { provider, config: config as DynamicConfig, files: new Map(pairs) };
}
