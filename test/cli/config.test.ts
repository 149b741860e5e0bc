import assert from 'node:assert/strict';
import { useSandbox } from './sandbox.js';

const config = `options:
  title: {type: string, default: Guests, description: What stands at the top}
  port: {type: int, description: Where it listens}
  ratio: {type: float, default: 0.5}
  debug: {type: boolean, default: false}
`;

describe('ensemble get and set', () => {
  const world = useSandbox();

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1, { config });
    await world.box.ok('deploy', '-n', '0', '--repository', 'principia', 'guestbook');
  });

  const settings = async () =>
    JSON.parse((await world.box.ok('get', '--format', 'json', 'guestbook')).stdout).settings;
  const set = (...args: string[]) => world.box.run('set', 'guestbook', ...args);

  it('shows every option with its value, default and description, and whether it was set', async () => {
    await world.box.ok('set', 'guestbook', 'port=80');
    assert.deepEqual((await settings()).title, {
      value: 'Guests',
      set: false,
      type: 'string',
      default: 'Guests',
      description: 'What stands at the top',
    });
    assert.deepEqual((await settings()).port, {
      value: 80,
      set: true,
      type: 'int',
      default: null,
      description: 'Where it listens',
    });
    const { stdout } = await world.box.ok('get', 'guestbook');
    const [head = '', title = '', port = ''] = stdout.split('\n');
    assert.match(head, /^OPTION +VALUE +SET +TYPE +DEFAULT +DESCRIPTION$/);
    assert.match(title, /^title +Guests +no +string +Guests +What stands at the top$/);
    assert.match(port, /^port +80 +yes +int +- +Where it listens$/);
    assert.match(
      (await world.box.ok('get', '--format', 'yaml', 'guestbook')).stdout,
      /^service: guestbook\n/,
    );
  });

  it('shows only which options there are by --schema', async () => {
    const { stdout } = await world.box.ok('get', '--schema', 'guestbook');
    assert.match(
      stdout,
      /^OPTION +TYPE +DEFAULT +DESCRIPTION\ntitle +string +Guests +What stands at the top\n/,
    );
    const { options } = JSON.parse((await world.box.ok('get', '-s', '--format', 'json', 'guestbook')).stdout);
    assert.deepEqual(options.ratio, { type: 'float', default: 0.5, description: '' });
  });

  it('sets several values at once, also the empty text, and resets', async () => {
    const { stderr, stdout } = await world.box.ok('set', 'guestbook', 'title=', 'ratio=1e-3', 'debug=true');
    assert.equal(stdout, '');
    assert.equal(stderr, 'guestbook: changed title, ratio, debug\n');
    const now = await settings();
    assert.deepEqual([now.title.value, now.ratio.value, now.debug.value], ['', 0.001, true]);
    await world.box.ok('set', '--reset', 'title', '--reset', 'debug', 'guestbook');
    assert.deepEqual([(await settings()).title.value, (await settings()).title.set], ['Guests', false]);
  });

  it('keeps = in values, and takes a file’s text for @file', async () => {
    await world.box.file('greeting.txt', 'two\nlines = two\n');
    await world.box.ok('set', 'guestbook', 'title=a=b');
    assert.equal((await settings()).title.value, 'a=b');
    await world.box.ok('set', 'guestbook', 'title=@greeting.txt');
    assert.equal((await settings()).title.value, 'two\nlines = two\n');
  });

  it('sets from a YAML file, over which single values go', async () => {
    await world.box.file('values.yaml', 'title: "@home"\nport: 1\n');
    await world.box.ok('set', '--config', 'values.yaml', 'guestbook', 'port=2');
    assert.deepEqual([(await settings()).title.value, (await settings()).port.value], ['@home', 2]);
  });

  it('sets nothing when one value is wrong', async () => {
    for (const [args, expected] of [
      [['title=x', 'port=many'], 'the config option port must be a whole number, not "many"'],
      [['title=x', 'colour=red'], 'the formula has no config option colour'],
      [['title=x', 'debug=yes'], 'the config option debug must be true or false, not "yes"'],
      [['title=x', 'port='], 'the config option port must be a whole number, not ""'],
      [['title=@nowhere.txt'], 'nowhere.txt cannot be read: it does not exist'],
      [['title=x', '--reset', 'colour'], 'the formula has no config option colour'],
    ] as const) {
      const { code, stderr } = await set(...args);
      assert.equal(code, 1);
      assert.equal(stderr.split('\n')[0], `ensemble: ${expected}`);
    }
    assert.equal((await settings()).title.set, false);
  });

  it('keeps what two operators set at the same time', async () => {
    await Promise.all([
      world.box.ok('set', 'guestbook', 'title=x'),
      world.box.ok('set', 'guestbook', 'port=7'),
      world.box.ok('set', 'guestbook', 'debug=true'),
    ]);
    const now = await settings();
    assert.deepEqual([now.title.value, now.port.value, now.debug.value], ['x', 7, true]);
  });

  it('takes back what was set last by --undo, restores it by another one, and says what', async () => {
    assert.match((await set('--undo')).stderr, /nothing to undo in the config of guestbook: nothing was set/);
    await set('port=7', 'title=x');
    await set('port=8', 'debug=true');
    const values = async () => {
      const { title, port, debug } = await settings();
      return [title.value, port.value, debug.set];
    };
    assert.match(
      (await set('--undo')).stderr,
      /^guestbook: as before the last set: port: .* → .*, debug: .* → .*$/m,
    );
    assert.deepEqual(await values(), ['x', 7, false]);
    await set('--undo');
    assert.deepEqual(await values(), ['x', 8, true]);
    const { code, stderr } = await set('--undo', 'port=9');
    assert.equal(code, 2);
    assert.match(stderr, /--undo takes back the last set, so nothing else can be set with it/);
    const { stdout } = await world.box.ok('history', 'guestbook');
    assert.match(stdout, /^\S+ +guestbook +set +asked .* undo: port: 7 → 8, debug: \(default\) → true$/m);
  });

  it('says so when there is nothing to change', async () => {
    await world.box.ok('set', 'guestbook', 'port=7');
    assert.match((await world.box.ok('set', 'guestbook', 'port=7')).stderr, /^nothing to change/);
  });
});
