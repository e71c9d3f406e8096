import { describe, expect, it } from 'vitest';
import { ownObjectPath } from './own-object.js';

const PROJECTS = '/apis/auth.alauda.io/v1/projects';

describe('ownObjectPath', () => {
  it.each([
    [PROJECTS, PROJECTS],
    [`${PROJECTS}?limit=500`, `${PROJECTS}?limit=500`],
    [`${PROJECTS}/`, PROJECTS],
    [`${PROJECTS}/shop`, `${PROJECTS}/shop`],
    [`/kubernetes/global${PROJECTS}`, PROJECTS],
    [`/kubernetes/global${PROJECTS}/shop?dryRun=All`, `${PROJECTS}/shop?dryRun=All`],
  ])('%s is served by Archon', (url, path) => expect(ownObjectPath(url)).toBe(path));

  it.each([
    `/kubernetes/c1${PROJECTS}`,
    `/kubernetes/global/${PROJECTS}`,
    `${PROJECTS}/shop/status`,
    `${PROJECTS}/sh%6fp`,
    `${PROJECTS}/..`,
    `${PROJECTS}x`,
    '/apis/auth.alauda.io/v1',
    '/apis/auth.alauda.io/v1/projectquotas/shop',
    '/apis/auth.alauda.io/v2/projects',
    '/acp/v1/projects',
  ])('%s is not', (url) => expect(ownObjectPath(url)).toBeUndefined());
});
