import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unitDirectory } from '../../../agent/disk/unit-directory.js';
import { hookGate } from '../../../agent/machine/hook-gate.js';
import { hookSlots } from '../../../agent/machine/hook-slots.js';
import { newRecord } from '../../../agent/journal/record.js';
import { newRelationRecord, type RelationRecord } from '../../../agent/journal/relation-record.js';
import type { Log } from '../../../agent/contract/log.js';
import type { LogGatherer } from '../../../agent/logs/gather-logs.js';
import { givenAddresses } from '../../../agent/machine/addresses.js';
import type { AgentParts } from '../../../agent/machine/parts.js';
import { begin, leave, observeMembers } from '../../../agent/relation/queue.js';
import { runRelationHook } from '../../../agent/relation/relation-hook.js';
import { UnitRelations } from '../../../agent/relation/unit-relations.js';
import { watchMeetings } from '../../../agent/tree/relations.js';
import { treeWriter } from '../../../agent/tree/tree-writer.js';
import type { HookHost } from '../../../agent/hook-runs/hook-call.js';
import { writeToolDirectory } from '../../../hooks/client/tool-directory.js';
import { findPerl } from '../../../state/platform/find-perl.js';
import { bootId } from '../../../hooks/process/hook-run.js';
import { startToolServer, type ToolServer } from '../../../hooks/server/tool-server.js';
import { systemClock } from '../../../state/platform/clock.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../state/coordination/open.js';
import { eventuallyTrue } from '../../eventually.js';
import { launcher } from '../../hooks/fixtures.js';
import { RecordingSource } from '../../hooks/context/recording-source.js';

const meeting = '/relations/4';
const silent: Log = { debug() {}, info() {}, warning() {}, error() {} };
const noLogs: LogGatherer = {
  attend: async () => undefined,
  began: () => '',
  ended() {},
  forget() {},
  gathered: async () => undefined,
  finish: async () => undefined,
  close: async () => undefined,
};

describe('a relation hook of a unit', () => {
  let root: string;
  let coordinator: Coordinator;
  let server: ToolServer;
  let endMeeting: () => void;
  let host: HookHost & { readonly parts: AgentParts };
  let relation: RelationRecord;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'ensemble-relation-'));
    coordinator = await openCoordinator(`embedded:${join(root, 'state')}`);
    for (const [path, value] of [
      ['/relations', '{}'],
      [meeting, '{}'],
      [`${meeting}/members`, '{}'],
      [`${meeting}/settings`, '{}'],
      [`${meeting}/settings/blog-0`, '{"private-address":"10.0.0.1","old":"1"}'],
      [`${meeting}/settings/mysql-0`, '{"port":"3306"}'],
      [`${meeting}/members/mysql-0`, '{}'],
    ] as const)
      await coordinator.create(path, value);
    const contexts: AgentParts['contexts'] = new Map();
    const socket = join(root, 's', 'agent.sock');
    server = await startToolServer(socket, (id) => contexts.get(id), systemClock);
    await writeToolDirectory(join(root, 'tools'), findPerl());
    const meetings = watchMeetings(coordinator, silent);
    endMeeting = meetings.subscribe(meeting, () => undefined);
    await eventuallyTrue('mysql/0 is seen', () => meetings.view(meeting)?.has('mysql/0') === true);
    const parts = {
      addresses: givenAddresses('10.0.0.1'),
      directory: { runs: join(root, 'runs'), tools: join(root, 'tools'), socket },
      coordinator,
      meetings,
      writer: treeWriter(coordinator, systemClock, Math.random),
      slots: hookSlots(1),
      gate: hookGate(async () => undefined),
      launcher,
      contexts,
      logs: noLogs,
      hookTimeLimit: 20_000,
      log: silent,
      clock: systemClock,
    } as AgentParts;
    relation = newRelationRecord({
      unit: 'blog/0',
      relation: '4',
      identifier: 'db:4',
      name: 'db',
      role: 'requires',
      interface: 'mysql',
      remoteService: 'mysql',
      meeting,
    });
    relation = { ...relation, queue: observeMembers(relation.queue, new Map([['mysql/0', 0]])) };
    let record = newRecord('blog/0', 'blog', new Date(0).toISOString());
    host = {
      name: 'blog/0',
      parts,
      directory: unitDirectory(join(root, 'units'), 'blog/0'),
      writtenSettings: new Map(),
      record: () => record,
      note(change) {
        record = { ...record, ...change };
      },
      // Through JSON, as the journal does it.
      async save(change, changed) {
        record = JSON.parse(JSON.stringify({ ...record, ...change }));
        if (changed) relation = JSON.parse(JSON.stringify(changed));
      },
      word: new RecordingSource().word,
      others: { word: () => new RecordingSource().word },
      takeUp: () => undefined,
      config: async () => ({}),
      mendFormula: async () => true,
      awaitRetry: async () => 'again',
      hookRules: async () => ({}),
      relationRecords: () => [relation],
      debugRequest: () => undefined,
      troubledBy: () => undefined,
      isStopped: () => false,
      running: () => () => undefined,
    };
    for (const path of [host.directory.log, host.directory.data]) mkdirSync(path, { recursive: true });
  });

  afterEach(async () => {
    endMeeting();
    await server.close();
    await coordinator.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 10 });
  });

  function writeHook(event: string, script: string, name = 'db'): void {
    const hooks = join(host.directory.formula, 'hooks');
    mkdirSync(hooks, { recursive: true });
    const path = join(hooks, `${name}-relation-${event}`);
    writeFileSync(path, `#!/bin/sh\nset -e\n${script}\n`);
    chmodSync(path, 0o755);
  }

  const run = (): Promise<void> =>
    runRelationHook(host, relation, {
      get: () => relation,
      set: (changed) => {
        relation = changed;
        return changed;
      },
    });

  const queued = (): string[] => relation.queue.events.map(({ kind }) => kind);
  const said = (): string => readFileSync(join(host.directory.log, 'hooks.log'), 'utf8');

  async function own(): Promise<{ value: unknown; version: number }> {
    const node = await coordinator.get(`${meeting}/settings/blog-0`);
    assert.ok(node);
    return { value: JSON.parse(node.value), version: node.version };
  }

  it('reads the other side, and its own is merged into the tree when it succeeds', async () => {
    writeHook(
      'joined',
      'echo "$ENSEMBLE_RELATION $ENSEMBLE_RELATION_ID $ENSEMBLE_REMOTE_UNIT $(relation-list) $(relation-get port)"; relation-set old= new="$(relation-get port)"; relation-get - blog/0',
    );
    await run();
    assert.equal(said(), 'db db:4 mysql/0 mysql/0 3306\nprivate-address: 10.0.0.1\nnew: "3306"\n');
    assert.deepEqual((await own()).value, { 'private-address': '10.0.0.1', new: '3306' });
    assert.deepEqual([queued(), relation.queue.delivered], [['changed'], ['mysql/0']]);
    assert.deepEqual([host.record().hook, host.parts.contexts.size], [null, 0]);
  });

  it('that sets what is set already changes nothing that others would be told of', async () => {
    writeHook('joined', 'relation-set old=1');
    const before = await own();
    await run();
    assert.deepEqual(await own(), before);
  });

  it('that fails writes nothing and stays the next one, which nothing is merged with', async () => {
    writeHook('joined', 'relation-set new=1; exit 3');
    const before = await own();
    await assert.rejects(run(), { code: 'hook-failed' });
    assert.deepEqual(await own(), before);
    assert.deepEqual([queued(), relation.queue.begun, relation.queue.delivered], [['joined'], true, []]);
    // As its unit does when it journals the relation's error.
    await host.save({ hook: null, attempts: 0 });
    writeHook('joined', 'relation-set new=2');
    await run();
    assert.deepEqual(queued(), ['changed']);
    assert.deepEqual((await own()).value, { 'private-address': '10.0.0.1', old: '1', new: '2' });
  });

  it('that a formula does not have counts as through', async () => {
    mkdirSync(host.directory.formula, { recursive: true });
    await run();
    await run();
    assert.deepEqual([queued(), relation.queue.delivered], [[], ['mysql/0']]);
  });

  it('that an earlier agent started is taken up before any other that is due', async () => {
    for (const name of ['db', 'web'])
      writeHook('joined', 'ensemble-log "$ENSEMBLE_RELATION_ID $ENSEMBLE_HOOK_ATTEMPT"', name);
    const later = { ...relation, relation: '7', identifier: 'web:7', name: 'web' };
    const begun = { ...later, queue: begin(later.queue) };
    const hook = { id: 'run', name: 'web-relation-joined', relation: '7', attempt: 1, boot: bootId() };
    await host.save({ hook: { ...hook, context: undefined }, attempts: 1 });
    const relations = new UnitRelations(
      {
        ...host,
        principal: () => undefined,
        addressesBefore: () => undefined,
        look: () => undefined,
        runDueCommand: async () => false,
      },
      [relation, begun],
    );
    await relations.runNext();
    await relations.runNext();
    const order = said().match(/(db:4|web:7) \d/g);
    assert.deepEqual(order, ['web:7 1', 'db:4 1']);
  });

  it('that comes to its end while a command is looked for is waited for no longer', async () => {
    let left = false;
    const relations: UnitRelations = new UnitRelations(
      {
        ...host,
        principal: () => undefined,
        addressesBefore: () => undefined,
        look: () => undefined,
        runDueCommand: async () => {
          left = true;
          relations.wake();
          return false;
        },
      },
      [{ ...relation, error: 'it failed', queue: leave(relation.queue) }],
    );
    await relations.leaveTill(() => (left ? [] : relations.all()));
    assert.ok(left);
  });

  it('of leaving reads whom it is about, and in broken only itself', async () => {
    writeHook('departed', 'echo "departed $ENSEMBLE_REMOTE_UNIT $(relation-get port) [$(relation-list)]"');
    writeHook(
      'broken',
      'echo "broken [$ENSEMBLE_REMOTE_UNIT] [$(relation-list)] $(relation-get old blog/0)"; if relation-set a=1; then exit 9; fi; if relation-get port mysql/0; then exit 9; fi',
    );
    await run();
    await run();
    relation = { ...relation, queue: leave(relation.queue) };
    const before = await own();
    await run();
    await run();
    assert.match(
      said(),
      /^departed mysql\/0 3306 \[\]\nbroken \[\] \[\] 1\nrelation-set: relation db:4 is broken/,
    );
    assert.deepEqual([queued(), await own()], [[], before]);
  });
});
