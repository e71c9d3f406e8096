import { describeObject, type RequestAttributes, type ResourceRef } from '#kubernetes';
import type { LocatedObject } from '../manifests/object-locator.service.js';
import type { OperationPlan } from '../operations/operation-plan.js';

/** The request that creates an object, as the scope of a credential knows it. */
export const creationOf = ({ group, version, resource, namespace = '' }: ResourceRef): RequestAttributes => ({
  verb: 'create',
  group,
  version,
  resource,
  subresource: '',
  namespace,
  name: '',
  isResource: true,
});

/**
 * What the journal needs to know of objects that are created together. The name is for people; of two requests that begin with the same object
 * one has to wait for the other.
 */
export function creationPlan(located: readonly LocatedObject[]): Pick<OperationPlan, 'kind' | 'namespace' | 'name' | 'steps'> {
  const [first] = located;
  const namespaces = new Set(located.map(({ ref }) => ref.namespace ?? ''));
  const [namespace = ''] = namespaces.size === 1 ? namespaces : [];
  const others = located.length - 1;
  return {
    kind: 'CreateResources',
    namespace,
    name: `${first === undefined ? '' : placedName(first)}${others > 0 ? ` and ${others} more` : ''}`,
    steps: located.map((each) => ({ action: 'create', target: placedName(each), ref: each.ref, object: () => each.object })),
  };
}

/** Objects of several namespaces may have one name. */
const placedName = ({ object, ref }: LocatedObject): string =>
  `${describeObject(object)}${ref.namespace === undefined ? '' : ` in namespace "${ref.namespace}"`}`;
