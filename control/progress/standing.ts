/**
 * How far a unit is. `offline`: nobody works on it, since no agent is up where it is placed. `stuck`: its agent cannot
 * bring the formula (the storage is away, the bundle is damaged), or it cannot leave a relation that the formula lacks,
 * or what it says cannot be read; one to be upgraded runs the old formula on. `gone`: it was removed, or is being stopped,
 * and will never get there. `overtaken`: a later upgrade took it further. `called-off`: nobody asks it, or not any more, and it
 * did not get there, since somebody had it go back; or it is left in the error state that it was in before. `untold`: its
 * agent is of a release that does not tell. `waits`: it was not asked yet, and will not be until somebody says so.
 */
export type Standing =
  | 'under-way'
  | 'done'
  | 'failed'
  | 'offline'
  | 'stuck'
  | 'gone'
  | 'overtaken'
  | 'called-off'
  | 'untold'
  | 'waits';
