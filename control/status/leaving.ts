const LEAVING: ReadonlySet<string> = new Set(['stopping', 'stop-error', 'stopped', 'removed']);

/** What tells whether a unit goes: somebody asked it to, and its workflow's state. */
interface Going {
  readonly removing?: true;
  readonly status: { readonly state: string };
}

/** True if a unit was asked to go, or is going. */
export function isLeaving({ removing, status }: Going): boolean {
  return removing === true || LEAVING.has(status.state);
}
