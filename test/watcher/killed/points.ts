/**
 * The EFFECTS of a watcher's pass over a scene, between a fault point before and one after each: asking a repository,
 * what is written, what is delivered. A test holds this list against a recorded run.
 */
const EFFECTS = [
  'watcher.lead',
  'watcher.poll',
  'watcher.newer',
  'watcher.announce',
  'watcher.stage',
  'watcher.begin',
  'watcher.store',
  'watcher.report',
  'watcher.records',
  'watcher.candidates',
  'watcher.tell',
  'watcher.tried',
  'watcher.passed',
  'watcher.deliver',
  'watcher.acknowledge',
] as const;

/** All points at which a watcher may be killed. */
export const WATCHER_POINTS: readonly string[] = [
  ...EFFECTS.flatMap((effect) => [`${effect}.before`, `${effect}.after`]),
  'watcher.decide.after',
];

/** Those of `npm test`: one for each thing that is told, begun or delivered before it is noted. */
export const SAMPLE = [
  'watcher.poll.after',
  'watcher.decide.after',
  'watcher.begin.after',
  'watcher.tell.after',
  'watcher.deliver.after',
] as const;
