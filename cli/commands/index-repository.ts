import { withWorkDirectory } from '../../control/publish/work-directory.js';
import { type NamedRevision, writeIndex } from '../../state/formula/repositories/write-index.js';
import { systemClock } from '../../state/platform/clock.js';
import { shellWord } from '../../state/platform/shell-word.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';

export interface IndexOptions {
  readonly withdraw?: readonly NamedRevision[];
  readonly reason?: string;
  readonly restore?: readonly NamedRevision[];
  readonly sign?: string;
  readonly expires?: number;
  readonly serial?: number;
}

/** Writes the index of a directory of formulas, for a web server. Needs no environment. */
export async function indexRepository(
  directory: string,
  { withdraw = [], reason, restore = [], sign, expires, serial }: IndexOptions,
  { output, misuse }: Invocation,
): Promise<ExitCode> {
  if (reason !== undefined && withdraw.length === 0)
    throw misuse('--reason says why a revision is withdrawn, so it goes with --withdraw');
  const signing = sign === undefined ? undefined : { key: sign, say: (line: string) => output.notice(line) };
  const request = { withdraw, reason, restore, signing, lasting: expires, serial };
  const written = await withWorkDirectory((work) => writeIndex(directory, request, work, systemClock.now()));
  for (const id of written.added) output.notice(`added ${id}`);
  const { changed, file, revisions, formulas } = written;
  const holds = `${revisions} revision${revisions === 1 ? '' : 's'} of ${formulas} formula${formulas === 1 ? '' : 's'}`;
  output.notice(`${file} ${changed ? 'is written' : 'stands as it was'}: serial ${written.serial}, ${holds}`);
  if (written.unsigned)
    output.warn(
      `the index is not signed any more, as it changed; sign it with: ensemble index --sign KEY ${shellWord(directory)}`,
    );
  return 0;
}
