import { invalid, type StatusCause } from '#errors';
import { FUNCTIONS } from '../roles/functions.js';
import type { FunctionQuestion } from '../members/decision.js';
import type { AccessQuestion } from './rights.dto.js';

/** What the RBAC of a cluster is asked. */
export interface ClusterQuestion {
  cluster: string;
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

export type Question = { of: 'function'; asked: FunctionQuestion } | { of: 'cluster'; asked: ClusterQuestion };

const OF_CLUSTERS = ['verb', 'group', 'resource', 'subresource', 'name'] as const;

/** Throws 422 for one that is of both kinds or of none, with the fields below `at`. */
export function readQuestion(question: AccessQuestion, at: string): Question {
  const causes: StatusCause[] = [];
  const mustHave = (field: keyof AccessQuestion) => {
    if (question[field] === undefined) causes.push({ field: `${at}${field}`, message: 'is required' });
  };
  const { cluster, namespace, project } = question;
  if (question.function !== undefined || question.action !== undefined) {
    for (const field of OF_CLUSTERS)
      if (question[field] !== undefined)
        causes.push({ field: `${at}${field}`, message: 'is for questions to a cluster: leave it out with function' });
    mustHave('function');
    mustHave('action');
    if (question.function !== undefined && !FUNCTIONS.has(question.function))
      causes.push({ field: `${at}function`, message: `"${question.function}" is no function: GET /acp/v1/permissions lists them` });
    if (namespace !== undefined) mustHave('cluster');
    const { function: name = '', action = '' } = question;
    if (causes.length > 0) throw invalid('the question', causes);
    return { of: 'function', asked: { function: name, action, ...defined({ project, cluster, namespace }) } };
  }
  mustHave('cluster');
  mustHave('verb');
  mustHave('resource');
  if (project !== undefined) causes.push({ field: `${at}project`, message: 'is for questions of a function' });
  if (causes.length > 0) throw invalid('the question', causes);
  const { verb = '', group = '', resource = '', subresource, name } = question;
  return { of: 'cluster', asked: { cluster: cluster ?? '', verb, group, resource, ...defined({ subresource, namespace, name }) } };
}

/** The functions whose rules name a resource in clusters: roles give rights on those. */
export const functionsOf = ({ group, resource, subresource }: ClusterQuestion): string[] => {
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  return [...FUNCTIONS.values()]
    .filter(({ rules }) => rules.some((rule) => rule.group === group && rule.resources.includes(full) && rule.resourceNames === undefined))
    .map(({ name }) => name);
};

const defined = <T extends Record<string, string | undefined>>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: string };
