import { NestFactory } from '@nestjs/core';
import { stringify } from 'yaml';
import { loadConfig } from '#config';
import { createLogger } from '#log';
import { AppModule } from './app.module.js';
import { createHttpAdapter } from './http/http-adapter.gateway.js';
import { PlainRequests } from './http/plain-requests.gateway.js';
import { createOpenApiDocument } from './http/openapi-document.service.js';

const config = loadConfig({});
const module = AppModule.forRoot({ config, logger: createLogger('silent'), databaseUrl: 'postgres://preview' });
const app = await NestFactory.create(
  module,
  createHttpAdapter(config, undefined, { takes: () => false, plain: new PlainRequests(() => false) }),
  { preview: true, logger: false, abortOnError: false, bodyParser: false },
);
process.stdout.write(stringify(createOpenApiDocument(app), { aliasDuplicateObjects: false }));
