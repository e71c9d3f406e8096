import { describe, expect, it } from 'vitest';
import { normalizeApiServerUrl, refusedApiServerUrl } from './api-server-url.js';

describe('refusedApiServerUrl', () => {
  it.each(['https://10.0.0.1:6443', 'https://api.example.org', 'https://[::1]:6443/', 'https://example.org/k8s/clusters/c-1'])(
    'takes %s',
    (url) => expect(refusedApiServerUrl(url)).toBeUndefined(),
  );

  it.each([
    'http://10.0.0.1:6443',
    'file:///etc/passwd',
    'ftp://example.org',
    'https://user:password@example.org',
    'https://example.org/?a=b',
    'https://example.org/#a',
    'https://example.org//a',
    'https://example.org/%2e%2e/a',
    'https://example.org/../a',
    'https:\\\\example.org',
    ' https://example.org',
    'https://example.org/a\n',
    'example.org',
    '',
  ])('refuses %s', (url) => expect(refusedApiServerUrl(url)).toBeTypeOf('string'));
});

it('drops the trailing slash', () => expect(normalizeApiServerUrl('https://Example.org:443/k8s/')).toBe('https://example.org/k8s'));
