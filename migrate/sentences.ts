import { DISK_LAYOUT } from '../state/layouts/marker.js';
import type { DirectoryReport } from '../state/layouts/report.js';

const WHAT = { home: 'home', data: 'data directory' } as const;

/** The lines by which an operator reads how a directory stands, the first one about the whole. @param isBack it was to be laid back */
export function sentences(report: DirectoryReport, isDone: boolean, isBack = false): readonly string[] {
  const { directory, kind, problems, changes, backup } = report;
  return [
    `${WHAT[kind]} ${directory}: ${verdict(report, isDone, isBack)}`,
    ...(backup === undefined ? [] : [`  copied before, to ${backup}`]),
    ...changes.map((change) => `  ${isDone ? 'changed' : 'to be changed'}: ${change}`),
    ...problems.flatMap(({ item, reason, remedy }) => [
      `  left as it is: ${item}: ${reason}`,
      `    try: ${remedy}`,
    ]),
  ];
}

function verdict(
  { state, found, made, reason, remedy }: DirectoryReport,
  isDone: boolean,
  isBack: boolean,
): string {
  const to = isBack ? 'what release 0.1.0 reads' : `layout ${DISK_LAYOUT}`;
  switch (state) {
    case 'absent':
      return 'it is not there';
    case 'current':
      if (made) return `it was not there, and was made, with layout ${DISK_LAYOUT}; --no-create makes none`;
      return found === DISK_LAYOUT
        ? `it has layout ${DISK_LAYOUT}`
        : `it has layout ${DISK_LAYOUT} now, from ${nameOf(found)}`;
    case 'needed':
      return `it has ${nameOf(found)}, to be brought to ${to}`;
    case 'blocked':
      return `it has ${nameOf(found)}, and ${isDone ? 'could not' : 'cannot'} be brought to ${to}: ${reason}; ${remedy}`;
    case 'older':
      return 'release 0.1.0 can read it';
    case 'too-new':
      return `${reason}; nothing was touched; ${remedy}`;
  }
}

function nameOf(found: DirectoryReport['found']): string {
  if (found === 'empty') return 'nothing of an Ensemble in it';
  return found === 'legacy' ? 'the layout of a release without markers' : `layout ${found}`;
}
