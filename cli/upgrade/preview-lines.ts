import { faultText } from '../../control/errors.js';
import { namesOf } from '../../control/names-of.js';
import { commandOf } from '../../control/status/next-of-rollout.js';
import type { Preview } from '../../control/upgrade/preview.js';
import type { FieldChange, NameChanges, ValueChanges } from '../../state/formula/changes.js';
import { holdText } from '../../state/model/hold.js';
import { printable } from '../../state/platform/printable.js';
import { overriddenLines } from './hold-lines.js';

/** The preview as people read it. */
export function previewLines(preview: Preview): readonly string[] {
  const { service, from, to, changes, bump } = preview;
  return [
    changes === null ? `${service} runs ${from} already` : `${service}: ${from} -> ${to}`,
    ...(bump === undefined ? [] : [`revision ${bump} would be written into the formula's directory`]),
    ...(changes === null
      ? []
      : [
          ...nameLines('files', changes.files),
          ...nameLines('hooks', changes.hooks),
          ...valueLines('relations', changes.relations),
          ...valueLines('config options', changes.options),
          ...misfitLines(preview),
        ]),
    ...(preview.rollout.clone === undefined
      ? [...unitLines(preview), ...waveLines(preview)]
      : cloneLines(preview, preview.rollout.clone)),
    'nothing was changed',
  ];
}

function nameLines(title: string, { added, removed, changed }: NameChanges): readonly string[] {
  return section(title, [
    ...added.map((name) => `+ ${printable(name)}`),
    ...removed.map((name) => `- ${printable(name)}`),
    ...changed.map((name) => `~ ${printable(name)}`),
  ]);
}

function valueLines(title: string, { added, removed, changed }: ValueChanges<object>): readonly string[] {
  return section(title, [
    ...added.map(({ name, value }) => `+ ${name}: ${summaryOf(value)}`),
    ...removed.map(({ name }) => `- ${name}`),
    ...changed.map(({ name, fields }) => `~ ${name}: ${fields.map(fieldText).join(', ')}`),
  ]);
}

function misfitLines({ misfits: { relations, config }, force }: Preview): readonly string[] {
  const refused = force ? 'broken by --force' : 'refused without --force';
  return [
    ...(relations.length === 0 ? [] : section(`relations in use, ${refused}`, relations.map(faultText))),
    ...(config.length === 0
      ? []
      : section(
          'values that are kept, but not used',
          config.map(({ option, reason }) => `${option} ${printable(reason)}`),
        )),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [`${title}: no change`] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function summaryOf(value: object): string {
  return Object.entries(value)
    .filter(([, field]) => field !== null && field !== '' && field !== false && field !== undefined)
    .map(([name, field]) => `${name} ${textOf(field)}`)
    .join(', ');
}

function fieldText({ field, from, to }: FieldChange): string {
  return `${field} ${textOf(from)} -> ${textOf(to)}`;
}

function textOf(value: unknown): string {
  return value === undefined ? 'none' : printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function unitLines({ units, force }: Preview): readonly string[] {
  const lines = units.upgrade.map((unit) => {
    const state = units.inError[unit];
    if (state === undefined) return `${unit}: upgrades`;
    return `${unit}: in ${state}; ${force ? 'upgrades all the same' : 'waits until it is resolved'}`;
  });
  return section('units', [
    ...lines,
    ...units.already.map((unit) => `${unit}: is there already`),
    ...units.leftOut.map((unit) => `${unit}: stays as it is`),
    ...units.held.map(({ unit, holds }) =>
      printable(`${unit}: stays as it is, ${holds.map(holdText).join('; ')}`),
    ),
    ...overriddenLines(units.overridden),
  ]);
}

/** The service that is made beside this one, whose units stay as they are until it is promoted. */
function cloneLines({ service, rollout: { underWay, waves } }: Preview, clone: string): readonly string[] {
  const units = [...underWay, ...waves.flatMap(({ units: made }) => made)];
  return section(`${underWay.length > 0 ? 'clone, under way' : 'clone'} ${clone}`, [
    units.length === 0 ? 'no units' : namesOf(units),
    `then paused until ${commandOf('promote', service)}, which has it take the place of ${service}`,
  ]);
}

/** The order in which units go; nothing for one that goes alone, or for units that are asked by name. */
function waveLines({
  service,
  units,
  rollout: { strategy, underWay, waves, waiting },
}: Preview): readonly string[] {
  if (strategy === null) return [];
  // What is said of these units above is the reason why they wait.
  const said = new Set([
    ...Object.keys(units.inError),
    ...units.held.map(({ unit }) => unit),
    ...units.wentBack,
  ]);
  const left = waiting.filter(({ who }) => !said.has(who));
  if (left.length === 0 && underWay.length === 0 && waves.length === 1 && waves[0]?.units.length === 1)
    return [];
  const reasons = new Map<string, string[]>();
  for (const { who, reason } of left) reasons.set(reason, [...(reasons.get(reason) ?? []), who]);
  return section(`waves, ${strategy}`, [
    ...(underWay.length === 0 ? [] : [`under way: ${namesOf(underWay)}`]),
    ...waves.flatMap(({ units: asked, pause }, index) => [
      `${index + 1}: ${namesOf(asked)}`,
      ...(pause === null
        ? []
        : [`   then paused until ${commandOf(pause === 'canary' ? 'promote' : 'resume', service)}`]),
    ]),
    ...[...reasons].map(
      ([reason, names]) =>
        `then ${namesOf(names)} ${names.length === 1 ? 'waits' : 'wait'}: ${printable(reason)}`,
    ),
  ]);
}
