import { Foundation1763900000000 } from './1763900000000-foundation.js';
import { Users1764000001000 } from './1764000001000-users.js';
import { Tokens1764000002000 } from './1764000002000-tokens.js';
import { ExternalIdentities1764000003000 } from './1764000003000-external-identities.js';
import { Clusters1764000004000 } from './1764000004000-clusters.js';
import { Audit1764000007000 } from './1764000007000-audit.js';
import { TrustRules1764100001000 } from './1764100001000-trust-rules.js';
import { Members1764200001000 } from './1764200001000-members.js';
import { Tenancy1764200002000 } from './1764200002000-tenancy.js';
import { ObjectIndex1764300001000 } from './1764300001000-object-index.js';
import { ApplicationVersions1764400002000 } from './1764400002000-application-versions.js';

/** All migrations, oldest first. */
export const migrations = [
  Foundation1763900000000,
  Users1764000001000,
  Tokens1764000002000,
  ExternalIdentities1764000003000,
  Clusters1764000004000,
  Audit1764000007000,
  TrustRules1764100001000,
  Members1764200001000,
  Tenancy1764200002000,
  ObjectIndex1764300001000,
  ApplicationVersions1764400002000,
];
