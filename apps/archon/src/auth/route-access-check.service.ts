import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { Allow, Public } from './allow.decorator.js';

type Handler = (...args: unknown[]) => unknown;

/** Keeps the server from starting while a route says nothing about who may use it. */
@Injectable()
export class RouteAccessCheck implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onApplicationBootstrap(): void {
    const undeclared = this.undeclaredRoutes();
    if (undeclared.length > 0) throw new Error(`these routes carry neither @Allow nor @Public: ${undeclared.join(', ')}`);
  }

  private undeclaredRoutes(): string[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      if (metatype === null || metatype === undefined) return [];
      const prototype = (metatype as { prototype: Record<string, Handler> }).prototype;
      return this.scanner
        .getAllMethodNames(prototype)
        .filter(
          (method) =>
            Reflect.hasMetadata(PATH_METADATA, prototype[method] as object) &&
            !this.isDeclared(prototype[method] as Handler, metatype as new () => unknown),
        )
        .map((method) => `${metatype.name}.${method}`);
    });
  }

  private isDeclared(handler: Handler, controller: new () => unknown): boolean {
    return (
      this.reflector.getAllAndOverride(Allow, [handler, controller]) !== undefined ||
      this.reflector.getAllAndOverride(Public, [handler, controller]) !== undefined
    );
  }
}
