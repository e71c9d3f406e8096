import { Global, Module } from '@nestjs/common';
import { IdentityChanges } from './identity-changes.service.js';
import { ScopeClusters } from './scope-clusters.service.js';

/** On its own, as both those who change identities and those who check them need it. */
@Global()
@Module({ providers: [IdentityChanges, ScopeClusters], exports: [IdentityChanges, ScopeClusters] })
export class IdentityChangesModule {}
