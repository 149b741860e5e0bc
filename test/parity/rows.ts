/**
 * What pyjuju did for operators and for authors of formulas, row by row, in Ensemble's words; where Ensemble departs
 * from it, the row states what Ensemble does, and the docs say why. Left out is what belongs to a cloud provider: ssh,
 * scp, open-tunnel, constraints, the making of machines. Each row has a test of its own name in this directory, or is
 * stated by one of `statedElsewhere`.
 */

export const commandRows = [
  'bootstrap makes an environment ready, and without it commands say so',
  '-e ENV, or $ENSEMBLE_ENV, chooses the environment of every command',
  'deploy [-n N] FORMULA [SERVICE] makes a service with N units, one unless said otherwise',
  'deploy --repository DIR, or $ENSEMBLE_REPOSITORY, says where formulas come from',
  'deploy --config FILE begins with these values',
  'deploy -u FORMULA raises the revision of the formula on disk and deploys that',
  'add-unit [-n N] SERVICE adds units',
  'add-relation SERVICE[:RELATION] SERVICE[:RELATION] relates two services',
  'remove-relation SERVICE[:RELATION] SERVICE[:RELATION] parts them',
  'expose and unexpose SERVICE say whether its ports are for everybody',
  'get SERVICE shows its config, get -s SERVICE only which options there are',
  'set SERVICE [--config FILE] [k=v …] changes its config, and k=@file reads a file',
  'resolved UNIT takes the failed hook as done',
  'resolved -r UNIT runs the failed hook again',
  'resolved UNIT RELATION takes the failed hook of that relation as done',
  'resolved -r UNIT RELATION runs the failed hook of that relation again',
  'status --format json|yaml|dot|svg prints in that form, a table unless said otherwise',
  'status --output FILE writes to a file',
  'status SCOPE … shows what has one of these names, with * and ?, and what is related to it',
  'status tells of a unit: state, machine, ports, public address, what it is beside and what is beside it',
  'status tells of a unit that waits for a machine that it is pending',
  'status tells of a unit whose agent is gone that it is down',
  'debug-log -r -f replays what there is and goes on',
  'debug-log -o FILE writes to a file',
  'debug-log -i, -x, -l and -n choose by unit, level and number',
  'debug-hooks UNIT [HOOK …] opens hooks in a tmux session, all unless named',
  'remove-unit UNIT … stops units and removes them',
  'destroy-service SERVICE stops its units and removes it',
  'remove-machine MACHINE … forgets machines, but none that is in use',
  'upgrade-formula -n SERVICE shows what it would do and does nothing',
  'upgrade-formula [--repository DIR] SERVICE upgrades to the newest revision, and says so where there is none',
  'upgrade-formula --bump SERVICE raises the revision of the formula on disk and upgrades to that',
  'upgrade-formula --force SERVICE upgrades units in an error state too',
  'destroy-environment removes everything that the environment knows',
] as const;

export const hookRows = [
  'install, config-changed and start are the first hooks of a unit, in this order',
  'config-changed runs when the config changes',
  'stop is the last hook of a unit that is removed',
  'upgrade-formula is the first hook of a new revision, and config-changed follows',
  'RELATION-relation-joined and -changed run when a unit comes, -changed when it sets something',
  'RELATION-relation-departed runs when a unit goes, and -broken after the last has',
  'what a new revision drops is left before its upgrade-formula, and what it adds joined after config-changed',
  'a unit that was not upgraded yet goes on with the relations of its own revision',
  'a hook that a formula does not have is a success',
  'a hook that is there and not executable is an error',
  'a hook runs in the directory of its formula',
] as const;

export const environmentRows = [
  'every hook has its socket, its client id, its unit, the directory of its formula and a PATH with the tools',
  'a hook inherits nothing of the agent but PATH, HOME and LANG',
  'a hook of a relation has its name, its id such as db:4, and the remote unit',
  'in broken the remote unit is empty',
] as const;

export const toolRows = [
  'every tool says what is wrong with its arguments and exits with 2',
  '--format smart|json|yaml|shell chooses how data is printed',
  '-o FILE writes what a tool prints to a file',
  'relation-get [key|-] [unit] prints a setting or all of them, of the remote unit unless named',
  'relation-get of a key that is not set prints nothing and succeeds',
  'relation-get of a unit that is not there says so and fails',
  'relation-get -r ID reads in another hook than the relation’s own',
  'relation-set k=v … sets, an empty value deletes, k=@file reads a file',
  'relation-set -r ID sets in another hook than the relation’s own',
  'relation-list [-r ID] prints who is there, as of the event in the relation’s own hooks',
  'relation-ids [NAME] prints the ids of relations of a name, the own one’s unless named',
  'config-get [OPTION] prints an option, or all of them with their defaults',
  'unit-get private-address|public-address prints where the unit is reached, and refuses anything else',
  'open-port and close-port PORT[/tcp|/udp] take effect when the hook succeeds, for ports from 1 to 65535',
  'ensemble-log [-l LEVEL] MESSAGE … logs at that level',
  'a hook sees one snapshot: what it read first it reads throughout',
  'what a hook sets is told to others when it exits with 0, merging only its keys',
  'a hook that fails sets nothing',
  'in broken nobody is there, nothing can be set, only the own settings can be read, and no id is named',
  'what a hook prints is in the log',
  'a child that a hook leaves behind does not hold the unit up',
] as const;

export const orderRows = [
  'who comes is told joined and at once changed, in the order of units',
  'what changed while the agent was down is told when it is back',
  'each event carries the members as of its moment',
  'the event that runs is merged with nothing',
  'joined, then changed: joined stays, in its place',
  'joined, then departed: both vanish, and from later members too',
  'changed, then changed: the first stays, in its place',
  'changed, then departed: departed, at the end',
  'departed, then joined: changed, at the end',
  'departed, then changed: departed stays',
  'a hook that fails stays first in its relation, which stops alone',
  'broken comes when everybody has departed',
  'hooks of one unit never overlap',
] as const;

type Row = (typeof allRows)[number];
export const allRows = [...commandRows, ...hookRows, ...environmentRows, ...toolRows, ...orderRows] as const;

/** A test outside this directory that states a row, on both engines. */
export interface Elsewhere {
  /** In `test/`. */
  readonly file: string;
  readonly title: string;
}

const at = (file: string, title: string): Elsewhere => ({ file, title });

export const statedElsewhere = {
  'debug-log -i, -x, -l and -n choose by unit, level and number': at(
    'agent/debug-log.test.ts',
    'chooses by unit, service, level and number',
  ),
  'debug-hooks UNIT [HOOK …] opens hooks in a tmux session, all unless named': at(
    'agent/debug-hooks.test.ts',
    'opens all hooks there are, one after the other',
  ),
  'upgrade-formula -n SERVICE shows what it would do and does nothing': at(
    'e2e/main-job.test.ts',
    'deploys, upgrades and goes, by every command there is',
  ),
  'upgrade-formula [--repository DIR] SERVICE upgrades to the newest revision, and says so where there is none':
    at('e2e/main-job.test.ts', 'deploys, upgrades and goes, by every command there is'),
  'upgrade-formula --bump SERVICE raises the revision of the formula on disk and upgrades to that': at(
    'e2e/main-job.test.ts',
    'upgrades some units first, to a revision that is named, and by a bump of the formula',
  ),
  'upgrade-formula --force SERVICE upgrades units in an error state too': at(
    'e2e/main-job.test.ts',
    'a unit in an error state is upgraded by force, and said so',
  ),
  'upgrade-formula is the first hook of a new revision, and config-changed follows': at(
    'agent/upgrade.test.ts',
    'runs upgrade-formula as the first hook of the new formula, then config-changed',
  ),
  'a hook that is there and not executable is an error': at(
    'agent/life.test.ts',
    'says which hook is not executable',
  ),
  'a hook that fails stays first in its relation, which stops alone': at(
    'agent/relations.test.ts',
    'a hook that fails sets nothing, and stops its relation alone until it is resolved',
  ),
  'broken comes when everybody has departed': at(
    'agent/relations.test.ts',
    'on removal everybody departs before broken, and nothing is left in the tree',
  ),
} as const satisfies Partial<Record<Row, Elsewhere>>;

/** Those of `rows` that need a test in this directory. */
export type Stated<Rows extends readonly Row[]> = Exclude<Rows[number], keyof typeof statedElsewhere>;
