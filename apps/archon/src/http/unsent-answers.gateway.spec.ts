import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { keepUnsentAnswers } from './unsent-answers.gateway.js';

const SIZE = 32 * 1024 * 1024;

it('sends an answer to its end, however slowly it is read, and then closes the connection', async () => {
  const server = http.createServer((_request, response) => response.end(Buffer.alloc(SIZE)));
  keepUnsentAnswers(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: archon\r\n\r\n');
  await once(client, 'readable');
  server.close(); // closes idle connections too
  server.closeIdleConnections();
  await sleep(50);
  let received = 0;
  client.on('data', (bytes: Buffer) => (received += bytes.length));
  for (const deadline = Date.now() + 10_000; !client.closed && Date.now() < deadline; await sleep(20)) server.closeIdleConnections();
  expect(client.closed).toBe(true);
  expect(received).toBeGreaterThan(SIZE);
});
