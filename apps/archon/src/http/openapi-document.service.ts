import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

const text = { type: 'string' } as const;

const KUBERNETES_OBJECT = {
  type: 'object',
  description: 'Any Kubernetes object, as the cluster has it',
  required: ['apiVersion', 'kind'],
  properties: { apiVersion: text, kind: text, metadata: { type: 'object', additionalProperties: true } },
  additionalProperties: true,
} as const;

/** Kubernetes' own shapes are named here, not retyped: what a cluster adds to them passes through. */
const SCHEMAS: Record<string, object> = {
  Status: {
    type: 'object',
    description: 'A failure as Kubernetes writes it (meta/v1 Status)',
    required: ['kind', 'apiVersion', 'status', 'message', 'reason', 'code'],
    properties: {
      kind: { type: 'string', enum: ['Status'] },
      apiVersion: { type: 'string', enum: ['v1'] },
      metadata: { type: 'object' },
      status: { type: 'string', enum: ['Failure'] },
      message: { type: 'string', example: 'applications.app.k8s.io "shop" not found' },
      reason: { type: 'string', example: 'NotFound' },
      details: { type: 'object', additionalProperties: true },
      code: { type: 'integer', example: 404 },
    },
  },
  KubernetesObject: KUBERNETES_OBJECT,
  Application: {
    ...KUBERNETES_OBJECT,
    description:
      'An app.k8s.io/v1beta1 Application. `spec.componentTemplates` holds the objects it is made of; it is read from requests and not stored',
    properties: {
      ...KUBERNETES_OBJECT.properties,
      spec: {
        type: 'object',
        additionalProperties: true,
        properties: { componentTemplates: { type: 'array', maxItems: 100, items: { $ref: '#/components/schemas/KubernetesObject' } } },
      },
      status: {
        type: 'object',
        additionalProperties: true,
        properties: {
          state: { type: 'string', enum: ['Running', 'PartialRunning', 'Stopped', 'Pending', 'Empty', 'Failed'] },
          totalComponents: { type: 'integer' },
        },
      },
    },
  },
  ApplicationList: {
    type: 'object',
    required: ['kind', 'apiVersion', 'metadata', 'items'],
    properties: {
      kind: text,
      apiVersion: text,
      metadata: { type: 'object', additionalProperties: true },
      items: { type: 'array', items: { $ref: '#/components/schemas/Application' } },
    },
  },
};

interface Operation {
  responses: Record<string, object>;
}

const failure = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Status' } } },
});

/** What the edge may answer before any route is asked. */
const EDGE_FAILURES = {
  408: failure('The request did not arrive in time'),
  429: failure('Too many requests: `Retry-After` says when to try again'),
  431: failure('Too many headers, or too long ones'),
  503: failure('The cluster, or the database, is unavailable; a change is also refused when it can not be recorded in the audit log'),
};

/** The OpenAPI 3.1 document of all routes, keys sorted, so that it can be compared as text. */
export function createOpenApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Archon')
    .setDescription(
      'One API in front of many Kubernetes clusters. Kubernetes itself is served as it is below `/kubernetes/{cluster}/`; those paths are described by each cluster.',
    )
    .setVersion('0.1.0')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API token' }, 'bearerAuth')
    .addSecurityRequirements('bearerAuth')
    .setOpenAPIVersion('3.1.0')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const components = { ...document.components, schemas: { ...document.components?.schemas, ...SCHEMAS } };
  for (const operation of Object.values(document.paths).flatMap((path) => Object.values(path as Record<string, Operation>)))
    operation.responses = { ...EDGE_FAILURES, ...operation.responses };
  return sorted({ ...document, components }) as OpenAPIObject;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, below]) => [key, sorted(below)]),
  );
}
