import { Identity } from '#kubernetes';
import { ADMINISTRATORS } from './principal.js';

/**
 * As whom Archon itself writes to a cluster what belongs to the platform: roles, and the namespaces of projects. Its credential need not be
 * allowed to do so, only to act for the platform's administrators; the cluster's own audit names it.
 */
export const PLATFORM = Identity.of('archon', [ADMINISTRATORS]);
