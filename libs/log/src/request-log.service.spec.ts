import { expect, it } from 'vitest';
import { RequestLog } from './request-log.service.js';

const entry = { requestId: '1', user: 'jane', cluster: 'c1', method: 'GET', route: '/kubernetes/:cluster/*', status: 200, ms: 3 };

it('writes one JSON line per request, at level info', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  new RequestLog('info', destination).write(entry);
  new RequestLog('warn', destination).write(entry);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), ...entry, msg: 'request' },
  ]);
});
