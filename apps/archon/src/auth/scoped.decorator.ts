import { Reflector } from '@nestjs/core';
import type { RouteScope } from './scoped-access.js';

/**
 * How a route stands to the scope of a credential. Without it the path decides: `:namespace`, else the whole `:cluster`, else the platform,
 * of which a scope of clusters or namespaces gives nothing, and any scope nothing but reading.
 */
export const Scoped = Reflector.createDecorator<RouteScope>();
