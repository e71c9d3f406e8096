import { badRequest } from '#errors';

const MAX_LENGTH = 4096;
const MAX_TERMS = 64;

/**
 * Reads a field selector in Kubernetes' grammar (`path=value`, `path==value`, `path!=value`, joined by commas; `\` escapes comma, equals sign
 * and itself) and gives its filter. `fields` are the paths that the resource knows. Throws 400 for another one, and for more than 64 terms.
 */
export function parseFieldSelector<Field extends string>(
  text: string | undefined,
  fields: readonly Field[],
): (valueOf: (field: Field) => string) => boolean {
  if (text === undefined || text.trim() === '') return () => true;
  if (Buffer.byteLength(text) > MAX_LENGTH) throw badRequest(`fieldSelector: must have at most ${MAX_LENGTH} bytes`);
  const terms = splitTerms(text);
  if (terms.length > MAX_TERMS) throw badRequest(`fieldSelector: must have at most ${MAX_TERMS} terms`);
  const requirements = terms.map(({ path, isNegated, value }) => {
    const field = fields.find((known) => known === path);
    if (field === undefined) throw badRequest(`fieldSelector: "${path}" is not known here; known are: ${fields.join(', ')}`);
    return { field, isNegated, value };
  });
  return (valueOf) => requirements.every(({ field, isNegated, value }) => (valueOf(field) === value) !== isNegated);
}

interface Term {
  path: string;
  isNegated: boolean;
  value: string;
}

function splitTerms(text: string): Term[] {
  const terms: Term[] = [];
  let term: Term | undefined;
  let word = '';
  const end = () => {
    if (term === undefined) throw badRequest(`fieldSelector: "${word}" has no "=", "==" or "!="`);
    terms.push({ ...term, value: word });
    [term, word] = [undefined, ''];
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === ',') end();
    else if (character === '\\') {
      const escaped = text[++at] ?? '';
      if (term === undefined || !['\\', ',', '='].includes(escaped)) throw badRequest(`fieldSelector: a bad "\\" at character ${at}`);
      word += escaped;
    } else if (term === undefined && character === '!' && text[at + 1] === '=') {
      [term, word] = [{ path: word.trim(), isNegated: true, value: '' }, ''];
      at++;
    } else if (term === undefined && character === '=') {
      [term, word] = [{ path: word.trim(), isNegated: false, value: '' }, ''];
      if (text[at + 1] === '=') at++;
    } else if (character === '=') throw badRequest(`fieldSelector: a "=" too many at character ${at + 1}`);
    else word += character;
  }
  end();
  return terms;
}
