import { badRequest } from '#errors';

/** Equality filters of the list, by the column that each is on. */
const COLUMNS = {
  user: 'user_name',
  cluster: 'cluster',
  namespace: 'namespace',
  resource: 'resource',
  name: 'name',
  verb: 'verb',
  outcome: 'outcome',
  stage: 'stage',
  code: 'code',
  requestId: 'request_id',
  sourceAddress: 'source_address',
} as const;

export type AuditFilter = { [K in keyof typeof COLUMNS]?: string | number } & { since?: string; until?: string };

/** Behind which event a page begins. */
export interface AuditPosition {
  recordedAt: Date;
  sequence: number;
}

/** The SQL condition (with `where`, or empty) and its parameters. */
export function auditCondition(filter: AuditFilter, after: AuditPosition | undefined): { where: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = Object.entries(COLUMNS).flatMap(([key, column]) => {
    const value = filter[key as keyof typeof COLUMNS];
    return value === undefined ? [] : [`${column} = ${parameter(value)}`];
  });
  if (filter.since !== undefined) conditions.push(`recorded_at >= ${parameter(new Date(filter.since))}`);
  if (filter.until !== undefined) conditions.push(`recorded_at < ${parameter(new Date(filter.until))}`);
  if (after !== undefined) conditions.push(`(recorded_at, sequence) < (${parameter(after.recordedAt)}, ${parameter(after.sequence)})`);
  return { where: conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`, parameters };
}

export const writeContinue = ({ recordedAt, sequence }: AuditPosition): string =>
  Buffer.from(`${recordedAt.getTime()} ${sequence}`).toString('base64url');

/** Throws 400 on what `writeContinue` has not written. */
export function readContinue(token: string): AuditPosition {
  const [, time, sequence] = /^(\d{1,15}) (\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  if (time === undefined) throw badRequest('continue: not a token of this list; begin again without it');
  return { recordedAt: new Date(Number(time)), sequence: Number(sequence) };
}
