/**
 * Runs cases beside each other, `width` at a time, in their order, while mocha asks for them one by one: each case is
 * a world of its own, and mostly waits.
 */
export function pool<Case>(
  cases: readonly Case[],
  width: number,
  run: (each: Case) => Promise<void>,
): { begin(): void; result(each: Case): Promise<void>; stop(): Promise<void> } {
  const results = new Map<Case, Promise<void>>();
  const settle = new Map<Case, { resolve: () => void; reject: (error: unknown) => void }>();
  const waiting = [...cases];
  let workers: Promise<void>[] = [];
  for (const each of cases) {
    const result = new Promise<void>((resolve, reject) => settle.set(each, { resolve, reject }));
    // Mocha comes for it later, or never where the run was broken off.
    result.catch(() => undefined);
    results.set(each, result);
  }

  async function work(): Promise<void> {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const { resolve, reject } = settle.get(each) ?? {};
      await run(each).then(resolve, reject);
    }
  }

  return {
    begin() {
      workers = Array.from({ length: width }, work);
    },
    result: (each) => results.get(each) ?? Promise.reject(new Error('no such case')),
    async stop() {
      waiting.length = 0;
      await Promise.all(workers);
    },
  };
}
