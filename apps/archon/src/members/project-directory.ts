/** What rights need to know of projects: which there are, and where. */
export interface ProjectDirectory {
  has(project: string): Promise<boolean>;
  /** Names of the clusters where a project is. */
  clustersOf(project: string): Promise<string[]>;
  /** The project that a namespace belongs to. */
  projectOf(cluster: string, namespace: string): Promise<string | undefined>;
  /** All namespaces of a project. */
  namespacesOf(project: string): Promise<{ cluster: string; namespace: string }[]>;
}

/** Injection token. */
export const PROJECT_DIRECTORY = Symbol('project directory');
