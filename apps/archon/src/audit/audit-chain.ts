import { createHash } from 'node:crypto';
import type { AuditEvent } from './audit-event.js';

/** An event in its place in the chain. */
export interface ChainedEvent extends AuditEvent {
  /** From 1, without a gap. */
  sequence: number;
  /** By the clock of the database; never before the event before. */
  recordedAt: Date;
  /** SHA-256 over the hash before and the canonical form of this event. */
  hash: Buffer;
}

/** Where the chain ends, and the time of what is hung on it next. Before event 1: sequence 0, and 32 zero bytes. */
interface ChainEnd {
  sequence: number;
  hash: Buffer;
  recordedAt: Date;
}

/**
 * The hash of an event: over the 32 bytes of the hash before, then a JSON array (RFC 8259, UTF-8, no white space) of the fields in the
 * order below; times are milliseconds since 1970. Whoever verifies the chain by other means needs no more than this function.
 */
export function chainHash(before: Buffer, event: Omit<ChainedEvent, 'hash'>): Buffer {
  const canonical = JSON.stringify([
    event.sequence,
    event.recordedAt.getTime(),
    event.id,
    event.time.getTime(),
    event.stage,
    event.requestId,
    event.user,
    event.credentialKind,
    event.credentialId,
    event.impersonatedUser,
    event.impersonatedGroups,
    event.sourceAddress,
    event.userAgent,
    event.cluster,
    event.group,
    event.resource,
    event.subresource,
    event.verb,
    event.namespace,
    event.name,
    event.operation,
    event.route,
    event.parameters,
    event.code,
    event.outcome,
    event.reason,
    event.durationMs,
    event.bytesIn,
    event.bytesOut,
  ]);
  return createHash('sha256').update(before).update(canonical).digest();
}

/** Hangs events on the chain, in their order. */
export function chain(end: ChainEnd, events: readonly AuditEvent[]): ChainedEvent[] {
  let { sequence, hash } = end;
  return events.map((event) => {
    const next = { ...event, sequence: ++sequence, recordedAt: end.recordedAt };
    hash = chainHash(hash, next);
    return { ...next, hash };
  });
}
