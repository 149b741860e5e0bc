import { execFileSync } from 'node:child_process';

/** Python, as its own process is small and its `fork` is the system's; every test machine has it. */
const SCRIPT = `import os, sys, time
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o600)
for turn in range(int(sys.argv[2])):
    begun = time.perf_counter()
    child = os.fork()
    if child == 0: os.execv('/bin/true', ['true'])
    os.waitpid(child, 0)
    os.pwrite(file, b'x', turn)
    os.fsync(file)
    print((time.perf_counter() - begun) * 1000)
`;

/** Milliseconds of fork and exec of /bin/true and one fsync of one byte in `file`, each of so many times. */
export function forkAndSync(file: string, times: number): readonly number[] {
  const printed = execFileSync('python3', ['-c', SCRIPT, file, String(times)], { encoding: 'utf8' });
  return printed.trim().split('\n').map(Number);
}
