import { EnsembleError } from '../../state/platform/errors.js';
import type { HookContext } from '../context/hook-context.js';
import { runTool } from '../tools/run-tool.js';
import { type HookTool, InputWanted, type ToolResult } from '../tools/tool.js';
import { parseRequest, type Request } from './request.js';

/** Gives the context of a hook that is running, and nothing for any other id; may wait until that is known. */
export type FindContext = (clientId: string) => HookContext | undefined | Promise<HookContext | undefined>;

/** The agent's words about itself for anyone who may open its socket: the tool `ensemble-agent`, of no hook. */
export type About = () => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;

/** The name by which that is asked for. */
const ABOUT = 'ensemble-agent';

/** A refusal: the request never reached a tool. Exit 1 where the hook is the matter, 2 where the request is. */
export function refuse(exit: 1 | 2, sentence: string): ToolResult {
  return { exit, stdout: '', stderr: `${sentence}\n` };
}

/** Answers a request's line. Never throws. */
export async function answer(
  line: Uint8Array,
  tools: ReadonlyMap<string, HookTool>,
  find: FindContext,
  about?: About,
): Promise<Buffer> {
  const request = parseRequest(line);
  if (typeof request === 'string') return encodeResult(refuse(2, `ensemble-agent: ${request}`));
  if (request.tool === ABOUT && about !== undefined)
    return encodeResult({ exit: 0, stdout: `${JSON.stringify(await about())}\n`, stderr: '' });
  const result = await answerRequest(request, tools, find);
  return result instanceof InputWanted ? Buffer.from('{"input":true}\n') : encodeResult(result);
}

/** A header line, then the bytes it announces. */
export function encodeResult({ exit, stdout, stderr }: ToolResult): Buffer {
  const [out, err] = [Buffer.from(stdout), Buffer.from(stderr)];
  const header = JSON.stringify({ exit, stdout: out.length, stderr: err.length });
  return Buffer.concat([Buffer.from(`${header}\n`), out, err]);
}

async function answerRequest(
  request: Request,
  tools: ReadonlyMap<string, HookTool>,
  find: FindContext,
): Promise<ToolResult | InputWanted> {
  const context = await find(request.client);
  if (!context) {
    return refuse(
      1,
      `${request.tool}: no hook with this ENSEMBLE_CLIENT_ID is running; hook tools work only in hooks`,
    );
  }
  const tool = tools.get(request.tool);
  if (!tool) {
    const known = [...tools.keys()].sort().join(', ');
    return refuse(2, `${request.tool}: this agent has no such hook tool; it has ${known}`);
  }
  try {
    return await runTool(tool, { ...request, context });
  } catch (error) {
    const why = error instanceof EnsembleError ? error.message : 'the agent could not answer';
    return refuse(1, `${request.tool}: ${why}`);
  }
}
