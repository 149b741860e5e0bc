import { resolve } from 'node:path';
import { parseExport } from '../../control/export/export-text.js';
import { importTree } from '../../control/export/import-tree.js';
import type { Session } from '../../control/session.js';
import { wayBack } from '../../state/model/absence.js';
import { readMachines } from '../../state/model/machines.js';
import { systemClock } from '../../state/platform/clock.js';
import { readInput } from '../config/config-file.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { agentCommand } from '../../control/start-advice.js';
import { warnOf, withUncheckedSession } from '../invocation/session.js';

/** Formulas that a sentence names. */
const MOST_NAMED = 5;

/** Makes the environment of what `export` wrote, in the place of bootstrapping it. */
export async function importState(file: string, invocation: Invocation): Promise<ExitCode> {
  const exported = parseExport((await readInput(file)).toString(), file);
  return withUncheckedSession<ExitCode>(
    invocation,
    async (session) => {
      const { environment } = session;
      const { output } = invocation;
      warnOf(environment, invocation);
      const { nodes, made, withoutBundle } = await importTree(session, {
        exported,
        file: resolve(file),
        requester: requester(systemClock.now()),
      });
      output.notice(
        `environment ${environment.name} holds what ${file} does${made ? '' : ' already'}: ${nodes} nodes`,
      );
      if (withoutBundle.length > 0) {
        const more =
          withoutBundle.length > MOST_NAMED ? ` and ${withoutBundle.length - MOST_NAMED} more` : '';
        output.warn(
          `${environment.storage} lacks the bundles of ${withoutBundle.slice(0, MOST_NAMED).join(', ')}${more}; ` +
            'copy what the storage before it holds there',
        );
      }
      const next = await nextSteps(session);
      if (next !== undefined) output.notice(next);
      return 0;
    },
    { begins: true },
  );
}

/** How agents go on, each as the machine that it was: started without a name, one may become another. */
async function nextSteps(session: Session): Promise<string | undefined> {
  const machines = await readMachines(session.coordinator);
  if (machines.length === 0) return `next, on each machine:\n  ${agentCommand(session)}`;
  const away = machines.filter(({ agent }) => agent === undefined);
  if (away.length === 0) return undefined;
  const ways = away
    .slice(0, MOST_NAMED)
    .map(({ name, machine }) => `  ${name}: ${wayBack(name, machine, session.choice ?? '')}`);
  const more = away.length > ways.length ? [`  and ${away.length - ways.length} more: ensemble status`] : [];
  return ['next, each machine as the one that it was:', ...ways, ...more].join('\n');
}
