import { shellWord } from '../platform/shell-word.js';
import { defineError } from '../platform/errors.js';

/** A node of the tree does not hold what this version of Ensemble can read. */
export class NodeInvalid extends defineError<{ path: string; field: string; reason: string }>(
  'node-invalid',
  ({ path, field, reason }) =>
    `${path} in the environment's state is damaged${field === '' ? '' : ` at ${field}`}: ${reason}`,
  'restore that node: compare it with a sound one of its kind',
) {}

export class NotBootstrapped extends defineError<{
  environment: string;
  /** How to bootstrap it, where its name alone does not say. */
  next?: string;
  /** The directory that would hold its state, where there is none at all: it may have been moved. */
  directory?: string;
}>(
  'not-bootstrapped',
  ({ environment, directory }) =>
    directory === undefined
      ? `environment ${environment} has not been bootstrapped`
      : `environment ${environment} has not been bootstrapped, or its state was moved: there is none in ${directory}`,
  ({ environment, directory, next = `ensemble bootstrap -e ${environment}` }) =>
    directory === undefined
      ? next
      : `${next}; or, where it was bootstrapped, put its state back there or mount the disk`,
) {}

/** An environment was begun to be imported or destroyed: a part of it stands, and nobody may take it for the whole. */
export class EnvironmentUnfinished extends defineError<{
  environment: string;
  what: string;
  /** The export that is imported. */
  file?: string | undefined;
  /** That file is another export by now. */
  changed?: boolean | undefined;
  by: string;
  since: string;
  /** The options, with a space in front, by which a command goes there. */
  choice: string;
}>(
  'environment-unfinished',
  ({ environment, what, file, changed, by, since }) =>
    `${what === 'import' ? `an import of ${file ?? 'an export'}` : 'the removal'} was not finished in environment ` +
    `${environment}: ${by} began it at ${since}, and a part stands there` +
    `${changed === true ? '; that file is another export by now' : ''}`,
  ({ what, file, changed, choice }) => {
    const destroy = `ensemble destroy-environment${choice}`;
    if (changed === true) return `put back the export that it was, or see what ${destroy} would remove`;
    return what === 'import'
      ? `go on: ensemble import${choice} ${shellWord(file ?? 'FILE')}; or see what ${destroy} would remove`
      : `go on: ${destroy} --yes`;
  },
) {}

/** The environment is the one that an export is of, and it is not as the export has it any more. */
export class EnvironmentImported extends defineError<{ environment: string; file: string; path: string }>(
  'environment-imported',
  ({ environment, file, path }) =>
    `environment ${environment} is the one that ${file} is an export of, and has gone on since: ${path} is not as it was`,
  'go on with it: ensemble status',
) {}

/** The tree was written by a newer Ensemble whose layout this one cannot read. */
export class LayoutTooNew extends defineError<{
  environment: string;
  minReader: number;
  /** The newest level that this version reads. */
  level: number;
  /** Features that are on and that it does not know. */
  unknown: readonly string[];
}>(
  'layout-too-new',
  ({ environment, minReader, level, unknown }) => {
    const needed = minReader > level ? [`reads layout ${minReader}`] : [];
    const wants = [...needed, ...(unknown.length > 0 ? [`knows ${unknown.join(', ')}`] : [])];
    return `environment ${environment} needs an Ensemble that ${wants.join(' and ')}; this one reads ${level}`;
  },
  'install the newer Ensemble',
  { exitCode: 78 },
) {}

/** Older programs may work in the environment that would misread what was asked for. */
export class FeatureOff extends defineError<{
  feature: string;
  /** What such a program would do, as a sentence. */
  misread: string;
}>(
  'feature-off',
  ({ feature, misread }) =>
    `this environment does not have the feature ${feature} yet: ${misread}, and none is kept out so far`,
  'once all machines and commands are upgraded: ensemble upgrade-environment',
) {}

/** An environment can only be imported into a place where there is none. */
export class EnvironmentNotEmpty extends defineError<{ environment: string; state: string; path: string }>(
  'environment-not-empty',
  ({ environment, state, path }) =>
    `environment ${environment} is not empty: ${path} is in ${state}, and not as the export has it`,
  'name a path in its `state` where nothing is, or see what `ensemble destroy-environment` would remove',
) {}

export class ServiceNotFound extends defineError<{ service: string; known: readonly string[] }>(
  'service-not-found',
  ({ service, known }) =>
    `service ${service} does not exist${known.length === 0 ? '' : `; there are: ${known.join(', ')}`}`,
  'ensemble status',
) {}

export class ServiceExists extends defineError<{
  service: string;
  formula: string;
  /** In what it is not as it was to be deployed, where its formula is: `with 1 unit, and not 3`. */
  differs?: string | undefined;
  /** The command that makes it what was to be deployed. */
  leads?: string | undefined;
}>(
  'service-exists',
  ({ service, formula, differs }) =>
    `service ${service} exists already, running ${formula}${differs === undefined ? '' : `, ${differs}`}`,
  ({ service, leads = `ensemble add-unit ${service}` }) => `ensemble deploy FORMULA OTHER-NAME, or ${leads}`,
) {}

/** The service is on its way out: its last units are stopping. */
export class ServiceDestroying extends defineError<{ service: string }>(
  'service-destroying',
  ({ service }) => `service ${service} is being destroyed`,
  'ensemble status',
) {}

export class UnitNotFound extends defineError<{ unit: string }>(
  'unit-not-found',
  ({ unit }) => `unit ${unit} does not exist`,
  'ensemble status',
) {}

/** `resolved` is for units in an error state only. */
export class UnitNotInError extends defineError<{
  unit: string;
  state: string;
  /** Its relations in error, by their ids, with what each says: mostly one of them is what is meant. */
  relations: readonly { readonly relation: string; readonly message: string }[];
}>(
  'unit-not-in-error',
  ({ unit, state, relations }) => {
    const failed = relations.map(
      ({ relation, message }) => `; its relation ${relation} is in error: ${message}`,
    );
    return `unit ${unit} is in no error state: it is ${state}${failed.join('')}`;
  },
  ({ unit, relations }) => {
    const commands = relations.map(({ relation }) => `ensemble resolved --retry ${unit} ${relation}`);
    return commands.length === 0 ? 'ensemble status' : commands.join(', and ');
  },
) {}

/** There is nothing to abort: none runs for longer than a moment, and none waits for its next try. */
export class NoHookRuns extends defineError<{ unit: string; state: string }>(
  'no-hook-runs',
  ({ unit, state }) => `no hook runs in ${unit}: it is ${state}`,
  'ensemble status',
) {}

export class MachineNotFound extends defineError<{ machine: string; known: readonly string[] }>(
  'machine-not-found',
  ({ machine, known }) =>
    `machine ${machine} does not exist${known.length === 0 ? '' : `; there are: ${known.join(', ')}`}`,
  ({ machine }) => `ensemble-agent --machine ${machine} on that machine registers it`,
) {}

/** A cordoned machine gets no new units, not even by name. */
export class MachineCordoned extends defineError<{
  machine: string;
  by: string;
  reason?: string | undefined;
}>(
  'machine-cordoned',
  ({ machine, by, reason }) =>
    `machine ${machine} is cordoned by ${by} and takes no new units${reason === undefined ? '' : `: ${reason}`}`,
  ({ machine }) => `ensemble uncordon ${machine}, or leave the choice of a machine to Ensemble`,
) {}

/** A machine is forgotten only when nothing is on it. */
export class MachineHostsUnits extends defineError<{
  machine: string;
  units: readonly string[];
  /** True if its agent is up. */
  up: boolean;
}>(
  'machine-hosts-units',
  ({ machine, units }) =>
    `machine ${machine} hosts ${units.length === 1 ? 'a unit' : `${units.length} units`}: ${units.slice(0, 10).join(', ')}${units.length > 10 ? ', …' : ''}`,
  ({ machine, units, up }) =>
    `ensemble remove-unit ${units.slice(0, 10).join(' ')}, and wait until ${units.length === 1 ? 'it is' : 'they are'} gone${up ? '' : `; or, if the machine is lost: ensemble remove-machine --force ${machine}`}`,
) {}

/** A unit whose agent is up is stopped by it. */
export class UnitHasAgent extends defineError<{ unit: string; machine: string }>(
  'unit-has-agent',
  ({ unit, machine }) => `unit ${unit} has an agent that can stop it: that of machine ${machine} is up`,
  ({ unit }) => `ensemble remove-unit ${unit}`,
) {}

/** An agent that is up would register its machine again. */
export class MachineInUse extends defineError<{
  machine: string;
  hostname: string;
  pid: number;
  /** The way to stop it; words that follow `stop it first`. */
  stop: string;
  /** Its process has ended, and its session is not over yet. */
  isGone: boolean;
}>(
  'machine-in-use',
  ({ machine, hostname, pid, isGone }) =>
    isGone
      ? `the agent of machine ${machine}, process ${pid} on ${hostname}, has stopped, and its session is not over yet`
      : `the agent of machine ${machine} is up: process ${pid} on ${hostname}`,
  ({ stop, isGone }) => (isGone ? 'the same command again, in ten seconds' : `stop it first${stop}`),
) {}

/** One formula id stands for one content, for ever. */
export class FormulaPublishedDiffers extends defineError<{
  formula: string;
  /** Where the other content lies; only in a directory of this machine can its revision be raised. */
  source: { readonly path: string; readonly kind: 'directory' | 'bundle' | 'remote' };
  publishedSha256: string;
  sha256: string;
  /** There where another place has the name of this one's: a service from there, and the name by which this one goes, or may go. */
  apart?: { service: string; place: string; url: string; name: string; known: boolean } | undefined;
}>(
  'formula-published-differs',
  ({ formula, source, publishedSha256, sha256, apart }) => {
    const digests = `its sha256 is ${sha256.slice(0, 12)}…, the published one's ${publishedSha256.slice(0, 12)}…`;
    const other =
      apart === undefined
        ? ''
        : `; the service ${apart.service} came from ${apart.place}, a repository of the same name`;
    return `${source.path} is not the ${formula} that was published: ${digests}${other}`;
  },
  ({ source, apart }) => {
    if (apart !== undefined) {
      const naming = `give this repository a name of its own: ensemble repository add ${apart.name} ${shellWord(apart.url)}; and then the`;
      return `${apart.known ? 'the' : naming} same command with --repository ${apart.name}`;
    }
    return source.kind === 'directory'
      ? 'give the changed formula a new revision: ensemble upgrade-formula --bump SERVICE'
      : 'have its author give the changed formula a new revision, and then: ensemble upgrade-formula SERVICE';
  },
) {}

/** A formula that a service or a unit has is not in the state. */
export class FormulaNotPublished extends defineError<{
  formula: string;
  /** The unit that runs it, where it has another one to go back to. */
  unit?: string | undefined;
}>(
  'formula-not-published',
  ({ formula }) => `formula ${formula} is not published in this environment`,
  ({ formula, unit }) => {
    const [, revision] = /-(\d+)$/.exec(formula) ?? [];
    const which = revision === undefined ? '' : `--revision ${revision} `;
    return `publish it again, from its repository: ensemble upgrade-formula ${which}SERVICE${unit === undefined ? '' : `, or go back: ensemble revert-formula ${unit}`}`;
  },
) {}

/** Too many others changed the same thing at the same time. */
export class TooManyConflicts extends defineError<{ what: string }>(
  'too-many-conflicts',
  ({ what }) => `${what} is being changed by others again and again`,
  'run the command again',
) {}

/** There is no earlier formula to go back to. */
export class NothingToRevert extends defineError<{ what: string; formula: string }>(
  'nothing-to-revert',
  ({ what, formula }) =>
    `${what} has no formula before ${formula === '' ? 'its present one' : formula} to go back to`,
  'ensemble status',
) {}

/** A unit's hooks are opened for one operator at a time. */
export class UnitDebugged extends defineError<{ unit: string; by: string }>(
  'unit-debugged',
  ({ unit, by }) => `unit ${unit} is being debugged by ${by} already`,
  'wait until that is over, or end it',
) {}

/** With a secret: the environment's root is open, and others keep something in it, whom closing it would lock out. */
export class PathShared extends defineError<{ state: string; foreign: readonly string[] }>(
  'path-shared',
  ({ state, foreign }) =>
    `anyone may write to the root of ${state}, and it cannot be closed, as others keep ${shortList(foreign)} there`,
  'give the environment a path of its own in `state`, such as zookeeper://HOST:2181/ensemble',
) {}

/** With a secret: there is no environment yet, but nodes in its places that anybody may write to. */
export class StatePlanted extends defineError<{ state: string; planted: readonly string[] }>(
  'state-planted',
  ({ state, planted }) =>
    `${state} is not bootstrapped, and holds what anyone may have put there: ${shortList(planted)}`,
  'remove it (zkCli.sh deleteall PATH), or give the environment another path in `state`',
) {}

/** With a secret: a node is open to others, and it is not this user's to close. */
export class PathNotClosed extends defineError<{ state: string; path: string }>(
  'path-not-closed',
  ({ state, path }) =>
    `anyone may write to ${path} of ${state}, whatever the secret, and this user may not close it`,
  'have whoever made it grant all rights to the user `ensemble` with the secret (zkCli.sh: addauth, setAcl); or choose a path in `state` that does not exist yet',
) {}

/** Shows only the first of many, and how many more there are. */
function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
