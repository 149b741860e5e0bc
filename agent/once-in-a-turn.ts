/** Calls `act` once for however many calls of the result there are in one turn of the event loop. */
export function onceInATurn(act: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      act();
    });
  };
}
