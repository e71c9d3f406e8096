import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import { auditCondition, positionAt, readContinue, writeContinue } from './audit-filter.js';

const [early, late] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-11-02T00:00:00Z')];
const before = { recordedAt: late, sequence: 20 };

describe('auditCondition', () => {
  it('bounds a stretch by time alone and by time and sequence, as no sequence is in two partitions', () => {
    expect(auditCondition({}, { before, from: { recordedAt: early, sequence: 10 } })).toEqual({
      where: 'where recorded_at <= $1 and (recorded_at, sequence) < ($1, $2) and recorded_at >= $3 and (recorded_at, sequence) >= ($3, $4)',
      parameters: [late, 20, early, 10],
    });
  });

  it('takes values as parameters, and times of the filter not at all: they bound the stretch', () => {
    const { where, parameters } = auditCondition({ user: "' or true --", code: 403, since: 'x', until: 'y' }, { before, from: undefined });
    expect(where).toBe('where user_name = $1 and code = $2 and recorded_at <= $3 and (recorded_at, sequence) < ($3, $4)');
    expect(parameters).toEqual(["' or true --", 403, late, 20]);
  });
});

describe('a continue token', () => {
  it('is read as it was written', () => {
    expect(readContinue(writeContinue(before))).toEqual(before);
    expect(positionAt(late.toISOString())).toEqual({ recordedAt: late, sequence: 0 });
  });

  it.each([
    '',
    'AAAA',
    Buffer.from('1 x').toString('base64url'),
    Buffer.from('1 2 3').toString('base64url'),
    Buffer.from('-1 2').toString('base64url'),
  ])('%j is refused with 400', (token) => {
    expect(() => readContinue(token)).toThrow(ApiError);
  });
});
