import type { KubernetesObject } from '#kubernetes';
import type { IngressForm, ServiceForm } from './route-form.dto.js';

/** Each with a name: what has none is called like the workload, further ones with the first free number behind it, from 2 on. */
export function defaultNames<T extends { name?: string }>(prefix: string, items: readonly T[]): (T & { name: string })[] {
  const taken = new Set(items.flatMap(({ name }) => name ?? []));
  return items.map((item) => {
    if (item.name !== undefined) return { ...item, name: item.name };
    let name = prefix;
    for (let number = 2; taken.has(name); number++) name = `${prefix}-${number}`;
    taken.add(name);
    return { ...item, name };
  });
}

/** The ports of a Service; where there are several each has a name, as Kubernetes demands: `tcp-80`. */
export function servicePorts({ ports }: ServiceForm): ServiceForm['ports'] {
  if (ports.length === 1) return ports;
  return ports.map((port) => ({ ...port, name: port.name ?? `${(port.protocol ?? 'TCP').toLowerCase()}-${port.port}` }));
}

export function toService(service: ServiceForm & { name: string }, selector: Record<string, string>): KubernetesObject {
  const { name, type = 'ClusterIP', headless, sessionAffinity } = service;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      type,
      ...(headless === true ? { clusterIP: 'None' } : {}),
      sessionAffinity,
      selector,
      // Protocol is part of the key by which a cluster merges ports.
      ports: servicePorts(service).map(({ protocol = 'TCP', ...port }) => ({
        ...port,
        protocol,
        targetPort: port.targetPort ?? port.port,
      })),
    },
  };
}

export function toIngress({ name, ingressClassName, rules, tls }: IngressForm & { name: string }): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName,
      tls,
      rules: rules.map(({ host, paths }) => ({
        host,
        http: {
          paths: paths.map(({ path = '/', pathType = 'Prefix', service }) => ({
            path,
            pathType,
            backend: { service: { name: service.name, port: portOf(service.port) } },
          })),
        },
      })),
    },
  };
}

const portOf = (port: number | string) => (typeof port === 'number' ? { number: port } : { name: port });
