import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, In, type Repository } from 'typeorm';
import { badRequest, notFound } from '#errors';
import type { Principal } from '../auth/principal.js';
import { OperationEntity } from './operation.entity.js';
import { OperationStepEntity } from './operation-step.entity.js';
import { type ListOperationsQuery, type OperationListResponse, type OperationResponse, toOperationResponse } from './operations.dto.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What callers see of operations: their own, or all for administrators and auditors. */
@Injectable()
export class OperationsService {
  constructor(
    @InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>,
    @InjectRepository(OperationStepEntity) private readonly steps: Repository<OperationStepEntity>,
  ) {}

  /** Newest first. */
  async list(caller: Principal, query: ListOperationsQuery): Promise<OperationListResponse> {
    const limit = query.limit ?? 100;
    const select = this.operations
      .createQueryBuilder('o')
      .orderBy('o.createdAt', 'DESC')
      .addOrderBy('o.id', 'DESC')
      .take(limit + 1);
    if (!caller.readsEverything) select.andWhere('o.userName = :user', { user: caller.user });
    if (query.continue !== undefined) {
      const { createdAt, id } = readToken(query.continue);
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
      metadata: found.length > limit && last !== undefined ? { continue: writeToken(last) } : {},
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
    if (row === null) throw notFound('operations', id);
    return toOperationResponse(row, await this.steps.find({ where: { operationId: id }, order: { index: 'ASC' } }));
  }
}

const writeToken = (row: OperationEntity): string => Buffer.from(`${row.createdAt.toISOString()} ${row.id}`).toString('base64url');

function readToken(token: string): { createdAt: Date; id: string } {
  const [time, id] = Buffer.from(token, 'base64url').toString('utf8').split(' ');
  const createdAt = new Date(time ?? '');
  if (id === undefined || !UUID.test(id) || Number.isNaN(createdAt.getTime()))
    throw badRequest('continue: not a token of this list; begin again without it');
  return { createdAt, id };
}
