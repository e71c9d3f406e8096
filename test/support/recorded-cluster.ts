import type { Archon } from './archon.js';
import { RecordingApiServer, type RecordingApiServerOptions } from './recording-api-server.js';
import type { RecordedRequest } from './recording-api-server-record.js';

/** A recording API server that Archon knows as a cluster of this name. The caller closes it. */
export async function startRecordedCluster(archon: Archon, name: string, options?: RecordingApiServerOptions): Promise<RecordingApiServer> {
  const cluster = await RecordingApiServer.start(options);
  await archon.registerKubeconfig(name, cluster.kubeconfig());
  return cluster;
}

/** What `act` gave, and the requests that reached the cluster meanwhile, without those that Archon sends of its own: probes, and questions about rights. */
export async function recorded<T>(
  cluster: RecordingApiServer,
  act: () => Promise<T>,
): Promise<{ result: T; requests: readonly RecordedRequest[] }> {
  const before = cluster.requests.length;
  const result = await act();
  return { result, requests: cluster.requests.slice(before).filter((request) => !isArchonsOwn(request)) };
}

const isArchonsOwn = (request: RecordedRequest): boolean =>
  request.path.endsWith('/selfsubjectaccessreviews') ||
  (/^\/(?:version|readyz|livez)$/.test(request.path) && request.header('impersonate-user').length === 0);
