/** The body of a snapshot, as the API's documentation shows it; the tests send it as it stands. */
export const SNAPSHOT_EXAMPLE = {
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'ApplicationSnapshot',
  metadata: { name: 'shop' },
  spec: { changeCause: 'scaled by hand for the sale' },
};
