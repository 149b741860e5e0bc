/**
 * On a full disk lmdb rejects, besides the promise of each write, one that it gives to nobody; Node ends a process in
 * which a rejection goes unheard. Every write of ours is waited for, so such a rejection says nothing new. Any other
 * one is a bug and ends the process as before.
 */
export function hearCommitRejections(): void {
  process.on('unhandledRejection', (reason: unknown) => {
    if (reason instanceof Error && 'commitError' in reason) return;
    throw reason;
  });
}
