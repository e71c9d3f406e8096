import { describe, expect, it } from 'vitest';
import { applicationLabels, kindsOf, selectorOf, toApplicationObject, toComponentObject, withOwner } from './application-objects.js';

const labels = applicationLabels('cpaas.io', 'shop-prod', 'shop');

describe('toComponentObject', () => {
  it('labels a workload, its Pods and its selector alike, and leaves the given object as it was', () => {
    const given = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'web',
        labels: { tier: 'front' },
        uid: 'u',
        resourceVersion: '7',
        creationTimestamp: 't',
        generation: 3,
        managedFields: [],
      },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [], futureField: { kept: 1 } } },
      },
      status: { replicas: 1 },
    };
    const before = structuredClone(given);
    expect(toComponentObject(given, labels)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels: { tier: 'front', 'app.cpaas.io/name': 'shop.shop-prod' } },
      spec: {
        selector: { matchLabels: { app: 'web', 'app.cpaas.io/name': 'shop.shop-prod' } },
        template: {
          metadata: { labels: { app: 'web', 'app.cpaas.io/name': 'shop.shop-prod' } },
          spec: { containers: [], futureField: { kept: 1 } },
        },
      },
    });
    expect(given).toEqual(before);
  });

  it('adds no selector where there is none: it would choose the Pods of every workload of the application', () => {
    const given = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { template: {} } };
    expect(toComponentObject(given, labels).spec).not.toHaveProperty('selector');
  });

  it('labels the Pods of a CronJob, and adds no selector to a Job', () => {
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'a' },
      spec: { jobTemplate: { spec: { template: { spec: {} } } } },
    };
    expect(toComponentObject(cronJob, labels)).toMatchObject({
      spec: { jobTemplate: { spec: { template: { metadata: { labels: { 'app.cpaas.io/name': 'shop.shop-prod' } } } } } },
    });
    expect(
      toComponentObject({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a' }, spec: { template: {} } }, labels).spec,
    ).not.toHaveProperty('selector');
  });

  it('labels any other kind, and leaves the selector of a Service alone', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' } } };
    expect(toComponentObject(service, labels)).toEqual({
      ...service,
      metadata: { name: 'web', labels: { 'app.cpaas.io/name': 'shop.shop-prod' } },
    });
  });
});

it('builds the Application with its kinds, its selector and its creator', () => {
  const kinds = kindsOf([
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: {} },
    { apiVersion: 'v1', kind: 'Service', metadata: {} },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: {} },
  ]);
  const given = {
    apiVersion: 'app.k8s.io/v1beta1',
    kind: 'Application',
    metadata: {
      name: 'shop',
      namespace: 'shop-prod',
      uid: 'u',
      finalizers: ['keep'],
      annotations: { 'cpaas.io/display-name': 'Shop', 'cpaas.io/creator': 'somebody' },
    },
    spec: { descriptor: { version: '1' } },
    status: { state: 'x' },
  };
  expect(toApplicationObject(given, { labels, kinds, phase: 'Pending', domain: 'cpaas.io', user: 'jane' })).toEqual({
    apiVersion: 'app.k8s.io/v1beta1',
    kind: 'Application',
    metadata: {
      name: 'shop',
      namespace: 'shop-prod',
      finalizers: ['keep'],
      annotations: { 'cpaas.io/creator': 'jane', 'cpaas.io/display-name': 'Shop' },
    },
    spec: {
      descriptor: { version: '1' },
      assemblyPhase: 'Pending',
      componentKinds: [
        { group: 'apps', kind: 'Deployment' },
        { group: '', kind: 'Service' },
      ],
      selector: { matchLabels: { 'app.cpaas.io/name': 'shop.shop-prod' } },
    },
  });
  expect(selectorOf(labels)).toBe('app.cpaas.io/name=shop.shop-prod');
});

it('adds the Application as an owner once', () => {
  const application = { apiVersion: 'app.k8s.io/v1beta1', kind: 'Application', metadata: { name: 'shop', uid: 'u1' } };
  const owned = withOwner({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } }, application);
  expect(withOwner(owned, application).metadata.ownerReferences).toEqual([
    { apiVersion: 'app.k8s.io/v1beta1', kind: 'Application', name: 'shop', uid: 'u1' },
  ]);
});
