import { expect, it } from 'vitest';
import { RequestLog } from './request-log.service.js';

const entry = { requestId: '1', user: 'jane', cluster: 'c1', method: 'GET', route: '/kubernetes/:cluster/*', status: 200, ms: 3 };

it('writes one JSON line per request, at level info', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  for (const level of ['info', 'warn']) {
    const log = new RequestLog(level, destination);
    log.write(entry);
    log.close();
  }
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), ...entry, msg: 'request' },
  ]);
});

it('keeps to one line of JSON whatever users and paths are called', () => {
  const lines: string[] = [];
  const log = new RequestLog('info', { write: (line: string) => void lines.push(line) });
  const odd = { ...entry, user: 'a"\n{}', cluster: '"}\r\n{"level":"error' };
  log.write(odd);
  log.write({ ...odd, user: undefined, cluster: undefined });
  log.close();
  expect(
    lines
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toEqual([
    expect.objectContaining(odd),
    expect.not.objectContaining({ user: expect.anything() as unknown, cluster: expect.anything() as unknown }),
  ]);
});
