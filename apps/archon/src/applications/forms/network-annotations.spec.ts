import { describe, expect, it } from 'vitest';
import { networkAnnotations, networkCauses } from './network-annotations.js';
import type { WorkloadForm } from './workload-form.dto.js';

const ips = (count: number) => Array.from({ length: count }, (_, index) => `10.16.0.${index + 1}`);
const workload = (more: Partial<WorkloadForm>): WorkloadForm => ({ kind: 'Deployment', name: 'web', containers: [], ...more });

describe('networkAnnotations', () => {
  it('are those that Kube-OVN reads', () => {
    expect(networkAnnotations({ kubeOvn: { ingressRateMbps: 10, egressRateMbps: 5, subnet: 'blue', staticIPs: ips(2) } })).toEqual({
      'ovn.kubernetes.io/ingress_rate': '10',
      'ovn.kubernetes.io/egress_rate': '5',
      'ovn.kubernetes.io/logical_switch': 'blue',
      'ovn.kubernetes.io/ip_pool': '10.16.0.1,10.16.0.2',
    });
  });

  it('are those that Calico reads, or none', () => {
    expect(networkAnnotations({ calico: { staticIPs: ips(1) } })).toEqual({ 'cni.projectcalico.org/ipAddrs': '["10.16.0.1"]' });
    expect(networkAnnotations({ calico: {} })).toEqual({});
    expect(networkAnnotations()).toEqual({});
  });
});

describe('networkCauses', () => {
  it.each<[string, Partial<WorkloadForm>, string[]]>([
    ['two networks', { network: { kubeOvn: {}, calico: {} } }, ['w.network']],
    ['an address for each Pod, of which one may be missing', { replicas: 2, network: { kubeOvn: { staticIPs: ips(2) } } }, []],
    ['fewer addresses than Pods', { replicas: 3, network: { kubeOvn: { staticIPs: ips(2) } } }, ['w.network.kubeOvn.staticIPs']],
    ['fewer addresses than Pods of Calico', { replicas: 3, network: { calico: { staticIPs: ips(2) } } }, ['w.network.calico.staticIPs']],
    ['one address for the one Pod', { network: { calico: { staticIPs: ips(1) } } }, []],
    [
      'none to spare for an update',
      { replicas: 2, updateStrategy: { maxUnavailable: 0 }, network: { kubeOvn: { staticIPs: ips(2) } } },
      ['w.network.kubeOvn.staticIPs'],
    ],
    [
      'a percentage that is less than a Pod',
      { replicas: 2, updateStrategy: { maxUnavailable: '49%' }, network: { kubeOvn: { staticIPs: ips(2) } } },
      ['w.network.kubeOvn.staticIPs'],
    ],
    [
      'a percentage that is a Pod',
      { replicas: 2, updateStrategy: { maxUnavailable: '50%' }, network: { kubeOvn: { staticIPs: ips(2) } } },
      [],
    ],
    ['one to spare', { replicas: 2, updateStrategy: { maxUnavailable: 0 }, network: { kubeOvn: { staticIPs: ips(3) } } }, []],
    ['a StatefulSet, which never has more Pods', { kind: 'StatefulSet', replicas: 2, network: { kubeOvn: { staticIPs: ips(2) } } }, []],
    ['a DaemonSet, which has as many as nodes', { kind: 'DaemonSet', network: { kubeOvn: { staticIPs: ips(1) } } }, []],
  ])('of %s are as they should be', (_what, more, fields) => {
    expect(networkCauses('w', workload(more)).map(({ field }) => field)).toEqual(fields);
  });
});
