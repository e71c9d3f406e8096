import type { StatusCause } from '#errors';
import type { ApplicationForm } from './application-form.dto.js';
import { duplicateCauses } from './form-causes.js';
import type { IngressForm, ServiceForm } from './route-form.dto.js';
import { defaultNames, servicePorts } from './route-documents.js';
import type { WorkloadForm } from './workload-form.dto.js';

type Named<T> = T & { name: string };

/** What is wrong with the Services and Ingresses of a form beyond their single fields. */
export function routeCauses({ workload, services = [], ingresses = [] }: ApplicationForm['spec']): StatusCause[] {
  const named = defaultNames(workload.name, services);
  const serviceAt = (index: number) => `spec.services[${index}]`;
  const ingressAt = (index: number) => `spec.ingresses[${index}]`;
  return [
    ...duplicateCauses(
      named,
      ({ name }) => name,
      (index) => `${serviceAt(index)}.name`,
      'Service',
    ),
    ...named.flatMap((service, index) => serviceCauses(serviceAt(index), service, workload)),
    ...duplicateCauses(
      ingresses,
      ({ name }) => name,
      (index) => `${ingressAt(index)}.name`,
      'Ingress',
    ),
    ...ingresses.flatMap((ingress, index) => ingressCauses(ingressAt(index), ingress, named)),
  ];
}

function serviceCauses(at: string, service: Named<ServiceForm>, workload: WorkloadForm): StatusCause[] {
  const { name, type = 'ClusterIP', headless, ports } = service;
  const causes: StatusCause[] = [];
  if (/^\d/.test(name)) causes.push({ field: `${at}.name`, message: `must begin with a letter, and is ${name}: give the Service a name` });
  if (headless === true && type !== 'ClusterIP')
    causes.push({ field: `${at}.headless`, message: `is not of a ${type}: leave it out, or make it a ClusterIP` });
  const targets = new Set(workload.containers.flatMap((container) => (container.ports ?? []).flatMap((port) => port.name ?? [])));
  ports.forEach(({ nodePort, targetPort }, index) => {
    if (nodePort !== undefined && type === 'ClusterIP')
      causes.push({ field: `${at}.ports[${index}].nodePort`, message: 'is not of a ClusterIP: leave it out, or make it a NodePort' });
    if (typeof targetPort === 'string' && !targets.has(targetPort))
      causes.push({
        field: `${at}.ports[${index}].targetPort`,
        message: `no container has a port "${targetPort}": add it, or give the number`,
      });
  });
  const resolved = servicePorts(service);
  return [
    ...causes,
    ...duplicateCauses(
      resolved,
      ({ port, protocol = 'TCP' }) => `${port}/${protocol}`,
      (index) => `${at}.ports[${index}].port`,
      'port',
    ),
    ...duplicateCauses(
      ports,
      (port) => port.name,
      (index) => `${at}.ports[${index}].name`,
      'port of the name',
    ),
  ];
}

function ingressCauses(at: string, { rules }: IngressForm, services: readonly Named<ServiceForm>[]): StatusCause[] {
  return rules.flatMap(({ paths }, rule) =>
    paths.flatMap(({ service: { name, port } }, index) => {
      const field = `${at}.rules[${rule}].paths[${index}].service`;
      const service = services.find((each) => each.name === name);
      if (service === undefined)
        return [{ field: `${field}.name`, message: `is no Service of this application: ${choices(services.map((each) => each.name))}` }];
      const ports = servicePorts(service).flatMap((each) => [each.port, ...(each.name === undefined ? [] : [each.name])]);
      if (ports.includes(port)) return [];
      return [{ field: `${field}.port`, message: `is no port of the Service "${name}": it has ${ports.join(', ')}` }];
    }),
  );
}

const choices = (names: readonly string[]): string => (names.length === 0 ? 'add one to services' : `choose ${names.join(' or ')}`);
