import { Injectable, type OnApplicationBootstrap, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';

/** Where @nestjs/swagger keeps `@ApiOperation`. */
const API_OPERATION = 'swagger/apiOperation';

type Handler = (...args: unknown[]) => unknown;

/** Which operation of the OpenAPI document a route is: known from the decorators, without making the document. */
@Injectable()
export class RouteOperations implements OnApplicationBootstrap {
  private readonly operations = new Map<string, string>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** `operationId` of a route by its method and template (`/acp/v1/clusters/:cluster`); empty when there is none. */
  of(method: string, route: string): string {
    return this.operations.get(`${method} ${route}`) ?? '';
  }

  onApplicationBootstrap(): void {
    for (const { metatype } of this.discovery.getControllers()) {
      if (metatype === null || metatype === undefined) continue;
      const prototype = (metatype as { prototype: Record<string, Handler> }).prototype;
      const bases = pathsOf(metatype);
      for (const name of this.scanner.getAllMethodNames(prototype)) this.add(bases, prototype[name] as Handler);
    }
  }

  private add(bases: string[], handler: Handler): void {
    if (!Reflect.hasMetadata(PATH_METADATA, handler)) return;
    const { operationId } = (Reflect.getMetadata(API_OPERATION, handler) ?? {}) as { operationId?: string };
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? '';
    for (const base of bases)
      for (const path of pathsOf(handler))
        this.operations.set(`${method} /${[base, path].filter((part) => part !== '').join('/')}`, operationId ?? '');
  }
}

const pathsOf = (target: object): string[] =>
  [(Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined) ?? '']
    .flat()
    .map((path) => path.replaceAll(/^\/+|\/+$/g, ''));
