import { Global, Module } from '@nestjs/common';
import { IdentityChanges } from './identity-changes.service.js';
import { ScopeBinding } from './scope-binding.service.js';
import { WatchEnds } from './watch-ends.service.js';

/** On its own, as both those who change identities and those who check them need it. */
@Global()
@Module({ providers: [IdentityChanges, ScopeBinding, WatchEnds], exports: [IdentityChanges, ScopeBinding, WatchEnds] })
export class IdentityChangesModule {}
