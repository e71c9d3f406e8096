import type { LabelRequirement } from '#kubernetes';
import type { FieldTerm } from './field-terms.js';
import type { SqlParameters } from './sql-parameters.js';

/** What a list shows of what its caller may see. Whatever is given narrows. */
export interface Selection {
  labels: readonly LabelRequirement[];
  fields: readonly FieldTerm[];
  /** Among these alone. */
  uids?: readonly string[] | undefined;
  /** In the name, whatever its case. */
  keyword?: string | undefined;
  /** In a field, whatever its case. */
  contains?: { path: readonly string[]; text: string } | undefined;
  /** Of an owner. */
  owner?: string | undefined;
  statuses?: readonly string[] | undefined;
  createdAfter?: Date | undefined;
  createdBefore?: Date | undefined;
}

/** Conditions on rows `o` of objects, and on their bodies `b` where they are needed, all of which must hold. */
export function selectionConditions(selection: Selection, parameters: SqlParameters): string[] {
  const { labels, fields, uids, keyword, contains, owner, statuses, createdAfter, createdBefore } = selection;
  return [
    ...(uids === undefined ? [] : [`o.uid = any(${parameters.add(uids, 'uuid[]')})`]),
    ...(keyword === undefined ? [] : [`o.name ilike ${parameters.add(`%${escapeLike(keyword)}%`, 'text')}`]),
    ...(contains === undefined
      ? []
      : [`b.body #>> ${parameters.add(contains.path, 'text[]')} ilike ${parameters.add(`%${escapeLike(contains.text)}%`, 'text')}`]),
    ...(owner === undefined ? [] : [`o.owners @> array[${parameters.add(owner, 'uuid')}]`]),
    ...(statuses === undefined ? [] : [`o.status = any(${parameters.add(statuses, 'text[]')})`]),
    ...(createdAfter === undefined ? [] : [`o.created_at > ${parameters.add(createdAfter, 'timestamptz')}`]),
    ...(createdBefore === undefined ? [] : [`o.created_at < ${parameters.add(createdBefore, 'timestamptz')}`]),
    ...labels.map((requirement) => labelCondition(requirement, parameters)),
    ...fields.map((term) => fieldCondition(term, parameters)),
  ];
}

/** Whether the conditions look at bodies. */
export const needsBody = ({ fields, contains }: Selection): boolean =>
  contains !== undefined || fields.some(({ path }) => COLUMNS[path.join('.')] === undefined);

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

/** As Kubernetes decides: what is not there differs from every value, and is no number. */
function labelCondition({ key, operator, values }: LabelRequirement, parameters: SqlParameters): string {
  const hasValue = (value: string) => `o.labels @> ${parameters.add(JSON.stringify({ [key]: value }), 'jsonb')}`;
  switch (operator) {
    case '=':
    case 'in':
      return `(${values.map(hasValue).join(' or ')})`;
    case '!=':
    case 'notin':
      return `not (${values.map(hasValue).join(' or ')})`;
    case 'exists':
      return `o.labels ? ${parameters.add(key, 'text')}`;
    case '!':
      return `not o.labels ? ${parameters.add(key, 'text')}`;
    case '>':
    case '<': {
      const label = `(o.labels ->> ${parameters.add(key, 'text')})`;
      const bound = parameters.add(values[0], 'bigint');
      return `case when ${label} ~ '^[+-]?[0-9]{1,18}$' then ${label}::bigint ${operator} ${bound} else false end`;
    }
  }
}

const COLUMNS: Readonly<Record<string, string>> = { 'metadata.name': 'o.name', 'metadata.uid': 'o.uid::text' };

/** On any item where the path leads through lists. A field that is not there is as an empty one, as in Kubernetes. */
function fieldCondition({ path, operator, values }: FieldTerm, parameters: SqlParameters): string {
  const column = COLUMNS[path.join('.')];
  if (operator === '<' || operator === '>') return columnOrPath(column, path, operator, values[0] ?? '', parameters);
  const isEqual = values.map((value) => columnOrPath(column, path, '=', value, parameters)).join(' or ');
  return operator === '=' || operator === 'in' ? `(${isEqual})` : `not (${isEqual})`;
}

function columnOrPath(
  column: string | undefined,
  path: readonly string[],
  operator: '=' | '<' | '>',
  value: string,
  parameters: SqlParameters,
) {
  if (column !== undefined) return `${column} ${operator} ${parameters.add(value, 'text')} collate "C"`;
  const place = `$${path.map((key) => `.${JSON.stringify(key)}`).join('')}`;
  const exists = (condition: string) =>
    `jsonb_path_exists(b.body, ${parameters.add(`${place}[*] ? (${condition})`, 'jsonpath')}, ${parameters.add(JSON.stringify(variables(value)), 'jsonb')}, true)`;
  if (value === '' && operator === '=') return `not ${exists('@.type() != "string" || @ != ""')}`;
  return exists(comparisons(operator, value));
}

/** Numbers and truth values are compared as such; a time as text, which orders times. */
function comparisons(operator: '=' | '<' | '>', value: string): string {
  const sign = operator === '=' ? '==' : operator;
  const isNumber = numberOf(value) !== undefined;
  if (operator !== '=') return isNumber ? `@ ${sign} $number` : `@ ${sign} $text`;
  const isTruth = value === 'true' || value === 'false';
  return [`@ == $text`, ...(isNumber ? ['@ == $number'] : []), ...(isTruth ? ['@ == $truth'] : [])].join(' || ');
}

const variables = (value: string) => ({ text: value, number: numberOf(value) ?? 0, truth: value === 'true' });

const numberOf = (value: string): number | undefined => (/^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : undefined);
