import { isQualifiedName } from '#kubernetes';

const STORAGE_CLASS_DOMAIN = '.storageclass.storage.k8s.io';
const OBJECT_COUNTS = [
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
];
/** Kubernetes counts these like the name with `requests.` before it. */
const SHORT_NAMES = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;
/** Types with an own field: as a custom name, the same type would be given twice. */
const NOT_CUSTOM = ['limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory', 'pods', 'cpu', 'memory'];

/** Whether a quota type bounds one storage class: `<class>.storageclass.storage.k8s.io/…`. */
const isStorageClassKey = (key: string): boolean => storageClassOf(key) !== undefined;

/** The storage class that a quota type bounds. */
export function storageClassOf(key: string): string | undefined {
  const [domain = '', type, ...more] = key.split('/');
  if (more.length > 0 || (type !== 'requests.storage' && type !== 'persistentvolumeclaims')) return undefined;
  return domain.endsWith(STORAGE_CLASS_DOMAIN) ? domain.slice(0, -STORAGE_CLASS_DOMAIN.length) || undefined : undefined;
}

/** The extended resource that a quota type bounds: `requests.nvidia.com/gpu` bounds `nvidia.com/gpu`. */
export function extendedResourceOf(key: string): string | undefined {
  const resource = key.replace(/^(requests|limits)\./, '');
  const [domain = '', name] = resource.split('/');
  const isNative = domain === 'count' || domain === 'kubernetes.io' || domain.endsWith('.kubernetes.io');
  return name === undefined || isNative || isStorageClassKey(key) ? undefined : resource;
}

/** One name per type: Kubernetes counts `cpu` as `requests.cpu`. */
export const quotaTypeOf = (key: string): string => (SHORT_NAMES.test(key) ? `requests.${key}` : key);

/** Whether a type counts things, of which there are no fractions. */
export const isCounted = (key: string): boolean =>
  OBJECT_COUNTS.includes(key) ||
  key.startsWith('count/') ||
  (isStorageClassKey(key) && key.endsWith('/persistentvolumeclaims')) ||
  extendedResourceOf(key) !== undefined;

/** Why a name can't be a quota type, with the remedy. */
export function refusedQuotaName(name: string): string | undefined {
  if (name.includes('/')) {
    return isQualifiedName(name)
      ? undefined
      : 'must be prefix/name: the prefix a lower-case DNS name of at most 253 characters whose parts have at most 63, ' +
          'the name at most 63 letters, digits, "-", "_" and "." that begins and ends with a letter or digit';
  }
  if (!isQualifiedName(name)) return 'must be at most 63 letters, digits, "-", "_" and "." that begin and end with a letter or digit';
  return SHORT_NAMES.test(name) ? `names the same type as requests.${name}: use that` : undefined;
}

/** Why a name can't be a custom quota type, one that the user has made up. */
export const refusedCustomQuotaName = (name: string): string | undefined =>
  NOT_CUSTOM.includes(name) ? 'has a field of its own and is no custom type: set it there' : refusedQuotaName(name);
