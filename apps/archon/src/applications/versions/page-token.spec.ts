import { expect, it } from 'vitest';
import { readPageToken, writePageToken } from './page-token.js';

const end = { uid: '0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52', revision: 41 };

it('is read as it was written', () => expect(readPageToken(writePageToken(end))).toEqual(end));

it.each(['', 'x', Buffer.from(`${end.uid} 1e9`).toString('base64url'), Buffer.from(`${end.uid} 12345678901`).toString('base64url')])(
  'refuses %j',
  (token) => expect(() => readPageToken(token)).toThrow('begin again without it'),
);
