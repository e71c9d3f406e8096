import { Injectable } from '@nestjs/common';
import { invalid, type StatusCause } from '#errors';
import {
  type ClusterConnection,
  describeObject,
  Discovery,
  type KubernetesObject,
  parseApiVersion,
  type ResourceRef,
  type ResourceType,
} from '#kubernetes';

/** An object of a change. */
export interface NamedObject {
  object: KubernetesObject;
  /** How errors name it; when absent as kubectl does. */
  subject?: string;
}

export const subjectOf = ({ object, subject }: NamedObject): string => subject ?? describeObject(object);

/** An object with the way to it on its cluster. */
export type LocatedObject<T extends NamedObject = NamedObject> = T & { ref: ResourceRef & { name: string } };

/** Where a cluster serves the kinds of objects. */
@Injectable()
export class ObjectLocator {
  constructor(private readonly discovery: Discovery) {}

  /**
   * Finds the resource of each object. Throws 422 that names each whose kind the cluster lacks, or with which something is wrong for its kind.
   * `whole` is what they are together.
   */
  async locate<T extends NamedObject>(
    cluster: ClusterConnection,
    whole: string,
    objects: readonly T[],
    faultOf: (type: ResourceType, object: T) => StatusCause | undefined,
  ): Promise<LocatedObject<T>[]> {
    const causes: StatusCause[] = [];
    const located: LocatedObject<T>[] = [];
    for (const each of objects) {
      const { apiVersion, kind, metadata } = each.object;
      const { group, version } = parseApiVersion(apiVersion);
      const type = await this.discovery.findType(cluster, group, version, kind);
      const fault = type === undefined ? unserved(cluster, each) : faultOf(type, each);
      if (fault !== undefined) causes.push(fault);
      else if (type !== undefined) {
        const place = type.namespaced ? { namespace: metadata.namespace ?? '' } : {};
        located.push({ ...each, ref: { group, version, resource: type.resource, ...place, name: metadata.name ?? '' } });
      }
    }
    if (causes.length > 0) throw invalid(whole, causes);
    return located;
  }
}

const unserved = (cluster: ClusterConnection, named: NamedObject): StatusCause => ({
  field: subjectOf(named),
  message: `cluster "${cluster.name}" does not serve ${named.object.kind} of ${named.object.apiVersion}: install its CustomResourceDefinition or use a version that is served`,
});
