import { describe, expect, it } from 'vitest';
import { differences, parseResults, toDocument } from './acceptance-table.js';

const result = (row: string, what: string, more = {}) => ({ row, what, volume: '10', result: '0 failures', ...more });

describe('the acceptance table', () => {
  it('has one line for each row and purpose, in order, with the last report', () => {
    const results = parseResults(
      [result('T17', 'a'), result('S-13', 'b', { seed: 5 }), result('S-2', 'c|d'), result('F-1', 'e', { volume: '1' }), result('F-1', 'e')]
        .map((each) => JSON.stringify(each))
        .join('\n'),
    );
    expect(toDocument(results).split('\n').slice(-6, -1)).toEqual([
      '| --- | --- | --- | --- | --- |',
      '| F-1 | e | 10 | 0 failures |  |',
      '| S-2 | c\\|d | 10 | 0 failures |  |',
      '| S-13 | b | 10 | 0 failures | `5` |',
      '| T17 | a | 10 | 0 failures |  |',
    ]);
    expect(differences(toDocument(results), results)).toEqual([]);
  });

  it('says what is missing on either side, and does not mind other volumes, results and seeds', () => {
    const document = toDocument([result('S-1', 'a', { seed: 1 }), result('S-2', 'b')]);
    expect(differences(document, [result('S-1', 'a', { seed: 2, volume: '5', result: 'p99 1 ms' }), result('S-3', 'c')])).toEqual([
      'S-2: b: in the table, but no test reported it',
      'S-3: c: reported by a test, but not in the table',
    ]);
  });
});
