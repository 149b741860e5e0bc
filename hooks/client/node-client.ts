import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * The hook tools' client where there is no perl: `node node-client.js TOOL ARGUMENT…`. It does what the perl one does
 * and imports nothing else of Ensemble, as its start is what a hook waits for.
 */

type Answer = 'none' | 'input' | { exit: number; stdout: Buffer; stderr: Buffer };

/** Sends one request and reads to the end. Half an answer is none: the agent was killed while it gave it. */
function ask(path: string, request: string): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(path, () => socket.write(request));
    socket.on('data', (chunk) => chunks.push(chunk));
    // Also after an error: the agent may have answered before it read everything.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(readAnswer(Buffer.concat(chunks))));
  });
}

function readAnswer(answer: Buffer): Answer {
  const end = answer.indexOf(10) + 1;
  const header = answer.toString('utf8', 0, end);
  if (header === '{"input":true}\n') return 'input';
  const match = /^\{"exit":(\d+),"stdout":(\d+),"stderr":(\d+)\}\n$/.exec(header);
  if (!match) return 'none';
  const [exit = 1, stdout = 0, stderr = 0] = match.slice(1).map(Number);
  if (answer.length < end + stdout + stderr) return 'none';
  return {
    exit,
    stdout: answer.subarray(end, end + stdout),
    stderr: answer.subarray(end + stdout, end + stdout + stderr),
  };
}

async function main(tool: string, args: string[]): Promise<number> {
  const { ENSEMBLE_AGENT_SOCKET: path, ENSEMBLE_CLIENT_ID: client } = process.env;
  if (path === undefined || client === undefined) {
    process.stderr.write(
      `${tool}: works only in a hook that ensemble-agent runs (ENSEMBLE_AGENT_SOCKET and ENSEMBLE_CLIENT_ID are not set)\n`,
    );
    return 1;
  }
  const limit = Number(process.env.ENSEMBLE_TOOL_WAIT ?? 60);
  const call = { version: 1, client, tool, arguments: args, directory: process.cwd() };
  let input: string | undefined;
  let waited = 0;
  for (let wait = 0.01; ; ) {
    const answer = await ask(path, `${JSON.stringify(input === undefined ? call : { ...call, input })}\n`);
    if (answer === 'input') {
      input = readFileSync(0, 'utf8');
    } else if (answer !== 'none') {
      process.stderr.write(answer.stderr);
      process.stdout.write(answer.stdout);
      return answer.exit;
    } else if (waited >= limit) {
      process.stderr.write(
        `${tool}: no agent answers on ${path} (waited ${limit} s); is ensemble-agent running?\n`,
      );
      return 1;
    } else {
      // The agent is being restarted: the hook goes on without it, and its tools wait.
      await pause(wait * 1000);
      waited += wait;
      wait = Math.min(wait * 2, 0.5);
    }
  }
}

const [tool = 'hook tool', ...args] = process.argv.slice(2);
process.exitCode = await main(tool, args);
