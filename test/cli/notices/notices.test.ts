import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { URGENT_EVERY } from '../../../cli/notices/due.js';
import { changeNotices } from '../../../cli/notices/notices-file.js';
import { holdAlone } from '../../../cli/notices/only-one.js';
import { paths } from '../../../state/model/paths.js';
import { systemClock } from '../../../state/platform/clock.js';
import { eventuallyTrue } from '../../eventually.js';
import { useSandbox } from '../sandbox.js';
import { looked, noticesPath, onTerminal, readFileOfNotices } from './on-a-terminal.js';

const BLOCK = /^(newer|SECURITY): /m;

describe('notices on a terminal', () => {
  const world = useSandbox();
  let bare = '';

  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('guestbook', 9);
    await box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
    await box.formula('guestbook', 10);
    bare = (await onTerminal(box, ['get', 'guestbook'], { variables: { ENSEMBLE_NO_NOTICES: '1' } })).text;
  });

  const get = (options = {}) => onTerminal(world.box, ['get', 'guestbook'], options);
  /** Has a command begin a look, and waits for its end. */
  const look = async (): Promise<void> => {
    const first = await get();
    assert.deepEqual(first, { code: 0, text: bare });
    assert.deepEqual(await looked(world.box, 'guestbook'), [10]);
  };

  it('come once, after what a later command prints, and say what to type and how to be told nothing', async () => {
    await look();
    const { code, text } = await get();
    assert.equal(code, 0);
    assert.equal(
      text,
      `${bare}newer: revision 10 of guestbook, which runs revision 9, is compatible; to take it: ensemble upgrade-formula --revision 10 guestbook
each newer revision is told once; to be told nothing: export ENSEMBLE_NO_NOTICES=1 in the shell, or \`notices: off\` in ${world.box.home}/environments.yaml
`,
    );
    assert.deepEqual(await get(), { code: 0, text: bare });
  });

  it('change neither the exit status nor what goes to stdout', async () => {
    const failing = ['get', 'no-such-service'];
    const without = await onTerminal(world.box, failing, { variables: { CI: '1' } });
    assert.equal(without.code, 1);
    await look();
    const told = await onTerminal(world.box, failing);
    assert.equal(told.code, 1);
    assert.equal(told.text.slice(0, without.text.length), without.text);
    assert.match(told.text.slice(without.text.length), /^newer: /);
  });

  it('never come, nor is anything looked for, in a pipe, in CI or where somebody said so', async () => {
    const { box } = world;
    await get({ redirect: ' >out' });
    await get({ redirect: ' 2>err' });
    for (const name of ['CI', 'NO_UPDATE_NOTIFIER', 'ENSEMBLE_NO_NOTICES'])
      await get({ variables: { [name]: '1' } });
    const file = join(box.home, 'environments.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, `notices: off\n${text}`);
    await get();
    await writeFile(file, `${text}    notices: off\n`);
    await get();
    assert.ok(!(await readdir(box.directory)).includes('.local'));
    await writeFile(file, text);
    await look();
    await get({ redirect: ' >out 2>err' });
    assert.equal(await readFile(join(box.directory, 'out'), 'utf8'), bare);
    assert.equal(await readFile(join(box.directory, 'err'), 'utf8'), '');
    assert.match((await get()).text, BLOCK);
  });

  it('leave what is newer to status, which asks nobody for it', async () => {
    const { box } = world;
    assert.doesNotMatch((await box.ok('status')).stdout, /NEWER/);
    await look();
    const { stdout } = await box.ok('status');
    assert.match(
      stdout,
      /^SERVICE +FORMULA +UNITS +NEWER +REPOSITORY\nguestbook +principia:guestbook-9 +1 +10 /m,
    );
    await box.ok('upgrade-formula', '--no-wait', 'guestbook');
    assert.doesNotMatch((await box.ok('status')).stdout, /NEWER/);
  });

  it('do not follow the command that upgraded the service, nor speak of what it has since', async () => {
    const { box } = world;
    await look();
    const upgrade = await onTerminal(box, ['upgrade-formula', '--no-wait', 'guestbook']);
    assert.doesNotMatch(upgrade.text, BLOCK);
    assert.doesNotMatch((await get()).text, BLOCK);
  });

  it('do not speak of what somebody upgraded in a script', async () => {
    await look();
    await world.box.ok('upgrade-formula', '--no-wait', 'guestbook');
    assert.doesNotMatch((await get()).text, BLOCK);
  });

  it('do not say what newer has just shown, nor begin a look for what it has just asked', async () => {
    const { box } = world;
    const shown = await onTerminal(box, ['newer', '--refresh']);
    assert.match(shown.text, /^to take 10: /m);
    assert.deepEqual(await looked(box, 'guestbook'), [10]);
    assert.deepEqual(await get(), { code: 0, text: bare });
    assert.equal(Object.values(readFileOfNotices(box))[0]?.begun, undefined);
    await box.formula('guestbook', 11);
    // Nobody saw what a script asks for.
    await box.ok('newer', '--refresh');
    await onTerminal(box, ['newer', '--refresh'], { redirect: ' >out' });
    assert.deepEqual(await get(), { code: 0, text: bare });
    const pause = { CI: '1' };
    assert.match(
      (await onTerminal(box, ['newer', 'guestbook'], { variables: pause })).text,
      /^to take 11: /m,
    );
    assert.deepEqual(await looked(box, 'guestbook'), [10]);
  });

  it('tell of a security fault again each day', async () => {
    const { box } = world;
    await box.formula('guestbook', 10, { metadata: 'release: {urgent: security}\n' });
    await look();
    assert.match(
      (await get()).text,
      /^SECURITY: revision 10 of guestbook, .* mends a security fault; to take it/m,
    );
    assert.doesNotMatch((await get()).text, BLOCK);
    const [state = '', entry] = Object.entries(readFileOfNotices(box))[0] ?? [];
    assert.ok(entry !== undefined);
    const at = entry.told.guestbook?.['principia:guestbook-9']?.urgent['10'] ?? 0;
    const told = {
      guestbook: { 'principia:guestbook-9': { revisions: [10], urgent: { 10: at - URGENT_EVERY } } },
    };
    const yesterday = at - URGENT_EVERY;
    assert.ok(
      changeNotices(noticesPath(box), state, (noted) => ({ ...noted, entry: { ...entry, told } }), yesterday),
    );
    assert.match((await get()).text, BLOCK);
  });

  it('come once where two commands end at once', async () => {
    await look();
    const both = await Promise.all([get(), get(), get()]);
    assert.equal(both.filter(({ text }) => BLOCK.test(text)).length, 1);
    assert.deepEqual(new Set(both.map(({ code }) => code)), new Set([0]));
  });

  it('make do with garbage in their file, and with a file that cannot be', async () => {
    const { box } = world;
    const file = noticesPath(box);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '{"version": 1, "environ');
    await look();
    assert.match((await get()).text, BLOCK);
    await rm(file);
    await mkdir(file);
    assert.deepEqual(await get(), { code: 0, text: bare });
    await rm(dirname(file), { recursive: true });
    await writeFile(dirname(file), 'no directory');
    assert.deepEqual(await get(), { code: 0, text: bare });
  });

  it('are left out where it cannot be noted that they were told', async () => {
    await look();
    const claim = `${noticesPath(world.box)}.claim`;
    await mkdir(claim);
    assert.deepEqual(await get(), { code: 0, text: bare });
    await rmdir(claim);
    assert.deepEqual(await get({ variables: { XDG_STATE_HOME: '/sys' } }), { code: 0, text: bare });
    assert.match((await get()).text, BLOCK);
  });

  it('are left out, and their file is left alone, where a newer release wrote it', async () => {
    const file = noticesPath(world.box);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '{"version":2}');
    assert.deepEqual(await get(), { code: 0, text: bare });
    assert.equal(await readFile(file, 'utf8'), '{"version":2}');
  });

  it('wait for no repository: one that hangs is given up, and all that is sent to it is a request for its index', async () => {
    const { box } = world;
    const asked: string[] = [];
    const server = createServer((request) => {
      asked.push(`${request.method} ${request.url} ${Object.keys(request.headers).sort().join()}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const coordinator = await box.coordinator();
    const node = await coordinator.get(paths.service('guestbook'));
    const service = JSON.parse(node?.value ?? '');
    service.repository.path = `http://127.0.0.1:${port}/formulas/`;
    await coordinator.set(paths.service('guestbook'), JSON.stringify(service));
    assert.deepEqual(await get(), { code: 0, text: bare });
    await eventuallyTrue('the repository is asked', () => asked.length > 0);
    assert.deepEqual(await get(), { code: 0, text: bare });
    assert.deepEqual(asked, ['GET /formulas/index.json accept-encoding,connection,host,user-agent']);
    // The look that hangs holds the others up, so this one ends with its limit.
    const second = await box.run('__refresh-notices', '--limit', '1s');
    assert.equal(second.code, 0);
    server.close().closeAllConnections();
    (await holdAlone(noticesPath(box), systemClock))();
  });

  it('look one at a time, and never for longer than their limit', async () => {
    const { box } = world;
    const release = await holdAlone(noticesPath(box), systemClock);
    const { code } = await box.run('__refresh-notices', '--limit', '1s');
    assert.equal(code, 0);
    assert.ok(!(await readdir(box.directory)).includes('.local'));
    release();
    await box.ok('__refresh-notices', '--limit', '30s');
    assert.deepEqual(await looked(box, 'guestbook'), [10]);
  });

  it('begin no look before twelve hours have gone', async () => {
    const { box } = world;
    await look();
    const [state = '', entry] = Object.entries(readFileOfNotices(box))[0] ?? [];
    await box.formula('guestbook', 11);
    await get();
    assert.equal(readFileOfNotices(box)[state]?.begun, entry?.begun);
    const long = (entry?.begun ?? 0) - 12 * 3_600_000;
    const older = { ...entry, offers: {}, told: {}, begun: long, checked: long };
    changeNotices(noticesPath(box), state, (noted) => ({ ...noted, entry: older }), long);
    await get();
    assert.deepEqual(await looked(box, 'guestbook', long), [11]);
  });
});
