import { Walk } from './walk.js';

const two = ['f/0', 'f/1'];
const config = 'options:\n  port: {type: int, default: 80, description: where it listens}\n';
const refused = '[ "$(config-get port)" != 99 ] || { echo "port 99 is taken"; exit 1; }';

describe('out of the trouble with a wrong config value, by what is printed', () => {
  let walk: Walk;
  beforeEach(async () => {
    walk = await Walk.open();
    await walk.world.agentProcess();
    await walk.running(two.length, { config, hooks: { 'config-changed': refused } });
  });
  afterEach(() => walk.close());

  it('that the option cannot have', async () => {
    await walk.meets('ensemble set f port=http', 1);
    await walk.sees(/port must be a whole number, not "http"/);
    await walk.follows(/ensemble get f/);
    await walk.sees(/^port +80/m);
    await walk.untilFine(two);
  });

  it('that the hook of every unit refuses', async () => {
    await walk.meets('ensemble set f port=99', 1);
    await walk.sees(/port 99 is taken/);
    await walk.follows(/ensemble set --undo f/);
    await walk.untilFine(two);
  });
});
