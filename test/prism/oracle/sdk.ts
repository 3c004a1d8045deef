/** Nutanix's JavaScript clients, where they are installed, and what is used of them. */
import { existsSync } from 'node:fs';
import { Agent } from 'node:https';
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { PrismSimulator } from '../simulator.ts';

/** For a suite's `skip`: false when they are there. */
export const withoutSdk: string | false = existsSync(
  fileURLToPath(new URL('node_modules/@nutanix-scratch/vmm-js-client', import.meta.url)),
)
  ? false
  : "Nutanix's JavaScript SDKs are not installed; install them with: npm ci --prefix test/prism/oracle";

/** An object of the SDKs' models. */
export interface Model {
  readonly $objectType?: string;
  readonly $reserved?: Readonly<Record<string, unknown>>;
  readonly $unknownFields?: object;
  readonly [name: string]: unknown;
}

/** What every call resolves with. */
export interface Answer {
  readonly data: { getData(): Model & readonly Model[]; readonly metadata?: Model } & Model;
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
}

type Call = (...args: readonly unknown[]) => Promise<Answer>;

interface ApiClient {
  host: string;
  port: number;
  username: string;
  password: string;
  retryInterval: number;
  loggerFile: unknown;
  requestAgent: unknown;
  setApiKey(key: string): void;
  getNegotiatedVersion?(): string;
}

interface Sdk {
  readonly ApiClient: new () => ApiClient;
  readonly VmApi: new (client: ApiClient) => Readonly<Record<string, Call>>;
  readonly CategoriesApi: new (client: ApiClient) => Readonly<Record<string, Call>>;
  readonly TasksApi: new (client: ApiClient) => Readonly<Record<string, Call>>;
  readonly ImagesApi: new (client: ApiClient) => Readonly<Record<string, Call>>;
  readonly AhvConfigVm: { constructFromObject(json: unknown): Model };
}

export interface Clients extends Disposable {
  readonly vms: Readonly<Record<string, Call>>;
  readonly categories: Readonly<Record<string, Call>>;
  readonly tasks: Readonly<Record<string, Call>>;
  readonly images: Readonly<Record<string, Call>>;
  /** A body of ours as their model of a VM. */
  vmOf(json: unknown): Model;
}

/** Clients of a simulator that check its certificate. `login`: with an API key unless `user`. */
export function clientsOf(prism: PrismSimulator, login: 'key' | 'user' = 'key'): Clients {
  const require = createRequire(import.meta.url);
  const vmm = require('@nutanix-scratch/vmm-js-client') as Sdk;
  const central = require('@nutanix-scratch/prism-js-client') as Sdk;
  const agent = new Agent({ ca: prism.ca, keepAlive: true });
  const client = (sdk: Sdk): ApiClient => {
    const made = new sdk.ApiClient();
    made.host = '127.0.0.1';
    made.port = prism.port;
    made.requestAgent = agent;
    made.retryInterval = 10;
    // It logs whole answers otherwise.
    made.loggerFile = new Writable({ write: (_chunk, _encoding, done) => done() });
    if (login === 'key') made.setApiKey(prism.apiKey);
    else {
      made.username = prism.username;
      made.password = prism.password;
    }
    return made;
  };
  const ofPrism = client(central);
  const ofVmm = client(vmm);
  return {
    vms: new vmm.VmApi(ofVmm),
    images: new vmm.ImagesApi(ofVmm),
    vmOf: (json) => vmm.AhvConfigVm.constructFromObject(json),
    categories: new central.CategoriesApi(ofPrism),
    tasks: new central.TasksApi(ofPrism),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/**
 * What the SDK's models do not know of an answer: fields that are not theirs, and objects that became no instance of the
 * class that their discriminator names.
 */
export function strangers(value: unknown, at = '$'): string[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => strangers(one, `${at}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  const model = value as Model;
  const unknown = Object.keys(model.$unknownFields ?? {}).map((name) => `${at}.${name}: unknown field`);
  const type = model.$objectType?.split('.').at(-1);
  const found = value.constructor.name;
  const untyped = type !== undefined && type !== found ? [`${at}: want a ${type}, found a ${found}`] : [];
  const members = Object.entries(model).filter(([name]) => !name.startsWith('$') && name !== 'apiClient');
  return [...unknown, ...untyped, ...members.flatMap(([name, one]) => strangers(one, `${at}.${name}`))];
}
