export type { ClientRequest, ClientResponse } from './client-exchange.js';
export { isAllowedAddress } from './address-policy.js';
export { appliedConfiguration, isMadeBy, writtenConfiguration } from './applied-configuration.js';
export type { AddressRange } from './address-policy.js';
export { AddressPolicy } from './checked-lookup.gateway.js';
export type { ClusterConnection, ClusterCredential } from './cluster-connection.js';
export { connectionFailure, isAddressFailure, isConnectionFailure } from './connection-failure.js';
export type { LinkStatus } from './cluster-link.gateway.js';
export { Connections } from './connections.gateway.js';
export { declaredConfiguration } from './declared-configuration.js';
export { Discovery } from './discovery.gateway.js';
export type { ResourceType } from './discovery-documents.js';
export { parseFieldSelector } from './field-selector.js';
export { fanOut } from './fan-out.gateway.js';
export { Forwarder } from './forward.gateway.js';
export { Identity, isPrincipalName, isServiceAccountName, OWN_CREDENTIAL } from './identity.js';
export { numberSource, parseJson, rawNumber } from './json.js';
export { decodeCertificate, decodePrivateKey, isBearerToken, isKeyOf } from './credential-text.js';
export { type KubeconfigContext, readKubeconfig } from './kubeconfig.js';
export { SelectorScanner } from './selector-scanner.js';
export { type LabelRequirement, parseLabelSelector, readLabelSelector } from './label-selector.js';
export { isLabelValue, isQualifiedName } from './label-syntax.js';
export { FIELD_MANAGER, KubernetesGateway, METADATA_ONLY } from './kubernetes.gateway.js';
export {
  describeObject,
  type KubernetesList,
  type KubernetesObject,
  type ObjectMeta,
  parseApiVersion,
  withoutServerFields,
} from './kubernetes-object.js';
export { allOrNothing, type ClusterFailure } from './merge-outcomes.js';
export { mergePatch } from './merge-patch.js';
export { valueAt, withValueAt } from './object-path.js';
export { formatQuantity, parseQuantity, quantityText } from './quantity.js';
export { isTrue, type RequestAttributes, requestAttributes } from './request-attributes.js';
export { collectionOf, isPathSegment, type ResourceRef } from './resource-path.js';
export type { Target } from './target.js';
export { UpgradeForwarder } from './upgrade.gateway.js';
export type { UpgradedSession } from './upgraded-session.gateway.js';
export type { WatchEvent } from './watch.gateway.js';
export type { WorkloadHealth, WorkloadState } from './workloads/workload-health.js';
export { isPaused, restartedAtPath, restartPatch } from './workloads/restart.js';
export { isStopped, settlePatch, startPatch, stopPatch } from './workloads/stop-and-start.js';
export { findWorkloadKind, type WorkloadKind } from './workloads/workload-kinds.js';
