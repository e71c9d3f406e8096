import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { forbidden, unauthorized } from '#errors';
import { isTrue } from '#kubernetes';
import { Allow, Public } from './allow.decorator.js';
import type { AuthenticatedRequest } from './caller.decorator.js';
import { isAllowed } from './permissions.js';
import { requireRouteInScope } from './scoped-access.js';
import { Scoped } from './scoped.decorator.js';

/** In front of every route: closed unless the route says who may use it. The caller is known by then, see `authenticateRequests`. */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride(Public, places) !== undefined) return true;
    const permission = this.reflector.getAllAndOverride(Allow, places);
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (request.principal === undefined) throw request.authenticationFailure ?? unauthorized();
    if (permission === undefined || !isAllowed(permission, request.principal))
      throw forbidden(`${request.principal.user} may not do this: it needs the role ${permission ?? 'that nobody has'}`);
    const { project, cluster, namespace } = (request.params ?? {}) as { project?: string; cluster?: string; namespace?: string };
    requireRouteInScope(request.principal.scope, {
      method: request.method,
      permission,
      route: this.reflector.getAllAndOverride(Scoped, places) ?? {},
      project,
      cluster,
      namespace,
      watches: isTrue(queryOf(request.url).get('watch')),
    });
    return true;
  }
}

const queryOf = (url: string): URLSearchParams => new URLSearchParams(url.split('?').slice(1).join('?'));
