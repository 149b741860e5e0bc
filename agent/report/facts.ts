import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import { isReady, waitsToGo, waitsToResume } from '../postpone/lockstep.js';
import type { Addresses } from '../../state/model/machine-schemas.js';
import type { Unit, UnitStatus } from '../../state/model/unit-schemas.js';
import type { Blocker, BlockerKind, BlockerWords } from '../../state/model/blocker.js';
import { isErrorState, type UpgradeStep } from '../../state/model/workflow-state.js';
import { committedFormula, type UnitRecord } from '../journal/record.js';
import type { Advice } from '../contract/failure-advice.js';
import { shortened } from '../contract/shortened.js';
import type { UnitFacts } from '../tree/mirror.js';
import type { Intent } from '../contract/operations.js';
import { waitingFacts, waitingSentence } from '../hook-runs/waiting.js';

/** How far the preparation of an upgrade is. */
export interface Preparation {
  readonly step: Extract<UpgradeStep, 'fetching' | 'staging' | 'waiting'>;
  /** ISO instant. */
  readonly since: string;
}

/** What keeps an operation waiting, e.g. storage that cannot be reached. */
export interface Trouble extends Advice {
  /** What does not answer; undefined where it is something else. */
  readonly kind?: BlockerKind | undefined;
  readonly since: string;
}

/** How an upgrade waits because its unit is busy. */
export interface Postponed {
  readonly blockers: readonly Blocker[];
  /** Undefined where it does not wait for that. */
  readonly postponed: { readonly since: string; readonly until: string } | undefined;
  readonly overAt?: string | undefined;
}

/** What a unit's parts know of it. */
export interface KnownOfUnit {
  /** The unit's node, as the tree has it. */
  readonly unit: Unit;
  readonly addresses: Addresses | undefined;
  readonly record: UnitRecord;
  readonly intent: Intent;
  readonly preparation: Preparation | undefined;
  readonly trouble: Trouble | undefined;
  readonly relations: UnitStatus['relations'];
  /** What the unit leaves before its upgrade goes ahead. */
  readonly leaves: readonly BlockerWords[];
  readonly hook: UnitStatus['hook'];
  readonly config: UnitStatus['config'];
  readonly postponement: Postponed;
  readonly health: UnitStatus['health'];
}

/** The facts for observers about a unit: its journal, and news that have not come as far as the journal. */
export function unitFacts(known: KnownOfUnit): UnitFacts {
  const { unit, addresses, record, intent, trouble, relations, hook, config, health } = known;
  const upgrade = upgradeStatus(known);
  // A value that the journal has no more must not stay in the node.
  const { earlier: _earlier, bad: _bad, ...others } = unit;
  return {
    unit: {
      ...others,
      formula: runningFormula(unit, record),
      addresses,
      ports: record.ports,
      ...(record.earlier.length > 0 && { earlier: record.earlier.map(({ id }) => id) }),
      ...(record.bad.length > 0 && { bad: record.bad }),
    },
    status: {
      state: record.state,
      since: record.since,
      message: shortened(
        record.error ??
          trouble?.message ??
          (record.retry ? waitingSentence(record.retry) : undefined) ??
          (health?.state === 'unhealthy' ? `unhealthy: ${health.reason ?? ''}` : record.message),
      ),
      ...(record.brief && record.brief !== record.error && { brief: shortened(record.brief) }),
      ...(record.next && { next: shortened(nextSteps(record, intent, config)) }),
      ...(record.retry && {
        next: `ensemble resolved --retry ${record.unit}`,
        waiting: waitingFacts(record.retry),
      }),
      // A hook that is tried again has its own next command, which says what ends the wait.
      ...(record.error === null &&
        !record.retry &&
        trouble?.next !== undefined && { brief: shortened(trouble.brief), next: shortened(trouble.next) }),
      ...(hook && { hook }),
      ...(config && { config }),
      ...(record.workload !== null && { workload: record.workload }),
      ...(health && { health }),
      ...(record.leftBehind && { leftBehind: record.leftBehind }),
      ...(upgrade && { upgrade }),
      ...(relations && { relations }),
    },
  };
}

/**
 * The way out of an error. If another formula waits for the unit, that is the way: `resolved --retry` would run the
 * broken hook once more.
 */
function nextSteps(record: UnitRecord, intent: Intent, config: UnitStatus['config']): string {
  const { state, service, next, upgrade } = record;
  const { upgrade: wanted } = intent;
  const waits =
    wanted !== undefined && !wanted.force && wanted.to !== upgrade?.to.id && state !== 'stop-error';
  return waits
    ? `${upgradeCommand(wanted.to, service, '--force')} (takes it to ${wanted.to}), or ${next}`
    : `${next ?? ''}${withoutTheHook(record)}${withoutTheValues(record, config)}`;
}

/** The way out where a hook itself refuses the values: those that the service was deployed with are its version 0. */
function withoutTheValues(
  { state, service, hookFailed = false }: UnitRecord,
  config: UnitStatus['config'],
): string {
  const isOfValues = ['install-error', 'config-error', 'start-error'].includes(state) && hookFailed;
  return isOfValues && (config?.tried ?? 0) > 0
    ? `, or: ensemble set --undo ${service} (takes back the last set)`
    : '';
}

/** The way out where the failed hook will not succeed, however often it runs. */
function withoutTheHook({ unit, state, upgrade, hookFailed = false }: UnitRecord): string {
  if (state === 'stop-error') return `, or: ensemble resolved ${unit} (removes it all the same)`;
  if (state !== 'upgrade-error' || upgrade === null) return '';
  if (upgrade.revert === true)
    return hookFailed ? `, or: ensemble resolved ${unit} (takes it to ${upgrade.to.id} all the same)` : '';
  if (upgrade.from === null) return '';
  return `, or: ensemble revert-formula ${unit} (takes it back to ${upgrade.from.id})`;
}

/**
 * The formula the unit claims to run. A commit may be in the tree before the journal says so: where the agent was
 * killed in between, what stands in the tree is not taken back until the commit is done again.
 */
function runningFormula(unit: Unit, record: UnitRecord): string | null {
  const { state, upgrade } = record;
  // Its directory is about to go.
  if (state === 'stopped') return null;
  if (upgrade?.step === 'committing' && unit.formula === upgrade.to.id) return upgrade.to.id;
  return committedFormula(record)?.id ?? null;
}

function upgradeStatus({
  record,
  intent,
  preparation,
  trouble,
  leaves,
  hook,
  postponement,
}: KnownOfUnit): UnitStatus['upgrade'] {
  if (record.upgrade !== null) {
    const { step, from, to, since, lockstep } = record.upgrade;
    const together = waitsToResume(record, intent.verdict);
    const waits = [...waitingBlockers(record), ...(together === undefined ? [] : [together])];
    return {
      step,
      from: from?.id ?? '',
      to: to.id,
      since,
      ...(record.state === 'upgrading' && step === 'committing' && lockstep !== undefined && { lockstep }),
      ...(waits.length > 0 && { blockers: waits }),
    };
  }
  if (intent.upgrade === undefined || preparation === undefined) return undefined;
  const { lockstep, force } = intent.upgrade;
  const isBusy = postponement.blockers.length > 0;
  // Its formula is asked before the others go with it.
  const isAsked = record.state === 'started' && intent.asks;
  const isWaiting = preparation.step === 'waiting' && trouble === undefined && !isBusy && !isAsked;
  const ready = lockstep !== undefined && isWaiting && isReady(record, force) ? lockstep : undefined;
  const blockers: Blocker[] = [
    ...(trouble === undefined ? [] : [blockerOf(trouble)]),
    // While it is fetched and unpacked it waits for none of these.
    ...(preparation.step === 'waiting'
      ? [...stateBlockers(record), ...hookBlockers(record, hook), ...(postponement.blockers ?? [])]
      : []),
    ...waitingBlockers(record),
    ...leaves.map((blocker) => ({ ...blocker, since: preparation.since })),
    ...(ready !== undefined && intent.gated ? [waitsToGo(preparation.since)] : []),
  ];
  return {
    ...preparation,
    from: committedFormula(record)?.id ?? '',
    to: intent.upgrade.to,
    ...(ready !== undefined && { lockstep: ready }),
    ...(postponement.postponed && { postponed: postponement.postponed }),
    ...(postponement.overAt !== undefined && { waitedUntil: postponement.overAt }),
    ...(blockers.length > 0 && {
      blockers: blockers.map((blocker) => ({ ...blocker, reason: shortened(blocker.reason) })),
    }),
  };
}

/** The unit's progress: in an error it waits for an operator, else it goes on by itself. */
function stateBlockers({ unit, state, since, next }: UnitRecord): Blocker[] {
  if (state === 'started') return [];
  const isError = isErrorState(state);
  const ends = isError ? (next ?? undefined) : 'it goes on by itself when that is through';
  return [
    {
      kind: isError ? 'error' : 'busy',
      who: unit,
      reason: `the unit is ${state}`,
      since,
      ...(ends && { ends }),
    },
  ];
}

/** A hook that runs beside the workflow's states: of a relation, or a command in its place. */
function hookBlockers({ unit, state }: UnitRecord, hook: UnitStatus['hook']): Blocker[] {
  if (state !== 'started' || hook === undefined) return [];
  const { name, pid, since } = hook;
  return [
    {
      kind: 'busy',
      who: `hook ${name}, process ${pid}`,
      reason: `hook ${name} runs since ${since.replace(/\.\d+Z$/, 'Z')}, process ${pid}`,
      since,
      ends: `it goes on by itself when that ends; where it hangs: ensemble abort ${unit}`,
    },
  ];
}

function blockerOf({ kind = 'other', message, brief, next, since }: Trouble): Blocker {
  return {
    kind,
    reason: message,
    ...(next !== undefined && { brief: shortened(brief), ends: shortened(next) }),
    since,
  };
}

/** A hook that waits for its next try keeps an upgrade waiting: its own, or the next one. */
function waitingBlockers({ unit, retry }: UnitRecord): Blocker[] {
  if (!retry) return [];
  const { hook, since, until } = retry;
  const ends = `it runs again by itself; at once: ensemble resolved --retry ${unit}`;
  return [{ kind: 'busy', who: `hook ${hook}`, reason: waitingSentence(retry), since, until, ends }];
}
