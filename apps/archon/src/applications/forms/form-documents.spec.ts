import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applicationForms, fullForm } from '../../../../../test/support/application-forms.js';
import { FORM_SITE, FORM_FACTS, read, componentsOf, form, service, ingress, probe } from '../../../../../test/support/small-form.js';
import { readApplicationDocument } from '../application-document.js';
import { asFormCauses, formComponents, toApplication } from './form-documents.js';

describe('formComponents', () => {
  it('make the least of a form', async () => {
    const template = {
      metadata: { labels: { 'service.cpaas.io/name': 'deployment-web' } },
      spec: { containers: [{ name: 'c', image: 'web:1', resources: {} }], terminationGracePeriodSeconds: 30 },
    };
    expect(await componentsOf(form())).toEqual([
      {
        path: 'spec.workload',
        object: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web' },
          spec: {
            replicas: 1,
            strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
            selector: { matchLabels: { 'service.cpaas.io/name': 'deployment-web' } },
            template,
          },
        },
      },
    ]);
  });

  it('make all of a full form, and nothing that is undefined', async () => {
    const [workload, first, second, ingressMade] = (await componentsOf(fullForm(FORM_SITE))).map(({ object }) => object);
    expect(workload).toMatchObject({
      spec: {
        replicas: 2,
        strategy: { rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } },
        template: {
          metadata: { annotations: { 'ovn.kubernetes.io/ip_pool': '10.16.0.1,10.16.0.2,10.16.0.3', 'ovn.kubernetes.io/egress_rate': '5' } },
          spec: {
            imagePullSecrets: [{ name: 'registry' }],
            terminationGracePeriodSeconds: 3,
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            affinity: {
              podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/os' }] },
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  { weight: 50, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } },
                ],
              },
            },
            initContainers: [{ name: 'prepare' }],
            containers: [
              {
                livenessProbe: { tcpSocket: { port: 8080 }, initialDelaySeconds: 1, successThreshold: 1, failureThreshold: 5 },
                readinessProbe: {
                  httpGet: { scheme: 'HTTP', port: 'http', path: '/healthz', httpHeaders: [{ name: 'X-Probe' }] },
                  successThreshold: 2,
                  timeoutSeconds: 30,
                },
                startupProbe: { exec: { command: ['true'] } },
                lifecycle: { preStop: { exec: { command: ['sh', '-c', 'echo stop'] } } },
              },
              {
                env: expect.arrayContaining([
                  { name: '__FILE_LOG_PATH__', value: '/var/log/*.log,/logs/a.txt' },
                  { name: '__EXCLUDE_LOG_PATH__', value: '/var/log/noise.log' },
                ]) as unknown,
              },
            ],
          },
        },
      },
    });
    expect([first?.metadata.name, second?.metadata.name, ingressMade?.metadata.name]).toEqual(['full', 'full-2', 'full']);
    expect(first?.spec).toEqual({
      type: 'ClusterIP',
      selector: { 'service.cpaas.io/name': 'deployment-full' },
      ports: [
        { name: 'tcp-80', port: 80, targetPort: 'http', protocol: 'TCP' },
        { name: 'admin', port: 81, targetPort: 8080, protocol: 'TCP' },
      ],
    });
    expect(ingressMade?.spec).toMatchObject({
      rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { port: { name: 'tcp-80' } } } }, {}] } }],
    });
  });

  it('give a StatefulSet its first Service, or one of its own name', async () => {
    const spec = async (services: object[]) =>
      (await componentsOf(form({ kind: 'StatefulSet', volumeClaimTemplates: [{ name: 'data', size: 1024 }] }, {}, { services })))[0]?.object
        .spec;
    expect(await spec([])).toMatchObject({
      serviceName: 'web',
      volumeClaimTemplates: [
        { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024' } } } },
      ],
    });
    expect(await spec([service({ name: 'peers', headless: true }), service()])).toMatchObject({ serviceName: 'peers' });
  });

  it('leave out a probe whose failures are to do nothing', async () => {
    const made = await componentsOf(probe({ protocol: 'TCP', port: 80, failureThreshold: 0 }));
    expect(JSON.stringify(made)).not.toContain('Probe');
  });

  it('take every form that is right, for documents that an application takes', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(applicationForms(FORM_SITE), async (random) => {
        const parsed = await read(random);
        const components = formComponents(parsed, FORM_FACTS, 'cpaas.io');
        const { application, components: objects } = readApplicationDocument([toApplication(parsed, components)], {
          namespace: 'shop-prod',
          name: undefined,
        });
        expect([application.metadata.name, objects?.length]).toEqual(['random', components.length]);
        expect(JSON.parse(JSON.stringify(components))).toEqual(components);
      }),
      { numRuns: 300 },
    );
  });
});

describe('asFormCauses', () => {
  it.each([
    ['Deployment.apps "web": spec.template.spec.containers[0].image', 'spec.workload.containers[0].image'],
    ['Deployment.apps "web": spec.template.metadata.annotations', 'spec.workload.metadata.annotations'],
    ['Deployment.apps "web": spec.replicas', 'spec.workload.replicas'],
    ['Deployment.apps "web": metadata.name', 'spec.workload.name'],
    ['Deployment.apps "web": ', 'spec.workload'],
    ['Deployment.apps "web"', 'spec.workload'],
    ['Service "web": spec.ports[0].nodePort', 'spec.services[0].ports[0].nodePort'],
    ['Service "web-2": spec.ports[0].nodePort', 'spec.services[1].ports[0].nodePort'],
    ['Ingress.networking.k8s.io "web": spec.rules[0].host', 'spec.ingresses[0].rules[0].host'],
    ['metadata.name', 'metadata.name'],
  ])('calls %s %s', async (field, expected) => {
    const components = await componentsOf(form({}, {}, { services: [service(), service()], ingresses: [ingress('web', 80)] }));
    expect(asFormCauses({ causes: [{ field, message: 'no' }, { message: 'so' }] }, components)).toEqual([
      { field: expected, message: 'no' },
      { message: 'so' },
    ]);
  });

  it('says of an object that exists which name is taken', async () => {
    const causes = [{ field: 'Service "web"', reason: 'AlreadyExists' }];
    expect(asFormCauses({ causes }, await componentsOf(form({}, {}, { services: [service()] })))).toMatchObject([
      { field: 'spec.services[0].name' },
    ]);
  });

  it('finds the object that a failure is about', async () => {
    const components = await componentsOf(form({}, {}, { services: [service()] }));
    const causes = [{ field: 'spec.ports[0].nodePort' }];
    expect(asFormCauses({ kind: 'Service', name: 'web', causes }, components)).toEqual([{ field: 'spec.services[0].ports[0].nodePort' }]);
    expect(asFormCauses({ kind: 'Service', name: 'other', causes }, components)).toEqual(causes);
    expect(asFormCauses({}, components)).toEqual([]);
  });
});
