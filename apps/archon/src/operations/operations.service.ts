import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, In, type Repository } from 'typeorm';
import { notFound } from '#errors';
import { placesOf, reaches } from '../auth/access-scope.js';
import type { Principal } from '../auth/principal.js';
import { readContinueToken, writeContinueToken } from '../http/continue-token.js';
import { OperationEntity } from './operation.entity.js';
import { OperationStepEntity } from './operation-step.entity.js';
import type { PageQuery } from '../http/page.dto.js';
import { type OperationListResponse, type OperationResponse, toOperationResponse } from './operations.dto.js';

export type { OperationResponse };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What callers see of operations: their own, or all for administrators and auditors. */
@Injectable()
export class OperationsService {
  constructor(
    @InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>,
    @InjectRepository(OperationStepEntity) private readonly steps: Repository<OperationStepEntity>,
  ) {}

  /** Newest first. */
  async list(caller: Principal, query: PageQuery): Promise<OperationListResponse> {
    const limit = query.limit ?? 100;
    const select = this.operations
      .createQueryBuilder('o')
      .orderBy('o.createdAt', 'DESC')
      .addOrderBy('o.id', 'DESC')
      .take(limit + 1);
    if (!caller.readsEverything) select.andWhere('o.userName = :user', { user: caller.user });
    const places = placesOf(caller.scope);
    if (places !== undefined) select.andWhere(inPlaces(places));
    if (query.continue !== undefined) {
      const { createdAt, id } = readContinueToken(query.continue);
      select.andWhere(
        new Brackets((or) =>
          or.where('o.createdAt < :createdAt', { createdAt }).orWhere('o.createdAt = :createdAt and o.id < :id', { id }),
        ),
      );
    }
    const found = await select.getMany();
    const page = found.slice(0, limit);
    const steps =
      page.length === 0 ? [] : await this.steps.find({ where: { operationId: In(page.map((row) => row.id)) }, order: { index: 'ASC' } });
    const last = page.at(-1);
    return {
      kind: 'OperationList',
      metadata: found.length > limit && last !== undefined ? { continue: writeContinueToken(last) } : {},
      items: page.map((row) =>
        toOperationResponse(
          row,
          steps.filter((step) => step.operationId === row.id),
        ),
      ),
    };
  }

  async get(caller: Principal, id: string): Promise<OperationResponse> {
    const row = UUID.test(id)
      ? await this.operations.findOneBy({ id, ...(caller.readsEverything ? {} : { userName: caller.user }) })
      : null;
    if (row === null || !reaches(caller.scope, row.clusterName, row.namespace)) throw notFound('operations', id);
    return toOperationResponse(row, await this.steps.find({ where: { operationId: id }, order: { index: 'ASC' } }));
  }
}

/** The operations in the clusters and namespaces that a scope reaches. */
const inPlaces = (places: readonly { cluster: string | undefined; namespace: string | undefined }[]): Brackets =>
  new Brackets((or) => {
    or.where('false');
    places.forEach(({ cluster, namespace }, index) => {
      const [inCluster, inNamespace] = [`cluster${index}`, `namespace${index}`];
      or.orWhere(
        `(:${inCluster}::text is null or o.clusterName = :${inCluster}) and (:${inNamespace}::text is null or o.namespace = :${inNamespace})`,
        { [inCluster]: cluster ?? null, [inNamespace]: namespace ?? null },
      );
    });
  });
