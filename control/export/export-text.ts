import { createHash } from 'node:crypto';
import { paths } from '../../state/model/paths.js';
import { type Layout, layoutSchema } from '../../state/model/environment-schemas.js';
import { treeRoots } from '../../state/model/tree-roots.js';
import * as z from '../../state/platform/zod.js';
import { ExportInvalid } from '../errors.js';

/** The format of the text, which a reader of another one refuses. */
const FORMAT = 1;

/** The content of an environment's state beyond its sessions. */
export interface Export {
  /** ISO instant. */
  readonly exportedAt: string;
  /** `user@host`. */
  readonly by: string;
  /** Digest of all lines but the last: tells one export from another. */
  readonly sha256: string;
  /** Says who may read the tree. */
  readonly layout: Layout;
  /** Values by paths, parents first. */
  readonly nodes: ReadonlyMap<string, string>;
}

const headSchema = z.looseObject({
  ensemble: z.literal('export'),
  format: z.int(),
  exportedAt: z.string(),
  by: z.string(),
});
const nodeSchema = z.tuple([z.string(), z.string()]);
const endSchema = z.looseObject({ nodes: z.int(), sha256: z.string() });

/**
 * An export as text: a line that says what it is, a line for each node, and one with the number of nodes and the digest of
 * all lines before it, so that a text that was cut off or changed is never taken for a whole one.
 */
export function exportText({ exportedAt, by, nodes }: Omit<Export, 'layout' | 'sha256'>): string {
  const head = { ensemble: 'export', format: FORMAT, exportedAt, by };
  const lines = [head, ...nodes].map((line) => `${JSON.stringify(line)}\n`).join('');
  return `${lines}${JSON.stringify({ nodes: nodes.size, sha256: digestOf(lines) })}\n`;
}

/**
 * Reads what `exportText` wrote.
 * @param file its name, for messages
 * @throws ExportInvalid
 */
export function parseExport(text: string, file: string): Export {
  const invalid = (reason: string): ExportInvalid => new ExportInvalid({ file, reason });
  const parsed = <T>(line: string | undefined, schema: z.ZodMiniType<T>): T | undefined => {
    try {
      return schema.parse(JSON.parse(line ?? ''));
    } catch {
      return undefined;
    }
  };
  const lines = text.split('\n');
  const head = parsed(lines[0], headSchema);
  if (head === undefined) throw invalid('it does not begin as one does');
  if (head.format !== FORMAT)
    throw invalid(`it is of format ${head.format}, and this release reads format ${FORMAT}`);
  const end = parsed(lines.at(-2), endSchema);
  if (lines.at(-1) !== '' || end === undefined) throw invalid('its end is missing');
  const body = lines.slice(0, -2).map((line) => `${line}\n`);
  if (end.sha256 !== digestOf(body.join(''))) throw invalid('its content is not what its last line says');
  const nodes = new Map<string, string>();
  for (const [index, line] of body.slice(1).entries()) {
    const node = parsed(line, nodeSchema);
    if (node === undefined || !belongs(node[0], nodes))
      throw invalid(`line ${index + 2} is no node that may stand there`);
    nodes.set(...node);
  }
  const layout = parsed(nodes.get(paths.layout), layoutSchema);
  if (layout === undefined) throw invalid(`it has no ${paths.layout}`);
  return { exportedAt: head.exportedAt, by: head.by, sha256: end.sha256, layout, nodes };
}

/** True if a node may stand at this path, behind those. */
function belongs(path: string, before: ReadonlyMap<string, string>): boolean {
  if (before.has(path)) return false;
  if (path === paths.layout || treeRoots.includes(path)) return true;
  const slash = path.lastIndexOf('/');
  return before.has(path.slice(0, slash)) && !/^(?:|\.|\.\.)$|\p{Cc}/u.test(path.slice(slash + 1));
}

function digestOf(lines: string): string {
  return createHash('sha256').update(lines).digest('hex');
}
