import type { DataSource } from 'typeorm';
import { loadConfig } from '#config';
import { EventPartitions } from '../../apps/archon/src/index/event-partitions.repository.js';
import { EventWriter } from '../../apps/archon/src/index/event-writer.repository.js';
import { FencedDatabase } from '../../apps/archon/src/index/fenced.repository.js';
import { IndexedKinds } from '../../apps/archon/src/index/indexed-kinds.repository.js';
import { IndexedNamespaces } from '../../apps/archon/src/index/indexed-namespaces.repository.js';
import { ObjectWriter } from '../../apps/archon/src/index/object-writer.repository.js';
import { Reflections } from '../../apps/archon/src/index/reflections.repository.js';

/** What writes the index, put together as one replica has it. */
export function indexParts(database: DataSource) {
  const fenced = new FencedDatabase(database);
  const namespaces = new IndexedNamespaces(fenced, database);
  const partitions = new EventPartitions(database);
  return {
    objects: new ObjectWriter(fenced, namespaces),
    events: new EventWriter(fenced, namespaces, partitions, loadConfig({})),
    partitions,
    reflections: new Reflections(fenced, database),
    numbers: new IndexedKinds(database),
  };
}

/** As a cluster tells of Pods. */
export const POD_TYPE = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };
