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

/** A place in the log, which is in the order of both. */
export interface AuditPosition {
  recordedAt: Date;
  sequence: number;
}

/** A part of the log: before `before`, and at `from` or later. */
export interface AuditStretch {
  before: AuditPosition;
  from: AuditPosition | undefined;
}

/** The SQL condition and its parameters for the events of a stretch that fit the filter. */
export function auditCondition(filter: AuditFilter, { before, from }: AuditStretch): { where: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = Object.entries(COLUMNS).flatMap(([key, column]) => {
    const value = filter[key as keyof typeof COLUMNS];
    return value === undefined ? [] : [`${column} = ${parameter(value)}`];
  });
  // The time alone, too: Postgres chooses partitions by it, and bounds the scan of every index.
  const end = parameter(before.recordedAt);
  conditions.push(`recorded_at <= ${end}`, `(recorded_at, sequence) < (${end}, ${parameter(before.sequence)})`);
  if (from !== undefined) {
    const begin = parameter(from.recordedAt);
    conditions.push(`recorded_at >= ${begin}`, `(recorded_at, sequence) >= (${begin}, ${parameter(from.sequence)})`);
  }
  return { where: `where ${conditions.join(' and ')}`, parameters };
}

/** Behind everything that was recorded before this time. */
export const positionAt = (time: string): AuditPosition => ({ recordedAt: new Date(time), sequence: 0 });

export const writeContinue = ({ recordedAt, sequence }: AuditPosition): string =>
  Buffer.from(`${recordedAt.getTime()} ${sequence}`).toString('base64url');

/** Throws 400 on what `writeContinue` has not written. */
export function readContinue(token: string): AuditPosition {
  const [, time, sequence] = /^(\d{1,15}) (\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  if (time === undefined) throw badRequest('continue: not a token of this list; begin again without it');
  return { recordedAt: new Date(Number(time)), sequence: Number(sequence) };
}
