import type { FunctionTable } from '../function-resource.js';

/** Platform management. How a rule is written: see `readFunctionRule`. */
export const PLATFORM: FunctionTable = {
  'acp-builtinstorage': {
    title: 'Built-in storage',
    rules: ['in:rook-ceph@business ceph.rook.io cephclusters,cephblockpools,cephfilesystems,cephobjectstores'],
  },
  'acp-clusternetworkpolicies': {
    title: 'Network policies of the cluster',
    rules: [
      'cluster@business crd.alauda.io clusternetworkpolicies,adminnetworkpolicies.policy.networking.k8s.io,baselineadminnetworkpolicies.policy.networking.k8s.io',
    ],
  },
  'acp-interconnectionsubnets': {
    title: 'Interconnected subnets',
    rules: ['cluster@global kubeovn.io interconnectionsubnets', 'system@global core configmaps = ovn-ic'],
  },
  'acp-loadbalancer': {
    title: 'Load balancers of the cluster',
    rules: [
      'system crd.alauda.io alaudaloadbalancer2,frontends',
      'system core configmaps,nodes',
      'cluster auth.alauda.io projectquotas',
      'system core pods,pods/log,pods/status',
    ],
  },
  'acp-localstorage': {
    title: 'Local storage',
    rules: [
      'cluster@business topolvm.cybozu.com logicalvolumes',
      'in:operators@business topolvm.cybozu.com topolvmclusters',
      'cluster@business nativestor.alauda.io rawdevices',
    ],
  },
  'acp-networkdiagnose': { title: 'Network diagnosis', rules: ['cluster tracer.alauda.io tracejobs,tracejobreports'] },
  'acp-networkpolicies': { title: 'Network policies', rules: ['common@business networking.k8s.io networkpolicies'] },
  'acp-nodegroups': { title: 'Node isolation strategies', rules: ['cluster@business security.alauda.io nodegroups'] },
  'acp-provider-networks': { title: 'Provider networks', rules: ['cluster@business kubeovn.io provider-networks'] },
  'acp-subnet': { title: 'Subnets and addresses', rules: ['cluster@business kubeovn.io subnets,ips', 'system@business galaxy.k8s.io *'] },
  'acp-virtualmachineimagetemplates': {
    title: 'Images of virtual machines',
    rules: ['cluster@global virtualization.alauda.io virtualmachineimagetemplates'],
  },
  'acp-vlan': { title: 'VLANs', rules: ['cluster@business kubeovn.io vlans'] },
  'aiops-alerthistories': { title: 'Alerthistories', rules: ['cluster@global aiops.alauda.io alerthistories'] },
  'aiops-alerts': {
    title: 'Alerts',
    rules: ['common@business monitoring.coreos.com prometheusrules,servicemonitors', 'system@business monitoring.coreos.com probes'],
  },
  'aiops-alerttemplate': { title: 'Alerttemplate', rules: ['cluster@global aiops.alauda.io alerttemplates'] },
  'aiops-archivelogs': { title: 'Archivelogs', rules: ['cluster@global aiops.alauda.io archivelogs'] },
  'aiops-audits': { title: 'Audit events', rules: ['cluster@global aiops.alauda.io audits', 'common@business audits.alauda.io audits'] },
  'aiops-costs': { title: 'Costs', rules: ['cluster@global cost.alauda.io costs'] },
  'aiops-events': { title: 'Events', rules: ['system@global aiops.alauda.io events', 'common@business events.alauda.io events'] },
  'aiops-inspections': {
    title: 'Inspections',
    rules: [
      'cluster@global ait.alauda.io inspections',
      'cluster@global metering.alauda.io records',
      'cluster@global core nodes',
      'cluster@global core namespaces',
      'kube-public@global core secrets',
      'system@global core configmaps',
      'kube-public@global core configmaps',
    ],
  },
  'aiops-logs': { title: 'Logs', rules: ['system@global aiops.alauda.io logs', 'common@business logging.alauda.io logs'] },
  'aiops-monitoring-dashboard': { title: 'Monitoring Dashboard', rules: ['common ait.alauda.io monitordashboards'] },
  'aiops-monitoring-metrics': {
    title: 'Monitoring Metrics',
    rules: ['common@global monitoring.alauda.io metrics', 'project@global monitoring.alauda.io metrics'],
  },
  'aiops-notifications': {
    title: 'Notifications',
    rules: ['system@global ait.alauda.io notifications', 'system@global aitextensions.alauda.io notificationmessages'],
  },
  'aiops-notificationsmanage': {
    title: 'Notificationsmanage',
    rules: [
      'common@global ait.alauda.io notificationgroups,notificationtemplates,notifications',
      'system@global ait.alauda.io notificationgroups,notificationtemplates,notifications',
      'project@global ait.alauda.io notificationgroups,notificationtemplates,notifications',
      'cluster@global aiops.alauda.io notificationservers,notificationtemplates',
    ],
  },
  'devops-artifactcleanups': {
    title: 'Artifactcleanups',
    rules: ['system@global artifacts.katanomi.dev artifactcleanups,artifactcleanups/status'],
  },
  'devops-artifactpromotionapprovals': {
    title: 'Artifactpromotionapprovals',
    rules: ['project@global artifacts.katanomi.dev artifactpromotionapprovals,artifactpromotionapprovals/status'],
  },
  'devops-clusterintegrations': { title: 'Clusterintegrations', rules: ['cluster integrations.katanomi.dev clusterintegrations'] },
  'devops-clusterpipelinetasktemplates': {
    title: 'Clusterpipelinetasktemplates',
    rules: ['cluster@global devops.alauda.io clusterpipelinetasktemplates'],
  },
  'devops-clusterpipelinetemplates': {
    title: 'Clusterpipelinetemplates',
    rules: ['cluster@global devops.alauda.io clusterpipelinetemplates,clusterpipelinetemplates/preview,clusterpipelinetemplates/exports'],
  },
  'devops-clusterpipelinetemplatesyncs': {
    title: 'Clusterpipelinetemplatesyncs',
    rules: ['cluster@global devops.alauda.io clusterpipelinetemplatesyncs'],
  },
  'devops-clusterpromotionpolicies': {
    title: 'Promotionpolicy',
    rules: ['cluster@global artifacts.katanomi.dev clusterpromotionpolicies,clusterpromotionpolicies/status'],
  },
  'devops-connectorclasses': { title: 'Connectorclasses', rules: ['cluster@business connectors.alauda.io connectorclasses'] },
  'devops-devopstools': {
    title: 'Devopstools',
    rules: [
      'cluster@global devops.alauda.io projectmanagements,projectmanagements/authorize,projectmanagements/remoteprojects,projectmanagements/roles,projectmanagements/status,projectmanagements/users,documentmanagements,documentmanagements/authorize,documentmanagements/projects,artifactregistries,artifactregistries/authorize,artifactregistries/roles,artifactregistrymanagers,artifactregistrymanagers/authorize,artifactregistrymanagers/blobstore,artifactregistrymanagers/project,artifactregistrymanagers/repository,artifactregistrymanagers/artifactregistry,imageregistries,imageregistries/authorize,imageregistries/projects,imageregistries/roles,imageregistries/status,codereposervices,codereposervices/authorize,codereposervices/projects,codereposervices/roles,codereposervices/status,codequalitytools,codequalitytools/status,codequalitytools/roles,codequalitytools/authorize,testtools,jenkinses,jenkinses/authorize,toolcategories,tooltypes,settings,toolcategories/settings,testmanagementservices,testmanagementservices/status,testmanagementservices/remotetestprojects,testmanagementservices/authorize',
    ],
  },
  'devops-integrationclasses': { title: 'Integrationclasses', rules: ['cluster core.katanomi.dev integrationclasses'] },
  'devops-katanomi-artifactcleanupruns': {
    title: 'Artifactcleanupruns',
    rules: ['system@global artifacts.katanomi.dev artifactcleanupruns,artifactcleanupruns/status'],
  },
  'devops-secret': { title: 'Secret', rules: ['project@global core secrets'] },
  'devops-toolbindings': {
    title: 'Toolbindings',
    rules: [
      'project@global devops.alauda.io projectmanagementbindings,projectmanagementbindings/authorize,projectmanagementbindings/issueoptions,projectmanagementbindings/issueslist,projectmanagementbindings/issue,projectmanagementbindings/projectsprint,projectmanagementbindings/sprintissues,documentmanagementbindings,documentmanagementbindings/authorize,artifactregistrybindings,imageregistrybindings,imageregistrybindings/projects,imageregistrybindings/repositories,imageregistrybindings/status,coderepobindings,coderepobindings/remoterepositories,coderepobindings/status,codequalitybindings,jenkinsbindings,jenkinsbindings/info,jenkinsbindings/proxy,toolbindingreplicas,toolbindingreplicas/projects,toolbindingreplicas/status,toolbindings,testmanagementbindings,testmanagementbindings/status,testmanagementbindings/remotetestplans,testmanagementbindings/remotebuilds',
    ],
  },
  'devops-toolresource': {
    title: 'Toolresource',
    rules: [
      'project@global devops.alauda.io imagerepositories,coderepositories,codequalityprojects,imagerepositories/tags,imagerepositories/security,imagerepositories/config,imagerepositories/delete-tag,coderepositories/branches,coderepositories/refs',
    ],
  },
  'devops-toolsinstances': {
    title: 'Toolsinstances',
    rules: ['system operator.devops.alauda.io giteas,gitlabofficials,gitlabs,harbors,jenkins,nexus,sonarqubes,testlinks'],
  },
  'infrastructure-backupandrestore': {
    title: 'Backupandrestore',
    rules: [
      'system@business velero.io backups,backupstoragelocations,deletebackuprequests,downloadrequests,podvolumebackups,podvolumerestores,resticrepositories,restores,schedules,serverstatusrequests,volumesnapshotlocations',
      'system@business etcdbackup.alauda.io etcdbackuprecords',
      'system@business operator.alauda.io advancedcronjobs',
      'system@business core secrets',
    ],
  },
  'infrastructure-backupstoragelocationrepo': {
    title: 'Backupstoragelocationrepo',
    rules: ['system@global ait.velero.io backupstoragelocationrepoes'],
  },
  'infrastructure-clustermodules': {
    title: 'Clustermodules',
    rules: ['cluster@global platform.tkestack.io clusters,clustercredentials', 'cluster@global platform.tkestack.io machines'],
  },
  'infrastructure-clusters': {
    title: 'Clusters',
    rules: [
      'cluster@global platform.tkestack.io clusters',
      'system@global clusterregistry.k8s.io clusters',
      'cluster infrastructure.alauda.io features',
      'cluster cluster.alauda.io clustermodules,clusterviews,clusterviews/token,clusterviews/nodes',
      'cluster cluster.x-k8s.io clusters',
      'system amazoneks.alauda.io amazoneks',
      'system amazoneks.alauda.io amazoneks/proxy',
      'system core configmaps = aws-eks-info',
    ],
  },
  'infrastructure-clusters-business-view': {
    title: 'Clusters',
    rules: ['cluster infrastructure.alauda.io features', 'cluster cluster.alauda.io clustermodules'],
  },
  'infrastructure-clusterviews': { title: 'Clusterviews', rules: ['cluster@global cluster.alauda.io clusterviews'] },
  'infrastructure-crd': {
    title: 'Custom resource definitions',
    rules: ['cluster@business apiextensions.k8s.io customresourcedefinitions'],
  },
  'infrastructure-domains': { title: 'Domains', rules: ['cluster@global crd.alauda.io domains'] },
  'infrastructure-iass-machinepool': {
    title: 'Iaas machinepool',
    rules: ['system@global machine.alauda.io machines,machinepools', 'system@global core configmaps = machine-apsara-config'],
  },
  'infrastructure-moduleinfo': { title: 'Moduleinfo', rules: ['cluster@global cluster.alauda.io moduleinfoes'] },
  'infrastructure-nodesmanage': {
    title: 'Nodes',
    rules: [
      'cluster@business core nodes',
      'cluster@global platform.tkestack.io machines',
      'cluster@global platform.tkestack.io clusters/exec,clusters/drain',
      'cluster@global cluster.alauda.io clustermodules/status',
    ],
  },
  'infrastructure-persistentvolumes': { title: 'Persistent volumes', rules: ['cluster core persistentvolumes'] },
  'infrastructure-plugin': { title: 'Moduleplugin', rules: ['cluster@global cluster.alauda.io moduleplugins,moduleconfigs'] },
  'infrastructure-regions': { title: 'Regions', rules: ['cluster@global infrastructure.alauda.io regions'] },
  'infrastructure-storageclasses': { title: 'Storage classes', rules: ['cluster@business storage.k8s.io storageclasses'] },
  'platform-manage-accesstokeninfoes': { title: 'API tokens', rules: ['system@global auth.alauda.io accesstokeninfoes'] },
  'platform-manage-certificates': { title: 'Certificates', rules: ['cluster@business cert-manager.io certificates'] },
  'platform-manage-commonconfigs': { title: 'Commonconfigs', rules: ['cluster@global operator.alauda.io commonconfigs'] },
  'platform-manage-compliance': {
    title: 'Compliance',
    rules: [
      'cluster@global argoproj.io *',
      'cluster constraints.gatekeeper.sh *',
      'cluster mutations.gatekeeper.sh *',
      'cluster externaldata.gatekeeper.sh *',
      'cluster expansion.gatekeeper.sh *',
      'cluster templates.gatekeeper.sh *',
      'cluster gatekeeper.alauda.io constraints',
    ],
  },
  'platform-manage-idpmanage': {
    title: 'Idpmanage',
    rules: [
      'system@global core configmaps = dex-configmap',
      'system@global dex.coreos.com connectors',
      'system@global batch cronjobs = syncldap',
    ],
  },
  'platform-manage-meters': { title: 'Meters', rules: ['cluster@global metering.alauda.io reports'] },
  'platform-manage-productlist': { title: 'Productlist', rules: ['cluster@global portal.alauda.io alaudaproducts'] },
  'platform-manage-rolesmanage': {
    title: 'Roles',
    rules: ['cluster rbac.authorization.k8s.io clusterroles', 'cluster@global auth.alauda.io roletemplates,functionresources'],
  },
  'platform-manage-systemconfig': {
    title: 'Platformconfig',
    rules: [
      'cluster@global alauda.io systemconfigs',
      'system@global core configmaps = ui-logos,ui-logos-default,ui-login-bg,ui-login-bg-default,ui-login-logo,ui-login-logo-default,platform-info',
      'cluster@global aiops.alauda.io logpolicies',
    ],
  },
  'platform-manage-userbindings': { title: 'Members', rules: ['cluster auth.alauda.io userbindings'] },
  'platform-manage-usergroupsmanage': { title: 'User groups', rules: ['cluster@global auth.alauda.io groups,groupbindings'] },
  'platform-manage-userpolicies': { title: 'Userpolicies', rules: ['cluster@global security.alauda.io userpolicies'] },
  'platform-manage-usersmanage': { title: 'Users', rules: ['cluster@global auth.alauda.io users'] },
  'product-management': {
    title: 'ProductManagement',
    rules: [
      'cluster@global product.alauda.io *',
      'cluster@global alauda.io productentries',
      'system@global core configmaps = custom-navconfig-platform,custom-navconfig-project,custom-navconfig-acp,custom-navconfig-devops,custom-navconfig-asm',
    ],
  },
};
