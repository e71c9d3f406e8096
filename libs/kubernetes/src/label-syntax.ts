const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A qualified name of Kubernetes: `[prefix/]name`, the prefix a DNS subdomain of at most 253 characters, the name at most 63. */
export function isQualifiedName(text: string): boolean {
  const [first = '', second, ...more] = text.split('/');
  if (more.length > 0) return false;
  return second === undefined ? NAME.test(first) : isDnsSubdomain(first) && NAME.test(second);
}

/** Empty, or a name of at most 63 characters. */
export const isLabelValue = (text: string): boolean => text === '' || NAME.test(text);

const isDnsSubdomain = (text: string): boolean => text.length <= 253 && text.split('.').every((label) => DNS_LABEL.test(label));
