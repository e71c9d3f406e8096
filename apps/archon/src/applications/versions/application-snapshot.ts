import { badRequest, invalid } from '#errors';
import { isMapping } from '../../manifests/manifest-objects.js';
import { APPLICATION_API_VERSION } from '../application-document.js';

const MAX_CHANGE_CAUSE = 1024;
const WHOLE = 'the snapshot';

/**
 * The change cause of an official `ApplicationSnapshot` (app.k8s.io/v1beta1). `spec.user` is not read: who asks for a snapshot is not for the
 * body to say. Throws 400 where kind, name or namespace are others than those of the request, 422 for a change cause that is none.
 */
export function readSnapshot(documents: readonly unknown[], place: { namespace: string; name: string }): string {
  const [snapshot] = documents;
  if (documents.length !== 1 || !isMapping(snapshot)) throw badRequest('the body must be one ApplicationSnapshot');
  if (snapshot.kind !== 'ApplicationSnapshot' || snapshot.apiVersion !== APPLICATION_API_VERSION)
    throw badRequest(`the body must be an ApplicationSnapshot of ${APPLICATION_API_VERSION}`);
  const metadata = isMapping(snapshot.metadata) ? snapshot.metadata : {};
  for (const [field, expected] of Object.entries(place))
    if (metadata[field] !== undefined && metadata[field] !== expected)
      throw badRequest(`metadata.${field} of the snapshot does not match the ${field} on the URL (${expected})`);
  const { changeCause = '' } = isMapping(snapshot.spec) ? snapshot.spec : {};
  if (typeof changeCause !== 'string' || changeCause.length > MAX_CHANGE_CAUSE)
    throw invalid(WHOLE, [{ field: 'spec.changeCause', message: `must be a text of at most ${MAX_CHANGE_CAUSE} characters` }]);
  return changeCause;
}
