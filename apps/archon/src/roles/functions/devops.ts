import type { FunctionTable } from '../function-resource.js';

/** DevOps. How a rule is written: see `readFunctionRule`. */
export const DEVOPS: FunctionTable = {
  'devops-artifactcleanuppolicies': { title: 'Artifact clean-up policies', rules: [] },
  'devops-artifactcleanupruns': { title: 'Artifact clean-up runs', rules: [] },
  'devops-artifactpromotionruns': {
    title: 'Artifactpromotionruns',
    rules: ['project@global artifacts.katanomi.dev artifactpromotionruns,artifactpromotionruns/status'],
  },
  'devops-artifactpromotions': {
    title: 'Artifactpromotions',
    rules: ['project@global artifacts.katanomi.dev artifactpromotions,artifactpromotions/status'],
  },
  'devops-artifactretainpolicies': { title: 'Artifact retention policies', rules: [] },
  'devops-buildruns': {
    title: 'Buildruns',
    rules: [
      'common builds.katanomi.dev buildruns',
      'project builds.katanomi.dev buildruns',
      'cluster@business proxy.katanomi.dev proxies,proxies/path',
    ],
  },
  'devops-buildruns-ns': {
    title: 'Namespace buildruns',
    rules: ['common builds.katanomi.dev buildruns', 'cluster@business proxy.katanomi.dev proxies,proxies/path'],
  },
  'devops-builds': { title: 'Builds', rules: ['common builds.katanomi.dev builds', 'project builds.katanomi.dev builds'] },
  'devops-builds-ns': { title: 'Namespace builds', rules: ['common builds.katanomi.dev builds'] },
  'devops-clustergitsources': { title: 'Clustergitsources', rules: ['cluster sources.katanomi.dev clustergitsources'] },
  'devops-clusterpolicies': { title: 'Clusterpolicies', rules: ['cluster storage.katanomi.dev clusterpolicies'] },
  'devops-clusterrule': { title: 'Clusterrule', rules: ['cluster policies.katanomi.dev clusterrules'] },
  'devops-clusterstages': {
    title: 'Deliveries clusterstages',
    rules: ['cluster deliveries.katanomi.dev clusterstages', 'cluster tekton.dev clustertasks'],
  },
  'devops-clustertemplates': { title: 'Clustertemplates', rules: ['cluster core.katanomi.dev clustertemplates'] },
  'devops-codequalities': {
    title: 'Code qualities',
    rules: ['project meta.katanomi.dev codequalities', 'common meta.katanomi.dev codequalities'],
  },
  'devops-connectors-cluster': {
    title: 'Cluster connectors',
    rules: ['kube-public@global connectors.alauda.io connectors', 'kube-public@business connectors.alauda.io connectors'],
  },
  'devops-connectors-namespaced': {
    title: 'Namespaced connectors',
    rules: ['common@global connectors.alauda.io connectors', 'common@business connectors.alauda.io connectors'],
  },
  'devops-connectors-project': {
    title: 'Project connectors',
    rules: ['project@global connectors.alauda.io connectors', 'project@business connectors.alauda.io connectors'],
  },
  'devops-deliveries': {
    title: 'Deliveries',
    rules: ['project@global deliveries.katanomi.dev deliveries', 'project@global core events', 'project@global core pods'],
  },
  'devops-deliveryruns': { title: 'Deliveryruns', rules: ['project@global deliveries.katanomi.dev deliveryruns'] },
  'devops-environments': { title: 'Environments', rules: [] },
  'devops-gitbranches': { title: 'Code branch', rules: ['project meta.katanomi.dev gitbranches', 'common meta.katanomi.dev gitbranches'] },
  'devops-gitcommits': { title: 'Code commit', rules: ['project meta.katanomi.dev gitcommits', 'common meta.katanomi.dev gitcommits'] },
  'devops-gitrepositories': {
    title: 'Code repository',
    rules: ['project meta.katanomi.dev gitrepositories', 'common meta.katanomi.dev gitrepositories'],
  },
  'devops-gitrepositorytags': {
    title: 'Tag',
    rules: ['project meta.katanomi.dev gitrepositorytags', 'common meta.katanomi.dev gitrepositorytags'],
  },
  'devops-gitsources': {
    title: 'Gitsources',
    rules: [
      'common sources.katanomi.dev gitsources,entities',
      'project sources.katanomi.dev gitsources,entities',
      'cluster@business proxy.katanomi.dev proxies,proxies/path',
    ],
  },
  'devops-katanomi': { title: 'Katanomi', rules: ['common operators.katanomi.dev katanomis'] },
  'devops-knative': { title: 'Knative', rules: ['common operator.knative.dev knativeeventings'] },
  'devops-pipelineconfigs': {
    title: 'Pipelineconfigs',
    rules: ['project@global devops.alauda.io pipelineconfigs,pipelineconfigs/scan,pipelineconfigs/preview,pipelineconfigs/logs'],
  },
  'devops-pipelines': {
    title: 'Pipelines',
    rules: [
      'project@global devops.alauda.io pipelines,pipelines/logs,pipelines/tasks,pipelines/input,pipelines/testreports,pipelines/view,pipelines/artifacts,pipelines/download',
    ],
  },
  'devops-policies': { title: 'Policies', rules: ['common policies.katanomi.dev policies', 'project policies.katanomi.dev policies'] },
  'devops-policyruns': {
    title: 'Policyruns',
    rules: ['common policies.katanomi.dev policyruns', 'project policies.katanomi.dev policyruns'],
  },
  'devops-projects': { title: 'Allocated resources', rules: ['project meta.katanomi.dev projects', 'common meta.katanomi.dev projects'] },
  'devops-stageruns': { title: 'Stageruns', rules: ['common deliveries.katanomi.dev stageruns'] },
  'devops-stages': { title: 'Stages', rules: ['common deliveries.katanomi.dev stages'] },
  'devops-storageplugins': { title: 'Storageplugins', rules: ['cluster storage.katanomi.dev storageplugins'] },
  'devops-tekton': { title: 'Tekton', rules: ['common tekton.dev pipelines,pipelineruns,tasks,taskruns,runs,pipelineresources'] },
  'devops-tektonpipeline': { title: 'TektonPipeline', rules: ['cluster operator.tekton.dev tektonpipelines'] },
  'devops-templaterenders': {
    title: 'Templaterenders',
    rules: ['common core.katanomi.dev templaterenders', 'project core.katanomi.dev templaterenders'],
  },
  'devops-testcaseexecutions': {
    title: 'Testcaseexecutions',
    rules: ['common meta.katanomi.dev testcaseexecutions', 'project meta.katanomi.dev testcaseexecutions'],
  },
  'devops-testcases': { title: 'Testcases', rules: ['common meta.katanomi.dev testcases', 'project meta.katanomi.dev testcases'] },
  'devops-testmodules': { title: 'Testmodules', rules: ['common meta.katanomi.dev testmodules', 'project meta.katanomi.dev testmodules'] },
  'devops-testplans': { title: 'Testplans', rules: ['common meta.katanomi.dev testplans', 'project meta.katanomi.dev testplans'] },
  'devops-variables': { title: 'Variables', rules: ['cluster meta.katanomi.dev variables', 'cluster meta.katanomi.dev variables'] },
  'devops-versionrequests': { title: 'Versionrequests', rules: ['common versioning.katanomi.dev versionrequests'] },
  'devops-versionschemes': { title: 'Versionschemes', rules: ['cluster versioning.katanomi.dev versionschemes'] },
  'devops-versionstreams': { title: 'Versionstreams', rules: ['common versioning.katanomi.dev versionstreams'] },
  'devops-virtualartifacts': { title: 'Artifacts', rules: ['common meta.katanomi.dev artifacts', 'project meta.katanomi.dev artifacts'] },
  'devops-virtualartifactsfiles': {
    title: 'Artifactfiles',
    rules: ['common meta.katanomi.dev artifacts/files', 'project meta.katanomi.dev artifacts/files'],
  },
  'devops-virtualartifactuploads': { title: 'Artifact uploads', rules: [] },
  'devops-virtualissuebranches': {
    title: 'Issuebranches',
    rules: ['common meta.katanomi.dev virtualissuebranches', 'project meta.katanomi.dev virtualissuebranches'],
  },
  'devops-virtualissues': { title: 'Issues', rules: ['common meta.katanomi.dev virtualissues', 'project meta.katanomi.dev virtualissues'] },
  'devops-virtualrepositories': {
    title: 'Repositories',
    rules: ['common meta.katanomi.dev repositories', 'project meta.katanomi.dev repositories'],
  },
};
