import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../agent/world.js';

/** Revisions that each formula has. */
export const REVISIONS = 9;

/** The services that the operator plays with, and the formula of each. Names are few, so that they come again. */
export const services = { web: 'web', shop: 'web', store: 'store', mon: 'mon' } as const;

export type ServiceName = keyof typeof services;
export type FormulaName = (typeof services)[ServiceName];

/** Endpoints that may be related, as `add-relation` takes them: the first is the one that requires. */
export const pairs = [
  ['web:db', 'store:db'],
  ['shop:db', 'store:db'],
  ['mon:host', 'web:ensemble-info'],
  ['mon:host', 'store:ensemble-info'],
] as const;

/** The services of a pair, by its number. */
export function pairOf(pair: number): readonly ServiceName[] {
  return (pairs[pair] ?? []).map((endpoint) => endpoint.slice(0, endpoint.indexOf(':')) as ServiceName);
}

/** What a revision of a formula declares; `ring` comes and goes, so that upgrades add, drop and re-add an endpoint. */
export function endpointsOf(formula: FormulaName, revision: number): Readonly<Record<string, string>> {
  switch (formula) {
    case 'web':
      return { db: 'requires', ...(revision % 3 !== 2 && { ring: 'peers' }) };
    case 'store':
      return { db: 'provides', ...(revision % 2 === 0 && { ring: 'peers' }) };
    case 'mon':
      return { host: 'requires' };
  }
}

/** Hooks that can be made to fail. */
export const plainHooks = [
  'install',
  'config-changed',
  'start',
  'stop',
  'upgrade-formula',
  'revert-formula',
] as const;

export const relationHooks = ['joined', 'changed', 'departed', 'broken'] as const;

/** Writes all revisions of all formulas into the repository `world`. */
export async function writeFormulas(world: World): Promise<void> {
  await writeFile(world.path('trace', 'era'), '0\n');
  for (const formula of new Set(Object.values(services))) {
    for (let revision = 1; revision <= REVISIONS; revision += 1) await write(world, formula, revision);
  }
}

async function write(world: World, formula: FormulaName, revision: number): Promise<void> {
  const directory = world.path('world', `${formula}-${revision}`);
  const endpoints = Object.entries(endpointsOf(formula, revision));
  const hooks = [
    ...plainHooks,
    ...[...endpoints.map(([name]) => name), 'ensemble-info'].flatMap((name) =>
      relationHooks.map((event) => `${name}-relation-${event}`),
    ),
  ];
  await mkdir(join(directory, 'hooks'), { recursive: true });
  const lines = [`name: ${formula}`, `revision: ${revision}`, ...endpoints.flatMap(metadataOf(formula))];
  await writeFile(join(directory, 'metadata.yaml'), `${lines.join('\n')}\n`);
  await writeFile(join(directory, 'config.yaml'), 'options:\n  title: {type: string, default: none}\n');
  for (const hook of hooks) {
    const file = join(directory, 'hooks', hook);
    await writeFile(file, script(world.path('trace'), revision));
    await chmod(file, 0o755);
  }
}

const interfaces: Readonly<Record<string, string>> = { db: 'store', ring: 'gossip', host: 'ensemble-info' };

function metadataOf(formula: FormulaName): (endpoint: readonly [string, string]) => readonly string[] {
  return ([name, role]) => {
    const container = formula === 'mon';
    const scope = container ? ', scope: container' : '';
    return [
      ...(container ? ['subordinate: true'] : []),
      `${role}: {${name}: {interface: ${interfaces[name]}${scope}}}`,
    ];
  };
}

/**
 * One script for all hooks. It notes that it began and ended and what it was told, in a file for each *life* of a unit
 * outside of Ensemble, and the same in the unit's data: a life is named by what its first hook drew and put into the
 * data directory, behind the number of the environment. The lock tells whether two hooks of a life overlap.
 */
function script(trace: string, revision: number): string {
  return `#!/bin/sh
TRACE=${trace}
[ -d "$TRACE" ] || exit 0
unit=$ENSEMBLE_SERVICE_NAME-\${ENSEMBLE_UNIT_NAME##*/}
machine=\${ENSEMBLE_DATA_DIR%/units/*}; machine=\${machine##*/}
if [ $ENSEMBLE_HOOK = install ] && [ ! -e "$ENSEMBLE_DATA_DIR/life" ]; then
  read -r id </proc/sys/kernel/random/uuid
  read -r era <"$TRACE/era"
  echo "$era.\${id%%-*}" >"$ENSEMBLE_DATA_DIR/life"
fi
life=none
[ -e "$ENSEMBLE_DATA_DIR/life" ] && read -r life <"$ENSEMBLE_DATA_DIR/life"
exec 9>"$TRACE/lock-$unit-$life"
if flock -n 9; then alone=alone; else alone=overlaps; fi
note() { echo "$*" >>"$TRACE/$unit@$life"; echo "$*" >>"$ENSEMBLE_DATA_DIR/book"; }
note "begin $ENSEMBLE_HOOK ${revision} $ENSEMBLE_HOOK_ATTEMPT $machine $alone \${ENSEMBLE_RELATION_ID:--} \${ENSEMBLE_REMOTE_UNIT:--}"
members() { note members $(relation-list 9>&-); }
case $ENSEMBLE_HOOK in
config-changed)
  title=$(config-get title 9>&-)
  note title "$title"
  for id in $(relation-ids 9>&-); do relation-set -r "$id" says="$title" 9>&- || note "refused $id"; done
  ;;
*-relation-joined) members; relation-set says="$(config-get title 9>&-)" 9>&- ;;
*-relation-changed) members; note says $(relation-get says "$ENSEMBLE_REMOTE_UNIT" 9>&-) ;;
*-relation-*) members ;;
upgrade-formula) sleep 0.1 9>&- ;;
esac
sleep 0.02 9>&-
code=0
spoil=$TRACE/spoil-$ENSEMBLE_SERVICE_NAME-$ENSEMBLE_HOOK
if [ -e "$spoil-always" ] || rm "$spoil-once" 2>/dev/null; then code=3; fi
note "end $code"
exit $code
`;
}
