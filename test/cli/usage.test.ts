import assert from 'node:assert/strict';
import { useSandbox } from './sandbox.js';

/** What is typed, and what the first line of the answer says. */
const rows: readonly (readonly [string, RegExp])[] = [
  ['', /^ensemble: no command is given$/],
  ['frobnicate', /^ensemble: unknown command 'frobnicate'/],
  ['help frobnicate', /^ensemble: unknown command 'frobnicate'$/],
  ['-e local', /^ensemble: no command is given$/],
  ['statsu', /^ensemble: unknown command 'statsu'\s*$/],
  ['deploy', /^ensemble: missing required argument 'formula'$/],
  ['deploy a b c', /^ensemble: too many arguments for 'deploy'/],
  ['deploy --frob guestbook', /^ensemble: unknown option '--frob'$/],
  [
    'deploy -n x guestbook',
    /'-n, --units <count>' argument 'x' is invalid. It must be a whole number, at least 0/,
  ],
  ['deploy -n -1 guestbook', /'-1'/],
  ['deploy -n 99999999 guestbook', /at most 10000/],
  [
    'deploy Guestbook',
    /^ensemble: "Guestbook" is no name of a formula: a name must be lower-case letters, digits and dashes/,
  ],
  [
    'deploy ./principia/guestbook',
    /^ensemble: ".\/principia\/guestbook" is no name .*: ensemble deploy --repository .\/principia guestbook$/,
  ],
  [
    'deploy guestbook ../etc',
    /^ensemble: '\.\.\/etc' is invalid for argument 'service'. A service's name must be lower-case/,
  ],
  ['deploy guestbook guest-1', /ends in a dash and digits/],
  ['deploy --revision 3 guestbook-2', /^ensemble: guestbook-2 and --revision 3 name two revisions$/],
  ['deploy --timeout soon guestbook', /argument 'soon' is invalid. Write it like 30s, 5m or 1h/],
  ['deploy --timeout 0s guestbook', /'0s' is invalid/],
  ['deploy --machine a/b guestbook', /A machine's name begins with a letter or a digit, .*; a-b would do/],
  ['deploy guestbook', /^ensemble: there is no repository to look for guestbook in$/],
  ['add-unit -n 0 guestbook', /at least 1/],
  ['remove-unit', /missing required argument 'unit'/],
  ['remove-unit guestbook', /Units are called SERVICE\/NUMBER, such as mysql\/0/],
  ['remove-unit guestbook/01', /Units are called/],
  ['resolved guestbook/x', /Units are called/],
  ['status --format xml', /Allowed choices are table, json, yaml, dot, svg/],
  ['status guest!book', /Write the name of a service, a unit or a machine/],
  ['status --watch --format svg', /^ensemble: --watch cannot draw svg$/],
  ['add-relation blog', /missing required argument 'other'/],
  ['add-relation blog mysql:', /Write SERVICE, or SERVICE:RELATION/],
  ['add-relation a:b:c mysql', /Write SERVICE, or SERVICE:RELATION/],
  ['remove-relation blog MySQL', /Write SERVICE, or SERVICE:RELATION/],
  ['expose', /missing required argument 'service'/],
  ['remove-machine', /missing required argument 'machine'/],
  ['remove-machine a/b', /A machine's name begins with a letter or a digit, .*; a-b would do/],
  ['completion tcsh', /Allowed choices are bash, zsh, fish/],
  ['get a b', /too many arguments/],
  ['set guestbook', /^ensemble: nothing is given to set$/],
  ['set guestbook title', /^ensemble: "title" is not key=value$/],
  ['set guestbook =x', /is not key=value$/],
  ['set --reset title guestbook title=x', /^ensemble: title is both set and reset$/],
  ['upgrade-formula --bump --revision 3 guestbook', /^ensemble: --bump makes a new revision/],
  ['deploy -u guestbook-3', /^ensemble: --upgrade makes a new revision/],
  ['debug-log -f -r -n 3', /^ensemble: --replay begins with all there is/],
  ['upgrade-formula --unit guestbook guestbook', /Units are called/],
  ['status --state embedded:x', /^ensemble: --state and --storage go together$/],
  ['status -e local --state embedded:x --storage file:y', /^ensemble: --environment cannot be combined/],
];

describe('wrong usage', () => {
  const world = useSandbox();

  for (const [line, expected] of rows) {
    it(`exits 2 and says what is wrong: ensemble ${line}`, async () => {
      const { code, stdout, stderr } = await world.box.run(...line.split(' ').filter((word) => word !== ''));
      const [first = ''] = stderr.split('\n');
      assert.match(first, expected);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
    });
  }

  it('shows the usage line of the command and how to get its help', async () => {
    const { stderr } = await world.box.run('deploy');
    assert.equal(
      stderr,
      "ensemble: missing required argument 'formula'\n" +
        'usage: ensemble deploy [options] <formula> [service]\n' +
        '  try: ensemble deploy --help\n',
    );
  });

  it('tells its version wherever it is asked for it', async () => {
    const [first, behind] = [await world.box.ok('--version'), await world.box.ok('status', '--version')];
    assert.equal(behind.stdout, first.stdout);
  });

  it('suggests the nearest command and option', async () => {
    assert.match((await world.box.run('statsu')).stderr, /Did you mean status\?/);
    assert.match((await world.box.run('status', '--fromat', 'json')).stderr, /Did you mean --format\?/);
  });

  it('takes several units behind one --unit, and the service behind them', async () => {
    const { code, stderr } = await world.box.run('upgrade-formula', '--unit', 'a/0', 'a/1', 'a');
    // Understood: what it stops at is that nothing is bootstrapped.
    assert.equal(code, 1);
    assert.match(stderr, /there are no environments yet/);
  });
});
