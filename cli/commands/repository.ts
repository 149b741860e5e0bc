import {
  findRepository,
  listRepositories,
  nameRepository,
  type RepositoryEntry,
  unnameRepository,
} from '../../control/repositories/names.js';
import { openTrusted, repositoryNameFault } from '../../control/repositories/open-named.js';
import type { Problem } from '../../state/model/entity.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';
import { renderTable } from '../output/table.js';
import { type FormulaEntry, formulaEntries, formulaRows } from '../repositories/formula-rows.js';
import { problemLines } from '../status/problem-lines.js';

interface RepositoryOptions {
  readonly format: Format;
}

/** Shows, gives and takes away the names that an environment has for repositories. */
export async function repository(
  action: string,
  name: string | undefined,
  url: string | undefined,
  { format }: RepositoryOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  requireWords(action, name, url, invocation);
  return withSession<ExitCode>(invocation, async (session) => {
    const { output } = invocation;
    const by = requester(systemClock.now());
    if (action === 'add' && name !== undefined && url !== undefined) {
      const added = await nameRepository(session, { name, url, by });
      output.notice(added.stood ? `${name} is ${added.url} already` : `${name} is ${added.url} from now on`);
    } else if (action === 'remove' && name !== undefined) {
      await unnameRepository(session, { name, by });
      output.notice(`${name} is no repository any more; services from there remember where that is`);
    } else if (action === 'show' && name !== undefined) {
      const entry = await findRepository(session, name);
      const formulas = formulaEntries(await openTrusted(session, entry.url, { name }));
      await printData(output, format, { ...shown(entry), formulas }, (columns) => [
        `${name}: ${printable(entry.url)}`,
        `named by ${printable(entry.by)} at ${entry.since}`,
        `services from there: ${entry.services.length === 0 ? 'none' : entry.services.join(', ')}`,
        '',
        ...formulaTable(formulas, columns),
      ]);
    } else {
      const problems: Problem[] = [];
      const entries = await listRepositories(session, problems);
      const repositories = Object.fromEntries(entries.map((entry) => [entry.name, shown(entry)]));
      const document = { repositories, ...(problems.length > 0 && { problems }) };
      await printData(output, format, document, (columns) => [
        ...listTable(entries, columns),
        ...(problems.length > 0 ? ['', ...problemLines({ problems })] : []),
      ]);
    }
    return 0;
  });
}

function requireWords(
  action: string,
  name: string | undefined,
  url: string | undefined,
  { misuse }: Invocation,
): void {
  const wanted = { list: 0, add: 2, remove: 1, show: 1 }[action] ?? 0;
  const given = [name, url].filter((word) => word !== undefined).length;
  if (given !== wanted)
    throw misuse(`${action} takes ${['nothing more', 'a name', 'a name and a URL or directory'][wanted]}`);
  const fault = name === undefined ? undefined : repositoryNameFault(name);
  if (fault !== undefined) throw misuse(`the name of a repository ${fault}`);
}

function shown({ url, since, by, services }: RepositoryEntry): Omit<RepositoryEntry, 'name'> {
  return { url, since, by, services };
}

function listTable(entries: readonly RepositoryEntry[], columns: number): readonly string[] {
  if (entries.length === 0)
    return ['no repositories have names; name one with: ensemble repository add NAME URL'];
  const rows = entries.map(({ name, url, services }) => [
    name,
    services.length === 0 ? '-' : services.join(' '),
    printable(url),
  ]);
  return renderTable([['REPOSITORY', 'SERVICES', 'WHERE'], ...rows], columns);
}

function formulaTable(
  formulas: Readonly<Record<string, readonly FormulaEntry[]>>,
  columns: number,
): readonly string[] {
  return renderTable([['FORMULA', 'REVISION', 'RELEASE', 'SUMMARY'], ...formulaRows(formulas)], columns);
}
