/** Why no row tries what an error advises: another test does it, with words of that test, or nothing can here. */
export type Unrun = { readonly test: string; readonly says: string } | { readonly why: string };

/** By the errors' codes: those that have no row. Each reason is that code's own. */
export const unrun: Readonly<Record<string, Unrun>> = {
  'listener-failed': {
    test: 'test/watcher/listener/webhook-to-look.test.ts',
    says: 'finds a listener that says that its address is not to be had, and listens at another one',
  },
  'hook-writes-refused': {
    test: 'test/regression/refused-for-good.test.ts',
    says: '--retry runs the hook again',
  },
  'layout-not-changed': {
    test: 'test/migrate/change-layout.test.ts',
    says: 'asks whose data directory it is where nothing says so',
  },
  'migrator-missing': {
    test: 'test/state/layouts/require-layout.test.ts',
    says: 'is asked for in vain where ensemble-migrate is missing, which is said, and what to do',
  },
  'no-progress': {
    test: 'test/agent/loop-breaker.test.ts',
    says: 'gives up a bundle that is damaged each time, and takes it once it is mended',
  },
  'perl-missing': {
    test: 'test/regression/agent-without-perl.test.ts',
    says: 'says so before it touches anything, and starts with a PATH that has one',
  },
  'set-meanwhile': {
    test: 'test/control/config/set-config.test.ts',
    says: 'where somebody sets in the same moment',
  },
  'state-damaged': {
    test: 'test/regression/a-damaged-state-says-so.test.ts',
    says: 'is told as that by what writes, is written to no more, and is made anew with all it holds',
  },
  'watcher-deposed': {
    test: 'test/watcher/takeover.test.ts',
    says: 'and does not know it yet, writes nothing',
  },
  'watcher-elsewhere': {
    test: 'test/watcher/main.test.ts',
    says: '--once says that another one leads, and the command that shows which',
  },
  'tree-unsettled': {
    test: 'test/control/export/read-tree.test.ts',
    says: 'is given up where it never rests, by the path of what changes, and read once it does rest',
  },
};
