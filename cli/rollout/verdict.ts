import { canGoBack, commandOf } from '../../control/status/next-of-rollout.js';
import type { SeenRollout } from '../../control/rollout/drive.js';
import { goesOn } from '../../control/rollout/watch-rollout.js';
import type { Rollout } from '../../state/model/rollout.js';
import { printable } from '../../state/platform/printable.js';
import type { Verdict } from '../follow/followed-rollout.js';

/**
 * How a rollout stands for whoever asked for it.
 * @param wantsBack it was asked to go back
 */
export function verdictOf(service: string, seen: SeenRollout, wantsBack: boolean): Verdict {
  const off = wantsBack ? undefined : offReason(seen);
  return { ...verdictOn(service, seen, wantsBack), ...(off !== undefined && { off }) };
}

/** The units of a rollout that goes back, or is over before them, are not asked by it: nobody need have had one go back. */
function offReason({ rollout: { state, revert } }: SeenRollout): string | undefined {
  if (revert === true) return 'the rollout went back';
  if (state === 'aborted') return 'the rollout was aborted';
  return state === 'superseded' ? 'another rollout took its place' : undefined;
}

function verdictOn(service: string, seen: SeenRollout, wantsBack: boolean): Verdict {
  const { rollout } = seen;
  const reason = printable(rollout.reason ?? '');
  const because = reason === '' ? '' : `: ${reason}`;
  switch (rollout.state) {
    case 'done':
      return {
        lines:
          rollout.revert === true && !wantsBack
            ? [`the rollout went back to ${rollout.revertTo}${because}`]
            : reason === ''
              ? []
              : [`the rollout is done${because}`],
        code: (rollout.revert === true && !wantsBack) || someFailed(seen) ? 1 : 0,
      };
    case 'paused':
      return pausedVerdict(service, seen, because);
    case 'failed':
      return {
        lines: [
          `the rollout failed${because}`,
          `  once that is mended: ${commandOf('retry', service)}`,
          ...(rollout.clone !== undefined && rollout.promoted === true ? [] : [wayBack(service, rollout)]),
        ],
        code: 1,
      };
    case 'aborted':
      return { lines: [`the rollout was aborted by ${rollout.stateBy ?? 'somebody'}${because}`], code: 1 };
    case 'superseded':
      return { lines: [`the rollout is superseded${because}`], code: 1 };
    case 'reverting':
      return { lines: wantsBack ? [] : [`the rollout goes back${because}`], code: wantsBack ? undefined : 1 };
    default:
      return { lines: goesOn(seen) ? [] : stalledLines(service, seen), code: undefined };
  }
}

/** It may be done though units failed, as many as may. */
function someFailed({ decision }: SeenRollout): boolean {
  return decision.units.some(({ standing }) => standing === 'failed');
}

/** What may be said instead to one that waits for a word. */
function wayBack(service: string, rollout: Rollout): string {
  if (rollout.clone !== undefined)
    return `  or have ${rollout.clone.service} go: ${commandOf('abort', service)}`;
  return canGoBack(rollout)
    ? `  or have it go back: ${commandOf('revert', service)}`
    : `  or leave all units where they are: ${commandOf('abort', service)}`;
}

function pausedVerdict(service: string, { rollout }: SeenRollout, because: string): Verdict {
  const back = wayBack(service, rollout);
  if (rollout.gate === 'clone')
    return {
      lines: [
        `the rollout waits for a word${because}`,
        `  to have it take the place of ${service}: ${commandOf('promote', service)}`,
        back,
      ],
      code: 0,
    };
  if (rollout.gate === 'canary')
    return {
      lines: [
        `the rollout waits for a word${because}`,
        `  to take on the others: ${commandOf('promote', service)}`,
        back,
      ],
      code: 0,
    };
  const who = rollout.gate === 'wave' || rollout.stateBy === undefined ? '' : ` by ${rollout.stateBy}`;
  return {
    lines: [`the rollout is paused${who}${because}`, `  to go on: ${commandOf('resume', service)}`, back],
    code: rollout.gate === 'wave' ? 0 : 1,
  };
}

/** Nothing goes on by itself: what keeps it, and what ends that. */
function stalledLines(service: string, { decision }: SeenRollout): readonly string[] {
  const away = decision.units.filter(({ away: isAway }) => isAway).map(({ unit }) => unit.name);
  const waits = decision.units.some(({ standing }) => standing === 'waiting');
  if (!waits || away.length === 0) return [];
  return [
    `the rollout waits for ${away.join(', ')}, and goes on by itself then`,
    `  see: ${commandOf('status', service)}`,
  ];
}
