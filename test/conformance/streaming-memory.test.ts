import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { startGateway } from '@ficus/gateway/testing/gateway.ts';

const mebi = 1024 * 1024;
const size = 512 * mebi;

function rss(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) * 1024;
}

function pour(socket: Socket, left: number): void {
  const piece = Buffer.alloc(mebi, 120);
  const more = () => {
    while (left > 0) {
      left -= piece.length;
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

/** Counts what comes and stops for a moment every 16 MiB: slower than any sender. */
function sip(socket: Socket, got: (bytes: number) => void): void {
  let since = 0;
  socket.on('data', (piece: Buffer) => {
    got(piece.length);
    since += piece.length;
    if (since < 16 * mebi) return;
    since = 0;
    socket.pause();
    setTimeout(() => socket.resume(), 20);
  });
}

for (const direction of ['upload', 'download'] as const) {
  test(`a slow ${direction} of 512 MiB grows the gateway by less than 64 MiB`, async () => {
    let received = 0;
    const count = (bytes: number) => {
      received += bytes;
    };
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      if (direction === 'upload') sip(socket, count);
      else
        socket.once('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
          pour(socket, size);
        });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using gateway = await startGateway({ workers: 1, ports: [(server.address() as AddressInfo).port] });
    const pid = (await gateway.plane.stats()).workers[0]?.pid as number;
    const before = rss(pid);
    let most = before;
    const client = connect(gateway.port, '127.0.0.1');
    await once(client, 'connect');
    if (direction === 'download') sip(client, count);
    const length = direction === 'upload' ? `Content-Length: ${size}\r\n` : '';
    client.write(`${direction === 'upload' ? 'POST' : 'GET'} / HTTP/1.1\r\nHost: h\r\n${length}\r\n`);
    if (direction === 'upload') pour(client, size);
    const end = performance.now() + 60_000;
    while (received < size && performance.now() < end) {
      most = Math.max(most, rss(pid));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    client.destroy();
    server.close();
    assert.ok(received >= size, `${received} bytes came`);
    const grown = Math.round((most - before) / mebi);
    console.log(`${direction}: grew by ${grown} MiB`);
    assert.ok(grown < 64, `grew by ${grown} MiB`);
  });
}
