import type { UnitRequests } from '../../state/model/requests.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { UnitRecord } from '../journal/record.js';
import type { ServiceView } from '../tree/services.js';
import { failedConfig } from '../report/config-progress.js';
import type { Lockstep } from '../postpone/lockstep.js';
import type { WantedFormula, Intent } from '../contract/operations.js';
import { wantedFormula } from '../operations/wanted-formula.js';

export const noIntent: Intent = {
  removal: false,
  configure: false,
  reconfigure: false,
  resolved: undefined,
  upgrade: undefined,
  leave: 'nothing',
  postponed: false,
  asks: false,
  asksForOther: false,
  checksHealth: false,
  gated: false,
  verdict: undefined,
  upgradesFirst: false,
  relate: false,
  run: false,
};

/** All that is known of a unit and bears on what is wanted of it. */
export interface IntentFacts {
  readonly record: UnitRecord;
  readonly requests: UnitRequests;
  readonly view: ServiceView | undefined;
  /** Digest of the effective config; undefined while that is not known. */
  readonly digest: string | undefined;
  /** A relation hook is due. */
  readonly relate: boolean;
  /** An operator's command is due. */
  readonly run: boolean;
  /** The formula in place is to be asked for the unit's health. */
  readonly checksHealth: boolean;
  /** The formula in place is to be asked about the upgrade of a related unit. */
  readonly asksForOther: boolean;
  /** How the unit waits for the others of its service. */
  readonly lockstep: Pick<Lockstep, 'stands' | 'verdict'>;
  /** How far the unit is in leaving what the wanted formula lacks. */
  leave(wanted: WantedFormula | undefined): Intent['leave'];
  /** True if the unit is busy, so that the upgrade has to wait. */
  postponed(wanted: WantedFormula | undefined): boolean;
  /** True if `start` waits for the upgrade. */
  upgradesFirst(wanted: WantedFormula | undefined, postponed: boolean): boolean;
  /** True if the formula in place, or the units related to this one, are to be asked first. */
  asks(wanted: WantedFormula | undefined): boolean;
}

/**
 * Computes what is wanted of a unit from the whole of what is known, so that it does not matter which change was seen
 * and how often.
 */
export function computeIntent(facts: IntentFacts): Intent {
  const { record, requests, view, digest, relate, run, checksHealth, asksForOther, lockstep } = facts;
  const { upgrade, resolved, removal } = requests;
  const wanted = wantedFormula(record, upgrade?.value, view?.service?.value.formula);
  const isPostponed = facts.postponed(wanted);
  return {
    removal: removal !== undefined,
    configure: digest !== undefined && digest !== record.configDigest,
    reconfigure: digest !== undefined && isErrorState(record.state) && isNewer(digest, failedConfig(record)),
    resolved:
      resolved === undefined || resolved.value.id === record.resolvedId
        ? undefined
        : resolved.value.retry
          ? 'retry'
          : 'done',
    leave: facts.leave(wanted),
    postponed: isPostponed,
    asks: facts.asks(wanted),
    asksForOther,
    checksHealth,
    gated: lockstep.stands(wanted),
    verdict: lockstep.verdict(),
    upgradesFirst: facts.upgradesFirst(wanted, isPostponed),
    relate,
    run,
    upgrade: wanted && { ...wanted, asked: upgrade?.version ?? 0 },
  };
}

/** If it is not known for which config the unit is in error, no config counts as newer. */
function isNewer(digest: string, failed: string | null): boolean {
  return failed !== null && failed !== digest;
}
