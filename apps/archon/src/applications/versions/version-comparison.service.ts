import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { KubernetesObject } from '#kubernetes';
import { type FieldChange, fieldChanges, withoutValues } from './field-changes.js';
import { isSecret, type ManifestName } from './manifest.js';
import { ManifestStore } from './manifest-store.repository.js';
import { keyOf, type ListedManifest, objectChanges } from './object-changes.js';
import { toListed } from './version-ledger.repository.js';

/** One of two states that are compared. */
export interface ComparedState {
  objects: ListedManifest[];
  /** The manifests of at least these objects, by `keyOf`. */
  read(names: readonly ManifestName[]): Promise<Map<string, KubernetesObject>>;
}

/** How an object differs. */
export interface ObjectChange extends ManifestName {
  change: 'create' | 'update' | 'delete';
  /** Of one that is there in both states; of a Secret without values. */
  fields: FieldChange[];
}

/** What differs between two states of an application. Only manifests that differ are read. */
@Injectable()
export class VersionComparison {
  constructor(private readonly manifests: ManifestStore) {}

  /** A version by its id. */
  async stateOf(versionId: string): Promise<ComparedState> {
    const stored = await this.manifests.list(versionId);
    const read = async (names: readonly ManifestName[]) => {
      const wanted = new Set(names.map(keyOf));
      const found = await this.manifests.read(stored.filter((object) => wanted.has(keyOf(object))).map((object) => object.id));
      return new Map(stored.flatMap((object) => toEntry(object, found.get(object.id))));
    };
    return { objects: stored.map(toListed), read };
  }

  /** Objects as they are in a cluster. */
  async stateOfObjects(objects: readonly KubernetesObject[]): Promise<ComparedState> {
    const prepared = await this.manifests.prepare(objects);
    const byKey = new Map(prepared.map((object) => [keyOf(object), object.manifest]));
    return { objects: prepared.map(toListed), read: () => Promise.resolve(byKey) };
  }

  /** One object after the other, with room for others in between. */
  async compare(before: ComparedState, after: ComparedState, isShown: (object: ManifestName) => boolean): Promise<ObjectChange[]> {
    const changes = objectChanges(before.objects.filter(isShown), after.objects.filter(isShown));
    const [old, present] = await Promise.all([before.read(changes.update), after.read(changes.update)]);
    const updated: ObjectChange[] = [];
    for (const object of changes.update) {
      const fields = fieldChanges(old.get(keyOf(object)), present.get(keyOf(object)));
      updated.push({ ...object, change: 'update', fields: isSecret(object) ? withoutValues(fields) : fields });
      await nextTurn();
    }
    const whole = (change: 'create' | 'delete') => changes[change].map((object): ObjectChange => ({ ...object, change, fields: [] }));
    return [...whole('create'), ...updated, ...whole('delete')];
  }
}

const toEntry = (name: ManifestName, manifest: KubernetesObject | undefined): [string, KubernetesObject][] =>
  manifest === undefined ? [] : [[keyOf(name), manifest]];
