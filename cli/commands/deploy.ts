import { basename, dirname } from 'node:path';
import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/platform/errors.js';
import type { Candidate } from '../../state/formula/candidate.js';
import type { Formula } from '../../state/formula/formula.js';
import { formatFormulaId, nameFault } from '../../state/formula/formula-id.js';
import { publishable } from '../../state/formula/publishable.js';
import { openRepository } from '../../state/formula/repository.js';
import { readEntity } from '../../state/model/entity.js';
import { makeDeployedUnits } from '../../state/model/deployed-units.js';
import { ServiceDestroying, ServiceExists, ServiceNotFound } from '../../state/model/errors.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { requireOpenMachine } from '../../state/model/placement.js';
import { type ConfigValues, type Service, serviceSchema } from '../../state/model/schemas.js';
import { createService, unitsOfService } from '../../state/model/services.js';
import { readConfigFile } from '../config/config-file.js';
import { requireSameDeploy, type WantedDeploy } from '../../control/deploy/same-deploy.js';
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
 * service says which units are to be made of it, so that after an interruption at any moment the same command goes on. A
 * service that is already what this command would make of it is followed; any other of that name is left alone.
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
    const standing = await findService(coordinator, name);
    if (standing === undefined && options.machine !== undefined)
      await requireOpenMachine(coordinator, options.machine);
    const found = await openRepository(path);
    // Where the service stands, the revision was raised for it.
    const repository =
      options.upgrade && standing === undefined
        ? await raiseRevision(found, wanted.name, (formula) =>
            configFor(wanted.name, formula, name, options, invocation),
          )
        : found;
    const candidate =
      wanted.revision === undefined
        ? repository.latest(wanted.name)
        : repository.find(wanted.name, wanted.revision);
    const id = formatFormulaId(candidate.id);
    if (standing !== undefined && standing.formula !== id) throw new ServiceExists(name, standing.formula);
    const made = await makeService(session, invocation, name, candidate, repository, options, standing);
    const units = await makeUnits(session, name, options);
    if (!made.stood)
      invocation.output.notice(`deployed ${id} as ${name}${units.length === 0 ? ', without units' : ''}`);
    if (made.subordinate && units.length === 0) {
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

/** @throws ServiceDestroying */
async function findService(coordinator: Coordinator, name: string): Promise<Service | undefined> {
  const standing = (await readEntity(coordinator, paths.service(name), serviceSchema))?.value;
  if (standing?.destroying) throw new ServiceDestroying(name);
  return standing;
}

/**
 * Makes the service, unless it stands as this very command makes it.
 * @returns whether it is a subordinate, and whether it stood with all its units
 * @throws ServiceExists
 */
async function makeService(
  session: Session,
  invocation: Invocation,
  name: string,
  candidate: Candidate,
  repository: { readonly name: string; readonly path: string },
  options: DeployOptions,
  standing: Service | undefined,
): Promise<{ readonly subordinate: boolean; readonly stood: boolean }> {
  return withWorkDirectory(async (directory) => {
    const id = formatFormulaId(candidate.id);
    const prepared = await publishable(candidate, directory);
    const { subordinate } = prepared.formula.metadata;
    const wanted: WantedDeploy = {
      formula: id,
      prepared,
      repository: { name: repository.name, path: repository.path },
      config: await configFor(id, prepared.formula, name, options, invocation),
      units: subordinate ? undefined : (options.units ?? 1),
      machine: options.machine,
    };
    if (standing === undefined) {
      try {
        await publishAndCreate(session, invocation, name, wanted);
        return { subordinate, stood: false };
      } catch (error) {
        // Another one may have been faster, and even with the same.
        if (!(error instanceof ServiceExists)) throw error;
      }
    }
    const existing = standing ?? (await findService(session.coordinator, name));
    if (existing === undefined) throw new ServiceNotFound(name);
    const there = await requireSameDeploy(session, name, existing, wanted);
    const { deploying } = existing;
    invocation.output.notice(
      deploying === undefined
        ? `service ${name} exists already, with exactly this formula, config and number of units`
        : `goes on with what was deployed as ${name}: ${there.length} of ${deploying.units} units are made`,
    );
    return { subordinate, stood: deploying === undefined };
  });
}

async function publishAndCreate(
  session: Session,
  { output }: Invocation,
  name: string,
  { formula, prepared, repository, config, units = 0, machine }: WantedDeploy,
): Promise<void> {
  const asked = requestEntry(requester(systemClock.now()), {
    what: 'deploy',
    to: formula,
    message: `${units} unit${units === 1 ? '' : 's'}`,
  });
  const service = {
    formula,
    repository,
    deploying: { units, ...(machine !== undefined && { machine }) },
  };
  await publish(session, formula, prepared, systemClock.now(), tellPublish(output), () =>
    createService(session.coordinator, name, service, config, asked, true),
  );
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

/** @returns the units that there are by now */
async function makeUnits(
  { coordinator }: Session,
  service: string,
  { units = 1 }: DeployOptions,
): Promise<readonly string[]> {
  const now = new Date(systemClock.now()).toISOString();
  try {
    await makeDeployedUnits(coordinator, service, now);
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    throw new UnitsNotAdded(service, units, error.message, { cause: error });
  }
  return unitsOfService(coordinator, service);
}
