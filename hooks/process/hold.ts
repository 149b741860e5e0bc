import type { ChildProcess } from 'node:child_process';

/** Says if a child process and its pipes keep this process alive. */
export function hold(child: ChildProcess, isWaitedFor: boolean): void {
  const handles: readonly unknown[] = [child, child.stdin, child.stdout];
  for (const handle of handles) {
    if (!isHandle(handle)) continue;
    if (isWaitedFor) handle.ref();
    else handle.unref();
  }
}

/** A pipe to a child process is a socket, although its type does not say so. */
function isHandle(value: unknown): value is { ref(): void; unref(): void } {
  return typeof value === 'object' && value !== null && 'ref' in value && 'unref' in value;
}
