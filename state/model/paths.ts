/** Begins the names of the nodes under a unit that name its subordinates. */
export const SUBORDINATE = 'subordinate-';
/** Begins the name of the node under a unit that names its incarnation. */
export const LIFE = 'life-';
/** Begins the names of the nodes under a unit by which it is asked about the upgrade of a unit that it is related to. */
export const ASKED = 'asked-';
/** Begins the names of the nodes under a unit by which related units answer about its upgrade. */
export const WORD = 'word-';

/** Begins the names of the nodes under a machine that its owners left there. */
export const CLAIM = 'claim-';

/** Begins the names of the nodes by which commands have the watcher look at once. */
export const CHECK = 'check-';

/** The name, which no service has, of the record of what concerns none. */
export const ENVIRONMENT = '@environment';

/**
 * Where each entity stands in the state tree; docs/architecture.md lists all nodes. Two of them are indexes, so that no
 * reader has to list every unit of the environment: `/services/<service>/units` and `/unplaced`.
 */
export const paths = {
  layout: '/layout',
  /** Stands while the tree's shape is changed to a newer level. */
  layoutStep: '/layout/step',
  /** Stands while an environment is imported or destroyed: neither is one, until it is there or gone wholly. */
  unfinished: '/unfinished',
  machines: '/machines',
  machine: (machine: string) => `/machines/${machine}`,
  /** Ephemeral: stands while the machine's agent is up. */
  agent: (machine: string) => `/machines/${machine}/agent`,
  /** Ephemeral: stands while an agent takes the machine over and waits for its owner to go. */
  taking: (machine: string) => `/machines/${machine}/taking`,
  /** Stands for as long as the agent that took the machine under this name has it: what each of its writes checks. */
  machineClaim: (machine: string, claim: string) => `/machines/${machine}/${CLAIM}${claim}`,
  /** Ephemeral, of the CLI that asks: what is kept of removed units there shall go, or be named. */
  keptRequest: (machine: string, id: string) => `/machines/${machine}/prune-${id}`,
  machineUnits: (machine: string) => `/machines/${machine}/units`,
  machineUnit: (machine: string, unit: string) => `/machines/${machine}/units/${nodeOfUnit(unit)}`,
  formulas: '/formulas',
  formula: (formulaId: string) => `/formulas/${formulaId}`,
  /** Records of published bundles, also of pruned ones. */
  bundles: '/bundles',
  bundle: (sha256: string) => `/bundles/${sha256}`,
  /** Where formulas come from, by the names that the environment has for these places. */
  repositories: '/repositories',
  repository: (name: string) => `/repositories/${name}`,
  /** The serials of signed indexes, by digests of their places. */
  serials: '/serials',
  serial: (place: string) => `/serials/${place}`,
  services: '/services',
  service: (service: string) => `/services/${service}`,
  config: (service: string) => `/services/${service}/config`,
  /** The values that the last `set` replaced, for `set --undo`; absent until something was set. */
  replacedConfig: (service: string) => `/services/${service}/config-replaced`,
  serviceUnits: (service: string) => `/services/${service}/units`,
  serviceUnit: (service: string, unit: string) => `/services/${service}/units/${nodeOfUnit(unit)}`,
  /** Names the relations the service takes part in, by their numbers. */
  serviceRelations: (service: string) => `/services/${service}/relations`,
  serviceRelation: (service: string, relation: string) => `/services/${service}/relations/${relation}`,
  exposed: (service: string) => `/services/${service}/exposed`,
  /** Who does not want the service or units of it upgraded; absent until somebody said so. */
  hold: (service: string) => `/services/${service}/hold`,
  /** What whoever watches its repository found to be newer; absent until somebody does. */
  newer: (service: string) => `/services/${service}/newer`,
  rollout: (service: string) => `/services/${service}/rollout`,
  /** Which life of the service its rollout is of; stands as long as the service, and is what each write of it checks. */
  rolloutLife: (service: string, life: string) => `/services/${service}/rollout-${life}`,
  /** Outlives the service: the number that its first unit gets when one of its name is made again. */
  numbers: '/numbers',
  serviceNumbers: (service: string) => `/numbers/${service}`,
  units: '/units',
  unit: (unit: string) => `/units/${nodeOfUnit(unit)}`,
  /** Named by the unit's incarnation, so that a transaction can check that it is still the same life. */
  life: (unit: string, incarnation: string) => `/units/${nodeOfUnit(unit)}/${LIFE}${incarnation}`,
  /** The flag: this unit shall upgrade to its service's formula. */
  upgrade: (unit: string) => `/units/${nodeOfUnit(unit)}/upgrade`,
  resolved: (unit: string) => `/units/${nodeOfUnit(unit)}/resolved`,
  /** The same for one relation of the unit. */
  relationResolved: (unit: string, relation: string) => `/units/${nodeOfUnit(unit)}/resolved-${relation}`,
  /** The hook that runs for this unit shall be ended. */
  abort: (unit: string) => `/units/${nodeOfUnit(unit)}/abort`,
  /** This unit shall stop and go. */
  removal: (unit: string) => `/units/${nodeOfUnit(unit)}/removal`,
  /** Which unit of a subordinate service is placed beside this one; there is one at most. */
  subordinate: (principal: string, service: string) =>
    `/units/${nodeOfUnit(principal)}/${SUBORDINATE}${service}`,
  /** Ephemeral, of the CLI that asks: a command to be run in the unit's context, and its result. */
  command: (unit: string, id: string) => `/units/${nodeOfUnit(unit)}/run-${id}`,
  /** Ephemeral, of the CLI that debugs: which hooks are opened in its windows instead of being run. */
  debug: (unit: string) => `/units/${nodeOfUnit(unit)}/debug`,
  status: (unit: string) => `/units/${nodeOfUnit(unit)}/status`,
  /** Tells a related unit of the upgrade of `unit`, which it may hold. */
  upgradeAsk: (related: string, unit: string) => `/units/${nodeOfUnit(related)}/${ASKED}${nodeOfUnit(unit)}`,
  /** The answer of a related unit about the upgrade of `unit`. */
  relatedWord: (unit: string, related: string) => `/units/${nodeOfUnit(unit)}/${WORD}${nodeOfUnit(related)}`,
  /** Holds the number the next relation gets. */
  relations: '/relations',
  relation: (relation: string) => `/relations/${relation}`,
  /**
   * Where the units of one relation meet: the relation itself, or in container scope a node per principal unit, so
   * that each principal meets its own subordinate only.
   */
  meeting: (relation: string, principal?: string) =>
    principal === undefined ? `/relations/${relation}` : `/relations/${relation}/${nodeOfUnit(principal)}`,
  members: (meeting: string) => `${meeting}/members`,
  /** Ephemeral: the unit takes part and its agent is up. */
  member: (meeting: string, unit: string) => `${meeting}/members/${nodeOfUnit(unit)}`,
  allSettings: (meeting: string) => `${meeting}/settings`,
  /** Written by that unit only. */
  settings: (meeting: string, unit: string) => `${meeting}/settings/${nodeOfUnit(unit)}`,
  /** Units that wait for a machine; the first agent to come places them. */
  /** Its version is the term of the agent that leads, which stands below it. */
  election: '/election',
  leader: '/election/leader',
  unplaced: '/unplaced',
  unplacedUnit: (unit: string) => `/unplaced/${nodeOfUnit(unit)}`,
  /** The output of units, by machine, in segments that are bounded in size and number. */
  logs: '/logs',
  machineLogs: (machine: string) => `/logs/${machine}`,
  logSegment: (machine: string, segment: number) => `/logs/${machine}/${String(segment).padStart(10, '0')}`,
  /** The history of services and units; stays when they are gone. */
  history: '/history',
  /** Events that concern no service, such as those of machines. */
  environmentHistory: `/history/${ENVIRONMENT}`,
  serviceHistory: (service: string) => `/history/${service}`,
  unitHistory: (unit: string) => `/history/${serviceOfUnit(unit)}/${nodeOfUnit(unit)}`,
  /** Lives of units that were removed by force, until their agents know. */
  tombstones: '/tombstones',
  tombstone: (unit: string) => `/tombstones/${nodeOfUnit(unit)}`,
  /** How far each agent's work is in this tree, by the agents' ids: tells a copy of before that was restored. */
  marks: '/marks',
  mark: (agentId: string) => `/marks/${agentId}`,
  /** What the watcher keeps for itself; what it finds stands under the services. */
  watcher: '/watcher',
  /** Its version is the term of the watcher that leads, which stands below it. */
  watcherElection: '/watcher/election',
  watcherLeader: '/watcher/election/leader',
  /** Who runs, and whether operators have it paused. */
  watcherState: '/watcher/state',
  /** Ephemeral, of the command that asks: repositories shall be asked now; and what came of it. */
  watcherCheck: (id: string) => `/watcher/${CHECK}${id}`,
  /** How each repository was when it was last polled, by digests of their places. */
  watcherRepositories: '/watcher/repositories',
  watcherRepository: (key: string) => `/watcher/repositories/${key}`,
  /** What was last told of each service. */
  watcherFingerprints: '/watcher/fingerprints',
  watcherFingerprint: (service: string) => `/watcher/fingerprints/${service}`,
  watcherReports: '/watcher/reports',
  watcherReport: (id: string) => `/watcher/reports/${id}`,
  watcherReportLog: (id: string) => `/watcher/reports/${id}/log`,
  /** Proposed formulas, while they are proposed. */
  watcherCandidates: '/watcher/candidates',
  watcherCandidate: (id: string) => `/watcher/candidates/${id}`,
  /** Announcements that are still to be delivered. */
  watcherDeliveries: '/watcher/deliveries',
  watcherDelivery: (id: string) => `/watcher/deliveries/${id}`,
} as const;

/** `mysql/0` as the tree spells it: `mysql-0`. */
export function nodeOfUnit(unit: string): string {
  return unit.replace('/', '-');
}

/** The unit's name of a node such as `my-sql-0`: `my-sql/0`. Service names never end in a dash and digits. */
export function unitOfNode(node: string): string {
  const dash = node.lastIndexOf('-');
  return `${node.slice(0, dash)}/${node.slice(dash + 1)}`;
}

/** `mysql` of `mysql/0`. */
export function serviceOfUnit(unit: string): string {
  return unit.slice(0, unit.lastIndexOf('/'));
}

/** Orders units as people count: `mysql/2` before `mysql/10`. */
export function compareUnits(a: string, b: string): number {
  const serviceA = serviceOfUnit(a);
  const serviceB = serviceOfUnit(b);
  if (serviceA !== serviceB) return serviceA < serviceB ? -1 : 1;
  // Their numbers, which have no zeros in front.
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}
