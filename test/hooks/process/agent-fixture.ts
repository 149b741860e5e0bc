import { readFileSync } from 'node:fs';
import { findPerl } from '../../../state/platform/find-perl.js';
import { adoptHook } from '../../../hooks/process/adopt-hook.js';
import type { HookSpec } from '../../../hooks/process/hook-run.js';
import { HookLauncher } from '../../../hooks/process/launcher.js';
import { startHook } from '../../../hooks/process/start-hook.js';
import { systemClock } from '../../../state/platform/clock.js';

// `node agent-fixture.js start|adopt SPEC.json`: an agent with one hook. It says the hook's pid once it has it, and
// what became of the hook, each as a line of JSON; tests kill it in between.
const [command, file = ''] = process.argv.slice(2);
const spec: HookSpec = JSON.parse(readFileSync(file, 'utf8'));
const result =
  command === 'start'
    ? await startHook(spec, new HookLauncher(findPerl()), systemClock)
    : await adoptHook(spec, systemClock);
if (result.kind === 'running') {
  process.stdout.write(`${JSON.stringify({ pid: result.hook.pid })}\n`);
  if (command === 'start' && process.env.RELEASE) result.hook.release();
  else process.stdout.write(`${JSON.stringify(await result.hook.outcome)}\n`);
} else {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
