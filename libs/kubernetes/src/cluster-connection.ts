/** How Archon itself authenticates to a cluster: a bearer token or a client certificate (PEM). */
export type ClusterCredential = { token: string } | { clientCertificate: string; clientKey: string };

/** All that is needed to reach a cluster. A changed credential, CA or endpoint is a new `generation`, which gets connections of its own. */
export interface ClusterConnection {
  id: string;
  name: string;
  /** `https://host:port[/prefix]`, without a trailing slash. */
  endpoint: string;
  /** PEM; undefined trusts the public CAs. */
  certificateAuthority: string | undefined;
  credential: ClusterCredential;
  generation: number;
}
