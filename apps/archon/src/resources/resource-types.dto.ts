/** `metav1.APIResource` */
export class ResourceTypeResponse {
  /** @example "deployments" */
  name: string;

  /**
   * Absent for the core group
   * @example "apps"
   */
  group?: string;

  /** @example "v1" */
  version: string;

  /** @example "Deployment" */
  kind: string;

  namespaced: boolean;

  /** @example ["create", "get", "list", "watch"] */
  verbs: string[];
}

/** `metav1.APIResourceList` */
export class ResourceTypeListResponse {
  /** @example "apps/v1" */
  groupVersion: string;

  resources: ResourceTypeResponse[];
}
