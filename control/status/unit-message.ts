import type { UnitStatus } from '../../state/model/unit-schemas.js';
import type { RelationErrorEntry } from './relation-entries.js';
import { printable } from '../../state/platform/printable.js';

/**
 * A unit's state in one line: its message, why relations of it are in error, what its upgrade waits for if that is
 * something else, and which hook it is at.
 * @param isBrief leaves out the commands that they end with
 */
export function unitMessage(
  {
    message,
    upgrade,
    relationErrors = {},
    hook,
    agent = 'up',
  }: {
    readonly message: string;
    readonly upgrade?: Pick<NonNullable<UnitStatus['upgrade']>, 'blockers'> | undefined;
    /** By the relation's id. */
    readonly relationErrors?: Readonly<Record<string, Pick<RelationErrorEntry, 'message' | 'brief'>>>;
    readonly hook?: UnitStatus['hook'];
    /** Of its machine: while it is down, nobody knows whether the hook still runs. */
    readonly agent?: 'up' | 'down';
  },
  isBrief = false,
): string {
  const said = (message: string, brief = message): string => (isBrief ? brief : message);
  // That an agent is away is said of its machine.
  const told = upgrade?.blockers?.filter(({ kind }) => kind !== 'agent') ?? [];
  const reasons = told.map(({ reason, brief }) => said(reason, brief));
  const failures = Object.entries(relationErrors).map(
    ([relation, { message: text, brief }]) => `${relation}: ${said(text, brief)}`,
  );
  const runs = hook === undefined ? '' : hookSentence(hook, agent);
  return [...new Set([message, ...failures, ...reasons, runs].map(printable))]
    .filter((text) => text !== '')
    .join('; ');
}

function hookSentence({ name, since, pid }: NonNullable<UnitStatus['hook']>, agent: 'up' | 'down'): string {
  return agent === 'up'
    ? `hook ${name} runs since ${toSeconds(since)}, process ${pid}`
    : `hook ${name} ran since ${toSeconds(since)}, process ${pid}, when its agent was last heard of`;
}

/** An instant without its fraction, which nobody reads. */
const toSeconds = (instant: string): string => instant.replace(/\.\d+Z$/, 'Z');
