import type { FunctionTable } from '../function-resource.js';

/** Data services. How a rule is written: see `readFunctionRule`. */
export const DATA_SERVICES: FunctionTable = {
  'acp-middleware-alertcenter': {
    title: 'Alert Center',
    rules: ['common monitoring.coreos.com prometheusrules', 'common aiops.alauda.io alerttemplates'],
  },
  'acp-middleware-backupstat': { title: 'Backup Management', rules: ['common middleware.alauda.io backupstats'] },
  'acp-middleware-backupstorage': { title: 'BackupStorage Instance', rules: ['project middleware.alauda.io backupstorages'] },
  'acp-middleware-imageversions': { title: 'Version Control', rules: ['cluster middleware.alauda.io imageversions'] },
  'acp-middleware-inspection': { title: 'Inspection', rules: ['common middleware.alauda.io inspections,inspectionjobs,inspectionreports'] },
  'acp-middleware-inspectionjob': { title: 'Inspection Job', rules: ['common middleware.alauda.io inspectionjobs'] },
  'acp-middleware-kafka': { title: 'Kafka Cluster', rules: ['common kafka.strimzi.io kafkas', 'common middleware.alauda.io rdskafkas'] },
  'acp-middleware-kafka-tools': {
    title: 'Kafka Tools',
    rules: [
      'common kafka.strimzi.io kafkabridges,kafkaconnectors,kafkaconnects2is,kafkaconnects,kafkamirrormaker2s,kafkamirrormakers,kafkarebalances',
    ],
  },
  'acp-middleware-kafkatopic': {
    title: 'Kafka Topic',
    rules: ['common kafka.strimzi.io kafkatopics', 'common middleware.alauda.io rdstopics'],
  },
  'acp-middleware-kafkauser': {
    title: 'Kafka User',
    rules: ['common kafka.strimzi.io kafkausers', 'common middleware.alauda.io rdskafkausers'],
  },
  'acp-middleware-mongo': { title: 'MongoDB ReplicaSets', rules: ['common psmdb.percona.com perconaservermongodbs'] },
  'acp-middleware-mongo-backup-restore': {
    title: 'MongoDB Backup/Restore',
    rules: ['common psmdb.percona.com perconaservermongodbbackups,perconaservermongodbrestores'],
  },
  'acp-middleware-mysql': { title: 'MySQL Instance', rules: ['common middleware.alauda.io mysqls'] },
  'acp-middleware-mysql-mgr': { title: 'MySQL (MGR) Cluster Manage', rules: ['common mysql.middleware.alauda.io mysqlclusters'] },
  'acp-middleware-mysql-para-template': {
    title: 'MySQL para template',
    rules: ['cluster middleware.alauda.io mysqlparatemplates,mysqlparas'],
  },
  'acp-middleware-mysqlmgr-backup-restore': {
    title: 'MySQL (MGR) Backup/Restore',
    rules: [
      'common mysql.middleware.alauda.io mysqlbackups,mysqlrestores,mysqlbackupschedules,mysqlschedules,mysqlmeta',
      'common middleware.alauda.io mysqlrestores',
    ],
  },
  'acp-middleware-mysqlrestore': { title: 'MySQL restore', rules: [] },
  'acp-middleware-mysqluser': { title: 'MySQL User', rules: ['common middleware.alauda.io mysqlusers'] },
  'acp-middleware-paramdefinition': { title: 'Parameter Definition', rules: ['cluster@global middleware.alauda.io paramdefinitions'] },
  'acp-middleware-paramtemplate-project': {
    title: 'Custom Parameter Template Templates',
    rules: ['project@global middleware.alauda.io paramtemplates'],
  },
  'acp-middleware-paramtemplate-system': {
    title: 'System Parameter Templates',
    rules: ['system@global middleware.alauda.io paramtemplates'],
  },
  'acp-middleware-postgresql': {
    title: 'PostgreSQL Cluster Manage',
    rules: ['common acid.zalan.do postgresqls', 'common middleware.alauda.io postgresbackups,postgresrestores'],
  },
  'acp-middleware-rabbitmq': { title: 'RabbitMQ Cluster Manage', rules: ['common rabbitmq.com rabbitmqclusters'] },
  'acp-middleware-redis': {
    title: 'Redis Cluster',
    rules: ['common redis.kun distributedredisclusters', 'common middleware.alauda.io redis'],
  },
  'acp-middleware-redisbackup': {
    title: 'Redis Backup and Restore',
    rules: ['common redis.middleware.alauda.io redisbackups,redisclusterbackups'],
  },
  'acp-middleware-redisfailover': { title: 'Redis Failover', rules: ['common databases.spotahome.com redisfailovers'] },
  'acp-middleware-redisuser': { title: 'Redis User', rules: ['common redis.middleware.alauda.io redisusers'] },
  'acp-middleware-rocketmq': {
    title: 'RocketMQ Cluster Manage',
    rules: ['common rocketmq.apache.org brokers', 'common rocketmq.apache.org consoles', 'common rocketmq.apache.org nameservers'],
  },
};
