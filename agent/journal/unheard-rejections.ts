/**
 * On a full disk lmdb rejects, besides the promise of each write, one that it gives to nobody; Node ends a process in
 * which a rejection goes unheard. Every write of ours is waited for, so such a rejection says nothing new. Any other
 * one is a bug and ends the process as before. It prints the error's stack besides, which is for its makers.
 */
export function hearCommitRejections(debug: boolean): void {
  if (!debug) console.error = () => undefined;
  process.on('unhandledRejection', (reason: unknown) => {
    if (reason instanceof Error && 'commitError' in reason) return;
    throw reason;
  });
}
