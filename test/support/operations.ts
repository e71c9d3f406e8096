import type { ArchonClient } from './http-client.js';
import { eventually } from './wait-for.js';

export interface OperationBody {
  id: string;
  kind: string;
  phase: string;
  message: string;
  steps: { name: string; target: string; state: string; cluster?: string }[];
}

const ENDED = ['Succeeded', 'Undone', 'Failed'];

/** The operation when it has ended. */
export const finished = (client: ArchonClient, { id }: Pick<OperationBody, 'id'>, timeoutMs = 30_000): Promise<OperationBody> =>
  eventually(
    async () => {
      const { body } = await client.get<OperationBody>(`/acp/v1/operations/${id}`);
      return ENDED.includes(body.phase) && body;
    },
    { what: `operation ${id} to end`, timeoutMs },
  );
