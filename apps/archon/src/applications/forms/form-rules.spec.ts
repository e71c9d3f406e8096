import { describe, expect, it } from 'vitest';
import { causesOf, form, service, ingress, container, probe } from '../../../../../test/support/small-form.js';

describe('a form is refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['of another kind', { ...form(), kind: 'Application' }, /^kind: must be ApplicationForm/],
    ['of another version', { ...form(), apiVersion: 'v1' }, /^apiVersion: must be app\.k8s\.io\/v1beta1/],
    ['without a name', { ...form(), metadata: {} }, /^metadata\.name: /],
    ['without a workload', { ...form(), spec: {} }, /^spec\.workload: must be an object/],
    ['with an unknown field', form({ restartPolicy: 'Never' }), /^spec\.workload\.restartPolicy: is not a known field/],
    ['with null for a field', form({ replicas: null }), /^spec\.workload\.replicas: must be a whole number from 0/],
    ['of a kind of workload that it has not', form({ kind: 'Job' }), /^spec\.workload\.kind: must be Deployment, DaemonSet or StatefulSet/],
    [
      'with a name too long for its label',
      form({ name: 'x'.repeat(53) }),
      /^spec\.workload\.name: of a Deployment must have at most 52 characters/,
    ],
    ['with half a replica', form({ replicas: 0.5 }), /^spec\.workload\.replicas: must be a whole number/],
    ['with replicas of a DaemonSet', form({ kind: 'DaemonSet', replicas: 1 }), /^spec\.workload\.replicas: is not of a DaemonSet/],
    [
      'with a surge above all',
      form({ updateStrategy: { maxSurge: '101%' } }),
      /^spec\.workload\.updateStrategy\.maxSurge: must be .* at most 100%/,
    ],
    [
      'with a negative amount',
      form({ updateStrategy: { maxUnavailable: -1 } }),
      /^spec\.workload\.updateStrategy\.maxUnavailable: must be/,
    ],
    [
      'with an amount in words',
      form({ updateStrategy: { maxUnavailable: 'all' } }),
      /maxUnavailable: must be a whole number such as 2, or a percentage/,
    ],
    [
      'with an update that never goes on',
      form({ updateStrategy: { maxSurge: '0%', maxUnavailable: 0 } }),
      /^spec\.workload\.updateStrategy\.maxUnavailable: must not be 0/,
    ],
    [
      'with a claim of each Pod of a Deployment',
      form({ volumeClaimTemplates: [{ name: 'a', size: '1Gi' }] }),
      /^spec\.workload\.volumeClaimTemplates: is not of a Deployment/,
    ],
    [
      'with a size that is none',
      form({ kind: 'StatefulSet', volumeClaimTemplates: [{ name: 'a', size: 'big' }] }),
      /^spec\.workload\.volumeClaimTemplates\[0\]\.size: must be a quantity/,
    ],
    [
      'with a volume of no kind',
      form({ volumes: [{ name: 'a' }] }),
      /^spec\.workload\.volumes\[0\]: must have persistentVolumeClaim, configMap/,
    ],
    [
      'with a volume of two kinds',
      form({ volumes: [{ name: 'a', emptyDir: {}, configMap: { name: 'b' } }] }),
      /^spec\.workload\.volumes\[0\]: has configMap and emptyDir: keep one/,
    ],
    [
      'with two volumes of one name',
      form({
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'a', emptyDir: {} },
        ],
      }),
      /^spec\.workload\.volumes\[1\]\.name: is the second volume "a"/,
    ],
    [
      'with a claim that is not bound',
      form({ volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'waiting' } }] }),
      /^spec\.workload\.volumes\[0\]\.persistentVolumeClaim\.claimName: .*not bound but Pending/,
    ],
    [
      'with a claim that is not there',
      form({ volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'gone' } }] }),
      /^spec\.workload\.volumes\[0\]\.persistentVolumeClaim\.claimName: there is no/,
    ],
    [
      'with a path of the node that is not absolute',
      form({ volumes: [{ name: 'a', hostPath: { path: 'data' } }] }),
      /^spec\.workload\.volumes\[0\]\.hostPath\.path: must begin with "\/"/,
    ],
    [
      'with a medium that is none',
      form({ volumes: [{ name: 'a', emptyDir: { medium: 'Tape' } }] }),
      /^spec\.workload\.volumes\[0\]\.emptyDir\.medium: must be Memory/,
    ],
    ['with volumes that are no list', form({ volumes: { name: 'a' } }), /^spec\.workload\.volumes: must be a list of objects/],
    [
      'with a pull secret twice',
      form({ imagePullSecrets: ['a', 'a'] }),
      /^spec\.workload\.imagePullSecrets\[1\]: is the second Secret "a"/,
    ],
    ['with a pull secret of no name', form({ imagePullSecrets: ['A b'] }), /^spec\.workload\.imagePullSecrets: must hold names/],
    [
      'with a negative time to end',
      form({ terminationGracePeriodSeconds: -1 }),
      /^spec\.workload\.terminationGracePeriodSeconds: must be a whole number from 0/,
    ],
    [
      'with labels of nodes that are none',
      form({ nodeSelector: { 'a b': 'c' } }),
      /^spec\.workload\.nodeSelector: must be a map of at most 100 labels/,
    ],
    [
      'with affinity to nobody',
      form({ affinity: [{ type: 'PodAffinity', mode: 'Required', matchLabels: {} }] }),
      /^spec\.workload\.affinity\[0\]\.matchLabels: must name at least one/,
    ],
    [
      'with a weight of what always counts',
      form({ affinity: [{ type: 'PodAffinity', mode: 'Required', matchLabels: { a: 'b' }, weight: 5 }] }),
      /^spec\.workload\.affinity\[0\]\.weight: is not of a required/,
    ],
    [
      'with an address that is none',
      form({ network: { calico: { staticIPs: ['10.0.0.256'] } } }),
      /^spec\.workload\.network\.calico\.staticIPs: must hold IP addresses/,
    ],
    [
      'with an address twice',
      form({ network: { calico: { staticIPs: ['10.0.0.1', '10.0.0.1'] } } }),
      /^spec\.workload\.network\.calico\.staticIPs: must not hold an address twice/,
    ],
    [
      'with fewer addresses than Pods',
      form({ replicas: 2, network: { kubeOvn: { staticIPs: ['10.0.0.1'] } } }),
      /^spec\.workload\.network\.kubeOvn\.staticIPs: has 1 for 2 Pods/,
    ],
    [
      'with no rate',
      form({ network: { kubeOvn: { egressRateMbps: 0 } } }),
      /^spec\.workload\.network\.kubeOvn\.egressRateMbps: must be a whole number from 1/,
    ],
    ['without containers', form({ containers: [] }), /^spec\.workload\.containers: must have at least 1/],
    ['with a list for a container', form({ containers: [[]] }), /^spec\.workload\.containers: must be a list of objects/],
    ['with a text for a container', form({ containers: ['web'] }), /^spec\.workload\.containers: must be a list of objects/],
    [
      'with two containers of one name',
      form({ initContainers: [{ name: 'c', image: 'a' }] }),
      /^spec\.workload\.initContainers\[0\]\.name: is the second container "c"/,
    ],
    [
      'with a probe of what ends before',
      form({ initContainers: [{ name: 'i', image: 'a', livenessProbe: {} }] }),
      /^spec\.workload\.initContainers\[0\]\.livenessProbe: is not a known field/,
    ],
    ['without an image', container({ image: '' }), /^spec\.workload\.containers\[0\]\.image: must be the address of an image/],
    [
      'with a limit that is none',
      container({ resources: { limits: { cpu: 'much' } } }),
      /^spec\.workload\.containers\[0\]\.resources\.limits\.cpu: must be a quantity/,
    ],
    [
      'with a negative limit',
      container({ resources: { limits: { memory: -1 } } }),
      /^spec\.workload\.containers\[0\]\.resources\.limits\.memory: must be a quantity/,
    ],
    [
      'with more asked than allowed',
      container({ resources: { requests: { cpu: 2 }, limits: { cpu: 1.5 } } }),
      /^spec\.workload\.containers\[0\]\.resources\.requests\.cpu: 2 is more than the limit 1\.5/,
    ],
    [
      'with an extended resource of Kubernetes',
      container({ extendedResources: { cpu: 1 } }),
      /^spec\.workload\.containers\[0\]\.extendedResources\[cpu\]: is no extended resource/,
    ],
    [
      'with a mount of nothing',
      container({ volumeMounts: [{ name: 'a', mountPath: '/a' }] }),
      /^spec\.workload\.containers\[0\]\.volumeMounts\[0\]\.name: the workload has no volume "a"/,
    ],
    [
      'with a way out of the volume',
      container({ volumeMounts: [{ name: 'a', mountPath: '/a', subPath: 'b/../../c' }] }),
      /^spec\.workload\.containers\[0\]\.volumeMounts\[0\]\.subPath: must be a path within/,
    ],
    [
      'with an absolute path in a volume',
      container({ volumeMounts: [{ name: 'a', mountPath: '/a', subPath: '/b' }] }),
      /volumeMounts\[0\]\.subPath: must be a path within/,
    ],
    [
      'with a port that is none',
      container({ ports: [{ containerPort: 65_536 }] }),
      /^spec\.workload\.containers\[0\]\.ports\[0\]\.containerPort: must be a whole number from 1 to 65535/,
    ],
    [
      'with a port name too long',
      container({ ports: [{ containerPort: 1, name: 'x'.repeat(16) }] }),
      /^spec\.workload\.containers\[0\]\.ports\[0\]\.name: must have at most 15/,
    ],
    [
      'with a port twice',
      container({ ports: [{ containerPort: 1 }, { containerPort: 1, protocol: 'TCP' }] }),
      /^spec\.workload\.containers\[0\]\.ports\[1\]\.containerPort: is the second port "1\/TCP"/,
    ],
    ['with a command that is a text', container({ command: 'sh' }), /^spec\.workload\.containers\[0\]\.command: must be a list of texts/],
    [
      'with a variable twice',
      container({ env: [{ name: 'A' }, { name: 'A' }] }),
      /^spec\.workload\.containers\[0\]\.env\[1\]\.name: is the second variable "A"/,
    ],
    [
      'with a variable of two values',
      container({ env: [{ name: 'A', value: '', valueFrom: {} }] }),
      /^spec\.workload\.containers\[0\]\.env\[0\]: has value and valueFrom/,
    ],
    [
      'with a variable from nowhere',
      container({ env: [{ name: 'A', valueFrom: {} }] }),
      /^spec\.workload\.containers\[0\]\.env\[0\]\.valueFrom: must have configMapKeyRef/,
    ],
    [
      'with variables from nowhere',
      container({ envFrom: [{}] }),
      /^spec\.workload\.containers\[0\]\.envFrom\[0\]: must have configMapRef or secretRef/,
    ],
    [
      'with variables from a certificate',
      container({ envFrom: [{ secretRef: { name: 'cert' } }] }),
      /^spec\.workload\.containers\[0\]\.envFrom\[0\]\.secretRef\.name: the Secret "cert" is of type kubernetes\.io\/tls/,
    ],
    [
      'with variables from a Secret that is not there',
      container({ envFrom: [{ secretRef: { name: 'gone' } }] }),
      /envFrom\[0\]\.secretRef\.name: there is no Secret "gone"/,
    ],
    [
      'with a probe of HTTP without a port',
      probe({ protocol: 'HTTP' }),
      /^spec\.workload\.containers\[0\]\.livenessProbe\.port: is required of HTTP/,
    ],
    [
      'with a probe of TCP with a path',
      probe({ protocol: 'TCP', port: 80, path: '/' }),
      /^spec\.workload\.containers\[0\]\.livenessProbe\.path: is not of TCP/,
    ],
    [
      'with a probe of EXEC without a command',
      probe({ protocol: 'EXEC' }),
      /^spec\.workload\.containers\[0\]\.livenessProbe\.command: is required of EXEC/,
    ],
    [
      'with a probe of a port that is not there',
      probe({ protocol: 'TCP', port: 'https' }),
      /^spec\.workload\.containers\[0\]\.livenessProbe\.port: the container has no port "https"/,
    ],
    [
      'with a period too long',
      probe({ protocol: 'TCP', port: 80, periodSeconds: 121 }),
      /livenessProbe\.periodSeconds: must be a whole number from 1 to 120/,
    ],
    [
      'with a timeout too long',
      probe({ protocol: 'TCP', port: 80, timeoutSeconds: 301 }),
      /livenessProbe\.timeoutSeconds: must be a whole number from 1 to 300/,
    ],
    [
      'with successes of a liveness probe',
      probe({ protocol: 'TCP', port: 80, successThreshold: 2 }),
      /livenessProbe\.successThreshold: must be 0 or 1/,
    ],
    ['with a log file of two', container({ logFiles: ['/a,/b'] }), /^spec\.workload\.containers\[0\]\.logFiles: must hold paths/],
    [
      'with nothing to do before it stops',
      container({ preStop: { command: [] } }),
      /^spec\.workload\.containers\[0\]\.preStop\.command: must have at least 1/,
    ],
    ['with a Service of no ports', form({}, {}, { services: [{ ports: [] }] }), /^spec\.services\[0\]\.ports: must have at least 1/],
    [
      'with a Service that begins with a digit',
      form({ name: '1web' }, {}, { services: [service()] }),
      /^spec\.services\[0\]\.name: must begin with a letter/,
    ],
    [
      'with two Services of one name',
      form({}, {}, { services: [service({ name: 'a' }), service({ name: 'a' })] }),
      /^spec\.services\[1\]\.name: is the second Service "a"/,
    ],
    [
      'with a port of a Service twice',
      form({}, {}, { services: [service({ ports: [{ port: 80 }, { port: 80 }] })] }),
      /^spec\.services\[0\]\.ports\[1\]\.port: is the second port "80\/TCP"/,
    ],
    [
      'with a headless NodePort',
      form({}, {}, { services: [service({ headless: true, type: 'NodePort' })] }),
      /^spec\.services\[0\]\.headless: is not of a NodePort/,
    ],
    [
      'with a node port of a ClusterIP',
      form({}, {}, { services: [service({ ports: [{ port: 80, nodePort: 30_080 }] })] }),
      /^spec\.services\[0\]\.ports\[0\]\.nodePort: is not of a ClusterIP/,
    ],
    [
      'with a target that is not there',
      form({}, {}, { services: [service({ ports: [{ port: 80, targetPort: 'http' }] })] }),
      /^spec\.services\[0\]\.ports\[0\]\.targetPort: no container has a port "http"/,
    ],
    [
      'with an Ingress to another application',
      form({}, {}, { services: [service()], ingresses: [ingress('other', 80)] }),
      /^spec\.ingresses\[0\]\.rules\[0\]\.paths\[0\]\.service\.name: is no Service of this application: choose web/,
    ],
    [
      'with an Ingress to no Service',
      form({}, {}, { ingresses: [ingress('web', 80)] }),
      /service\.name: is no Service of this application: add one to services/,
    ],
    [
      'with an Ingress to another port',
      form({}, {}, { services: [service()], ingresses: [ingress('web', 81)] }),
      /^spec\.ingresses\[0\]\.rules\[0\]\.paths\[0\]\.service\.port: is no port of the Service "web": it has 80/,
    ],
    [
      'with a host that is none',
      form({}, {}, { services: [service()], ingresses: [{ rules: [{ host: 'A', paths: [] }] }] }),
      /^spec\.ingresses\[0\]\.rules\[0\]\.host: must be a lower-case DNS name/,
    ],
    [
      'with a path that is none',
      form({}, {}, { services: [service()], ingresses: [{ rules: [{ paths: [{ path: 'a', service: { name: 'web', port: 80 } }] }] }] }),
      /paths\[0\]\.path: must begin with "\/"/,
    ],
    [
      'with two Ingresses of one name',
      form({}, {}, { services: [service()], ingresses: [1, 2].map(() => ({ name: 'a', ...ingress('web', 80) })) }),
      /^spec\.ingresses\[1\]\.name: is the second Ingress "a"/,
    ],
  ])('%s', async (_what, refused, expected) => {
    expect(await causesOf(refused)).toContainEqual(expect.stringMatching(expected));
  });

  it('with all its faults at once, those of fields before those between them', async () => {
    const fields = form({ replicas: -1, kind: 'Job' }, { image: '' }, { services: [{ ports: [{ port: 0 }] }] });
    expect((await causesOf(fields)).map((cause) => cause.split(':')[0])).toEqual([
      'spec.workload.kind',
      'spec.workload.replicas',
      'spec.workload.containers[0].image',
      'spec.services[0].ports[0].port',
    ]);
    const between = form(
      { kind: 'DaemonSet', replicas: 2, volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'gone' } }] },
      { volumeMounts: [{ name: 'b', mountPath: '/b' }], envFrom: [{ secretRef: { name: 'cert' } }] },
      { ingresses: [ingress('web', 80)] },
    );
    expect((await causesOf(between)).map((cause) => cause.split(':')[0])).toEqual([
      'spec.workload.replicas',
      'spec.workload.volumes[0].persistentVolumeClaim.claimName',
      'spec.workload.containers[0].volumeMounts[0].name',
      'spec.workload.containers[0].envFrom[0].secretRef.name',
      'spec.ingresses[0].rules[0].paths[0].service.name',
    ]);
  });

  it('with a list too long, into which nobody looks', async () => {
    const env = Array.from({ length: 90_000 }, () => ({}));
    expect(await causesOf(container({ env }))).toEqual(['spec.workload.containers[0].env: must have at most 500']);
  });

  it('but not with variables from a Secret of a user name and a password', async () => {
    expect(await causesOf(container({ envFrom: [{ secretRef: { name: 'login' } }] }))).toEqual([]);
  });
});
