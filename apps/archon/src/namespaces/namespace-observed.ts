/** What a cluster was seen to hold of a namespace. */
export interface NamespaceObserved {
  uid: string;
  resourceVersion: string;
  phase: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  creationTimestamp: string;
  /** Of the ResourceQuota `default`. */
  hard: Record<string, string>;
  used: Record<string, string>;
}

/** A difference between what is desired and what was found. */
export interface Drift {
  /** For people: `ResourceQuota "default"`. */
  target: string;
  reason: 'Missing' | 'Changed' | 'NotRemovable';
  message: string;
  /** RFC 3339. */
  detectedAt: string;
  /** When it was put right; absent while it is not. */
  repairedAt?: string;
}
