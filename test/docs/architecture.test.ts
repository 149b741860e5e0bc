import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { sectionOf, textOf } from './project.js';

const page = (): string => textOf('docs/architecture.md');

/** The paths of the tree as the page spells them, each name in angles as `*`. */
function documentedPaths(): readonly string[] {
  const lines = sectionOf(page(), 'The state tree').matchAll(/^(\/.+?) {2,}/gm);
  return [...lines].map(([, path]) => (path ?? '').replace(/<[^>]+>/g, '*'));
}

/** The paths that the product knows, for a service `s`, a unit `s/0` and a machine `m`. */
function knownPaths(): readonly string[] {
  const meeting = paths.meeting('7');
  return [
    paths.layout,
    paths.layoutStep,
    paths.unfinished,
    paths.machine('m'),
    paths.agent('m'),
    paths.taking('m'),
    paths.machineClaim('m', 'f'),
    paths.keptRequest('m', 'f'),
    paths.machineUnit('m', 's/0'),
    paths.formula('f'),
    paths.bundle('f'),
    paths.repository('f'),
    paths.service('s'),
    paths.config('s'),
    paths.replacedConfig('s'),
    paths.serviceUnit('s', 's/0'),
    paths.serviceRelation('s', '7'),
    paths.exposed('s'),
    paths.hold('s'),
    paths.newer('s'),
    paths.rollout('s'),
    paths.rolloutLife('s', 'f'),
    paths.serviceNumbers('s'),
    paths.unit('s/0'),
    paths.life('s/0', 'f'),
    paths.upgrade('s/0'),
    paths.resolved('s/0'),
    paths.relationResolved('s/0', '7'),
    paths.abort('s/0'),
    paths.removal('s/0'),
    paths.subordinate('s/0', 's'),
    paths.command('s/0', 'f'),
    paths.debug('s/0'),
    paths.status('s/0'),
    paths.upgradeAsk('s/0', 's/0'),
    paths.relatedWord('s/0', 's/0'),
    paths.relations,
    paths.relation('7'),
    paths.settings(meeting, 's/0'),
    paths.member(meeting, 's/0'),
    paths.election,
    paths.watcherState,
    paths.watcherElection,
    paths.watcherLeader,
    paths.watcherCheck('f'),
    paths.watcherRepository('f'),
    paths.watcherFingerprint('s'),
    paths.watcherReport('f'),
    paths.watcherReportLog('f'),
    paths.watcherCandidate('f'),
    paths.watcherDelivery('f'),
    paths.leader,
    paths.unplacedUnit('s/0'),
    paths.logSegment('m', 1),
    paths.history,
    paths.environmentHistory,
    paths.serviceHistory('s'),
    paths.unitHistory('s/0'),
    paths.serial('m'),
    paths.mark('m'),
    paths.tombstone('s/0'),
  ].map((path) => path.replace(/(?<=[/-])(s-0|s|m|f|7|0{9}1)(?=\/|$)/g, '*'));
}

describe('the page about the architecture', () => {
  it('shows every node of the state tree, and no other', () => {
    const placeOfMeetings = paths.meeting('7', 's/0').replace('/7/s-0', '/*/*/…');
    assert.deepEqual([...documentedPaths()].sort(), [...knownPaths(), placeOfMeetings].sort());
  });

  it('is asked about every path there is', () => {
    // Those that only list others, or name a part of a path that stands for itself.
    const parts = [
      'machines',
      'machineUnits',
      'formulas',
      'bundles',
      'repositories',
      'serials',
      'services',
      'serviceUnits',
      'serviceRelations',
      'numbers',
      'units',
    ];
    const more = [
      'meeting',
      'members',
      'allSettings',
      'unplaced',
      'logs',
      'machineLogs',
      'marks',
      'tombstones',
      'watcher',
      'watcherRepositories',
      'watcherFingerprints',
      'watcherReports',
      'watcherCandidates',
      'watcherDeliveries',
    ];
    assert.equal(Object.keys(paths).length, knownPaths().length + parts.length + more.length);
  });
});
