const text = { type: 'string' };
const texts = { type: 'array', items: text };
const quantities = { type: 'object', additionalProperties: text };

const crd = (
  names: { kind: string; listKind: string; plural: string; singular: string },
  columns: object[],
  schema: { description: string; properties: object },
) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${names.plural}.auth.alauda.io` },
  spec: {
    group: 'auth.alauda.io',
    scope: 'Cluster',
    names,
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        additionalPrinterColumns: [...columns, { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
        schema: { openAPIV3Schema: { type: 'object', ...schema } },
      },
    ],
  },
});

/**
 * `projects.auth.alauda.io`. Archon answers for these objects itself; the global cluster has the definition so that its discovery and its
 * OpenAPI document tell of them, which kubectl reads before it asks for anything.
 */
export const PROJECT_CRD = crd(
  { kind: 'Project', listKind: 'ProjectList', plural: 'projects', singular: 'project' },
  [{ name: 'Phase', type: 'string', jsonPath: '.status.phase' }],
  {
    description: 'A tenant: its clusters, and its quota in each of them.',
    properties: {
      spec: {
        type: 'object',
        properties: {
          displayName: text,
          description: text,
          administrators: { ...texts, description: 'Users that become administrators of the project.' },
          clusterDeletePolicy: {
            type: 'string',
            enum: ['Retain', 'Delete'],
            description: 'What becomes of the namespaces when the project is deleted: they are kept outside of it, or deleted.',
          },
          clusters: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name'],
              properties: { name: text, type: text, quota: { ...quantities, description: 'What is absent is unlimited.' } },
            },
          },
          resources: {
            type: 'object',
            properties: { storageClasses: texts, chartRepositories: texts, imageRegistries: texts, codeRepositories: texts },
          },
        },
      },
      status: {
        type: 'object',
        properties: {
          phase: { type: 'string', description: 'Active once its own namespace is in all of its clusters.' },
          conditions: { type: 'array', items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      },
    },
  },
);

/** `projectquotas.auth.alauda.io`: in each cluster of a project one, named as the project. */
export const PROJECT_QUOTA_CRD = crd(
  { kind: 'ProjectQuota', listKind: 'ProjectQuotaList', plural: 'projectquotas', singular: 'projectquota' },
  [],
  {
    description:
      'What a project has in this cluster, and what its namespaces have taken of it. Written by Archon from its own records: a change made here is put back.',
    properties: {
      spec: { type: 'object', properties: { hard: { ...quantities, description: 'What is absent is unlimited.' } } },
      status: {
        type: 'object',
        properties: {
          hard: quantities,
          used: { ...quantities, description: 'The sum over the quotas of the namespaces: what is allotted, not what runs.' },
        },
      },
    },
  },
);
