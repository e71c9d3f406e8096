import type { FunctionTable } from '../function-resource.js';

/** Container platform. How a rule is written: see `readFunctionRule`. */
export const CONTAINER_PLATFORM: FunctionTable = {
  'acp-alertsquery': {
    title: 'Alerts of the monitoring system',
    rules: ['system core services = kube-prometheus-alertmanager', 'system core services/proxy = kube-prometheus-alertmanager:http'],
  },
  'acp-app': {
    title: 'Applications',
    rules: [
      'common app.k8s.io *',
      'common apps.tkestack.io tapps',
      'common ait.alauda.io dashboards',
      'common monitoring.coreos.com servicemonitors',
      'common build.alauda.io builds,buildruns',
      'kube-public build.alauda.io builderimagecategories',
      'common app.alauda.io helmrequests,helmrequests/status,charts,releases',
    ],
  },
  'acp-app-package-management': {
    title: 'Application packages',
    rules: ['system app.alauda.io artifacts,artifactversions,libraries', 'cluster@global app.alauda.io packagemanifests'],
  },
  'acp-apphelm': { title: 'Helm applications', rules: [] },
  'acp-appmarket': { title: 'Marketplace of applications', rules: [] },
  'acp-autoscalers': {
    title: 'Horizontal and scheduled autoscalers',
    rules: ['common autoscaling horizontalpodautoscalers', 'common tkestack.io cronhpas', 'common monitoring.coreos.com prometheusrules'],
  },
  'acp-batchaction': { title: 'Batch actions', rules: ['common batch.alauda.io batchactions,batchaction/status'] },
  'acp-catalog': {
    title: 'Catalog',
    rules: [
      'system@global app.alauda.io charts,chartrepos',
      'common app.alauda.io releases',
      'cluster@global ace3.alauda.io productions',
      'system@global app.alauda.io artifacts,artifactversions',
    ],
  },
  'acp-cloudedge': {
    title: 'Cloud edge',
    rules: [
      'system@global app.alauda.io artifacts,artifactversions,artifactuploadprocessors,helmrequests,helmrequests/status',
      'system@global subresources.app.alauda.io artifactuploadprocessors/upload',
      'system@global core configmaps = custom-navconfig-cec',
    ],
  },
  'acp-configmap': { title: 'Public ConfigMaps', rules: ['kube-public core configmaps,secrets'] },
  'acp-cosi': {
    title: 'Object storage buckets',
    rules: [
      'common objectstorage.k8s.io bucketrequests,bucketaccessrequests',
      'common cosi.alauda.io alaudabucketrequests',
      'cluster objectstorage.k8s.io buckets,bucketaccesses,bucketclasses,bucketaccessclasses',
    ],
  },
  'acp-gatewayapi': {
    title: 'Gateways and routes',
    rules: [
      'common crd.alauda.io alaudaloadbalancer2',
      'common gateway.networking.k8s.io gateways,grpcroutes,httproutes,tcproutes,tlsroutes,udproutes',
    ],
  },
  'acp-gatewayapigatewayclass': { title: 'Gateway classes', rules: ['cluster gateway.networking.k8s.io gatewayclasses'] },
  'acp-gitops-app': {
    title: 'GitOps applications',
    rules: [
      'cluster gitops.app.alauda.io applications,gitopsignoredifferences',
      'common gitops.app.alauda.io applications/commit',
      'kube-public gitops.app.alauda.io gitopsignoredifferences',
    ],
  },
  'acp-imagewhitelist': { title: 'Allowed images', rules: ['common app.alauda.io imagewhitelists'] },
  'acp-ingressclass': { title: 'Ingress classes', rules: ['cluster networking.k8s.io ingressclasses'] },
  'acp-k8sresource': {
    title: 'Workloads, Services, Ingresses and volumes',
    rules: [
      'common apps deployments,deployments/finalizers,statefulsets,statefulsets/finalizers,replicasets,daemonsets,daemonsets/finalizers',
      'common extensions deployments,deployments/finalizers,replicasets,daemonsets,daemonsets/finalizers',
      'common core services,networkpolices,pods,persistentvolumeclaims,endpoints,replicationcontrollers,events',
      'common extensions ingresses,ingressclasses',
      'common networking.k8s.io ingresses,ingressclasses',
      'common batch jobs,cronjobs,cronjobs/finalizers',
      'common policy poddisruptionbudgets',
    ],
  },
  'acp-loadbalance-use': { title: 'Frontends of load balancers', rules: ['system@business crd.alauda.io frontends'] },
  'acp-metallb': {
    title: 'Addresses of bare-metal load balancers',
    rules: [
      'in:metallb-system metallb.io addresspools,bfdprofiles,bgpadvertisements,bgppeers,communities,ipaddresspools,l2advertisements,metallbs',
    ],
  },
  'acp-multicluster-namespaces': { title: 'Namespaces across clusters', rules: [] },
  'acp-namespace-resource-manage': { title: 'All resources of a namespace', rules: ['common * *'] },
  'acp-namespace-resource-ratio': { title: 'Over-commit ratios', rules: ['common resource.alauda.io namespaceresourceratios'] },
  'acp-namespaceaudits': { title: 'Audit of namespaces', rules: ['common@business aiops.alauda.io namespaceaudits'] },
  'acp-namespaceoverviews': { title: 'Overviews of namespaces', rules: ['common k8s.io namespaceoverviews'] },
  'acp-oamapp': {
    title: 'OAM applications',
    rules: [
      'kube-public core.oam.dev definitionrevisions,scopedefinitions,componentdefinitions,traitdefinitions,workloaddefinitions',
      'common apps controllerrevisions',
      'common core.oam.dev appdeployments,applicationconfigurations,applicationcontexts,applicationrevisions,applications,approllouts,components,containerizedworkloads,healthscopes,manualscalertraits,componentdefinitions,traitdefinitions,clusters,workloaddefinitions,definitionrevisions,scopedefinitions',
      'system core.oam.dev clusters,componentdefinitions,definitionrevisions,scopedefinitions,traitdefinitions,workloaddefinitions',
      'common standard.oam.dev podspecworkloads,rollouttraits',
      'common oam.alauda.io *',
    ],
  },
  'acp-openshiftroutes': { title: 'OpenShift routes', rules: ['common route.openshift.io routes,routes/custom-host'] },
  'acp-operator-backed': { title: 'Applications backed by operators', rules: [] },
  'acp-operator-backed-manage': {
    title: 'Management of operators',
    rules: [
      'common@business topolvm.cybozu.com topolvmclusters',
      'common@business etcd.database.coreos.com etcdclusters,etcdbackups,etcdrestores',
      'common@business operator.alauda.io consuls,kongs',
      'common@business jaegertracing.io jagers',
      'common@business ceph.rook.io cephclusters,cephblockpools,cephobjectstores,cephfilesystems',
      'common@business monitoring.coreos.com prometheuses,prometheusrules,servicemonitors,podmonitors,alertmanagers',
      'common@business operator.devops.alauda.io giteas,gitlabofficials,gitlabs,harbors,jenkins,nexus,sonarqubes,testlinks',
      'cluster@business operator.devops.alauda.io *',
    ],
  },
  'acp-operator-backed-view': {
    title: 'Operators offered',
    rules: [
      'cluster@business packages.operators.coreos.com packagemanifests',
      'common@business packages.operators.coreos.com packagemanifests',
      'cluster@business operators.coreos.com clusterserviceversions',
      'common operators.coreos.com subscriptions',
    ],
  },
  'acp-podsexec': { title: 'Terminals in Pods', rules: ['common core pods/ephemeralcontainers,pods/exec,pods/attach'] },
  'acp-podslog': { title: 'Logs of Pods', rules: ['common core pods/log,pods/status'] },
  'acp-rootexec': { title: 'Terminals in Pods as root', rules: ['common core pods/root-exec'] },
  'acp-rules': { title: 'Rules of load balancers', rules: ['system crd.alauda.io rules'] },
  'acp-serviceaccounts': { title: 'ServiceAccounts', rules: ['common core serviceaccounts'] },
  'acp-user-configmap': { title: 'ConfigMaps', rules: ['common@business core configmaps'] },
  'acp-user-secret': { title: 'Secrets', rules: ['common@business core secrets'] },
  'acp-virtualmachine': {
    title: 'Virtual machines',
    rules: [
      'common kubevirt.io *',
      'common subresources.kubevirt.io *',
      'common cdi.kubevirt.io *',
      'common snapshot.kubevirt.io *',
      'common pool.kubevirt.io *',
      'system k8s.cni.cncf.io network-attachment-definitions',
      'cluster hco.kubevirt.io hyperconvergeds',
    ],
  },
  'acp-volumesnapshot': {
    title: 'Volume snapshots',
    rules: [
      'common@business snapshot.storage.k8s.io volumesnapshots,volumesnapshotclasses',
      'cluster@business snapshot.storage.k8s.io volumesnapshotclasses',
    ],
  },
  'acp-vpa': { title: 'Vertical autoscalers', rules: ['common autoscaling.k8s.io verticalpodautoscalers'] },
  'infrastructure-loadbalance': { title: 'Loadbalance', rules: ['system crd.alauda.io alaudaloadbalancer2', 'system core configmaps'] },
};
