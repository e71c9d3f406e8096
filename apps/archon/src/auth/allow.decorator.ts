import { Reflector } from '@nestjs/core';
import type { Permission } from './permissions.js';

/** What a caller needs for this route. A route carries this or `@Public`; one with neither keeps the server from starting. */
export const Allow = Reflector.createDecorator<Permission>();

/** A route without authentication, with the reason why that is safe. */
export const Public = Reflector.createDecorator<string>();
