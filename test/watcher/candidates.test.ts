import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { forgeRequest } from '../../control/candidates/forges/request.js';
import { candidatesPath, readCandidates } from '../../control/candidates/known-candidates.js';
import type { Session } from '../../control/session.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { loadEnvironment } from '../../state/environments/environments-file.js';
import { askRefs, type GitHeads } from '../../state/formula/repositories/git-fetch.js';
import { parseGitLocation } from '../../state/formula/repositories/git-location.js';
import { gitLimits } from '../../state/formula/repositories/git-process.js';
import { paths } from '../../state/model/paths.js';
import { ensureWatcherNodes } from '../../state/model/watcher.js';
import { CandidatesPart } from '../../watcher/candidates/candidates-part.js';
import type { Announcement } from '../../watcher/contract/announcement.js';
import type { PolledPass } from '../../watcher/contract/led.js';
import type { Report } from '../../watcher/contract/report.js';
import { useSandbox } from '../cli/sandbox.js';
import { ManualClock } from '../manual-clock.js';
import { type FakeChange, ForgeServer } from '../servers/forge-server.js';
import { commitAll, git, gitBackend } from '../servers/git-server.js';
import { WebServer } from '../servers/web-server.js';

describe('candidates, as the watcher sees them', function () {
  this.timeout(120_000);
  const world = useSandbox();
  const path = 'owner/formulas';
  let clock: ManualClock;
  let forge: ForgeServer;
  let web: WebServer;
  let coordinator: Coordinator;
  let pass: PolledPass;
  let heads: GitHeads | undefined;
  let part: CandidatesPart;
  let announced: Announcement[];
  let reports: Report[];
  let url: string;
  let directory: string;

  beforeEach(async () => {
    const { box } = world;
    clock = new ManualClock();
    forge = await ForgeServer.start('github');
    web = await WebServer.start(gitBackend(box.directory));
    directory = `${box.directory}/${path}`;
    await formula('mysql', 12);
    await commitAll(directory);
    url = `git+${web.url}${path}`;
    forge.repositories.set(path, []);
    forge.token = 'hush-hush';
    await box.bootstrap();
    const file = `${box.home}/environments.yaml`;
    const settings = [
      '    forges:',
      `      - host: 127.0.0.1:${web.port}`,
      '        kind: github',
      `        api: ${forge.api}/`,
      '        token-file: token',
    ];
    await writeFile(file, `${await readFile(file, 'utf8')}${settings.join('\n')}\n`);
    await box.file('home/token', 'hush-hush\n', 0o600);
    await box.ok('deploy', '--repository', url, '-n', '0', 'mysql');
    coordinator = await box.coordinator();
    await ensureWatcherNodes(coordinator);
    const environment = await loadEnvironment(undefined, { ENSEMBLE_HOME: box.home });
    const session: Session = {
      environment,
      coordinator,
      choice: '',
      storage: () => Promise.reject(new Error('nothing is stored')),
    };
    announced = [];
    reports = [];
    const silent = (): void => undefined;
    pass = {
      session,
      clock,
      random: () => 0,
      heads: () => heads,
      log: { debug: silent, info: silent, warning: silent, error: silent },
      guard: { kind: 'set', path: paths.watcherElection, value: '{}' },
      over: new AbortController().signal,
      reporter: { report: (report) => void reports.push(report) },
      announcer: { announce: async (announcement) => void announced.push(announcement) },
    };
    part = new CandidatesPart({ request: forgeRequest, variables: {} });
  });
  afterEach(async () => {
    await forge.stop();
    await web.stop();
  });

  const formula = async (name: string, revision: number, more = ''): Promise<void> => {
    const file = `${path}/${name}`;
    await world.box.file(`${file}/metadata.yaml`, `name: ${name}\nrevision: ${revision}\nsummary: a test\n`);
    await world.box.file(`${file}/hooks/install`, `#!/bin/sh\n${more}\n`, 0o755);
  };
  /** Has a change stand at a ref. @returns its commit */
  const push = async (ref: string, change: () => Promise<unknown>): Promise<string> => {
    await git(directory, 'checkout', '--quiet', '--detach', 'main');
    await change();
    const commit = await commitAll(directory);
    await git(directory, 'update-ref', ref, commit);
    await git(directory, 'checkout', '--quiet', 'main');
    return commit;
  };
  const open = async (
    number: number,
    change: () => Promise<unknown>,
    more: Partial<FakeChange> = {},
  ): Promise<void> => {
    const sha = await push(`refs/pull/${number}/head`, change);
    close(number);
    forge.repositories.get(path)?.push({ number, sha, ...more });
  };
  const close = (number: number): void => {
    const left = (forge.repositories.get(path) ?? []).filter((each) => each.number !== number);
    forge.repositories.set(path, left);
  };
  const look = async (): Promise<readonly string[]> => {
    announced.length = 0;
    reports.length = 0;
    clock.advance(300_000);
    heads = await askRefs(parseGitLocation(url), gitLimits);
    await part.pass(pass);
    const [found] = await readCandidates(coordinator);
    return (found?.candidates ?? []).map(({ key, formula: name, revision }) => `${key} ${name} ${revision}`);
  };
  const told = (): readonly string[] =>
    announced.map(({ service, candidate }) => `${service} ${candidate?.change}`).sort();

  it('come with what they propose, are told of when they or what they need moves, and go', async () => {
    assert.deepEqual(await look(), []);
    assert.equal(await coordinator.get(candidatesPath(url)), undefined, 'of nothing, nothing is written');

    await open(22, () => formula('mysql', 13), { title: 'Faster', body: 'Depends on:\n- [ ] #23' });
    await open(23, () => formula('blog', 1));
    await open(24, () => world.box.file(`${path}/README`, 'a word\n'));
    await push('refs/heads/candidate/other', () => formula('mysql', 12, 'echo other'));
    assert.deepEqual(await look(), ['pr:23 blog 1', 'branch:other mysql 12', 'pr:22 mysql 13']);
    assert.deepEqual(told(), ['mysql branch:other', 'mysql pr:22'], 'of blog there is no service');
    const { candidate, repository } = announced.find((each) => each.candidate?.change === 'pr:22') ?? {};
    assert.equal(repository, url);
    assert.equal(candidate?.title, 'Faster');
    assert.deepEqual(
      candidate?.set.map((each) => each.formula),
      ['blog', 'mysql'],
    );
    assert.deepEqual(reports.map(({ asked }) => asked).sort(), [
      'what branch:other proposes',
      'what pr:22 proposes',
      'what pr:23 proposes',
    ]);
    assert.ok(forge.web.asked.every(({ headers }) => headers.authorization === 'Bearer hush-hush'));

    const before = await coordinator.get(candidatesPath(url));
    web.asked.length = 0;
    await look();
    assert.deepEqual([told(), reports], [[], []], 'nothing is told twice');
    assert.equal((await coordinator.get(candidatesPath(url)))?.version, before?.version);
    assert.ok(!web.asked.some(({ path: asked }) => /git-upload-pack$/.test(asked) && /fetch/.test(asked)));

    await open(23, () => formula('blog', 2));
    assert.deepEqual(await look(), ['pr:23 blog 2', 'branch:other mysql 12', 'pr:22 mysql 13']);
    assert.deepEqual(told(), ['mysql pr:22'], 'what it needs moved');

    close(22);
    await git(directory, 'branch', '-D', '--quiet', 'candidate/other');
    assert.deepEqual(await look(), ['pr:23 blog 2']);
    close(23);
    assert.deepEqual(await look(), []);
    await git(directory, 'merge', '--quiet', '--no-ff', '--message=merge', 'refs/pull/22/head');
    await open(25, async () => undefined);
    assert.deepEqual(await look(), [], 'what is released is no candidate');

    await open(26, () => formula('mysql', 99));
    assert.deepEqual(await look(), ['pr:26 mysql 99']);
    await world.box.ok('upgrade-policy', 'mysql', 'off');
    await look();
    assert.equal(
      await coordinator.get(candidatesPath(url)),
      undefined,
      'of what nobody wants watched, nothing is known',
    );
  });

  it('that could not be told of are told of again, and stay while the forge does not answer', async () => {
    await open(22, () => formula('mysql', 13));
    const { announcer } = pass;
    pass = { ...pass, announcer: { announce: () => Promise.reject(new Error('it is down')) } };
    await assert.rejects(look(), /it is down/);
    pass = { ...pass, announcer };
    await look();
    assert.deepEqual(told(), ['mysql pr:22']);

    forge.remaining = 0;
    forge.reset = Math.floor(clock.now() / 1_000) + 900;
    close(22);
    assert.deepEqual(await look(), ['pr:22 mysql 13'], 'limited is not the same as closed');
    const [limited] = await readCandidates(coordinator);
    assert.equal(limited?.known, false);
    assert.match(limited?.why ?? '', /is asked too often with its token/);
    assert.deepEqual(
      reports.map(({ outcome, fault }) => [outcome, fault]),
      [['failed', 'infrastructure']],
    );
    const asked = forge.answered.length;
    await look();
    assert.equal(forge.answered.length, asked, 'it is left alone');
    forge.remaining = 100;
    clock.advance(900_000);
    assert.deepEqual(await look(), []);
    assert.equal((await readCandidates(coordinator))[0]?.known, true);
  });

  it('are not asked for by the watcher that comes after one that asked too often, but with another token', async () => {
    const another = (): void => {
      part = new CandidatesPart({ request: forgeRequest, variables: {} });
    };
    await open(22, () => formula('mysql', 13));
    forge.remaining = 0;
    forge.reset = Math.floor(clock.now() / 1_000) + 3_000;
    await look();
    assert.equal(forge.answered.length, 1);
    another();
    assert.deepEqual(await look(), []);
    const [limited] = await readCandidates(coordinator);
    assert.match(limited?.why ?? '', /^its forge is asked too often; it is asked again at /);
    assert.equal(forge.answered.length, 1, 'it goes on from what the one before it was told');
    assert.ok(!JSON.stringify(limited).includes('hush'));

    forge.token = 'another-one';
    await world.box.file('home/token', 'another-one\n', 0o600);
    another();
    forge.remaining = 100;
    assert.deepEqual(await look(), ['pr:22 mysql 13'], 'quotas are by token');
    assert.equal((await readCandidates(coordinator))[0]?.limited, undefined);
  });

  it('are shown with their conflicts and needs', async () => {
    const shown = (): Promise<string> => world.box.ok('watcher', 'candidates').then(({ stdout }) => stdout);
    assert.match(await shown(), /no open change with a formula is known/);
    await open(22, () => formula('mysql', 13), {
      title: 'Faster',
      body: 'Depends on:\n- #24\n- other/name#5',
    });
    await open(23, () => formula('mysql', 13, 'echo too'));
    await open(24, () => formula('blog', 1), { updatedAt: '2025-01-01T00:00:00Z' });
    await look();
    const text = await shown();
    assert.match(
      text,
      /mysql 13~pr22\.g[0-9a-f]{7} +conflict with pr:23 +2026-01-01 +blog 1~pr24\.g[0-9a-f]{7}, 127\.0\.0\.1\/other\/name#5 \(not open\)/,
    );
    assert.match(text, /mysql 13~pr23\.g[0-9a-f]{7} +conflict with pr:22/);
    assert.match(text, /blog 1~pr24\.g[0-9a-f]{7} +stale +2025-01-01/);
    const { repositories } = JSON.parse(
      (await world.box.ok('watcher', 'candidates', '--format', 'json')).stdout,
    );
    assert.deepEqual(
      repositories.map(
        (each: {
          repository: string;
          known: boolean;
          candidates: { key: string; conflicts: string[]; stale: boolean }[];
        }) => [
          each.repository,
          each.known,
          each.candidates.map(({ key, conflicts, stale }) => [key, conflicts, stale]),
        ],
      ),
      [
        [
          url,
          true,
          [
            ['pr:24', [], true],
            ['pr:22', ['pr:23'], false],
            ['pr:23', ['pr:22'], false],
          ],
        ],
      ],
    );
    const { stderr } = await world.box.ok(
      ...['deploy', '--repository', url, '--candidate', 'pr:22', '-n', '0', 'mysql', 'trial'],
    );
    assert.match(
      stderr,
      /pr:23 proposes the same revision of mysql as pr:22: only one of them can be released/,
    );
    const told = (text: string, formulaName: string): string | undefined =>
      new RegExp(`with pr:22 goes (${formulaName} .*)$`, 'm').exec(text)?.[1]?.replace(/g[0-9a-f]{7}/, 'g…');
    assert.equal(
      told(stderr, 'blog'),
      `blog 1~pr24.g…; no service runs blog, so it is tried by: ensemble deploy --repository ${url} --candidate pr:24 blog`,
      'what is to be tried together is told to whoever tries one',
    );
    await world.box.ok('deploy', '--repository', url, '--candidate', 'pr:24', '-n', '0', 'blog');
    const again = await world.box.ok(
      ...['deploy', '--repository', url, '--candidate', 'pr:22', '-n', '0', 'mysql', 'another'],
    );
    assert.equal(
      told(again.stderr, 'blog'),
      'blog 1~pr24.g…; it is tried by: ensemble upgrade-formula --candidate pr:24 --unit UNIT SERVICE',
    );
    assert.match(
      stderr,
      /pr:22 needs 127\.0\.0\.1\/other\/name#5 too, which is not open where anybody looks/,
    );
    assert.deepEqual((await world.box.ok('__complete', 'candidates')).stdout.trim().split('\n'), [
      'pr:22',
      'pr:23',
      'pr:24',
    ]);
  });
});
