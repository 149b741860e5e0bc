import * as z from '../platform/zod.js';
import { isOpen, nextOpening, parseWindow, type UpgradeWindow } from './upgrade-window.js';

/**
 * What the watcher does about newer revisions of a service's formula: `off`, it does not even look; `notify`, it tells of
 * them; `stage`, it also has them where the units will need them; `auto`, it upgrades.
 */
export const policyModes = ['off', 'notify', 'stage', 'auto'] as const;

type PolicyMode = (typeof policyModes)[number];

/** Which revisions `auto` takes: those of the line that is deployed, or of any. */
export const policyLines = ['same', 'any'] as const;

/** Whether what is urgent waits for a window. */
export const policyUrgent = ['at-once', 'in-window'] as const;

/** A service's upgrade policy, as operators set it; `/services/<service>` holds it. */
export const upgradePolicySchema = z.looseObject({
  /** One of `policyModes`; an unknown one of a later release counts as `notify`. */
  mode: z.string(),
  /** As operators wrote them. */
  windows: z.optional(z.array(z.string())),
  /** The time zone that they are of. */
  zone: z.optional(z.string()),
  lines: z.optional(z.string()),
  urgent: z.optional(z.string()),
});

export type WrittenPolicy = z.infer<typeof upgradePolicySchema>;

/** The same as it is gone by, with what it leaves out. */
export interface UpgradePolicy {
  readonly mode: PolicyMode;
  readonly windows: readonly UpgradeWindow[];
  readonly zone: string;
  readonly lines: (typeof policyLines)[number];
  readonly urgent: (typeof policyUrgent)[number];
}

/** Where nobody set one, the watcher tells, and does nothing. A window that cannot be read allows nothing. */
export function policyOf(written: WrittenPolicy | undefined): UpgradePolicy {
  const { mode = 'notify', windows = [], zone = 'UTC', lines, urgent } = written ?? {};
  return {
    mode: policyModes.find((each) => each === mode) ?? 'notify',
    windows: windows.map((text) => parseWindow(text) ?? NEVER),
    zone,
    lines: lines === 'any' ? 'any' : 'same',
    urgent: urgent === 'in-window' ? 'in-window' : 'at-once',
  };
}

/** Denies all of every day. */
const NEVER: UpgradeWindow = { deny: true, days: new Set([0, 1, 2, 3, 4, 5, 6]), start: 0, end: 1_440 };

/**
 * When the policy lets something be done by itself: now, or at an instant to come; undefined where never in the next weeks.
 * @param now milliseconds since 1970
 */
export function opensAt(
  { windows, zone, urgent: rule }: UpgradePolicy,
  isUrgent: boolean,
  now: number,
): number | undefined {
  if (isUrgent && rule === 'at-once') return now;
  return windows.length === 0 || isOpen(windows, zone, now) ? now : nextOpening(windows, zone, now);
}

/** In words: `auto, within Sat 02:00-06:00 (Europe/Berlin)`. */
export function policyText(written: WrittenPolicy | undefined): string {
  const { mode = 'notify', windows = [], zone, lines, urgent } = written ?? {};
  return [
    mode,
    ...(windows.length === 0 ? [] : [`within ${windows.join(' and ')} (${zone ?? 'UTC'})`]),
    ...(lines === 'any' ? ['of any line'] : []),
    ...(urgent === 'in-window' ? ['urgent ones no earlier'] : []),
  ].join(', ');
}
