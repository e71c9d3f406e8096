import { type Answer, toAnswer } from './recording-api-server-answer.js';
import type { RecordedRequest } from './recording-api-server-record.js';
import { ALL_VERBS, type ResourceDefinition, toApiVersion } from './recording-api-server-resources.js';

const AGGREGATED = /as=APIGroupDiscoveryList/;
const AGGREGATED_V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const SUBRESOURCE_VERBS: Record<string, string[]> = {
  status: ['get', 'patch', 'update'],
  scale: ['get', 'patch', 'update'],
  log: ['get'],
};
const CONNECT_VERBS = ['create', 'get'];

/** The answer to a path of discovery, health or version; undefined when the path is none of these. `segments` are those of the path. */
export function discoveryAnswer(
  request: RecordedRequest,
  segments: string[],
  types: readonly ResourceDefinition[],
  gitVersion: string,
): Answer | undefined {
  const [root, group, version] = segments;
  if (segments.length === 1 && /^(readyz|livez|healthz)$/.test(root ?? '')) return toAnswer(200, 'ok');
  if (segments.length === 1 && root === 'version') return toAnswer(200, toVersion(gitVersion));
  if (root === 'api') return segments.length === 1 ? legacyGroup(request, types) : resourceList(segments.length, '', group, types);
  if (root !== 'apis') return undefined;
  if (segments.length === 1) return groupList(request, types);
  if (segments.length === 2) return oneGroup(group, types);
  return resourceList(segments.length - 1, group ?? '', version, types);
}

function legacyGroup(request: RecordedRequest, types: readonly ResourceDefinition[]): Answer {
  if (wantsAggregated(request)) return aggregated(types.filter(({ group }) => group === ''));
  return toAnswer(200, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
}

function groupList(request: RecordedRequest, types: readonly ResourceDefinition[]): Answer {
  const named = types.filter(({ group }) => group !== '');
  if (wantsAggregated(request)) return aggregated(named);
  return toAnswer(200, { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(named).map((group) => toGroup(group, named)) });
}

function oneGroup(group: string | undefined, types: readonly ResourceDefinition[]): Answer | undefined {
  const members = types.filter((each) => each.group === group);
  return members.length === 0 ? undefined : toAnswer(200, { kind: 'APIGroup', apiVersion: 'v1', ...toGroup(group ?? '', members) });
}

function resourceList(depth: number, group: string, version: string | undefined, types: readonly ResourceDefinition[]): Answer | undefined {
  const members = types.filter((each) => each.group === group && each.version === version);
  if (depth !== 2 || members.length === 0) return undefined;
  const groupVersion = toApiVersion({ group, version: version ?? '' });
  return toAnswer(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: members.flatMap(toApiResources) });
}

function toApiResources(type: ResourceDefinition): object[] {
  const { kind, resource, namespaced, shortNames = [], verbs = ALL_VERBS, subresources = [] } = type;
  return [
    { name: resource, singularName: kind.toLowerCase(), namespaced, kind, verbs, ...(shortNames.length === 0 ? {} : { shortNames }) },
    ...subresources.map((name) => ({
      name: `${resource}/${name}`,
      singularName: '',
      namespaced,
      kind,
      verbs: SUBRESOURCE_VERBS[name] ?? CONNECT_VERBS,
    })),
  ];
}

function aggregated(types: readonly ResourceDefinition[]): Answer {
  const items = groupsOf(types).map((group) => ({
    metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
    versions: versionsOf(group, types).map((version) => ({
      version,
      freshness: 'Current',
      resources: types.filter((each) => each.group === group && each.version === version).map(toResourceDiscovery),
    })),
  }));
  const list = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  return toAnswer(200, list, { 'Content-Type': AGGREGATED_V2 });
}

function toResourceDiscovery(type: ResourceDefinition): object {
  const { group, version, kind, resource, namespaced, shortNames = [], verbs = ALL_VERBS, subresources = [] } = type;
  const responseKind = { group, version, kind };
  return {
    resource,
    responseKind,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    subresources: subresources.map((subresource) => ({
      subresource,
      responseKind,
      verbs: SUBRESOURCE_VERBS[subresource] ?? CONNECT_VERBS,
    })),
  };
}

function toGroup(name: string, types: readonly ResourceDefinition[]): object {
  const versions = versionsOf(name, types).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function groupsOf(types: readonly ResourceDefinition[]): string[] {
  return [...new Set(types.map(({ group }) => group))];
}

function versionsOf(group: string, types: readonly ResourceDefinition[]): string[] {
  return [...new Set(types.filter((each) => each.group === group).map(({ version }) => version))];
}

function wantsAggregated(request: RecordedRequest): boolean {
  return request.header('accept').some((value) => AGGREGATED.test(value) && /v=v2(?![a-z0-9])/.test(value));
}

function toVersion(gitVersion: string): object {
  const [major = '', minor = ''] = gitVersion.replace(/^v/, '').split('.');
  return { major, minor, gitVersion, gitCommit: '', gitTreeState: 'clean', buildDate: '', goVersion: '', compiler: '', platform: '' };
}
