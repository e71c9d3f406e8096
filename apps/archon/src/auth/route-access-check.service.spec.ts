import { Controller, Get, Module, Post } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { Allow, Public } from './allow.decorator.js';
import { RouteAccessCheck } from './route-access-check.service.js';

/** Starts an application of these controllers, and ends it again. */
async function start(...controllers: (new () => object)[]): Promise<void> {
  class TestModule {}
  Module({ imports: [DiscoveryModule], controllers, providers: [RouteAccessCheck] })(TestModule);
  const app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  await app.close();
}

@Controller('declared')
class DeclaredRoutes {
  @Get()
  @Allow('authenticated')
  list(): string {
    return this.format();
  }

  @Post()
  @Public('tells nothing')
  create(): string {
    return this.format();
  }

  // No route, and so in need of no declaration.
  format(): string {
    return 'text';
  }
}

@Controller('declared-as-a-whole')
@Allow('administrator')
class DeclaredController {
  @Get()
  list(): string {
    return '';
  }
}

@Controller('undeclared')
class PartlyUndeclared {
  @Get()
  @Allow('authenticated')
  list(): string {
    return '';
  }

  @Post()
  create(): string {
    return '';
  }
}

@Controller('inherited')
class Inherited extends PartlyUndeclared {}

describe('RouteAccessCheck', () => {
  it('lets an application start whose routes all say who may use them', async () => {
    await expect(start(DeclaredRoutes, DeclaredController)).resolves.toBeUndefined();
  });

  it('keeps it from starting while one does not, and names that one alone', async () => {
    await expect(start(DeclaredRoutes, PartlyUndeclared)).rejects.toThrow(
      /these routes carry neither @Allow nor @Public: PartlyUndeclared\.create$/,
    );
  });

  it('sees inherited routes', async () => {
    await expect(start(Inherited)).rejects.toThrow('Inherited.create');
  });
});
