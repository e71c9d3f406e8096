import { badRequest, forbidden } from '#errors';
import { Identity } from '#kubernetes';

/** As whom a caller asks to be taken (`kubectl --as`). */
export interface Impersonation {
  user: string;
  groups: readonly string[];
  uid: string | undefined;
  extra: readonly (readonly [string, string])[];
}

/** What the RBAC of a cluster is asked about: Kubernetes' `ResourceAttributes`. */
export interface RightsQuestion {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

/** Names as clients of Kubernetes write them; any other case is somebody's try to be read differently by the next server. */
const NAMES: Record<string, 'user' | 'group' | 'uid'> = {
  'Impersonate-User': 'user',
  'impersonate-user': 'user',
  'Impersonate-Group': 'group',
  'impersonate-group': 'group',
  'Impersonate-Uid': 'uid',
  'impersonate-uid': 'uid',
};
const EXTRA = /^(?:Impersonate-Extra-|impersonate-extra-)(.+)$/;
/** A key of extra is lower-case; only the slash can't be in a header's name, and is the one thing that may be encoded. */
const EXTRA_KEY = /^[a-z0-9](?:[a-z0-9._/-]*[a-z0-9])?$/i;
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const MAX_VALUES = 100;
const MAX_LENGTH = 512;
const AUTHENTICATION = 'authentication.k8s.io';

/**
 * Reads `Impersonate-*` from names and values in turn, as they came. Undefined when there is none. Throws 400 on what Kubernetes, or a
 * server between, could read in another way: nothing of it is ever dropped in silence.
 */
export function readImpersonation(rawHeaders: readonly string[]): Impersonation | undefined {
  const found = { user: [] as string[], group: [] as string[], uid: [] as string[] };
  const extra: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!/^\W*impersonate/i.test(name)) continue;
    const value = rawHeaders[index + 1] ?? '';
    if (!VALUE.test(value) || value.length > MAX_LENGTH) throw refused(name, 'its value is empty, too long or not printable');
    const known = NAMES[name];
    if (known !== undefined) found[known].push(value);
    else extra.push([extraKey(name), value]);
  }
  const { user, group: groups, uid } = found;
  if (user.length + groups.length + uid.length + extra.length === 0) return undefined;
  if (user.length > 1 || uid.length > 1) throw refused(user.length > 1 ? 'Impersonate-User' : 'Impersonate-Uid', 'it is there twice');
  if (new Set(groups).size < groups.length) throw refused('Impersonate-Group', 'the same group is there twice');
  if (groups.length + extra.length > MAX_VALUES) throw refused('Impersonate-Group', `there are more than ${MAX_VALUES}`);
  if (user[0] === undefined) throw refused('Impersonate-Group', 'Impersonate-User is missing: a cluster would not know who is meant');
  return { user: user[0], groups, uid: uid[0], extra };
}

/** Throws 403 on names that belong to Kubernetes itself: with them a caller could become more than an administrator of Archon is. */
export function toIdentity({ user, groups, uid, extra }: Impersonation): Identity {
  for (const name of [user, ...groups]) {
    if (name.startsWith('system:'))
      throw forbidden(`"${name}" cannot be impersonated through Archon: names that begin with "system:" are Kubernetes' own`);
  }
  return Identity.of(user, groups, { ...(uid === undefined ? {} : { uid }), extra });
}

/** What a kube-apiserver asks about each value (`WithImpersonation` of k8s.io/apiserver). */
export function impersonationQuestions({ user, groups, uid, extra }: Impersonation): RightsQuestion[] {
  const verb = 'impersonate';
  return [
    { verb, group: '', resource: 'users', name: user },
    ...groups.map((name) => ({ verb, group: '', resource: 'groups', name })),
    ...(uid === undefined ? [] : [{ verb, group: AUTHENTICATION, resource: 'uids', name: uid }]),
    ...extra.map(([subresource, name]) => ({ verb, group: AUTHENTICATION, resource: 'userextras', subresource, name })),
  ];
}

function extraKey(name: string): string {
  const key = EXTRA.exec(name)?.[1]?.replaceAll(/%2f/gi, '/');
  if (key === undefined || !EXTRA_KEY.test(key)) throw refused(name, 'it is none of the names that Kubernetes knows');
  return key.toLowerCase();
}

const refused = (name: string, why: string) => badRequest(`the header "${name.toLowerCase()}" is not accepted: ${why}`);
