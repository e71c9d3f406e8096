import { type FunctionResource, readFunctionTable } from './function-resource.js';
import { CONTAINER_PLATFORM } from './functions/container-platform.js';
import { DATA_SERVICES } from './functions/data-services.js';
import { DEVOPS } from './functions/devops.js';
import { DEVOPS_PIPELINES } from './functions/devops-pipelines.js';
import { PLATFORM } from './functions/platform.js';
import { PROJECTS } from './functions/projects.js';
import { SERVICE_MESH } from './functions/service-mesh.js';
import { VIEWS } from './functions/views.js';

const TABLES = {
  acp: CONTAINER_PLATFORM,
  platformManage: PLATFORM,
  projectmanage: PROJECTS,
  middleware: DATA_SERVICES,
  devops: DEVOPS,
  devopsv4: DEVOPS_PIPELINES,
  asm: SERVICE_MESH,
  views: VIEWS,
};

/** All functions of the platform, in the order of their names. */
export const FUNCTIONS: ReadonlyMap<string, FunctionResource> = new Map(
  Object.entries(TABLES)
    .flatMap(([module, table]) => readFunctionTable(module, table))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((each) => [each.name, each]),
);

/** The functions that Archon's own routes ask for. */
export const MEMBERS_OF_PROJECT = 'project-manage-projectmembers';
export const MEMBERS_OF_NAMESPACE = 'platform-manage-userbindings';
/** The function that holds all resources of a namespace: no custom role may have it. */
export const ALL_RESOURCES = 'acp-namespace-resource-manage';
