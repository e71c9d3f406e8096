import type { FunctionTable } from '../function-resource.js';

/** Project management. How a rule is written: see `readFunctionRule`. */
export const PROJECTS: FunctionTable = {
  'acp-limitranges': { title: 'LimitRanges', rules: ['common core limitranges'] },
  'acp-namespace-import': { title: 'Import of namespaces', rules: ['cluster@global namespace.alauda.io namespace-import'] },
  'acp-namespaces': { title: 'Namespaces', rules: ['cluster core namespaces'] },
  'acp-resourcequotas': { title: 'ResourceQuotas', rules: ['common core resourcequotas'] },
  'devops-integrations': {
    title: 'Integrations',
    rules: ['common integrations.katanomi.dev integrations', 'project integrations.katanomi.dev integrations'],
  },
  'devops-pipelinetasktemplates': { title: 'Pipelinetasktemplates', rules: ['project@global devops.alauda.io pipelinetasktemplates'] },
  'devops-pipelinetemplates': {
    title: 'Pipelinetemplates',
    rules: ['project@global devops.alauda.io pipelinetemplates,pipelinetemplates/exports,pipelinetemplates/preview'],
  },
  'devops-pipelinetemplatesyncs': { title: 'Pipelinetemplatesyncs', rules: ['project@global devops.alauda.io pipelinetemplatesyncs'] },
  'devops-projectsettings': { title: 'Projectsettings', rules: ['project@global core configmaps = devops-project-settings'] },
  'devops-virtualusers': {
    title: 'Project users',
    rules: ['common meta.katanomi.dev virtualusers', 'project meta.katanomi.dev virtualusers'],
  },
  'platform-manage-projectbinding': {
    title: 'Assignments and quotas of projects',
    rules: ['cluster@global auth.alauda.io projectbindings', 'cluster auth.alauda.io projectquotas'],
  },
  'platform-manage-projectmanage': { title: 'Projects', rules: ['cluster@global auth.alauda.io projects'] },
  'project-manage-projectmembers': { title: 'Members of projects', rules: ['cluster auth.alauda.io projectmembers'] },
};
