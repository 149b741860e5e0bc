import { basename, dirname } from 'node:path';
import { systemClock } from '../../state/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/errors.js';
import type { Candidate } from '../../state/formula/candidate.js';
import type { Formula } from '../../state/formula/formula.js';
import { formatFormulaId, nameFault } from '../../state/formula/formula-id.js';
import { publishable } from '../../state/formula/publishable.js';
import { openRepository } from '../../state/formula/repository.js';
import { readEntity } from '../../state/model/entity.js';
import { ServiceDestroying, ServiceExists } from '../../state/model/errors.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { requireOpenMachine } from '../../state/model/placement.js';
import { type ConfigValues, serviceSchema } from '../../state/model/schemas.js';
import { createService } from '../../state/model/services.js';
import { addUnits } from '../../state/model/units.js';
import { readConfigFile } from '../config/config-file.js';
import { UnitsNotAdded } from '../../control/errors.js';
import { NoRepository } from '../errors.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation.js';
import { publish } from '../../control/publish/publish.js';
import { raiseRevision } from '../../control/publish/raise-revision.js';
import { withWorkDirectory } from '../../control/publish/work-directory.js';
import type { Session } from '../../control/session.js';
import { requester } from '../requester.js';
import { withSession } from '../session.js';
import { tellPublish } from '../upgrade/tell-upgrade.js';
import { revision, serviceName, ValueRefused } from '../values.js';

export interface DeployOptions extends FollowOptions {
  /** Default: 1, and none of a subordinate. */
  readonly units?: number;
  readonly machine?: string;
  readonly config?: string;
  readonly repository?: string;
  readonly revision?: number;
  /** Raise the revision first. */
  readonly upgrade?: boolean;
}

/**
 * Deploys a formula as a service. Everything that can be wrong is looked at before the service is made, and the
 * service is made before its units, so that after a failure the same command, or `add-unit`, is the way on.
 */
export async function deploy(
  formula: string,
  service: string | undefined,
  options: DeployOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const wanted = parseFormula(formula, options, invocation);
  const name = service ?? wanted.name;
  const path = options.repository ?? '';
  // Also what is set to nothing, as a variable may be.
  if (path === '') throw new NoRepository(formula);
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    await requireFreeName(coordinator, name);
    if (options.machine !== undefined) await requireOpenMachine(coordinator, options.machine);
    const found = await openRepository(path);
    const repository = options.upgrade
      ? await raiseRevision(found, wanted.name, (formula) =>
          configFor(wanted.name, formula, name, options, invocation),
        )
      : found;
    const candidate =
      wanted.revision === undefined
        ? repository.latest(wanted.name)
        : repository.find(wanted.name, wanted.revision);
    const id = formatFormulaId(candidate.id);
    const subordinate = await makeService(session, invocation, name, candidate, id, repository, options);
    const units = subordinate ? [] : await makeUnits(session, name, options);
    invocation.output.notice(`deployed ${id} as ${name}${units.length === 0 ? ', without units' : ''}`);
    if (subordinate) {
      invocation.output.notice(
        `its units come beside those of the services it is related to: ensemble add-relation ${name} SERVICE`,
      );
    }
    if (units.length === 0) return 0;
    const goal = { service: name, kind: 'started', formula: id, forced: new Map() } as const;
    return followAndTell(session, invocation, goal, units, options);
  });
}

/** `mysql` or `mysql-12`, and `--revision`, which must not say something else. */
function parseFormula(
  formula: string,
  options: DeployOptions,
  { misuse }: Invocation,
): { readonly name: string; readonly revision: number | undefined } {
  const match = /^(.+)-(\d+)$/.exec(formula);
  try {
    const name = serviceName(match?.[1] ?? formula);
    const named = match === null ? undefined : revision(match[2] ?? '');
    if (named !== undefined && options.revision !== undefined && named !== options.revision) {
      throw misuse(`${formula} and --revision ${options.revision} name two revisions`);
    }
    const chosen = named ?? options.revision;
    if (options.upgrade && chosen !== undefined)
      throw misuse(`--upgrade makes a new revision, so revision ${chosen} cannot be chosen`);
    return { name, revision: chosen };
  } catch (error) {
    if (!(error instanceof ValueRefused)) throw error;
    const said = `${JSON.stringify(formula)} is no name of a formula`;
    if (!formula.includes('/'))
      throw misuse(`${said}: a name ${nameFault(match?.[1] ?? formula) ?? 'is another one'}`);
    const [directory, name] = [dirname(formula), basename(formula)];
    throw misuse(
      `${said}; one in a directory is deployed with: ensemble deploy --repository ${directory} ${name}`,
    );
  }
}

async function requireFreeName(coordinator: Coordinator, name: string): Promise<void> {
  const existing = (await readEntity(coordinator, paths.service(name), serviceSchema))?.value;
  if (existing?.destroying) throw new ServiceDestroying(name);
  if (existing !== undefined) throw new ServiceExists(name, existing.formula);
}

/** @returns whether it is a subordinate */
async function makeService(
  session: Session,
  invocation: Invocation,
  name: string,
  candidate: Candidate,
  id: string,
  repository: { readonly name: string; readonly path: string },
  options: DeployOptions,
): Promise<boolean> {
  return withWorkDirectory(async (directory) => {
    const prepared = await publishable(candidate, directory);
    const { subordinate } = prepared.formula.metadata;
    const config = await configFor(id, prepared.formula, name, options, invocation);
    const origin = { name: repository.name, path: repository.path };
    const count = subordinate ? 0 : (options.units ?? 1);
    const asked = requestEntry(requester(systemClock.now()), {
      what: 'deploy',
      to: id,
      message: `${count} unit${count === 1 ? '' : 's'}`,
    });
    const service = { formula: id, repository: origin };
    await publish(session, id, prepared, systemClock.now(), tellPublish(invocation.output), () =>
      createService(session.coordinator, name, service, config, asked, true),
    );
    return subordinate;
  });
}

/**
 * The values that the service begins with, where the formula can be deployed as it was asked.
 * @param what the formula's id or name
 */
async function configFor(
  what: string,
  { metadata, config: known }: Formula,
  name: string,
  { config, units, machine }: DeployOptions,
  { misuse }: Invocation,
): Promise<ConfigValues> {
  if (metadata.subordinate && (units !== undefined || machine !== undefined)) {
    throw misuse(
      `${what} is a subordinate: its units are placed beside those of the services it is related to, so --${units === undefined ? 'machine' : 'units'} cannot be chosen`,
    );
  }
  return config === undefined ? {} : readConfigFile(config, name, known);
}

async function makeUnits(
  { coordinator }: Session,
  service: string,
  { units = 1, machine }: DeployOptions,
): Promise<readonly string[]> {
  if (units === 0) return [];
  const now = new Date(systemClock.now()).toISOString();
  try {
    return await addUnits(coordinator, service, units, now, machine);
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    throw new UnitsNotAdded(service, units, error.message, { cause: error });
  }
}
