import { ApplicationForm } from '../../apps/archon/src/applications/forms/application-form.dto.js';
import { formComponents } from '../../apps/archon/src/applications/forms/form-documents.js';
import type { FormFacts } from '../../apps/archon/src/applications/forms/form-facts.js';
import { validationPipe } from '../../apps/archon/src/http/validation.pipe.js';
import { ApiError } from '#errors';
import type { FormSite } from './application-forms.js';

export const FORM_SITE: FormSite = { claim: 'data', configMap: 'settings', secret: 'keys' };
export const FORM_FACTS: FormFacts = {
  cluster: 'c1',
  limits: { ratio: {}, limit: {}, max: {} },
  claims: new Map([
    ['data', 'Bound'],
    ['waiting', 'Pending'],
    ['gone', undefined],
  ]),
  secretTypes: new Map([
    ['keys', 'Opaque'],
    ['login', 'kubernetes.io/basic-auth'],
    ['cert', 'kubernetes.io/tls'],
    ['gone', undefined],
  ]),
  extendedResources: [],
};

export const read = async (form: unknown): Promise<ApplicationForm> =>
  (await validationPipe().transform(form, { type: 'body', metatype: ApplicationForm })) as ApplicationForm;
export const componentsOf = async (form: unknown) => formComponents(await read(form), FORM_FACTS, 'cpaas.io');

/** The causes of a refusal, each as `field: message`. */
export async function causesOf(form: unknown): Promise<string[]> {
  try {
    await componentsOf(form);
  } catch (error) {
    if (error instanceof ApiError && error.code === 422)
      return (error.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
    throw error;
  }
  return [];
}

/** A small form with other fields of the workload, and of its container. */
export const form = (workload: object = {}, container: object = {}, spec: object = {}) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'ApplicationForm',
  metadata: { name: 'shop' },
  spec: {
    workload: { kind: 'Deployment', name: 'web', containers: [{ name: 'c', image: 'web:1', ...container }], ...workload },
    ...spec,
  },
});
export const service = (more: object = {}) => ({ ports: [{ port: 80 }], ...more });
export const ingress = (name: string, port: number | string) => ({ rules: [{ paths: [{ service: { name, port } }] }] });
export const container = (more: object) => form({}, more);
export const probe = (more: object) => container({ ports: [{ name: 'http', containerPort: 80 }], livenessProbe: more });
