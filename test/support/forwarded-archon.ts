import path from 'node:path';
import { Archon } from './archon.js';
import type { TestCluster } from './global-setup.js';
import { RecordingApiServer } from './recording-api-server.js';
import type { RecordedRequest } from './recording-api-server-record.js';

/** An Archon whose way to a real cluster, which it knows as `r`, leads through a recorder. */
export interface ForwardedArchon {
  archon: Archon;
  recorder: RecordingApiServer;
  /** Ends both. */
  close(): Promise<void>;
}

export async function startForwardedArchon(cluster: TestCluster, settings: Record<string, string> = {}): Promise<ForwardedArchon> {
  const clientFile = (suffix: string) => path.join(cluster.certificates, `apiserver-kubelet-client.${suffix}`);
  const recorder = await RecordingApiServer.start({
    forwardTo: { url: cluster.url, caFile: cluster.caFile, clientCertFile: clientFile('crt'), clientKeyFile: clientFile('key') },
  });
  // The recorder shares the test's event loop, which starts many processes.
  const archon = await Archon.start({ settings: { ARCHON_CLUSTER_CONNECT_TIMEOUT_MS: '20000', ...settings } });
  await archon.registerKubeconfig('r', recorder.kubeconfig());
  const close = async () => {
    await archon.dispose();
    await recorder.close();
  };
  return { archon, recorder, close };
}

const isDryRun = ({ url, body }: RecordedRequest) => url.includes('dryRun=All') || body.includes('"dryRun":["All"]');

/** Whether a request changes something in the cluster. */
export const isChange = (request: RecordedRequest): boolean =>
  ['PATCH', 'POST', 'PUT', 'DELETE'].includes(request.method) && !isDryRun(request) && !request.url.includes('accessreviews');
