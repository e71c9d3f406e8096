import type { MembershipScope } from '../auth/membership.js';
import { badRequest } from '#errors';

type SubjectKind = 'User' | 'Group';

export interface Subject {
  kind: SubjectKind;
  name: string;
}

/** A membership as it is read, with what is known of its user. */
export interface MemberRow extends Subject {
  id: string;
  subject: string;
  display_name: string | null;
  /** Null for groups, and for users whom nobody has vouched for. */
  source: string | null;
  role: string;
  scope: MembershipScope;
  project: string | null;
  cluster: string | null;
  namespace: string | null;
  created_by: string;
  created_at: Date;
}

/** One text for users and groups, as rows keep it: a user and a group of the same name are not the same. */
export const subjectText = ({ kind, name }: Subject): string => `${kind === 'User' ? 'user' : 'group'}/${name}`;

/** Where a page of members ended. */
export interface MemberPageEnd {
  subject: string;
  id: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `metadata.continue`: opaque to clients. */
export const writeMemberPageEnd = ({ subject, id }: MemberPageEnd): string => Buffer.from(`${id} ${subject}`).toString('base64url');

/** Throws 400 for a text that no list has given. */
export function readMemberPageEnd(token: string): MemberPageEnd {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const [id, subject] = [text.slice(0, 36), text.slice(37)];
  if (!UUID.test(id) || subject === '') throw badRequest('continue: not a token of this list; begin again without it');
  return { subject, id };
}

export const isMemberId = (text: string): boolean => UUID.test(text);
