import { type Role, roleRules } from './role.js';

/** The roles that are always there. Nobody changes them. */
export const BUILT_IN_ROLES: readonly Role[] = [
  {
    name: 'platform-admin-system',
    displayName: 'Platform administrator',
    description: 'May do everything, everywhere.',
    level: 'platform',
    rules: roleRules({
      '*': '*',
    }),
  },
  {
    name: 'platform-auditor-system',
    displayName: 'Platform auditor',
    description: 'Reads everything and changes nothing.',
    level: 'platform',
    rules: roleRules({
      'get list watch': `
        * acp-app-package-management acp-gatewayapi acp-gatewayapigatewayclass acp-ingressclass acp-middleware-backupstat
        acp-middleware-backupstorage aiops-costs aiops-monitoring-dashboard asm-manualgrayevents asm-manualgrayreleases`,
      'get list watch delete deletecollection': 'platform-manage-accesstokeninfoes',
      'get list watch create': 'acp-middleware-inspectionjob',
    }),
  },
  {
    name: 'project-admin-system',
    displayName: 'Project administrator',
    description: 'Looks after a project: its members, namespaces and quotas.',
    level: 'project',
    rules: roleRules({
      get: 'platform-manage-usersmanage',
      'get list watch': `
        acp-alertsquery acp-builtinstorage acp-configmap acp-gatewayapigatewayclass acp-ingressclass acp-interconnectionsubnets
        acp-metallb acp-middleware-imageversions acp-middleware-paramdefinition acp-middleware-paramtemplate-system
        acp-namespace-resource-manage acp-nodegroups acp-podslog acp-provider-networks acp-subnet
        acp-virtualmachineimagetemplates acp-vlan aiops-alerthistories aiops-alerttemplate aiops-events aiops-logs
        aiops-monitoring-metrics asm-asmk8sresource asm-casemonitors asm-clusterconfig asm-domains asm-envoyfiltertemplatesyncs
        asm-errorchecks asm-gatewaydeploys asm-gatewayprojectbindings asm-istioauthentication asm-istioconfig
        asm-istionetworking asm-istiorbac asm-istiosecurity asm-manualgrayevents asm-serviceentries asm-servicemeshgroups
        asm-servicemeshs asm-wasmmoduledeployments asm-wasmmoduleinstalls asm-wasmmoduletemplates
        devops-artifactpromotionapprovals devops-clustergitsources devops-clusterpipelinetasktemplates
        devops-clusterpipelinetemplatesyncs devops-clusterpolicies devops-clusterpromotionpolicies devops-clusterstages
        devops-clustertemplates devops-codequalities devops-devopstools devops-integrationclasses devops-pipelinetasktemplates
        devops-projects devops-storageplugins devops-versionschemes infrastructure-clusters infrastructure-crd
        infrastructure-domains infrastructure-loadbalance infrastructure-moduleinfo infrastructure-nodesmanage
        infrastructure-persistentvolumes infrastructure-regions infrastructure-storageclasses platform-manage-commonconfigs
        platform-manage-featuregates platform-manage-portal platform-manage-productlist platform-manage-projectbinding
        platform-manage-rolesmanage platform-manage-usergroupsmanage product-management views-acp-userview views-asm-userview
        views-cec-userview views-dataservices-userview views-devops-manageview views-devops-userview views-projectview`,
      '*': `
        acp-app acp-apphelm acp-appmarket acp-autoscalers acp-batchaction acp-cloudedge acp-cosi acp-gatewayapi acp-gitops-app
        acp-imagewhitelist acp-k8sresource acp-limitranges acp-loadbalance-use acp-localstorage acp-middleware-alertcenter
        acp-middleware-backupstat acp-middleware-backupstorage acp-middleware-inspection acp-middleware-inspectionjob
        acp-middleware-kafka acp-middleware-kafka-tools acp-middleware-kafkatopic acp-middleware-kafkauser acp-middleware-mongo
        acp-middleware-mongo-backup-restore acp-middleware-mysql acp-middleware-mysql-mgr acp-middleware-mysql-para-template
        acp-middleware-mysqlmgr-backup-restore acp-middleware-mysqlrestore acp-middleware-mysqluser
        acp-middleware-paramtemplate-project acp-middleware-postgresql acp-middleware-rabbitmq acp-middleware-redis
        acp-middleware-redisbackup acp-middleware-redisfailover acp-middleware-redisuser acp-middleware-rocketmq
        acp-namespace-resource-ratio acp-namespaceaudits acp-namespaceoverviews acp-namespaces acp-networkpolicies acp-oamapp
        acp-openshiftroutes acp-operator-backed acp-podsexec acp-resourcequotas acp-rootexec acp-rules acp-serviceaccounts
        acp-user-configmap acp-user-secret acp-virtualmachine acp-volumesnapshot acp-vpa aiops-alerts aiops-monitoring-dashboard
        aiops-notificationsmanage asm-apiattributes asm-appconfigs asm-asmloadbalancers asm-authorizationpolicy
        asm-canarydeliveries asm-canaryevents asm-canarytemplates asm-connectionpools asm-envoyfilterbindings asm-envoyfilters
        asm-envoyfiltertemplates asm-gatewaygroups asm-gateways asm-globalratelimiters asm-ingressgateways asm-isolatepods
        asm-istiocanaryupdates asm-istioproxyupdatetasks asm-jwtpolicies asm-manualgrayreleases asm-microservicepolicies
        asm-microservices asm-outlierdetections asm-policies asm-routerules asm-serviceregistries asm-sidecarbypasses
        asm-virtualservices asm-whitelists devops-artifactcleanuppolicies devops-artifactcleanupruns
        devops-artifactpromotionruns devops-artifactpromotions devops-artifactretainpolicies devops-buildruns devops-builds
        devops-clusterpipelinetemplates devops-deliveries devops-deliveryruns devops-environments devops-gitcommits
        devops-gitrepositories devops-gitrepositorytags devops-gitsources devops-integrations devops-pipelineconfigs
        devops-pipelines devops-pipelinetemplates devops-pipelinetemplatesyncs devops-policies devops-policyruns
        devops-projectsettings devops-secret devops-stageruns devops-stages devops-tekton devops-templaterenders
        devops-testcaseexecutions devops-testcases devops-testmodules devops-testplans devops-toolbindings devops-toolresource
        devops-variables devops-versionrequests devops-versionstreams devops-virtualartifacts devops-virtualartifactsfiles
        devops-virtualartifactuploads devops-virtualissuebranches devops-virtualissues devops-virtualrepositories
        devops-virtualusers platform-manage-userbindings project-manage-projectmembers`,
      'get list watch update patch': 'platform-manage-projectmanage',
      'get list watch patch': 'devops-gitbranches',
      'get list watch delete deletecollection': 'platform-manage-accesstokeninfoes',
      'get list watch create update patch delete': 'acp-multicluster-namespaces',
      'get list': 'aiops-audits',
    }),
  },
  {
    name: 'namespace-admin-system',
    displayName: 'Namespace administrator',
    description: 'Looks after a namespace: its members and all that runs in it.',
    level: 'namespace',
    rules: roleRules({
      get: 'platform-manage-usersmanage project-manage-projectmembers',
      'get list watch': `
        acp-alertsquery acp-builtinstorage acp-configmap acp-gatewayapigatewayclass acp-ingressclass acp-interconnectionsubnets
        acp-limitranges acp-metallb acp-middleware-backupstorage acp-middleware-imageversions acp-middleware-paramdefinition
        acp-middleware-paramtemplate-project acp-middleware-paramtemplate-system acp-namespace-resource-manage acp-namespaces
        acp-nodegroups acp-podslog acp-provider-networks acp-resourcequotas acp-subnet acp-virtualmachineimagetemplates acp-vlan
        aiops-alerthistories aiops-alerttemplate aiops-events aiops-logs aiops-monitoring-metrics aiops-notificationsmanage
        asm-asmk8sresource asm-casemonitors asm-clusterconfig asm-domains asm-envoyfiltertemplates asm-envoyfiltertemplatesyncs
        asm-errorchecks asm-gatewaydeploys asm-gatewaygroups asm-gatewayprojectbindings asm-gateways asm-istioauthentication
        asm-istioconfig asm-istionetworking asm-istiorbac asm-istiosecurity asm-jwtpolicies asm-manualgrayevents
        asm-serviceentries asm-servicemeshgroups asm-servicemeshs asm-wasmmoduledeployments asm-wasmmoduleinstalls
        asm-wasmmoduletemplates devops-artifactpromotionapprovals devops-clustergitsources devops-clusterpipelinetasktemplates
        devops-clusterpipelinetemplatesyncs devops-clusterpolicies devops-clusterpromotionpolicies devops-clusterstages
        devops-clustertemplates devops-codequalities devops-deliveries devops-devopstools devops-integrationclasses
        devops-integrations devops-pipelinetasktemplates devops-pipelinetemplatesyncs devops-projects devops-storageplugins
        devops-toolbindings devops-toolresource devops-versionschemes devops-virtualartifactsfiles infrastructure-clusters
        infrastructure-crd infrastructure-domains infrastructure-loadbalance infrastructure-moduleinfo
        infrastructure-nodesmanage infrastructure-persistentvolumes infrastructure-regions infrastructure-storageclasses
        platform-manage-commonconfigs platform-manage-featuregates platform-manage-portal platform-manage-productlist
        platform-manage-projectbinding platform-manage-projectmanage platform-manage-rolesmanage
        platform-manage-usergroupsmanage product-management views-acp-userview views-asm-userview views-dataservices-userview
        views-devops-userview views-projectview`,
      '*': `
        acp-app acp-apphelm acp-appmarket acp-autoscalers acp-batchaction acp-cosi acp-gatewayapi acp-imagewhitelist
        acp-k8sresource acp-loadbalance-use acp-localstorage acp-middleware-alertcenter acp-middleware-inspection
        acp-middleware-inspectionjob acp-middleware-kafka acp-middleware-kafka-tools acp-middleware-kafkatopic
        acp-middleware-kafkauser acp-middleware-mongo acp-middleware-mongo-backup-restore acp-middleware-mysql
        acp-middleware-mysql-mgr acp-middleware-mysql-para-template acp-middleware-mysqlmgr-backup-restore
        acp-middleware-mysqlrestore acp-middleware-mysqluser acp-middleware-postgresql acp-middleware-rabbitmq
        acp-middleware-redis acp-middleware-redisbackup acp-middleware-redisfailover acp-middleware-redisuser
        acp-middleware-rocketmq acp-namespace-resource-ratio acp-namespaceaudits acp-namespaceoverviews acp-networkpolicies
        acp-oamapp acp-openshiftroutes acp-operator-backed acp-podsexec acp-rootexec acp-rules acp-serviceaccounts
        acp-user-configmap acp-user-secret acp-virtualmachine acp-volumesnapshot acp-vpa aiops-alerts aiops-monitoring-dashboard
        asm-apiattributes asm-appconfigs asm-asmloadbalancers asm-authorizationpolicy asm-canarydeliveries asm-canaryevents
        asm-canarytemplates asm-connectionpools asm-envoyfilterbindings asm-envoyfilters asm-globalratelimiters
        asm-ingressgateways asm-isolatepods asm-istiocanaryupdates asm-istioproxyupdatetasks asm-manualgrayreleases
        asm-microservicepolicies asm-microservices asm-outlierdetections asm-policies asm-routerules asm-serviceregistries
        asm-sidecarbypasses asm-virtualservices asm-whitelists devops-artifactpromotionruns devops-artifactpromotions
        devops-buildruns-ns devops-builds-ns devops-clusterpipelinetemplates devops-deliveryruns devops-gitcommits
        devops-gitrepositories devops-gitrepositorytags devops-gitsources devops-pipelineconfigs devops-pipelines
        devops-pipelinetemplates devops-policies devops-policyruns devops-projectsettings devops-secret devops-stages
        devops-tekton devops-templaterenders devops-testcaseexecutions devops-testcases devops-testmodules devops-testplans
        devops-variables devops-versionrequests devops-versionstreams devops-virtualartifactuploads devops-virtualissuebranches
        devops-virtualissues devops-virtualusers platform-manage-userbindings`,
      'get list watch patch': 'devops-gitbranches devops-stageruns',
      'get list watch create patch delete': 'devops-virtualartifacts',
      'get list': 'aiops-audits devops-virtualrepositories',
      'get list watch delete deletecollection': 'acp-middleware-backupstat platform-manage-accesstokeninfoes',
    }),
  },
  {
    name: 'namespace-developer-system',
    displayName: 'Developer',
    description: 'Develops, deploys and maintains the applications of a namespace.',
    level: 'namespace',
    rules: roleRules({
      get: 'platform-manage-usersmanage project-manage-projectmembers',
      'get list': 'aiops-audits devops-virtualrepositories platform-manage-usergroupsmanage',
      'get list watch': `
        acp-alertsquery acp-builtinstorage acp-configmap acp-gatewayapigatewayclass acp-ingressclass acp-interconnectionsubnets
        acp-limitranges acp-metallb acp-middleware-backupstat acp-middleware-backupstorage acp-middleware-imageversions
        acp-middleware-kafka acp-middleware-kafka-tools acp-middleware-kafkatopic acp-middleware-kafkauser acp-middleware-mongo
        acp-middleware-mongo-backup-restore acp-middleware-mysql acp-middleware-mysql-mgr acp-middleware-mysql-para-template
        acp-middleware-mysqlmgr-backup-restore acp-middleware-mysqlrestore acp-middleware-mysqluser
        acp-middleware-paramdefinition acp-middleware-paramtemplate-project acp-middleware-paramtemplate-system
        acp-middleware-postgresql acp-middleware-rabbitmq acp-middleware-redis acp-middleware-redisbackup
        acp-middleware-redisfailover acp-middleware-redisuser acp-middleware-rocketmq acp-namespace-resource-manage
        acp-namespaceaudits acp-namespaceoverviews acp-namespaces acp-networkpolicies acp-nodegroups acp-podslog
        acp-provider-networks acp-resourcequotas acp-rootexec acp-serviceaccounts acp-subnet acp-virtualmachineimagetemplates
        acp-vlan aiops-alerthistories aiops-alerttemplate aiops-events aiops-logs aiops-monitoring-metrics
        aiops-notificationsmanage asm-asmk8sresource asm-casemonitors asm-clusterconfig asm-domains asm-envoyfiltertemplates
        asm-envoyfiltertemplatesyncs asm-errorchecks asm-gatewaydeploys asm-gatewaygroups asm-gatewayprojectbindings
        asm-gateways asm-ingressgateways asm-istioauthentication asm-istioconfig asm-istionetworking asm-istiorbac
        asm-istiosecurity asm-jwtpolicies asm-manualgrayevents asm-serviceentries asm-servicemeshgroups asm-servicemeshs
        asm-wasmmoduledeployments asm-wasmmoduleinstalls asm-wasmmoduletemplates devops-artifactpromotionapprovals
        devops-clustergitsources devops-clusterpipelinetasktemplates devops-clusterpolicies devops-clusterpromotionpolicies
        devops-clusterstages devops-clustertemplates devops-codequalities devops-deliveries devops-devopstools
        devops-environments devops-gitrepositorytags devops-gitsources devops-integrationclasses devops-integrations
        devops-pipelinetasktemplates devops-projects devops-storageplugins devops-toolresource devops-versionrequests
        devops-versionschemes devops-versionstreams devops-virtualartifactsfiles infrastructure-clusters infrastructure-crd
        infrastructure-domains infrastructure-loadbalance infrastructure-moduleinfo infrastructure-nodesmanage
        infrastructure-persistentvolumes infrastructure-regions infrastructure-storageclasses platform-manage-commonconfigs
        platform-manage-featuregates platform-manage-portal platform-manage-productlist platform-manage-projectbinding
        platform-manage-projectmanage platform-manage-rolesmanage platform-manage-userbindings product-management
        views-acp-userview views-asm-userview views-dataservices-userview views-devops-userview`,
      '*': `
        acp-app acp-apphelm acp-appmarket acp-autoscalers acp-batchaction acp-cosi acp-gatewayapi acp-imagewhitelist
        acp-k8sresource acp-loadbalance-use acp-localstorage acp-middleware-alertcenter acp-oamapp acp-openshiftroutes
        acp-operator-backed acp-podsexec acp-rules acp-user-configmap acp-user-secret acp-virtualmachine acp-volumesnapshot
        acp-vpa aiops-alerts aiops-monitoring-dashboard asm-apiattributes asm-appconfigs asm-asmloadbalancers
        asm-authorizationpolicy asm-canarydeliveries asm-canaryevents asm-canarytemplates asm-connectionpools
        asm-envoyfilterbindings asm-envoyfilters asm-globalratelimiters asm-isolatepods asm-istiocanaryupdates
        asm-istioproxyupdatetasks asm-manualgrayreleases asm-microservicepolicies asm-microservices asm-outlierdetections
        asm-policies asm-routerules asm-serviceregistries asm-sidecarbypasses asm-virtualservices asm-whitelists
        devops-artifactpromotionruns devops-artifactpromotions devops-buildruns-ns devops-builds-ns
        devops-clusterpipelinetemplates devops-deliveryruns devops-gitcommits devops-gitrepositories devops-pipelineconfigs
        devops-pipelines devops-pipelinetemplates devops-policies devops-policyruns devops-secret devops-stages devops-tekton
        devops-templaterenders devops-testcaseexecutions devops-testcases devops-testmodules devops-testplans
        devops-toolbindings devops-variables devops-virtualartifactuploads devops-virtualissuebranches devops-virtualissues
        devops-virtualusers`,
      'get list watch patch': 'devops-gitbranches devops-stageruns',
      'get list watch create patch': 'devops-virtualartifacts',
      'get list watch create update delete': 'acp-middleware-inspection',
      'get list watch create delete': 'acp-middleware-inspectionjob',
      'get list watch delete deletecollection': 'platform-manage-accesstokeninfoes',
    }),
  },
];
