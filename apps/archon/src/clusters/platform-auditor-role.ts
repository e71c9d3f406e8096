import type { ResourceRef } from '#kubernetes';
import { AUDITORS } from '../auth/principal.js';

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const apiVersion = 'rbac.authorization.k8s.io/v1';
const NAME = 'archon-platform-auditor';
const AGGREGATED = { 'archon.cpaas.io/aggregate-to-platform-auditor': 'true' };
const READ = ['get', 'list', 'watch'];

/**
 * Of the core group each resource is named, because `*` would take in what is not reading: Secrets, whose content would make an auditor
 * anybody, and the subresources exec, attach, portforward and proxy, which a GET opens.
 */
const CORE = [
  'componentstatuses',
  'configmaps',
  'endpoints',
  'events',
  'limitranges',
  'namespaces',
  'namespaces/status',
  'nodes',
  'nodes/status',
  'persistentvolumeclaims',
  'persistentvolumeclaims/status',
  'persistentvolumes',
  'persistentvolumes/status',
  'pods',
  'pods/log',
  'pods/status',
  'podtemplates',
  'replicationcontrollers',
  'replicationcontrollers/scale',
  'replicationcontrollers/status',
  'resourcequotas',
  'resourcequotas/status',
  'serviceaccounts',
  'services',
  'services/status',
];

/** Groups of Kubernetes and of the platform. None has a subresource that connects to something. */
const GROUPS = [
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'app.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'gateway.networking.k8s.io',
  'metrics.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
];

/**
 * What auditors of the platform may do on a cluster: read, but no Secret, and open no connection into it. Resources that others define are
 * theirs to open: a role with the label `rbac.authorization.k8s.io/aggregate-to-view` is part of this one, as it is of Kubernetes' `view`.
 */
export const PLATFORM_AUDITOR_OBJECTS = [
  {
    ref: { ...RBAC, resource: 'clusterroles', name: `${NAME}-resources` },
    object: {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: `${NAME}-resources`, labels: AGGREGATED },
      rules: [
        { apiGroups: [''], resources: CORE, verbs: READ },
        { apiGroups: GROUPS, resources: ['*'], verbs: READ },
      ],
    },
  },
  {
    ref: { ...RBAC, resource: 'clusterroles', name: NAME },
    object: {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: NAME },
      aggregationRule: {
        clusterRoleSelectors: [{ matchLabels: AGGREGATED }, { matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } }],
      },
    },
  },
  {
    ref: { ...RBAC, resource: 'clusterrolebindings', name: `${NAME}s` },
    object: {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: `${NAME}s` },
      roleRef: { apiGroup: RBAC.group, kind: 'ClusterRole', name: NAME },
      subjects: [{ apiGroup: RBAC.group, kind: 'Group', name: AUDITORS }],
    },
  },
] as const satisfies { ref: ResourceRef; object: object }[];
