const text = { type: 'string' };
const texts = { type: 'array', items: text };
const contacts = { type: 'array', items: { type: 'object', properties: { name: text, email: text, url: text } } };
const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const descriptor = {
  type: 'object',
  properties: {
    type: text,
    version: text,
    description: text,
    icons: { type: 'array', items: { type: 'object', required: ['src'], properties: { src: text, size: text, type: text } } },
    maintainers: contacts,
    owners: contacts,
    keywords: texts,
    links: { type: 'array', items: { type: 'object', properties: { description: text, url: text } } },
    notes: text,
  },
};

const spec = {
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
  properties: {
    assemblyPhase: {
      type: 'string',
      description: 'Pending while components are being made, then Succeeded; Failed when that could not be done.',
    },
    componentKinds: {
      type: 'array',
      description: 'The kinds that the application is composed of.',
      items: { type: 'object', properties: { group: text, kind: text } },
    },
    descriptor,
    info: { type: 'array', items: { type: 'object', properties: { name: text, type: text, value: text, valueFrom: free } } },
    selector: { ...free, description: 'Label query over the components.' },
  },
};

/**
 * `applications.app.k8s.io` as the platform uses it, written for `apiextensions.k8s.io/v1`. The group is protected by Kubernetes, so the
 * API server demands the annotation that names the approval.
 */
export const APPLICATION_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'applications.app.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/application/pull/2' },
  },
  spec: {
    group: 'app.k8s.io',
    scope: 'Namespaced',
    names: { kind: 'Application', listKind: 'ApplicationList', plural: 'applications', singular: 'application' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Version', type: 'string', jsonPath: '.spec.descriptor.version' },
          { name: 'Assembly', type: 'string', jsonPath: '.spec.assemblyPhase' },
          { name: 'State', type: 'string', jsonPath: '.status.state' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: { openAPIV3Schema: { type: 'object', properties: { spec, status: free } } },
      },
    ],
  },
};
