import { requestKinds, unitEventKinds } from '../../state/model/history-kinds.js';

/** The kinds of entries that `history --what` takes, besides the names of relations' hooks. */
export const historyKinds: readonly string[] = [...new Set([...requestKinds, ...unitEventKinds])].sort();

/** The commands whose entries have another name. */
const COMMANDS: Readonly<Record<string, string>> = {
  'upgrade-formula': 'upgrade',
  'revert-formula': 'revert',
};

/** The kind that a word means: the kind itself, a command, or a relation's hook; undefined for any other. */
export function historyKind(word: string): string | undefined {
  const kind = COMMANDS[word] ?? word;
  return historyKinds.includes(kind) || /.-relation-[a-z]+$/.test(kind) ? kind : undefined;
}
