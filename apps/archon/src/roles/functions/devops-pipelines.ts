import type { FunctionTable } from '../function-resource.js';

/** DevOps pipelines. How a rule is written: see `readFunctionRule`. */
export const DEVOPS_PIPELINES: FunctionTable = {
  'devopsv4-tekton-cluster-admin': {
    title: 'Tekton Cluster Administration',
    rules: ['cluster tekton.dev clustertasks', 'cluster triggers.tekton.dev clustertriggerbindings,clusterinterceptors'],
  },
  'devopsv4-tekton-deployment-admin': { title: 'Tekton Operator', rules: ['cluster operator.tekton.dev *'] },
  'devopsv4-tekton-pipelines': {
    title: 'Tekton Pipelines',
    rules: [
      'common tekton.dev pipelines,pipelineruns,tasks,taskruns,stepactions,runs,customruns,pipelineresources',
      'common pipelinesascode.tekton.dev repositories',
      'common resolution.tekton.dev resolutionrequests',
    ],
  },
  'devopsv4-tekton-triggers': { title: 'Tekton Triggers', rules: ['common triggers.tekton.dev triggers,triggertemplates,triggerbindings'] },
  'devopsv4-tekton-triggers-admin': {
    title: 'Tekton Triggers EventListeners Administration',
    rules: ['common triggers.tekton.dev interceptors,eventlisteners,eventlisteners/finalizers'],
  },
};
