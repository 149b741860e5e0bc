import { loadCompiled } from './load-compiled.js';

// Stands in for `agent/run.ts` in the bundled agent.
loadCompiled('agent');
