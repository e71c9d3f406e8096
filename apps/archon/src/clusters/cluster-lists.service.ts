import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import { parseFieldSelector, parseLabelSelector } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import type { ClusterEntity } from './cluster.entity.js';
import { readClusterPageEnd, writeClusterPageEnd } from './cluster-page.js';
import { ClusterRegistrations } from './cluster-registrations.repository.js';
import type { ClusterSnapshot } from './cluster-snapshot.js';

interface Selection {
  labelSelector?: string;
  fieldSelector?: string;
}

interface PageQuery extends Selection {
  limit?: number;
  continue?: string;
  sort?: 'name' | '-name';
}

export interface ClusterPage {
  rows: ClusterEntity[];
  metadata: { resourceVersion: string; continue?: string };
}

const FIELDS = ['metadata.name', 'metadata.uid', 'spec.disabled'] as const;
const BATCH = 500;

/** Which registrations a caller sees, selected and page by page. */
@Injectable()
export class ClusterLists {
  constructor(private readonly registrations: ClusterRegistrations) {}

  /** Throws 400 for a selector or token that can't be read, and 410 for a token of a list so old that its changes are forgotten. */
  async page(caller: Principal, query: PageQuery): Promise<ClusterPage> {
    const matches = this.selection(caller, query);
    const begun = query.continue === undefined ? undefined : readClusterPageEnd(query.continue);
    const { newest, oldest } = await this.registrations.versions();
    if (begun !== undefined && (begun.version < oldest || begun.version > newest)) throw expired();
    const version = begun?.version ?? newest;
    const limit = query.limit === undefined || query.limit === 0 ? Number.POSITIVE_INFINITY : query.limit;
    const rows: ClusterEntity[] = [];
    for (let after = begun?.name; rows.length <= limit; ) {
      const batch = await this.registrations.page({ after, limit: BATCH, isDescending: query.sort === '-name' });
      for (const row of batch) if (matches({ ...row, disabled: row.disabledAt !== null })) rows.push(row);
      if (batch.length < BATCH) break;
      after = batch.at(-1)?.name;
    }
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return {
      rows: shown,
      metadata: {
        resourceVersion: version.toString(),
        ...(last === undefined ? {} : { continue: writeClusterPageEnd({ name: last.name, version }) }),
      },
    };
  }

  /** Whether a caller's list shows a cluster. Throws 400 for a selector that can't be read. */
  selection(
    caller: Principal,
    { labelSelector, fieldSelector }: Selection,
  ): (cluster: Pick<ClusterSnapshot, 'id' | 'name' | 'labels' | 'disabled'>) => boolean {
    const byLabels = parseLabelSelector(labelSelector);
    const byFields = parseFieldSelector(fieldSelector, FIELDS);
    return ({ id, name, labels, disabled }) =>
      caller.reachesCluster(name) &&
      byLabels(labels) &&
      byFields((field) => ({ 'metadata.name': name, 'metadata.uid': id, 'spec.disabled': String(disabled) })[field]);
  }
}

const expired = () => new ApiError('Expired', 'the list that this token continues is too old: begin again without "continue"');
