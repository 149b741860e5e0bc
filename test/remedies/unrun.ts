/** Why no row tries what an error advises: another test does it, with words of that test, or nothing can here. */
export type Unrun = { readonly test: string; readonly says: string } | { readonly why: string };

/** By the errors' codes: those that have no row. Each reason is that code's own. */
export const unrun: Readonly<Record<string, Unrun>> = {
  'bucket-elsewhere': {
    why: 'only AWS answers with the region of a bucket: the servers of the tests have one region, whatever the URL says',
  },
  'data-directory-forbidden': {
    why: 'a second user of the system is needed, and the tests run as one; root, which they may be, is refused nothing',
  },
  'download-disk-full': {
    why: 'a file system of the test’s own would have to be mounted; that the agent goes on by itself once there is room is in the fault table (enospc)',
  },
  'extraction-failed': {
    why: 'it is the disk or the permissions of the agent’s own directory; the fault table has the disk (enospc at installing.extract), and root is refused nothing',
  },
  'hook-writes-refused': {
    test: 'test/regression/refused-for-good.test.ts',
    says: '--retry runs the hook again',
  },
  'machine-unclear': {
    why: 'the host is to be renamed twice, which only root of a host of its own may do; the choice itself is in test/agent/choose-machine.test.ts',
  },
  'no-progress': {
    test: 'test/agent/loop-breaker.test.ts',
    says: 'gives up a bundle that is damaged each time, and takes it once it is mended',
  },
  'node-not-empty': {
    why: 'something is created below a node in the moment at which another command removes it; the same command then takes that along',
  },
  'perl-missing': {
    test: 'test/regression/agent-without-perl.test.ts',
    says: 'says so before it touches anything, and starts with a PATH that has one',
  },
  'request-refused': {
    why: 'ZooKeeper answers so only where its own server is at fault, and the log of that server is all there is to read',
  },
  'set-meanwhile': {
    test: 'test/control/config/set-config.test.ts',
    says: 'where somebody sets in the same moment',
  },
  'state-damaged': {
    test: 'test/regression/a-damaged-state-says-so.test.ts',
    says: 'is told as that by what writes, is written to no more, and is made anew with all it holds',
  },
  'storage-unusable': {
    why: 'a storage that takes an object and then does not show it is broken by itself: none of the servers of the tests does that',
  },
  'tree-unsettled': {
    test: 'test/control/export/read-tree.test.ts',
    says: 'is given up where it never rests, by the path of what changes, and read once it does rest',
  },
};
