import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { type ClientRequest, requestAttributes } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { ClientAddresses } from '../http/client-addresses.service.js';
import { Audit } from './audit.service.js';
import {
  type AuditEvent,
  type AuditStage,
  auditedCaller,
  auditedGroups,
  auditedParameters,
  isChange,
  outcomeOf,
  plainText,
} from './audit-event.js';

/** What is asked of a cluster: as `ProxiedPath` has it, with `bytes` for connections that change their protocol. */
interface ProxiedRequest {
  cluster: string;
  /** Path and query at the cluster. */
  path: string;
  streaming: 'watch' | 'bytes' | undefined;
}

/** Records what goes to clusters. */
@Injectable()
export class AuditTrails {
  constructor(
    private readonly audit: Audit,
    private readonly addresses: ClientAddresses,
    private readonly config: AppConfig,
  ) {}

  /** To be made for every proxied request, before anything is decided. */
  of(request: ClientRequest, asked: ProxiedRequest, requestId: string): AuditTrail {
    return new AuditTrail(this.audit, this.addresses, this.config.auditReads === 'true', request, asked, requestId);
  }
}

/** One proxied request from its arrival to its end. Costs a plain read that is allowed next to nothing. */
export class AuditTrail {
  /** Why it was refused or ended, where that is known: a reason of Kubernetes' Status, or one of a live session. */
  reason = '';
  private principal: Principal | undefined;
  private impersonated: { user: string; groups: readonly string[] } | undefined;
  private readonly begin = performance.now();
  /** Of the request, which gives it up when it is answered. */
  private readonly socket: Socket;
  private address: string | undefined;
  private bytesInBefore = 0;
  private bytesOutBefore = 0;

  constructor(
    private readonly audit: Audit,
    private readonly addresses: ClientAddresses,
    private readonly reads: boolean,
    private readonly request: ClientRequest,
    private readonly asked: ProxiedRequest,
    private readonly requestId: string,
  ) {
    this.socket = request.socket;
  }

  /** Who asks. */
  by(principal: Principal): void {
    this.principal = principal;
  }

  /** As whom the caller asks to be taken. */
  as(user: string, groups: readonly string[]): void {
    this.impersonated = { user, groups };
  }

  /** Why it was refused; gives the failure back. */
  because<Failure extends { reason: string }>(failure: Failure): Failure {
    this.reason = failure.reason;
    return failure;
  }

  /**
   * Before the request goes on to the cluster, when all is decided. Undefined when there is nothing to wait for. A change waits until it is
   * recorded; throws 503 when it can't be.
   */
  start(): Promise<void> | undefined {
    if (this.isPlainRead) return undefined;
    const { socket } = this;
    [this.bytesInBefore, this.bytesOutBefore] = [socket.bytesRead, socket.bytesWritten];
    this.address = this.clientAddress; // unknown when the connection is gone
    const event = this.event('RequestReceived');
    if (isChange(event)) return this.audit.recordBefore(event);
    if (this.isStream(event)) this.audit.record(event);
    return undefined;
  }

  /** All is over; `code` is what was answered, 101 for a change of protocol. */
  end(code: number): void {
    const outcome = outcomeOf(code);
    if (this.isPlainRead && outcome !== 'Denied' && !this.reads) return;
    const event = this.event('ResponseComplete');
    const isRead = !isChange(event) && !this.isStream(event);
    if (isRead && outcome !== 'Denied' && event.subresource !== 'proxy' && !this.reads) return;
    // Reads by nobody: probes and scanners.
    if (isRead && this.principal === undefined && this.request.headers.authorization === undefined) return;
    const { socket } = this;
    event.code = code;
    event.outcome = outcome;
    event.reason = plainText(this.reason);
    event.durationMs = Math.round(performance.now() - this.begin);
    const { 'content-length': length } = this.request.headers;
    event.bytesIn = length === undefined ? socket.bytesRead - this.bytesInBefore : Number(length);
    event.bytesOut = socket.bytesWritten - this.bytesOutBefore;
    this.audit.record(event);
  }

  /** What needs no closer look; requests through the proxy of a service or node do. */
  private get isPlainRead(): boolean {
    const { method } = this.request;
    return this.asked.streaming === undefined && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
  }

  /** A watch, a followed log, or a connection that changes its protocol; the answers of an application behind a proxy mostly are short. */
  private isStream({ subresource }: AuditEvent): boolean {
    return this.asked.streaming !== undefined && (subresource !== 'proxy' || this.request.headers.upgrade !== undefined);
  }

  private get clientAddress(): string {
    return this.addresses.of({ socket: this.socket, headers: this.request.headers });
  }

  private event(stage: AuditStage): AuditEvent {
    const { request, asked, impersonated } = this;
    const question = asked.path.indexOf('?');
    const attributes = requestAttributes(request.method ?? '', asked.path);
    return {
      id: randomUUID(),
      time: new Date(),
      stage,
      requestId: this.requestId,
      ...auditedCaller(this.principal, request.headers.authorization !== undefined),
      impersonatedUser: plainText(impersonated?.user),
      impersonatedGroups: auditedGroups(impersonated?.groups ?? []),
      sourceAddress: this.address ?? this.clientAddress,
      userAgent: plainText(request.headers['user-agent'], 200),
      cluster: asked.cluster,
      group: plainText(attributes.group),
      resource: plainText(attributes.resource),
      subresource: plainText(attributes.subresource),
      verb: attributes.verb,
      namespace: plainText(attributes.namespace),
      name: plainText(attributes.name),
      operation: '',
      route: attributes.isResource ? '' : plainText(asked.path.slice(0, question === -1 ? undefined : question)),
      parameters: auditedParameters(question === -1 ? '' : asked.path.slice(question + 1)),
      code: 0,
      outcome: '',
      reason: '',
      durationMs: 0,
      bytesIn: 0,
      bytesOut: 0,
    };
  }
}
