import type { FunctionTable } from '../function-resource.js';

/** Views. How a rule is written: see `readFunctionRule`. */
export const VIEWS: FunctionTable = {
  'platform-manage-featuregates': {
    title: 'Featuregates',
    rules: ['system@global alauda.io alaudafeaturegates', 'cluster alauda.io clusteralaudafeaturegates'],
  },
  'platform-manage-portal': { title: 'Portal', rules: ['cluster@global product.alauda.io *'] },
  'views-acp-userview': { title: 'Acp userview', rules: ['cluster@global auth.alauda.io views = acp-userview'] },
  'views-asm-userview': { title: 'Asm userview', rules: ['cluster@global auth.alauda.io views = asm-userview'] },
  'views-cec-userview': { title: 'CloudEdge View', rules: ['cluster@global auth.alauda.io views = cec-userview'] },
  'views-containersecurityview': {
    title: 'Container Security View',
    rules: ['cluster@global auth.alauda.io views = containersecurityview'],
  },
  'views-dataservices-userview': {
    title: 'Data Services User View',
    rules: ['cluster@global auth.alauda.io views = dataservices-userview'],
  },
  'views-devops-manageview': { title: 'DevOps management view', rules: [] },
  'views-devops-userview': { title: 'Devops userview', rules: ['cluster@global auth.alauda.io views = devops-userview'] },
  'views-platformview': {
    title: 'Platformview',
    rules: ['cluster@global auth.alauda.io views = platformview', 'cluster@global product.alauda.io productbases'],
  },
  'views-projectview': { title: 'Projectview', rules: ['cluster@global auth.alauda.io views = projectview'] },
};
