import { expect, it } from 'vitest';
import { createLogger } from './logger.service.js';

it('writes one JSON line per entry and hides credentials at three depths', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  logger.info({ authorization: 'CANARY', headers: { cookie: 'CANARY' }, request: { body: { token: 'CANARY' } }, user: 'jane' }, 'hello');
  logger.debug('below the level');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('CANARY');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'hello', user: 'jane' });
});

it('keeps of an error its type, message, stack and code, with those of its cause, and nothing that hangs on it', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { code: '57P01', parameters: ['CANARY'] });
  logger.error({ err: error }, 'failed');
  const { err } = JSON.parse(lines[0] ?? '') as { err: Record<string, string> };
  expect(err).toEqual({ type: 'TypeError', message: 'outer: inner', stack: expect.stringContaining('inner'), code: '57P01' });
});
