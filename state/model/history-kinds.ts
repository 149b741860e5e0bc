/** The requests of operators: one kind for each thing that a command changes or asks. */
export const requestKinds = [
  'abort',
  'add-relation',
  'add-repository',
  'add-unit',
  'bootstrap',
  'cordon',
  'debug-hooks',
  'deploy',
  'destroy-service',
  'expose',
  'hold-upgrade',
  'import',
  'pause-watcher',
  'prune',
  'publish',
  'remove-machine',
  'remove-relation',
  'remove-repository',
  'remove-unit',
  'resolved',
  'resume-watcher',
  'retry-announcements',
  'revert',
  'rollout',
  'run',
  'set',
  'set-rollout',
  'uncordon',
  'unexpose',
  'unhold-upgrade',
  'upgrade',
  'upgrade-environment',
  'upgrade-policy',
] as const;

export type RequestKind = (typeof requestKinds)[number];

/** The other kinds that units tell. For a relation, they tell the hook that failed, by its name. */
export const unitEventKinds = [
  'config',
  'health',
  'install',
  'remove',
  'remove-by-force',
  'start',
  'stop',
] as const;
