import type { Row } from './row.js';
import { table } from './table.js';

/** The fault table as docs/fault-table.md shows it, a row per case. */
export function tableAsMarkdown(): string {
  const head =
    '| when | fault | where | often | engine | comes to rest in | hooks that ran | on the disk, in the tree |\n' +
    '| --- | --- | --- | --- | --- | --- | --- | --- |\n';
  return (
    head +
    [...table]
      .sort((a, b) => (group(a) < group(b) ? -1 : group(a) > group(b) ? 1 : 0))
      .map(line)
      .join('\n')
  );
}

const group = (row: Row): string => `${row.stage} ${row.fault}`;

function line(row: Row): string {
  const {
    stage,
    fault,
    where,
    often,
    engine,
    states,
    mayRestIn,
    relationRests,
    asksAgain,
    hooks,
    disk,
    tree,
  } = row;
  const revision = (formula: string | null): string => formula?.replace('world:f-', '') ?? 'nothing';
  const rest = states.length === 0 ? 'removed' : states.join(', then ');
  const ways = [mayRestIn, relationRests === 'perhaps' ? 'the relation’s error' : undefined].filter(Boolean);
  const perhaps = ways.length === 0 ? '' : `, perhaps by way of ${ways.join(' or ')}`;
  const before = asksAgain
    ? 'the old formula, then '
    : relationRests === 'surely'
      ? 'the relation’s error, then '
      : '';
  const last = hooks.slice(-3).join(', ');
  const ran = hooks.length > 3 ? `… ${last}` : last;
  return `| ${stage} | ${fault} | \`${where}\` | ${often} | ${engine} | ${before}${rest}${perhaps} | ${ran} | ${revision(disk)}, ${revision(tree)} |`;
}

/** How many cases there are, by engine. */
export function countAsMarkdown(): string {
  const on = (engine: string): number => table.filter((row) => row.engine === engine).length;
  return `${table.length} cases: ${on('embedded')} on the embedded engine, ${on('zookeeper')} on ZooKeeper.`;
}
