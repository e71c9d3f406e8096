import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker, type Trouble } from './circuit-breaker.js';

const DOWN: Trouble = { kind: 'unreachable', reason: 'the connection was refused' };
const ERRING: Trouble = { kind: 'erring', reason: 'it answers with 500 only' };
const FRESH = { probe: 'reach', fresh: true } as const;
const READINESS = { probe: 'readiness', fresh: true } as const;
const KEPT = { probe: 'reach', fresh: false } as const;
const middle = () => 0.5;

const times = (count: number, act: (index: number) => void) => Array.from({ length: count }, (_, index) => act(index));

/** A breaker that was opened at 0. */
function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker(0, middle);
  times(5, () => breaker.failed(0, false, DOWN.reason));
  return breaker;
}

/** Answers each probe that is due, every 250 ms, until `end`; gives the times at which the phase changed and what it became. */
function run(breaker: CircuitBreaker, from: number, end: number, isUp: (now: number) => boolean): [number, string][] {
  const changes: [number, string][] = [];
  for (let now = from; now <= end; now += 250) {
    const before = breaker.phase;
    if (breaker.phase === 'closed' && !isUp(now)) times(5, () => breaker.failed(now, false, DOWN.reason));
    const due = breaker.probeDue(now, 0, true);
    if (due !== undefined) {
      breaker.probing(now);
      breaker.probed(now, isUp(now) ? undefined : DOWN, due, 0);
    }
    if (breaker.phase !== before) changes.push([now, breaker.phase]);
  }
  return changes;
}

describe('a closed breaker', () => {
  const cases: [string, (breaker: CircuitBreaker) => void, { phase: string; due?: object }][] = [
    ['lets four lost connections pass', (b) => times(4, () => b.failed(0, false, 'x')), { phase: 'closed' }],
    ['opens with the fifth in a row', (b) => times(5, () => b.failed(0, false, 'x')), { phase: 'open' }],
    [
      'begins to count anew after an answer',
      (b) => times(8, (i) => (i === 4 ? b.answered(0, 200, 0) : b.failed(0, false, 'x'))),
      { phase: 'closed' },
    ],
    ['asks first after five connections that broke', (b) => times(5, () => b.failed(0, true, 'x')), { phase: 'closed', due: FRESH }],
    ['takes 404 and 409 for answers', (b) => times(20, () => b.answered(0, 404, 0)), { phase: 'closed' }],
    ['asks for readiness after five server errors', (b) => times(5, () => b.answered(0, 500, 0)), { phase: 'closed', due: READINESS }],
    ['does not after four and an answer', (b) => times(8, (i) => b.answered(0, i === 4 ? 200 : 503, 0)), { phase: 'closed' }],
    ['asks soon when the credential is refused', (b) => b.answered(0, 401, 0), { phase: 'closed', due: FRESH }],
    ['asks when it was told to', (b) => b.ask(), { phase: 'closed', due: FRESH }],
  ];
  it.each(cases)('%s', (_, act, { phase, due }) => {
    const breaker = new CircuitBreaker(0, middle);
    act(breaker);
    expect([breaker.phase, breaker.probeDue(0, 0, false)]).toEqual([phase, due]);
  });

  it('asks over a new connection when a request waits for 3.5 s and nothing comes from the cluster', () => {
    const breaker = new CircuitBreaker(0, middle);
    breaker.began(1000);
    expect(breaker.probeDue(4400, 1, false)).toBeUndefined();
    expect(breaker.probeDue(4500, 1, false)).toEqual(FRESH);
    breaker.answered(4500, 200, 1); // to another request: the cluster lives
    expect(breaker.probeDue(7900, 1, false)).toBeUndefined();
  });

  it('asks no more once the only request was given up by its caller', () => {
    const breaker = new CircuitBreaker(0, middle);
    breaker.began(0);
    breaker.abandoned(0);
    expect(breaker.probeDue(60_000, 0, false)).toBeUndefined();
  });

  it('leaves a slow answer alone as long as the probes succeed, and asks every 3.5 s at most', () => {
    const breaker = new CircuitBreaker(0, middle);
    breaker.began(0);
    let probes = 0;
    for (let now = 0; now <= 60_000; now += 250) {
      const due = breaker.probeDue(now, 1, false);
      if (due === undefined) continue;
      probes++;
      breaker.probing(now);
      breaker.probed(now, undefined, due, 1);
    }
    expect([breaker.phase, probes]).toEqual(['closed', 17]);
  });

  it('is opened by a fresh probe that fails, not by one over a kept connection, which has the cluster asked afresh at once', () => {
    const breaker = new CircuitBreaker(0, middle);
    breaker.probing(0);
    breaker.probed(0, DOWN, KEPT, 0);
    expect([breaker.phase, breaker.probeDue(0, 0, false)]).toEqual(['closed', FRESH]);
    breaker.probing(0);
    breaker.probed(0, DOWN, FRESH, 0);
    expect([breaker.phase, breaker.trouble]).toEqual(['open', DOWN]);
  });

  it('stays closed when one API errs for ever and the cluster itself is ready; it is asked every 5 s at most', () => {
    const breaker = new CircuitBreaker(0, middle);
    let probes = 0;
    for (let now = 0; now < 60_000; now += 50) {
      breaker.answered(now, 503, 0);
      const due = breaker.probeDue(now, 0, false);
      if (due === undefined) continue;
      expect(due).toEqual(READINESS);
      probes++;
      breaker.probing(now);
      breaker.probed(now, undefined, due, 0);
    }
    expect(breaker.phase).toBe('closed');
    expect(probes).toBeLessThanOrEqual(12);
  });

  it('opens when the cluster errs in its own readiness, too', () => {
    const breaker = new CircuitBreaker(0, middle);
    times(5, () => breaker.answered(0, 500, 0));
    breaker.probing(0);
    breaker.probed(0, ERRING, READINESS, 0);
    expect([breaker.phase, breaker.trouble, breaker.probeDue(60_000, 0, false)?.probe]).toEqual(['open', ERRING, 'readiness']);
  });

  it('asks a quiet cluster every 5 to 7.5 s when it is watched, else never', () => {
    const breaker = new CircuitBreaker(0, middle);
    breaker.answered(0, 200, 0);
    expect([breaker.probeDue(6000, 0, true), breaker.probeDue(6250, 0, true), breaker.probeDue(60_000, 0, false)]).toEqual([
      undefined,
      KEPT,
      undefined,
    ]);
  });
});

describe('an open breaker', () => {
  it('probes 2.5 to 6 s after each failure, and closes after the second success in a row', () => {
    const breaker = opened();
    expect([breaker.probeDue(4000, 0, false), breaker.probeDue(4250, 0, false)]).toEqual([undefined, KEPT]);
    const changes = run(breaker, 0, 30_000, (now) => now > 10_000);
    expect(changes).toEqual([
      [12_750, 'half-open'],
      [13_250, 'closed'],
    ]);
    expect(breaker.since).toBe(13_250);
  });

  it('goes back to open when the success is not confirmed, since the same time as before', () => {
    const breaker = opened();
    for (const trouble of [undefined, DOWN]) {
      breaker.probing(5000);
      breaker.probed(5000, trouble, KEPT, 0);
    }
    expect([breaker.phase, breaker.since]).toEqual(['open', 0]);
  });

  it('lets few requests through at first when it has closed, and all after 2 s', () => {
    const breaker = opened();
    run(breaker, 0, 10_000, () => true);
    const at = breaker.since;
    expect([0, 500, 1000, 1500, 1999, 2000].map((after) => breaker.limit(at + after, 192))).toEqual([16, 32, 64, 128, 128, 192]);
  });

  it('F-3 closes only after six successes when it opened again within a minute', () => {
    const breaker = opened();
    run(breaker, 0, 10_000, () => true);
    expect(breaker.phase).toBe('closed');
    times(5, () => breaker.failed(20_000, false, 'x'));
    const changes = run(breaker, 20_000, 40_000, () => true);
    expect(changes.at(-1)?.[1]).toBe('closed');
    expect((changes.at(-1)?.[0] ?? 0) - (changes[0]?.[0] ?? 0)).toBeGreaterThanOrEqual(5 * 250);
  });
});

describe('laws', () => {
  const events = fc.array(
    fc.record({ ms: fc.integer({ min: 0, max: 4000 }), what: fc.constantFrom('ok', 'error', 'lost', 'broken', 'began', 'gone') }),
    { maxLength: 200 },
  );
  type What = 'ok' | 'error' | 'lost' | 'broken' | 'began' | 'gone';
  const apply = (breaker: CircuitBreaker, what: What, now: number) => {
    if (what === 'ok') breaker.answered(now, 200, 0);
    else if (what === 'error') breaker.answered(now, 500, 0);
    else if (what === 'began') breaker.began(now);
    else if (what === 'gone') breaker.abandoned(0);
    else breaker.failed(now, what === 'broken', 'x');
  };

  it('a cluster whose probes all succeed is open only because of lost connections, and closed within 8 s of quiet', () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (sequence, random) => {
        const breaker = new CircuitBreaker(0, () => random.next().value ?? 0);
        let now = 0;
        for (const { ms, what } of sequence) {
          const before = breaker.phase;
          apply(breaker, what, (now += ms));
          if (before === 'closed' && breaker.phase === 'open') expect(what).toBe('lost');
          const due = breaker.probeDue(now, 0, true);
          if (due === undefined) continue;
          breaker.probing(now);
          breaker.probed(now, undefined, due, 0);
        }
        run(breaker, now, now + 6000 + 5 * 1000 + 2000, () => true);
        expect(breaker.phase).toBe('closed');
      }),
    );
  });

  it('a cluster that is gone is open within 10 s of the first request, whatever happened before', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        const breaker = new CircuitBreaker(0, middle);
        let now = 0;
        for (const { ms, what } of sequence) apply(breaker, what, (now += ms));
        if (breaker.phase !== 'closed') return;
        breaker.began(now);
        for (const end = now + 10_000; now <= end; now += 250) {
          const due = breaker.probeDue(now, 1, false);
          if (due === undefined) continue;
          breaker.probing(now);
          breaker.probed(now + 3000, DOWN, due, 1);
        }
        expect(breaker.phase).toBe('open');
      }),
    );
  });

  it('F-3 a link that flaps at 1 Hz changes the visible state twice a minute at most, over ten minutes', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 999 }), (seed, offset) => {
        let state = seed >>> 0;
        const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
        const breaker = new CircuitBreaker(0, random);
        const changes = run(breaker, 0, 600_000, (now) => (now + offset) % 1000 < 500);
        const visible = changes.filter(
          ([, phase], index) => phase === 'closed' || (phase === 'open' && changes[index - 1]?.[1] !== 'half-open'),
        );
        expect(visible.length).toBeLessThanOrEqual(20);
      }),
    );
  });
});
