/** Why no row tries what an error advises: another test does it, with words of that test, or nothing can here. */
export type Unrun = { readonly test: string; readonly says: string } | { readonly why: string };

/** By the errors' codes: those that have no row. Each reason is that code's own. */
export const unrun: Readonly<Record<string, Unrun>> = {
  'bucket-elsewhere': {
    why: 'only AWS answers with the region of a bucket: the servers of the tests have one region, whatever the URL says',
  },
  'command-not-run': {
    why: 'the machine refuses the process or the file of one command of `run` at that moment, as on a full disk; the advice is to look at the status, and the command is given again',
  },
  'data-directory-forbidden': {
    why: 'a second user of the system is needed, and the tests run as one; root, which they may be, is refused nothing',
  },
  'data-directory-too-new': { why: 'there is no release yet that lays the data directory out otherwise' },
  'download-disk-full': {
    why: 'a file system of the test’s own would have to be mounted; that the agent goes on by itself once there is room is in the fault table (enospc)',
  },
  'extraction-failed': {
    why: 'it is the disk or the permissions of the agent’s own directory; the fault table has the disk (enospc at installing.extract), and root is refused nothing',
  },
  'formula-changing': {
    why: 'a file is to change between two reads of one command, which no program can time from outside; the advice is to run the command once more',
  },
  'formula-id-invalid': {
    why: 'ids of formulas are never typed by operators: one that is wrong was written into the state by hand, where `node-invalid` or this says so',
  },
  'hook-cannot-adopt': {
    why: 'the record of a running hook is to be unreadable for the agent that comes back, as on a disk that fails; the advice is `df -h`, which mends nothing by itself',
  },
  'hook-cannot-start': {
    why: 'the system refuses a process, as on a full disk; the agent tries again by itself, which the fault table does (enospc at hook.start); a variable that is too long is in test/hooks/process/outcomes.test.ts',
  },
  'hook-is-over': {
    why: 'only a call that is under way at the moment at which its hook ends meets it; that tools work inside of hooks is what each row of tool-rows does',
  },
  'hook-writes-refused': {
    test: 'test/regression/refused-for-good.test.ts',
    says: '--retry runs the hook again',
  },
  'journal-too-new': { why: 'there is no release yet that writes another format of the journal' },
  'layout-too-new': { why: 'there is no release yet that lays the state tree out otherwise' },
  'machine-unclear': {
    why: 'the host is to be renamed twice, which only root of a host of its own may do; the choice itself is in test/agent/choose-machine.test.ts',
  },
  'no-progress': {
    test: 'test/agent/loop-breaker.test.ts',
    says: 'gives up a bundle that is damaged each time, and takes it once it is mended',
  },
  'node-exists': {
    why: 'each command says in its own words what is there already; this one is left for a race between two writers of one node, after which the same command decides anew',
  },
  'node-not-empty': {
    why: 'something is created below a node in the moment at which another command removes it; the same command then takes that along',
  },
  'node-not-found': {
    why: 'each command says in its own words what is missing; this one is left for what is removed between a read and the write after it',
  },
  'outcome-unknown': {
    why: 'the connection is to break between one write and its answer; that every command may be run twice is what the conformance tests hold both engines to',
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
  'too-many-conflicts': {
    why: 'others are to change the same node at each of many tries; that the same command goes through once they are done is that command’s own test',
  },
  'tree-unsettled': {
    test: 'test/control/export/read-tree.test.ts',
    says: 'is given up where it never rests, by the path of what changes, and read once it does rest',
  },
  'upgrade-overtaken': {
    why: 'another operator upgrades in the same moment; the advice is the status of the service, which shows who won',
  },
  'version-conflict': {
    why: 'commands read again and decide again by themselves; one that gives up says too-many-conflicts',
  },
};
