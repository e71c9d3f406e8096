import { invalid, type StatusCause } from '#errors';
import { describeObject, type KubernetesObject } from '#kubernetes';
import { APPLICATION_API_VERSION } from '../application-document.js';
import type { ApplicationForm } from './application-form.dto.js';
import type { FormFacts } from './form-facts.js';
import { defaultNames, toIngress, toService } from './route-documents.js';
import { routeCauses } from './route-rules.js';
import { podLabelValue, toWorkload } from './workload-document.js';
import { workloadCauses } from './workload-rules.js';

/** An object that follows from a form, and the path of the part of the form that it follows from. */
export interface FormComponent {
  object: KubernetesObject;
  path: string;
}

/**
 * What a form stands for (APP-1, APP-2): the workload, its Services, its Ingresses. `domain` is the base domain of labels. Throws 422 that
 * names every fault with its field in the form.
 */
export function formComponents({ spec }: ApplicationForm, facts: FormFacts, domain: string): FormComponent[] {
  const causes = [...workloadCauses(spec.workload, facts), ...routeCauses(spec)];
  if (causes.length > 0) throw invalid('the form', causes);
  const { workload } = spec;
  const labels = { [`service.${domain}/name`]: podLabelValue(workload) };
  const services = defaultNames(workload.name, spec.services ?? []);
  const ingresses = defaultNames(workload.name, spec.ingresses ?? []);
  return [
    { object: plain(toWorkload(workload, labels, services[0]?.name ?? workload.name, facts.limits)), path: 'spec.workload' },
    ...services.map((service, index) => ({ object: plain(toService(service, labels)), path: `spec.services[${index}]` })),
    ...ingresses.map((ingress, index) => ({ object: plain(toIngress(ingress)), path: `spec.ingresses[${index}]` })),
  ];
}

/** The Application that is created for a form. */
export const toApplication = ({ metadata }: ApplicationForm, components: readonly FormComponent[]): KubernetesObject =>
  plain({
    apiVersion: APPLICATION_API_VERSION,
    kind: 'Application',
    metadata: { ...metadata },
    spec: { componentTemplates: components.map(({ object }) => object) },
  });

/** Causes that name fields of the objects, such as `Deployment.apps "web": spec.template.spec.containers[0].image`, with those of the form. */
export function asFormCauses(causes: readonly StatusCause[], components: readonly FormComponent[]): StatusCause[] {
  return causes.map((cause) => ({ ...cause, ...(cause.field === undefined ? {} : { field: formField(cause, components) }) }));
}

function formField({ field = '', reason }: StatusCause, components: readonly FormComponent[]): string {
  for (const { object, path } of components) {
    const subject = describeObject(object);
    if (field === subject) return reason === 'AlreadyExists' ? `${path}.name` : path;
    if (!field.startsWith(`${subject}: `)) continue;
    const inner = field.slice(subject.length + 2).replace(/^(spec\.template\.spec|spec\.template|spec|metadata)(\.|$)/, '');
    return inner === '' ? path : `${path}.${inner}`;
  }
  return field;
}

/** Without what is undefined, and of no class. */
const plain = (object: KubernetesObject): KubernetesObject => JSON.parse(JSON.stringify(object)) as KubernetesObject;
