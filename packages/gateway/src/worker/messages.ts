/** What the main process and its workers say to each other. */
import type { LimitsFromWorker, LimitsToWorker } from '../limits/messages.ts';
import type { EntryPointModel, Model } from '../model/model.ts';
import type {
  AnswerHead,
  EndpointFailure,
  Patch,
  PublishedDocument,
  UplinkQuestion,
} from '../runtime/data-plane.ts';
import type { ProcessStats } from '../runtime/stats.ts';
import type { ModelDelta } from './model-delta.ts';

/** On a worker's command line: there are others, and limits hold over all of them. */
export const sharedLimitsFlag = 'shared-limits';

/** Of questions, to a worker; `id` is one for all workers. */
export type QuestionMessage =
  | { readonly type: 'ask'; readonly id: number; readonly question: UplinkQuestion }
  /** So much of the answer was dealt with. */
  | { readonly type: 'took'; readonly id: number; readonly bytes: number }
  | { readonly type: 'unask'; readonly id: number };

/** As AnswerListener hears it. */
export type AnswerEvent =
  | { readonly event: 'head'; readonly head: AnswerHead }
  | { readonly event: 'data'; readonly base64: string }
  | { readonly event: 'end'; readonly leaving: boolean }
  | { readonly event: 'failed'; readonly code: string; readonly detail: string }
  | { readonly event: 'moved' };

export type AnswerMessage = { readonly type: 'answer'; readonly id: number } & AnswerEvent;

/** To a worker. Each with `seq` is answered by `done`. */
export type ToWorker =
  /** One of the two: all of it, or what makes it of the model the worker has. */
  | { readonly type: 'apply'; readonly seq: number; readonly model?: Model; readonly delta?: ModelDelta }
  | { readonly type: 'patch'; readonly seq: number; readonly patch: Patch }
  /** Comes with the listening handle. */
  | { readonly type: 'listen'; readonly seq: number; readonly entryPoint: EntryPointModel }
  /** The access log's file was renamed. */
  | { readonly type: 'reopen' }
  | { readonly type: 'publish'; readonly document: PublishedDocument }
  | QuestionMessage
  | LimitsToWorker
  | { readonly type: 'stats'; readonly seq: number }
  | { readonly type: 'drain'; readonly seq: number; readonly lameDuckMs: number; readonly graceMs: number };

/** From a worker. */
export type FromWorker =
  | { readonly type: 'ready' }
  | {
      readonly type: 'done';
      readonly seq: number;
      readonly error?: string;
      readonly stats?: ProcessStats;
      readonly cut?: number;
    }
  | { readonly type: 'stats'; readonly stats: ProcessStats }
  | { readonly type: 'failure'; readonly failure: EndpointFailure }
  | AnswerMessage
  | LimitsFromWorker
  | {
      readonly type: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Record<string, unknown>;
    };
