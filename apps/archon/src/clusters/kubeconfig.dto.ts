class KubeconfigCluster {
  /** @example "https://archon.example.org/kubernetes/c1" */
  server: string;
  /** PEM in base64; absent where public CAs are trusted */
  'certificate-authority-data'?: string;
}

class KubeconfigClusterEntry {
  /** @example "proxy-connect" */
  name: string;
  cluster: KubeconfigCluster;
}

class KubeconfigUser {
  /** The token of the request */
  token: string;
}

class KubeconfigUserEntry {
  /** @example "jane@example.org" */
  name: string;
  user: KubeconfigUser;
}

class KubeconfigContext {
  /** @example "proxy-connect" */
  cluster: string;
  /**
   * Empty in `direct-connect`
   * @example "jane@example.org"
   */
  user: string;
}

class KubeconfigContextEntry {
  /** @example "proxy-connect" */
  name: string;
  context: KubeconfigContext;
}

/** What kubectl and helm read, as JSON. */
export class KubeconfigResponse {
  /** @example "v1" */
  apiVersion: string;
  /** @example "Config" */
  kind: string;
  clusters: KubeconfigClusterEntry[];
  users: KubeconfigUserEntry[];
  contexts: KubeconfigContextEntry[];
  /** @example "proxy-connect" */
  'current-context': string;
}
