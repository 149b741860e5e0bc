import { readFile } from 'node:fs/promises';
import * as z from '../../state/platform/zod.js';
import type { Identity } from './identity.js';
import { replaceFile } from '../disk/replace-file.js';

/** The owner of a session: a session is continued only by an agent for which all of this is the same. */
type SessionOwner = Pick<Identity, 'machine' | 'agentId' | 'place'>;

const schema = z.looseObject({
  machine: z.string(),
  agentId: z.string(),
  place: z.string(),
  session: z.string(),
});

/**
 * The session that the agent before this one left in `file`, where that was of the same machine, directory and boot: of a
 * copy, or under another name, two agents would throw each other out of it, or keep the other's presence alive.
 */
export async function savedSession(
  file: string,
  { machine, agentId, place }: SessionOwner,
): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '') return undefined;
  try {
    const found = schema.safeParse(JSON.parse(text));
    if (!found.success) return undefined;
    const { data } = found;
    return data.machine === machine && data.agentId === agentId && data.place === place
      ? data.session
      : undefined;
  } catch {
    return undefined;
  }
}

/** Leaves the session to the next agent of the same machine, directory and boot. */
export function saveSession(
  file: string,
  { machine, agentId, place }: SessionOwner,
  session: string,
): Promise<void> {
  return replaceFile(file, `${JSON.stringify({ machine, agentId, place, session })}\n`);
}
