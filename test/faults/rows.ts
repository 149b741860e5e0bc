import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { FaultKind } from '../../state/platform/fault-points.js';
import { pointsOf } from './points.js';
import type { EngineName, PointRow } from './row.js';
import { type StageName, stages } from './stages.js';
import { waitingStages } from './waiting-stages.js';

const words: Readonly<Record<FaultKind, string>> = {
  kill: 'the agent is killed',
  throw: 'the step fails',
  hang: 'the step hangs, then the agent is killed',
  enospc: 'the disk is full',
  delay: 'the step takes a second',
};

const everyStage = Object.keys(stages) as readonly StageName[];

/** But for those of which other faults are those of `upgrade`. */
const ownStages = everyStage.filter((stage) => stage !== 'asked' && !(stage in waitingStages));

/**
 * Where a step that fails in a way nobody knows puts the unit into an error state. Everywhere else the agent tries
 * again by itself: what is done already, such as a hook that succeeded, must not be lost by an error after it.
 */
const errors: Readonly<Partial<Record<StageName, Readonly<Record<string, WorkflowState>>>>> = {
  install: {
    'installing.fetch': 'install-error',
    'installing.extract': 'install-error',
    'installing.link': 'install-error',
    'install.start.before': 'install-error',
    'config-changed.start.before': 'start-error',
    'start.start.before': 'start-error',
  },
  config: { 'config-changed.start.before': 'config-error' },
  reboot: { 'start.start.before': 'start-error' },
  upgrade: {
    'swapping.link': 'upgrade-error',
    'upgrade-formula.start.before': 'upgrade-error',
    'committing.tree': 'upgrade-error',
    'resuming.prune': 'upgrade-error',
    'config-changed.start.before': 'config-error',
  },
  revert: {
    'swapping.link': 'upgrade-error',
    'revert-formula.start.before': 'upgrade-error',
    'committing.tree': 'upgrade-error',
    'resuming.prune': 'upgrade-error',
    'config-changed.start.before': 'config-error',
  },
  remove: { 'stop.start.before': 'stop-error' },
};

function errorAt(stage: StageName, point: string): WorkflowState | undefined {
  return errors[stage]?.[point] ?? errors[stage]?.[point.replace(/\.(before|after)$/, '')];
}

function row(
  engine: EngineName,
  stage: StageName,
  kind: FaultKind,
  where: string,
  often: 'once' | 'always' = 'once',
): PointRow {
  const { after, hooks } = stages[stage];
  // The hook's own shell claims the run or finds it taken back: in the latter case it never runs, and that is an error.
  const maybe = where.endsWith('.start.after')
    ? errorAt(stage, where.replace(/after$/, 'before'))
    : undefined;
  const error = kind === 'throw' ? errorAt(stage, where) : undefined;
  // A failure of a relation hook is the relation's.
  const relation = kind === 'throw' ? /^db-relation-.*\.start\.(before|after)$/.exec(where)?.[1] : undefined;
  const end: readonly WorkflowState[] = after === null ? [] : ['started'];
  return {
    engine,
    stage,
    kind,
    fault: words[kind],
    where,
    often,
    states: error === undefined ? end : [error, ...end],
    ...(kind === 'throw' && maybe !== undefined && { mayRestIn: maybe }),
    ...(relation !== undefined && { relationRests: relation === 'before' ? 'surely' : 'perhaps' }),
    ...(kind === 'throw' && /^(fetching|staging)\./.test(where) && { asksAgain: true }),
    hooks,
    disk: after,
    tree: after,
  };
}

function rows(
  engine: EngineName,
  kind: FaultKind,
  those: readonly StageName[],
  often: 'once' | 'always' = 'once',
  chosen: (point: string) => boolean = () => true,
): readonly PointRow[] {
  return those.flatMap((stage) =>
    pointsOf(stage)
      .filter(chosen)
      .map((point) => row(engine, stage, kind, point, often)),
  );
}

/** The cases whose fault is one of the agent's own fault points. */
export const pointRows: readonly PointRow[] = [
  ...rows('embedded', 'kill', everyStage),
  ...rows('embedded', 'kill', ['upgrade'], 'always'),
  ...rows('embedded', 'hang', ['install', 'upgrade', 'revert']),
  ...rows('embedded', 'throw', ownStages),
  ...rows('embedded', 'enospc', ['install', 'upgrade', 'revert', 'remove']),
  ...rows('embedded', 'delay', ['relation', 'reboot', 'upgrade']),
  ...rows('zookeeper', 'kill', ['upgrade', 'relation']),
  ...rows('zookeeper', 'kill', ['asked'], 'once', (point) => /^(upgrade-pending|pausing|hook)\./.test(point)),
  ...rows('zookeeper', 'kill', ['lockstep', 'lockstep back', 'busy', 'health'], 'once', (point) =>
    /^(started|pausing|swapping|committing|health-check)\..*\.after$/.test(point),
  ),
  ...rows('zookeeper', 'kill', ['install', 'revert', 'remove', 'reboot'], 'once', (point) =>
    /\.(tree|join|leave|withdraw|start|journal)\.after$/.test(point),
  ),
];
