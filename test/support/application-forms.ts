import fc from 'fast-check';

/** Objects of the namespace that a form may name. */
export interface FormSite {
  /** Bound. */
  claim: string;
  /** With the key `key`. */
  configMap: string;
  /** Opaque, with the key `key`. */
  secret: string;
}

type Fields = Record<string, unknown>;

const optional = (model: Record<string, fc.Arbitrary<unknown>>, ...required: string[]) =>
  fc.record(model, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<Fields>;
const several = <T>(item: fc.Arbitrary<T>, maxLength = 2, minLength = 0) => fc.array(item, { minLength, maxLength });
const whole = (min: number, max: number) => fc.integer({ min, max });
const labels = fc.dictionary(fc.constantFrom('tier', 'example.org/zone', 'a.b_c'), fc.constantFrom('gold', 'X-1.y_z', ''), {
  minKeys: 1,
  maxKeys: 2,
  noNullPrototype: true,
});
const texts = several(fc.constantFrom('sh', '-c', 'echo "$(A)" ‘ü’', '--x=1,2'), 3, 1);
const some = fc.oneof(
  whole(1, 5),
  whole(1, 100).map((percent) => `${percent}%`),
);
const amount = fc.oneof(some, fc.constantFrom(0, '0%'));
const size = fc.constantFrom('1Gi', '500M', '1.5Gi', 1073741824);
const claim = optional(
  {
    size,
    storageClassName: fc.constantFrom('fast', 'slow.ssd'),
    accessModes: fc.constantFrom(['ReadWriteOnce'], ['ReadWriteMany', 'ReadOnlyMany']),
  },
  'size',
);

const volumeOf = (site: FormSite): fc.Arbitrary<Fields> =>
  fc.oneof(
    optional({ claimName: fc.constant(site.claim), readOnly: fc.boolean() }, 'claimName').map((persistentVolumeClaim) => ({
      persistentVolumeClaim,
    })),
    fc.constant({ configMap: { name: site.configMap } }),
    fc.constant({ secret: { secretName: site.secret } }),
    optional({ medium: fc.constant('Memory'), sizeLimit: fc.constantFrom('10Mi', '64M') }).map((emptyDir) => ({ emptyDir })),
    optional({ path: fc.constantFrom('/tmp', '/var/log/a b'), type: fc.constantFrom('Directory', 'DirectoryOrCreate') }, 'path').map(
      (hostPath) => ({ hostPath }),
    ),
    claim.map((ephemeral) => ({ ephemeral })),
  );

const envSource = (site: FormSite): fc.Arbitrary<Fields> =>
  fc.oneof(
    fc.constantFrom('', 'plain', 'with $(OTHER) and "quotes"\nand lines').map((value) => ({ value })),
    fc
      .constantFrom(
        { configMapKeyRef: { name: site.configMap, key: 'key' } },
        { secretKeyRef: { name: site.secret, key: 'key' } },
        { fieldRef: { fieldPath: 'status.podIP' } },
        { fieldRef: { fieldPath: "metadata.labels['tier']" } },
        { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } },
        { resourceFieldRef: { resource: 'requests.memory' } },
      )
      .map((valueFrom) => ({ valueFrom })),
    fc.constant({}),
  );

const timing = {
  initialDelaySeconds: whole(0, 600),
  periodSeconds: whole(1, 120),
  timeoutSeconds: whole(1, 300),
  failureThreshold: whole(0, 10),
};
const probeOf = (port: number | string, maxSuccesses: number): fc.Arbitrary<Fields> => {
  const more = { ...timing, successThreshold: whole(0, maxSuccesses) };
  const http = { path: fc.constantFrom('/', '/healthz?full=1'), headers: fc.constant([{ name: 'X-Probe', value: 'yes, sir' }]) };
  return fc.oneof(
    optional({ protocol: fc.constantFrom('HTTP', 'HTTPS'), port: fc.constant(port), ...http, ...more }, 'protocol', 'port'),
    optional({ protocol: fc.constant('TCP'), port: fc.constant(port), ...more }, 'protocol', 'port'),
    optional({ protocol: fc.constant('EXEC'), command: texts, ...more }, 'protocol', 'command'),
  );
};

const resources = fc
  .tuple(whole(1, 2000), whole(0, 2000), whole(1, 4096), whole(0, 4096), whole(0, 3))
  .map(([cpu, moreCpu, memory, moreMemory, given]) => {
    const requests = { cpu: `${cpu}m`, memory: `${memory}Ki` };
    const limits = { cpu: (cpu + moreCpu) / 1000, memory: `${memory + moreMemory}Ki` };
    return [{}, { requests }, { limits }, { requests, limits }][given] as Fields;
  });

/** The container `c<index>`, with ports of its own. */
function containerOf(site: FormSite, index: number, volumes: number, isInit: boolean): fc.Arbitrary<Fields> {
  const name = `${isInit ? 'i' : 'c'}${index}`;
  const port = 8000 + index * 10;
  const ports = [{ containerPort: port, name: `p-${name}` }, { containerPort: port, protocol: 'UDP' }, { containerPort: port + 1 }];
  const mounts = several(
    fc.tuple(whole(0, Math.max(volumes - 1, 0)), optional({ subPath: fc.constantFrom('key', 'a/b'), readOnly: fc.boolean() })),
  ).map((chosen) => (volumes === 0 ? [] : chosen.map(([volume, more], at) => ({ name: `v${volume}`, mountPath: `/mnt/${at}`, ...more }))));
  const shared = {
    name: fc.constant(name),
    image: fc.constantFrom('archon.local/web:v1', 'registry.example.org:5000/a/b@sha256:' + '0'.repeat(64)),
    imagePullPolicy: fc.constantFrom('Always', 'IfNotPresent', 'Never'),
    resources,
    extendedResources: fc.constantFrom({}, { 'example.com/widget': 2 }, { 'example.com/widget': '3' }),
    volumeMounts: mounts,
    ports: fc.constant(ports),
    command: texts,
    args: texts,
    env: several(envSource(site), 4).map((sources) => sources.map((source, at) => ({ name: ['A', 'my.var', 'B-2', '_c'][at], ...source }))),
    envFrom: fc.subarray([{ configMapRef: { name: site.configMap } }, { secretRef: { name: site.secret } }]),
  };
  if (isInit) return optional(shared, 'name', 'image');
  const own = {
    livenessProbe: probeOf(port, 1),
    readinessProbe: probeOf(`p-${name}`, 3),
    startupProbe: probeOf(port + 1, 1),
    logFiles: fc.constant(['/var/log/*.log', 'c:/logs/a.log']),
    excludedLogFiles: fc.constant(['/var/log/noise.log']),
    preStop: texts.map((command) => ({ command })),
  };
  return optional({ ...shared, ...own }, 'name', 'image', 'ports');
}

const strategies: Record<string, fc.Arbitrary<Fields>> = {
  Deployment: fc.oneof(optional({ maxSurge: some, maxUnavailable: amount }), optional({ maxSurge: amount, maxUnavailable: some })),
  DaemonSet: fc.oneof(
    optional({ maxSurge: some }),
    optional({ maxUnavailable: some }),
    fc.record({ maxSurge: fc.constant(0), maxUnavailable: some }),
  ),
  StatefulSet: optional({ partition: whole(0, 9) }),
};

const addresses = (replicas: number) => Array.from({ length: replicas + 1 }, (_, index) => `10.16.0.${index + 1}`);
const networkOf = (replicas: number) =>
  fc.oneof(
    optional({
      ingressRateMbps: whole(1, 1000),
      egressRateMbps: whole(1, 1000),
      subnet: fc.constant('blue'),
      staticIPs: fc.constant(addresses(replicas)),
    }).map((kubeOvn) => ({ kubeOvn })),
    fc.constant({ calico: { staticIPs: addresses(replicas) } }),
  );

const affinity = optional(
  {
    type: fc.constantFrom('PodAffinity', 'PodAntiAffinity'),
    mode: fc.constant('Preferred'),
    topologyKey: fc.constantFrom('kubernetes.io/hostname', 'topology.kubernetes.io/zone'),
    matchLabels: labels,
    weight: whole(1, 100),
  },
  'type',
  'mode',
  'matchLabels',
).chain((rule) => fc.constantFrom(rule, (({ weight: _, ...rest }) => ({ ...rest, mode: 'Required' }))(rule)));

const workloadOf = (site: FormSite): fc.Arbitrary<Fields> =>
  fc
    .record({
      kind: fc.constantFrom('Deployment', 'DaemonSet', 'StatefulSet'),
      replicas: whole(0, 4),
      volumes: several(volumeOf(site), 4),
      containers: whole(1, 3),
      initContainers: whole(0, 2),
    })
    .chain(({ kind, replicas, volumes, containers, initContainers }) => {
      const range = (count: number, isInit: boolean) =>
        fc.tuple(...Array.from({ length: count }, (_, index) => containerOf(site, index, volumes.length, isInit)));
      const all = {
        kind: fc.constant(kind),
        name: fc.constant('random'),
        containers: range(containers, false),
        initContainers: range(initContainers, true),
        volumes: fc.constant(volumes.map((volume, index) => ({ name: `v${index}`, ...volume }))),
        updateStrategy: strategies[kind] ?? fc.constant({}),
        imagePullSecrets: fc.constantFrom(['pull'], ['pull', 'pull.two']),
        terminationGracePeriodSeconds: whole(0, 600),
        nodeSelector: labels,
        affinity: several(affinity, 3),
        network: networkOf(replicas),
        ...(kind === 'DaemonSet' ? {} : { replicas: fc.constant(replicas) }),
        ...(kind === 'StatefulSet' ? { volumeClaimTemplates: claim.map((template) => [{ name: 'data', ...template }]) } : {}),
      };
      return optional(all, 'kind', 'name', 'containers', 'volumes', ...(kind === 'DaemonSet' ? [] : ['replicas']));
    });

const servicePort = optional({ targetPort: fc.constantFrom(8000, 'p-c0'), protocol: fc.constantFrom('TCP', 'UDP') });
const service = optional({ sessionAffinity: fc.constantFrom('None', 'ClientIP'), ports: several(servicePort, 3, 1) }, 'ports').chain(
  (rest) =>
    fc
      .constantFrom({}, { type: 'ClusterIP', headless: true }, { type: 'NodePort' }, { type: 'LoadBalancer' })
      .map((type) => ({ ...rest, ...type, ports: (rest.ports as Fields[]).map((port, index) => ({ ...port, port: 80 + index })) })),
);
const ingress = optional(
  {
    ingressClassName: fc.constantFrom('nginx', 'cluster-alb-1'),
    rules: several(
      optional(
        {
          host: fc.constantFrom('shop.example.org', '*.example.org'),
          paths: several(
            optional(
              {
                path: fc.constantFrom('/', '/a/b'),
                pathType: fc.constantFrom('Prefix', 'Exact', 'ImplementationSpecific'),
                service: fc.constant({ name: 'random', port: 80 }),
              },
              'service',
            ),
            2,
            1,
          ),
        },
        'paths',
      ),
      2,
      1,
    ),
    tls: fc.constant([{ hosts: ['shop.example.org'], secretName: 'shop-tls' }]),
  },
  'rules',
);

/** Forms that are right, of which every field is given by some. The first Service is called as the workload. */
export const applicationForms = (site: FormSite): fc.Arbitrary<Fields> =>
  fc.tuple(workloadOf(site), several(service, 3), several(ingress)).map(([workload, services, ingresses]) => ({
    apiVersion: 'app.k8s.io/v1beta1',
    kind: 'ApplicationForm',
    metadata: { name: 'random' },
    spec: { workload, services, ...(services.length === 0 ? {} : { ingresses }) },
  }));

/** A form that says something of every field that a Deployment can have and a node without storage classes can run. */
export const fullForm = (site: FormSite) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'ApplicationForm',
  metadata: { name: 'full', labels: { tier: 'gold' }, annotations: { 'cpaas.io/display-name': 'All of it' } },
  spec: {
    workload: {
      kind: 'Deployment',
      name: 'full',
      replicas: 2,
      updateStrategy: { maxSurge: '50%', maxUnavailable: 0 },
      volumes: [
        { name: 'claim', persistentVolumeClaim: { claimName: site.claim } },
        { name: 'settings', configMap: { name: site.configMap } },
        { name: 'keys', secret: { secretName: site.secret } },
        { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
        { name: 'node', hostPath: { path: '/tmp', type: 'Directory' } },
      ],
      imagePullSecrets: ['registry'],
      terminationGracePeriodSeconds: 3,
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      affinity: [
        { type: 'PodAntiAffinity', mode: 'Preferred', matchLabels: { 'service.cpaas.io/name': 'deployment-full' }, weight: 50 },
        {
          type: 'PodAffinity',
          mode: 'Required',
          topologyKey: 'kubernetes.io/os',
          matchLabels: { 'service.cpaas.io/name': 'deployment-full' },
        },
      ],
      network: { kubeOvn: { ingressRateMbps: 10, egressRateMbps: 5, subnet: 'blue', staticIPs: ['10.16.0.1', '10.16.0.2', '10.16.0.3'] } },
      initContainers: [
        {
          name: 'prepare',
          image: 'archon.local/busybox:1',
          command: ['sh', '-c', 'echo prepared > /scratch/state'],
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        },
      ],
      containers: [
        {
          name: 'web',
          image: 'archon.local/web:v1',
          imagePullPolicy: 'IfNotPresent',
          ports: [{ name: 'http', containerPort: 8080 }],
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
          livenessProbe: { protocol: 'TCP', port: 8080, initialDelaySeconds: 1, periodSeconds: 5, timeoutSeconds: 2 },
          readinessProbe: {
            protocol: 'HTTP',
            port: 'http',
            path: '/healthz',
            headers: [{ name: 'X-Probe', value: 'yes' }],
            initialDelaySeconds: 0,
            periodSeconds: 1,
            successThreshold: 2,
          },
          startupProbe: { protocol: 'EXEC', command: ['true'], initialDelaySeconds: 0, periodSeconds: 1 },
          preStop: { command: ['sh', '-c', 'echo stop'] },
        },
        {
          name: 'teller',
          image: 'archon.local/busybox:1',
          command: ['sh', '-c'],
          args: [
            'echo "$PLAIN|$FROM_MAP|$FROM_SECRET|$NAME|$CPU|$key|$(cat /scratch/state /settings-key /keys/key)|$__FILE_LOG_PATH__|$__EXCLUDE_LOG_PATH__"; exec sleep 3600',
          ],
          resources: { limits: { cpu: '100m', memory: '32Mi' } },
          env: [
            { name: 'PLAIN', value: 'plain' },
            { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: site.configMap, key: 'key' } } },
            { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: site.secret, key: 'key' } } },
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
            { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
          ],
          envFrom: [{ configMapRef: { name: site.configMap } }, { secretRef: { name: site.secret } }],
          volumeMounts: [
            { name: 'scratch', mountPath: '/scratch', readOnly: true },
            { name: 'settings', mountPath: '/settings-key', subPath: 'key' },
            { name: 'keys', mountPath: '/keys', readOnly: true },
            { name: 'claim', mountPath: '/claim' },
            { name: 'node', mountPath: '/node', readOnly: true },
          ],
          logFiles: ['/var/log/*.log', '/logs/a.txt'],
          excludedLogFiles: ['/var/log/noise.log'],
        },
      ],
    },
    services: [
      {
        ports: [
          { port: 80, targetPort: 'http' },
          { port: 81, targetPort: 8080, name: 'admin' },
        ],
      },
      { type: 'NodePort', ports: [{ port: 8080 }], sessionAffinity: 'ClientIP' },
    ],
    ingresses: [
      {
        rules: [
          {
            host: 'full.example.org',
            paths: [
              { service: { name: 'full', port: 'tcp-80' } },
              { path: '/admin', pathType: 'Exact', service: { name: 'full', port: 81 } },
            ],
          },
        ],
        tls: [{ hosts: ['full.example.org'], secretName: 'full-tls' }],
      },
    ],
  },
});
