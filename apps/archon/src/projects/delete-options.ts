/** What Archon heeds of Kubernetes' DeleteOptions. */
export interface DeleteOptions {
  /** The object must be this one. */
  uid?: string;
  isDryRun: boolean;
}

export function readDeleteOptions(body: unknown): DeleteOptions {
  const { dryRun, preconditions } = fields(body);
  const { uid } = fields(preconditions);
  return {
    isDryRun: Array.isArray(dryRun) && dryRun.length > 0,
    ...(typeof uid === 'string' ? { uid } : {}),
  };
}

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
