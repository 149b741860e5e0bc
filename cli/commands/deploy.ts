import { basename, dirname } from 'node:path';
import { type DeployEvent, deployFormula } from '../../control/deploy/deploy.js';
import { previewDeploy } from '../../control/deploy/preview-deploy.js';
import type { Formula } from '../../state/formula/formula.js';
import { nameFault } from '../../state/formula/formula-id.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { systemClock } from '../../state/platform/clock.js';
import { readConfigFile } from '../config/config-file.js';
import { deployPreviewLines } from '../deploy/preview-lines.js';
import { NoRepository } from '../output/errors.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import { type Format, type Output, printData } from '../output/output.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { tellCandidate } from '../upgrade/candidate-lines.js';
import { tellPublish } from '../upgrade/tell-upgrade.js';
import { revision, serviceName, ValueRefused } from '../arguments/values.js';

export interface DeployOptions extends FollowOptions {
  /** Default: 1, and none of a subordinate. */
  readonly units?: number;
  readonly machine?: string;
  readonly config?: string;
  readonly repository?: string;
  readonly revision?: number;
  /** An open change of the repository. */
  readonly candidate?: string;
  /** Raise the revision first. */
  readonly upgrade?: boolean;
  readonly dryRun?: boolean;
  /** Of what `dryRun` finds. */
  readonly format: Format;
}

/** Deploys a formula as a service and follows its units until they run. */
export async function deploy(
  formula: string,
  service: string | undefined,
  options: DeployOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const wanted = parseFormula(formula, options, invocation);
  const name = service ?? wanted.name;
  const { repository = '', candidate, units, machine, upgrade = false } = options;
  if (upgrade && candidate !== undefined)
    throw invocation.misuse('--upgrade makes a new revision, so --candidate cannot choose one');
  // Also what is set to nothing, as a variable may be.
  if (repository === '') throw new NoRepository({ formula });
  const { output } = invocation;
  return withSession<ExitCode>(invocation, async (session) => {
    const now = systemClock.now();
    const request = {
      service: name,
      formula: wanted.name,
      revision: wanted.revision,
      repository,
      candidate,
      raise: upgrade,
      units,
      machine,
      configOf: (what: string, found: Formula) => configFor(what, found, name, options, invocation),
      by: requester(now),
    };
    if (options.dryRun) {
      const found = await previewDeploy(session, request, tellPublish(output));
      for (const warning of found.warnings) output.warn(warning);
      await printData(output, options.format, found, () => deployPreviewLines(found));
      return 0;
    }
    const made = await deployFormula(session, request, now, tellDeploy(name, output));
    invocation.trace.given.set(name, made.formula);
    const isWithoutUnits = made.units.length === 0;
    if (!made.stood)
      output.notice(`deployed ${made.formula} as ${name}${isWithoutUnits ? ', without units' : ''}`);
    if (!made.stood && candidate !== undefined)
      await tellCandidate(session, output, {
        formula: made.formula,
        key: candidate,
        repository: made.repository,
      });
    if (made.subordinate && isWithoutUnits) {
      output.notice(
        `its units come beside those of the services it is related to: ensemble add-relation ${name} SERVICE`,
      );
    }
    if (isWithoutUnits) return 0;
    const goal = { service: name, kind: 'started', formula: made.formula, forced: new Map() } as const;
    return followAndTell(session, invocation, goal, made.units, options);
  });
}

function tellDeploy(service: string, output: Output): (event: DeployEvent) => void {
  const ofPublish = tellPublish(output);
  return (event) => {
    if (event.kind === 'stood')
      output.notice(
        `service ${service} exists already, with exactly this formula, config and number of units`,
      );
    else if (event.kind === 'goes-on')
      output.notice(`goes on with the deploy of ${service}: ${event.made} of ${event.units} units are made`);
    else ofPublish(event);
  };
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

/** The values that the service begins with, where the formula can be deployed as it was asked. */
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
