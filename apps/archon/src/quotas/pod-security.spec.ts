import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import {
  POD_SECURITY_LEVELS,
  POD_SECURITY_MODES,
  podSecurityCauses,
  podSecurityLabels,
  podSecurityOf,
  readPodSecurity,
} from './pod-security.js';

describe('pod security', () => {
  it('is written as labels and read back', () => {
    const level = fc.option(fc.constantFrom(...POD_SECURITY_LEVELS), { nil: undefined });
    fc.assert(
      fc.property(level, level, level, (enforce, audit, warn) => {
        const given = Object.fromEntries(Object.entries({ enforce, audit, warn }).filter(([, value]) => value !== undefined));
        expect(podSecurityOf(podSecurityLabels(readPodSecurity('podSecurity', given)))).toEqual(given);
      }),
    );
    expect(podSecurityLabels({ enforce: 'baseline' })).toEqual({ 'pod-security.kubernetes.io/enforce': 'baseline' });
    expect(podSecurityOf({ 'pod-security.kubernetes.io/enforce': 'strict', 'pod-security.kubernetes.io/warn-version': 'v1.30' })).toEqual(
      {},
    );
  });

  it.each<[Record<string, unknown>, string, string]>([
    [{ enforce: 'strict' }, 'podSecurity.enforce', 'must be one of privileged, baseline, restricted'],
    [{ audit: 'Restricted' }, 'podSecurity.audit', 'must be one of'],
    [{ warn: '' }, 'podSecurity.warn', 'must be one of'],
    [{ warn: null }, 'podSecurity.warn', 'must be one of'],
    [{ deny: 'baseline' }, 'podSecurity.deny', 'is not a mode: set enforce, audit, warn'],
  ])('refuses %j', (levels, field, message) => {
    const read = () => readPodSecurity('podSecurity', levels);
    expect(read).toThrow(ApiError);
    expect(read).toThrow(`the pod security is invalid: ${field}: ${message}`);
  });

  it('is checked where it is given as labels, and other labels pass', () => {
    expect(POD_SECURITY_MODES.flatMap((mode) => podSecurityCauses('labels', podSecurityLabels({ [mode]: 'restricted' })))).toEqual([]);
    const labels = { 'pod-security.kubernetes.io/enforce': 'none', 'pod-security.kubernetes.io/enforce-version': 'latest', app: 'web' };
    expect(podSecurityCauses('metadata.labels', labels)).toEqual([
      { field: 'metadata.labels[pod-security.kubernetes.io/enforce]', message: 'must be one of privileged, baseline, restricted' },
    ]);
  });
});
