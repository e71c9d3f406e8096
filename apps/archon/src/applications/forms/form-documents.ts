import { invalid, type StatusCause, type StatusDetails } from '#errors';
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

/**
 * The causes of a failure, with the fields of the form for those of the objects: `Deployment.apps "web": spec.template.spec.containers[0].image`
 * of a whole change that was tried, `spec.ports[0].nodePort` of the one object that the failure is about.
 */
export function asFormCauses({ kind, name, causes = [] }: StatusDetails, components: readonly FormComponent[]): StatusCause[] {
  const about = components.find(({ object }) => object.kind === kind && object.metadata.name === name);
  return causes.map((cause) => {
    if (cause.field === undefined) return cause;
    const named = components.find(({ object }) => isOrBelongsTo(cause.field ?? '', describeObject(object)));
    if (named !== undefined)
      return { ...cause, field: formField(named, cause.field.slice(describeObject(named.object).length + 2), cause) };
    return about === undefined ? cause : { ...cause, field: formField(about, cause.field, cause) };
  });
}

const isOrBelongsTo = (field: string, subject: string): boolean => field === subject || field.startsWith(`${subject}: `);

function formField({ path }: FormComponent, inner: string, { reason }: StatusCause): string {
  const rest = inner.replace(/^(spec\.template\.spec|spec\.template|spec|metadata)(\.|$)/, '');
  if (rest !== '') return `${path}.${rest}`;
  return reason === 'AlreadyExists' ? `${path}.name` : path;
}

/** Without what is undefined, and of no class. */
const plain = (object: KubernetesObject): KubernetesObject => JSON.parse(JSON.stringify(object)) as KubernetesObject;
