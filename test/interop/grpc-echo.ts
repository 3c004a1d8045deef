/** A gRPC service of bytes, all four call kinds, as server and as client of @grpc/grpc-js. No proto files: a message is a Buffer. */
import {
  type Client,
  type ClientOptions,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';

const same = (bytes: Buffer): Buffer => bytes;

function method(service: string, name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/${service}/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

export const echoService = {
  unary: method('test.Echo', 'Unary', false, false),
  upload: method('test.Echo', 'Upload', true, false),
  download: method('test.Echo', 'Download', false, true),
  chat: method('test.Echo', 'Chat', true, true),
} satisfies ServiceDefinition;

const healthService = {
  check: method('grpc.health.v1.Health', 'Check', false, false),
} satisfies ServiceDefinition;

/** A started endpoint. */
export interface EchoEndpoint extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Calls that wait for an answer which never comes. */
  readonly hanging: () => number;
  /** Calls that were cancelled before they were answered. */
  readonly cancelled: () => number;
  /** What `Upload` has read. */
  readonly received: () => number;
  /** Stops reading uploads, or goes on. */
  readonly hold: (held: boolean) => void;
  /** What health checks are answered. */
  serving: boolean;
}

export interface EchoOptions {
  readonly port?: number;
}

const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

/** Starts the server, in cleartext. */
export async function startEcho({ port = 0 }: EchoOptions = {}): Promise<EchoEndpoint> {
  let hanging = 0;
  let cancelled = 0;
  let received = 0;
  let held = false;
  const uploads = new Set<{ pause(): unknown; resume(): unknown }>();
  const watch = (call: { on(event: 'cancelled', listener: () => void): unknown }) =>
    call.on('cancelled', () => {
      cancelled++;
    });

  const unary: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    watch(call);
    const answer = new Metadata();
    answer.set('x-got', call.metadata.get('x-text').join());
    for (const value of call.metadata.get('x-bytes-bin')) answer.add('x-got-bin', value);
    switch (String(call.metadata.get('x-do')[0] ?? '')) {
      case 'fail': {
        const details = new Metadata();
        details.set('x-reason', 'sold out');
        details.set('x-reason-bin', Buffer.from([0, 255, 1]));
        callback({ code: status.FAILED_PRECONDITION, details: 'none left: 0 % of “x”', metadata: details });
        return;
      }
      case 'fail-late':
        call.sendMetadata(answer);
        callback({ code: status.ABORTED, details: 'after the head' });
        return;
      case 'hang':
        hanging++;
        return;
      default: {
        call.sendMetadata(answer);
        const trailer = new Metadata();
        trailer.set('x-trailer', 'end');
        callback(null, call.request, trailer);
      }
    }
  };
  const upload: handleClientStreamingCall<Buffer, Buffer> = (call, callback) => {
    watch(call);
    let bytes = 0;
    uploads.add(call);
    call.on('data', (piece: Buffer) => {
      bytes += piece.length;
      received += piece.length;
      if (held) call.pause();
    });
    call.on('end', () => callback(null, Buffer.from(String(bytes))));
    call.on('close', () => uploads.delete(call));
  };
  const download: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    watch(call);
    const [count = 0, size = 0] = call.request.toString().split(' ').map(Number);
    let sent = 0;
    const more = () => {
      while (sent < count && !call.cancelled) {
        sent++;
        if (!call.write(Buffer.alloc(size, sent % 251))) return;
      }
      if (sent === count) call.end();
    };
    call.on('drain', more);
    more();
  };
  const chat: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    watch(call);
    call.on('data', (piece: Buffer) => call.write(piece));
    call.on('end', () => call.end());
  };
  const endpoint = { serving: true };
  const check: handleUnaryCall<Buffer, Buffer> = (_, callback) =>
    callback(null, Buffer.from([0x08, endpoint.serving ? 1 : 2]));

  const server = new Server(unlimited);
  server.addService(echoService, { unary, upload, download, chat });
  server.addService(healthService, { check });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    ),
  );
  return Object.assign(endpoint, {
    url: `h2c://127.0.0.1:${bound}`,
    port: bound,
    hanging: () => hanging,
    cancelled: () => cancelled,
    received: () => received,
    hold: (hold: boolean) => {
      held = hold;
      if (!held) for (const call of uploads) call.resume();
    },
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  });
}

/** A client of an entrypoint: `ca` for TLS. `await using` closes it. */
export function echoClient(port: number, ca?: string, options: ClientOptions = {}): EchoClient {
  const construct = makeGenericClientConstructor(echoService, 'test.Echo');
  return new EchoClient(
    new construct(
      `localhost:${port}`,
      ca === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca)),
      // A subchannel of its own, so that no test meets another's connection.
      { ...unlimited, 'grpc.use_local_subchannel_pool': 1, ...options },
    ),
  );
}

/** What a unary call came to. */
export interface UnaryResult {
  readonly error?: ServiceError;
  readonly value?: Buffer;
  /** The answer's head. */
  readonly head?: Metadata;
  readonly trailers?: Metadata;
}

/** The four call kinds on one channel. */
export class EchoClient implements Disposable {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Never rejects: how a call fails is what tests look at. */
  unary(
    body: Buffer | string,
    metadata: Readonly<Record<string, string | Buffer>> = {},
    deadlineMs?: number,
    begun?: (call: { cancel(): void }) => void,
  ): Promise<UnaryResult> {
    const { path, requestSerialize, responseDeserialize } = echoService.unary;
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    return new Promise((resolve) => {
      const result: { -readonly [name in keyof UnaryResult]: UnaryResult[name] } = {};
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        Buffer.from(body),
        sent,
        deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
        (error, value) => {
          if (error !== null) result.error = error;
          if (value !== undefined) result.value = value;
          if (result.trailers !== undefined) resolve(result);
        },
      );
      call.on('metadata', (head: Metadata) => {
        result.head = head;
      });
      call.on('status', ({ metadata: trailers }) => {
        result.trailers = trailers;
        if (result.error !== undefined || result.value !== undefined) resolve(result);
      });
      begun?.(call);
    });
  }

  upload(done: (error: ServiceError | null, value?: Buffer) => void) {
    const { path, requestSerialize, responseDeserialize } = echoService.upload;
    return this.#client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, done);
  }

  download(count: number, size: number) {
    const { path, requestSerialize, responseDeserialize } = echoService.download;
    const request = Buffer.from(`${count} ${size}`);
    return this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  }

  chat() {
    const { path, requestSerialize, responseDeserialize } = echoService.chat;
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
