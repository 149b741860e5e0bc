import type { RolloutDocument } from '../../control/rollout/rollout-document.js';
import { printable } from '../../state/platform/printable.js';
import { renderTable } from '../output/table.js';

const HEAD = ['UNIT', 'FORMULA', 'STATE', 'SINCE', 'WAITS FOR', 'UNTIL'];

/** A rollout as people read it. */
export function rolloutLines(document: RolloutDocument, columns: number | undefined): readonly string[] {
  const {
    service,
    id,
    from,
    to,
    state,
    since,
    reason,
    by,
    parameters,
    next,
    otherwise,
    units,
    clone,
    blockers,
  } = document;
  const words = Object.entries(parameters).map(([word, text]) => `${word} ${text}`);
  const because = reason === '' ? '' : `: ${printable(reason)}`;
  const rows = Object.entries(units).flatMap(([unit, { formula, state: is, step, since: at, blockers }]) => {
    const own = [unit, formula ?? '-', printable(step === null ? is : `${is}, ${step}`), instant(at)];
    if (blockers.length === 0) return [[...own, '-', '-']];
    return blockers.map(({ reason, until, ends }, index) => [
      ...(index === 0 ? own : ['', '', '', '']),
      printable(reason),
      until ?? printable(ends),
    ]);
  });
  return [
    `${service}: ${from} -> ${to}, asked for by ${printable(by)} (${id})`,
    `${printable(words.join(', '))}`,
    `${state} since ${instant(since)}${because}`,
    ...(clone === undefined
      ? []
      : [`clone: ${clone.service}${clone.promoted ? `, promoted: it takes the place of ${service}` : ''}`]),
    ...blockers
      .filter(({ kind }) => kind !== 'failed')
      .map(({ who, reason: why, ends }) => printable(`waits for ${who}: ${why} (${ends})`)),
    ...(next === null ? [] : [`next: ${next}`]),
    ...otherwise.map((command) => `or: ${command}`),
    '',
    ...renderTable([HEAD, ...rows], columns),
  ];
}

function instant(text: string): string {
  return printable(text).replace(/\.\d+Z$/, 'Z');
}
