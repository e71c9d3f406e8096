/** Topic on which replicas hear of changed registrations; the payload is the cluster's id. */
export const CLUSTERS_TOPIC = 'clusters';
