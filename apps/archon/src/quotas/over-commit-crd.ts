/** A whole number other than 1, which would say what 0 says. */
const ratio = { type: 'integer', format: 'int32', minimum: 0, not: { enum: [1] } };
const clusterRatio = { type: 'integer', format: 'int32', minimum: 0 };

/** `namespaceresourceratios.resource.alauda.io`: how far a namespace's requests stay below its limits. */
export const NAMESPACE_RESOURCE_RATIO_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'namespaceresourceratios.resource.alauda.io' },
  spec: {
    group: 'resource.alauda.io',
    scope: 'Namespaced',
    names: {
      kind: 'NamespaceResourceRatio',
      listKind: 'NamespaceResourceRatioList',
      plural: 'namespaceresourceratios',
      singular: 'namespaceresourceratio',
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'CPU', type: 'integer', jsonPath: '.spec.cpu' },
          { name: 'Memory', type: 'integer', jsonPath: '.spec.memory' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: "The request of a new Pod's container is its limit divided by the ratio.",
            properties: {
              spec: {
                type: 'object',
                properties: {
                  cpu: { ...ratio, description: "Missing: the cluster's ratio; 0: none." },
                  memory: { ...ratio, description: "Missing: the cluster's ratio; 0: none." },
                },
              },
              status: { type: 'object', properties: { clusterCPU: clusterRatio, clusterMemory: clusterRatio } },
            },
          },
        },
      },
    ],
  },
};
