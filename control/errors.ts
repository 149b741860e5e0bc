import { upgradeCommand } from '../state/formula/upgrade-command.js';
import { defineError } from '../state/platform/errors.js';
import { shellWord } from '../state/platform/shell-word.js';
import type { RelationFault } from './relate/relation-faults.js';

/** A service was created, and then its units could not be. */
export class UnitsNotAdded extends defineError<{ service: string; reason: string }>(
  'units-not-added',
  ({ service, reason }) => `service ${service} is created, but not all of its units are: ${reason}`,
  ({ service }) =>
    `the same command again makes the others; where it cannot: ensemble add-unit --rest ${service}, on another machine with --machine`,
) {}

/** An upgrade goes forward only. */
export class RevisionOlder extends defineError<{ service: string; deployed: string; revision: number }>(
  'revision-older',
  ({ service, deployed, revision }) =>
    `service ${service} runs ${deployed}, and revision ${revision} is older; an upgrade goes forward only`,
  'to bring the old content back, give it a higher revision than the deployed one and upgrade to that',
) {}

/** What is asked could be meant for a rollout that is under way, or for one to a newer revision. */
export class RevisionUnnamed extends defineError<{
  service: string;
  to: string;
  newer: string;
  options: string;
  revision: number;
}>(
  'revision-unnamed',
  ({ service, to, newer, options }) =>
    `a rollout of ${service} to ${to} is under way, and ${newer} is newer: ${options} could be meant for either`,
  ({ service, options, revision }) =>
    `for the one that is under way: ensemble upgrade-formula --revision ${revision} ${options} ${service}`,
) {}

/** Somebody else upgraded the service while this command was on its way. */
export class UpgradeOvertaken extends defineError<{ service: string; wanted: string; formula: string }>(
  'upgrade-overtaken',
  ({ service, wanted, formula }) =>
    `somebody else set service ${service} to ${formula} at the same time; ${wanted} was not set`,
  ({ service }) => `ensemble status ${service}`,
) {}

/** Units named on the command line are of another service. */
export class UnitOfOtherService extends defineError<{
  unit: string;
  service: string;
  /** The change that the units were to try, and that needs nothing of that unit's formula as far as is known. */
  change?: string;
}>(
  'unit-of-other-service',
  ({ unit, service, change }) =>
    `${unit} is no unit of service ${service}${change === undefined ? '' : `, nor of one whose formula ${change} needs as far as a watcher knows`}`,
  ({ service, change }) =>
    change === undefined ? `ensemble status ${service}` : 'ensemble watcher candidates',
) {}

/** `upgrade-formula --bump` and `deploy --upgrade` write into the formula's directory, which a bundle is not. */
export class BumpNeedsDirectory extends defineError<{ path: string; kind: 'bundle' | 'remote' }>(
  'bump-needs-directory',
  ({ path, kind }) =>
    kind === 'bundle'
      ? `${path} is a bundle, and a bundle is never changed`
      : `${path} is not on this machine, so its revision cannot be raised`,
  'put the formula’s directory into the repository, or leave the revision as it is: without --bump, or deploy’s --upgrade',
) {}

/** Nothing has a name that fits what `status` was narrowed to. */
export class NothingMatches extends defineError<{ scope: string }>(
  'nothing-matches',
  ({ scope }) => `no service, unit or machine is called ${scope}`,
  'ensemble status',
) {}

/** The name stands for another repository, or the repository has another name. */
export class RepositoryKnown extends defineError<{
  /** As it is known. */
  name: string;
  url: string;
}>(
  'repository-known',
  ({ name, url }) => `the environment knows ${url} as the repository ${name}`,
  ({ name }) =>
    `use it as --repository ${name}, or take that name away first: ensemble repository remove ${name}`,
) {}

/** Ids of formulas that came from another place begin with the name. */
export class RepositoryNameInUse extends defineError<{
  name: string;
  url: string;
  /** A service whose formula is called so, and where that came from. */
  service: string;
  place: string;
}>(
  'repository-name-in-use',
  ({ name, url, service, place }) =>
    `${name} cannot be the name of ${url}: the formula of the service ${service} is called ${name}:…, and came from ${place}`,
  ({ name, url }) => `another name for it: ensemble repository add ${name}2 ${shellWord(url)}`,
) {}

/** The environment has no repository of this name. */
export class RepositoryUnknown extends defineError<{ name: string; known: readonly string[] }>(
  'repository-unknown',
  ({ name }) => `the environment has no repository called ${name}`,
  ({ known, name }) =>
    known.length === 0 ? `ensemble repository add ${name} URL` : `choose one of ${known.join(', ')}`,
) {}

/** The new formula would break relations that are in use. */
export class RelationsInUse extends defineError<{
  service: string;
  formula: string;
  faults: readonly RelationFault[];
}>(
  'relations-in-use',
  ({ service, formula, faults }) =>
    `${formula} does not fit the relations of ${service}:\n${faults.map((fault) => `  ${faultText(fault)}`).join('\n')}`,
  ({ service, faults }) =>
    `ensemble remove-relation ${service}:${faults[0]?.relation} ${faults[0]?.services[0]}, or the same command with --force`,
) {}

/** A service's units are placed either beside others' or on their own. */
export class SubordinateChanged extends defineError<{
  service: string;
  formula: string;
  /** True if the new formula is a subordinate. */
  subordinate: boolean;
}>(
  'subordinate-changed',
  ({ service, formula, subordinate }) =>
    subordinate
      ? `${formula} is a subordinate, and service ${service} is not`
      : `${formula} is no subordinate, and service ${service} is one`,
  'deploy it as another service',
) {}

/** The service, or units of it, went back from this formula; it is not taken again unasked. */
export class FormulaReverted extends defineError<{ service: string; formula: string }>(
  'formula-reverted',
  ({ service, formula }) => `${service} went back from ${formula}, so it is not taken again`,
  ({ service, formula }) => `publish a mended revision, or ${upgradeCommand(formula, service, '--force')}`,
) {}

/** Formulas are pruned, and bundles of theirs could not be removed from the storage. */
export class PruneIncomplete extends defineError<{ bundles: number; reason: string }>(
  'prune-incomplete',
  ({ bundles, reason }) =>
    `${bundles} bundle${bundles === 1 ? '' : 's'} of pruned formulas could not be removed from the storage: ${reason}`,
  'ensemble prune, when that is mended: it remembers them',
) {}

/** A relation that a new formula breaks, in a line. */
export function faultText({ relation, services, reason }: RelationFault): string {
  return `relation ${relation} (with ${services.join(', ')}): ${reason}`;
}

/** The state changed while it was read, each time that it was read once more. */
export class TreeUnsettled extends defineError<{ path: string; looks: number }>(
  'tree-unsettled',
  ({ path, looks }) => `the state changed between each two of ${looks} looks at it, last ${path}`,
  'wait until nothing is under way in `ensemble status`, or stop the agents, and run the same command again',
) {}

/** A file is no whole export of an environment. */
export class ExportInvalid extends defineError<{ file: string; reason: string }>(
  'export-invalid',
  ({ file, reason }) => `${file} is no whole export: ${reason}`,
  'take another copy of it, or `ensemble export` once more',
) {}

/** The storage took an object and does not show it. */
export class StorageUnusable extends defineError<{ storage: string; reason: string }>(
  'storage-unusable',
  ({ storage, reason }) => `the storage ${storage} cannot be used: ${reason}`,
  'check the environment’s `storage`',
) {}

/** Another rollout to the same formula is under way, and goes by other parameters. */
export class RolloutUnderWay extends defineError<{
  service: string;
  to: string;
  word: string;
  has: string;
  /** What is asked is asked of the clone by which it goes. */
  clone?: string;
  /** What is asked is asked of a service that goes: this is its clone, which was promoted. */
  promoted?: string;
}>(
  'rollout-under-way',
  ({ service, to, word, has, clone, promoted }) =>
    promoted !== undefined
      ? `${service} goes: ${promoted} takes its place by a rollout to ${to} that is under way`
      : clone === undefined
        ? `a rollout of ${service} to ${to} is under way already, with ${word} ${has}`
        : `${clone} is the clone by which a rollout of ${service} to ${to} is under way, and is tried as it is`,
  ({ service, clone, promoted }) =>
    promoted !== undefined
      ? `ask it of ${promoted}; to see how far it is: ensemble rollout watch ${service}`
      : `ensemble rollout ${clone === undefined ? 'watch' : 'promote'} ${service}, or ensemble rollout abort ${service} first`,
) {}
