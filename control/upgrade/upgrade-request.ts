import type { RolloutParameters } from '../../state/formula/rollout-parameters.js';
import type { Problem } from '../../state/model/entity.js';
import type { FormulaFailure } from '../../state/model/failed-formulas.js';
import type { Requester } from '../../state/model/requester.js';
import type { Classified } from '../newer/classify.js';
import type { PublishEvent } from '../publish/publish.js';
import type { Misfits } from './compatibility.js';
import type { TargetOptions } from './target.js';

/** A request to upgrade a service. */
export interface UpgradeRequest extends TargetOptions {
  readonly service: string;
  /** A path, a URL or a name of a repository to find the formula in, and from now on; default: the one that the service came from. */
  readonly repository?: string | undefined;
  /** Only these units; default: all. */
  readonly units?: readonly string[] | undefined;
  /** Also where relations in use break, units are in error, went back from that formula, or are held. */
  readonly force: boolean;
  /** Units whose upgrade fails go back by themselves. */
  readonly revertOnError: boolean;
  /** An open change, `pr:22` or `branch:foo`, whose formula `units` try; the service stays with its own. */
  readonly candidate?: string | undefined;
  /** How the rollout goes, where not single units are asked; the rest is as the service and the formula say. */
  readonly rollout?: RolloutParameters | undefined;
  readonly by: Requester;
  /** A program asks for it by itself: what failed before still counts, and was looked at (`automaticBlockers`). */
  readonly isAutomatic?: boolean | undefined;
}

/** The events while a service is upgraded. */
export type UpgradeEvent =
  | PublishEvent
  /** The parts that the formula, which is taken all the same, does not fit. */
  | { readonly kind: 'misfits'; readonly formula: string; readonly misfits: Misfits }
  /** A formula that failed on the service before, and that is tried all the same, since somebody asks for it. */
  | { readonly kind: 'failed-before'; readonly formula: string; readonly failure: FormulaFailure }
  /** A higher revision that is not taken. */
  | { readonly kind: 'passed-over'; readonly service: string; readonly revision: Classified }
  /** Nodes that cannot be read. `left-alone`: their units are not asked; `asked`: they are all the same. */
  | {
      readonly kind: 'unreadable';
      readonly problems: readonly Problem[];
      readonly units: 'left-alone' | 'asked';
    };
