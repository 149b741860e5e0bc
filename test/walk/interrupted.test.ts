import { setTimeout as pause } from 'node:timers/promises';
import { Walk } from './walk.js';

const two = ['f/0', 'f/1'];

describe('out of a command that Ctrl-C ended, by what is printed', () => {
  let walk: Walk;
  beforeEach(async () => {
    walk = await Walk.open();
    await walk.world.agentProcess();
  });
  afterEach(() => walk.close());

  /** Ctrl-C ends the command, which names the one that shows how its units fare; then they go on. */
  async function interrupted(): Promise<void> {
    await walk.pressesCtrlC();
    await walk.ends(130);
    await walk.world.openGate('open');
    await walk.follows(/ensemble status f/);
  }

  it('while deploy waits for the units', async () => {
    await walk.formula(1, { hooks: { start: 'gate open' } });
    await walk.begins('ensemble deploy --repository world -n 2 f');
    await walk.sees(/starting/);
    await interrupted();
    await walk.untilFine(two, 'world:f-1');
  });

  it('while upgrade-formula waits for the units', async () => {
    await walk.running(two.length);
    await walk.formula(2, { hooks: { 'upgrade-formula': 'gate open' } });
    await walk.begins('ensemble upgrade-formula f');
    await walk.sees(/upgrading, hook/);
    await interrupted();
    await walk.untilFine(two, 'world:f-2');
  });

  it('while revert-formula waits for the units', async () => {
    await walk.running(two.length, { hooks: { 'revert-formula': 'gate open' } });
    await walk.formula(2);
    await walk.meets('ensemble upgrade-formula f');
    await walk.follows(/ensemble revert-formula f/, { interrupted: /upgrading, hook/ });
    await walk.world.openGate('open');
    await walk.follows(/ensemble status f/);
    await walk.untilFine(two, 'world:f-1');
  });

  it('while add-unit waits for the units', async () => {
    await walk.running(1, { hooks: { start: '[ "$ENSEMBLE_UNIT_NAME" = f/0 ] || gate open' } });
    await walk.begins('ensemble add-unit f');
    await walk.sees(/starting/);
    await interrupted();
    await walk.untilFine(two, 'world:f-1');
  });

  for (const milliseconds of [0, 100, 200])
    it(`${milliseconds} ms after upgrade-formula began, which is then given once more`, async () => {
      await walk.running(two.length);
      await walk.formula(2, { files: { ballast: 'x'.repeat(200_000) } });
      await walk.begins('ensemble upgrade-formula f');
      await pause(milliseconds);
      await walk.pressesCtrlC();
      await walk.settles();
      await walk.meets('ensemble status');
      await walk.meets('ensemble upgrade-formula f');
      await walk.untilFine(two, 'world:f-2');
    });
});
