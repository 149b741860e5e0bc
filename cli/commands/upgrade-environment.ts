import { behindText, stepWords, type UpgradePlan } from '../../control/environment/plan-upgrade.js';
import { previewUpgrade, upgradeEnvironment } from '../../control/environment/upgrade-environment.js';
import type { Session } from '../../control/session.js';
import { LIVES_LEVEL, type TreeFeature, treeFeatures } from '../../state/model/layout-known.js';
import { systemClock } from '../../state/platform/clock.js';
import { writeExport } from '../export/write-export.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';

export interface UpgradeEnvironmentOptions {
  readonly check?: boolean;
  readonly plan?: boolean;
  readonly export?: string;
  readonly format: Format;
}

/** The exit codes of `--check` and `--plan`. */
const CODES: Readonly<Record<UpgradePlan['state'], ExitCode>> = { current: 0, needed: 2, blocked: 3 };

/** Turns on what older programs would misread, or says what would be turned on and who is behind. */
export async function upgradeTheEnvironment(
  { check = false, plan: showPlan = false, export: named, format }: UpgradeEnvironmentOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if (check && showPlan) throw invocation.misuse('--check and --plan cannot be combined');
  return withSession<ExitCode>(invocation, async (session) => {
    const { output } = invocation;
    const { name } = session.environment;
    const file = named ?? exportName(name, systemClock.now());
    if (check || showPlan) {
      const plan = await previewUpgrade(session);
      await printData(output, format, { environment: name, ...plan }, () =>
        check ? checkLines(name, plan) : planLines(name, plan, file),
      );
      return CODES[plan.state];
    }
    return upgrade(session, file, format, invocation);
  });
}

async function upgrade(
  session: Session,
  file: string,
  format: Format,
  { output }: Invocation,
): Promise<ExitCode> {
  const { name } = session.environment;
  let exported: string | undefined;
  const { plan, changed, skipped, late } = await upgradeEnvironment(session, requester(systemClock.now()), {
    before: async ({ step }) => {
      const nodes = await writeExport(session.coordinator, file);
      exported = file;
      output.notice(`environment ${name}, as it was, is in ${file}: ${nodes} nodes`);
      if (step !== undefined) output.notice(`goes on with what was begun: ${stepWords(step)}`);
    },
  });
  const document = {
    environment: name,
    ...plan,
    ...(exported !== undefined && { exported }),
    ...(changed > 0 && { changed }),
    ...(skipped.length > 0 && { skipped }),
    ...(late.length > 0 && { late }),
  };
  await printData(output, format, document, () => [
    `environment ${name} is ${plan.state === 'current' ? 'up to date' : 'upgraded'}: ${layoutWords(plan.to)}`,
    ...(changed === 0 ? [] : [`  services, relations and units that got an incarnation: ${changed}`]),
  ]);
  for (const { path, reason } of skipped)
    output.warn(`${path} cannot be read, and is left as it is: ${reason}`);
  for (const machine of late)
    output.warn(`registered meanwhile, and has to be stopped and upgraded: ${behindText(machine)}`);
  return 0;
}

/** A name that no export has yet, in the directory of whoever asks. */
function exportName(environment: string, now: number): string {
  return `${environment}-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}.export`;
}

function layoutWords({ level, features }: UpgradePlan['to']): string {
  return `layout ${level}${features.length === 0 ? '' : `, with ${features.join(', ')}`}`;
}

function checkLines(environment: string, { state, from, to, behind, step }: UpgradePlan): readonly string[] {
  if (state === 'current') return [`environment ${environment} is up to date: ${layoutWords(to)}`];
  const can = state === 'needed' ? 'can be upgraded' : 'cannot be upgraded yet';
  const head = `environment ${environment} ${can}: from ${layoutWords(from)} to ${layoutWords(to)}`;
  return [
    head,
    ...behind.map((machine) => `  ${behindText(machine)}`),
    ...(step === undefined
      ? []
      : [`it is half done, ${stepWords(step)}; to go on: ensemble upgrade-environment`]),
  ];
}

function planLines(environment: string, plan: UpgradePlan, file: string): readonly string[] {
  if (plan.state === 'current') return checkLines(environment, plan);
  const why = (feature: string): string => treeFeatures[feature as TreeFeature];
  return [
    ...checkLines(environment, plan),
    `first, it is exported to a file such as ${file}`,
    ...(plan.from.level < LIVES_LEVEL && plan.to.level >= LIVES_LEVEL
      ? ['services, relations and units that have no incarnation get one, in batches']
      : []),
    ...plan.features.map((feature) => `${feature} is turned on, for good; without it, ${why(feature)}`),
    'programs that do not know all of that are kept out from then on',
  ];
}
