import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, visit } from 'yaml';
import type * as z from '../platform/zod.js';
import { explainIssue } from './explain-issue.js';
import { isTooDeep } from './yaml-depth.js';

/** Larger than any sane metadata.yaml, and small enough for metadata and config to fit one coordinator node. */
export const LARGEST_YAML = 128 * 1024;

/**
 * The most faults of one file: a reader mends the file by the first few, and a hostile file has a hundred thousand.
 */
const MOST_FAULTS = 50;

/** One thing that is wrong in a YAML file. */
export interface YamlProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Dotted, e.g. `requires.db.scope`; empty for the whole file. */
  readonly field: string;
  readonly reason: string;
}

/** The result of reading a YAML file: its checked value, or everything that is wrong with it, never nothing. */
type YamlResult<T> =
  | {
      readonly value: T;
      readonly lineOf: (path: readonly PropertyKey[]) => number;
      /** The places that were taken for something else than they say. */
      readonly notes: readonly YamlProblem[];
    }
  | { readonly problems: readonly [YamlProblem, ...YamlProblem[]] };

/** Something that a file says in another way than the schema asks, and that can only mean one thing. */
export interface YamlNote {
  readonly path: readonly PropertyKey[];
  /** To follow the field's name: what it was taken for. */
  readonly reason: string;
}

/**
 * Puts what a file says in another way into the schema's way, before it is checked.
 * @param textAt how the scalar at a path is written in the file; undefined where there is none
 */
export type Normalize = (
  value: unknown,
  textAt: (path: readonly PropertyKey[]) => string | undefined,
) => { readonly value: unknown; readonly notes: readonly YamlNote[] };

/** The text of a file, which must be UTF-8 and of sane size; otherwise the reason why not. */
export function decodeText(bytes: Uint8Array): { readonly text: string } | { readonly reason: string } {
  if (bytes.length > LARGEST_YAML)
    return { reason: `is ${bytes.length} bytes long; at most ${LARGEST_YAML} are read` };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { reason: 'is not UTF-8 text' };
  }
}

/**
 * Parses YAML and checks it against `schema`, so that each problem names its line and field. `file` is what problems
 * call the file. Never throws, whatever the bytes.
 */
export function parseYamlFile<T>(
  bytes: Uint8Array,
  file: string,
  schema: z.ZodMiniType<T>,
  normalize: Normalize = (value) => ({ value, notes: [] }),
): YamlResult<T> {
  const decoded = decodeText(bytes);
  if ('reason' in decoded) return { problems: [{ file, line: 1, field: '', reason: decoded.reason }] };
  const loaded = loadYaml(decoded.text);
  const problems = loaded.faults.map((fault) => ({ file, ...fault }));
  const [first, ...others] = problems;
  if (first !== undefined) return { problems: [first, ...others] };

  const normal = normalize(loaded.value, loaded.textAt);
  const checked = schema.safeParse(normal.value, { reportInput: true });
  if (checked.success) {
    const notes = normal.notes.map(({ path, reason }) => ({
      file,
      line: loaded.lineOf(path),
      field: path.map(String).join('.'),
      reason,
    }));
    return { value: checked.data, lineOf: loaded.lineOf, notes };
  }
  const [issue, ...issues] = checked.error.issues
    .map((each) => ({
      file,
      line: loaded.lineOf(each.path),
      field: each.path.map(String).join('.'),
      reason: explainIssue(each),
    }))
    .sort((a, b) => a.line - b.line);
  if (issue === undefined) throw new Error('a failed check without an issue');
  return { problems: [issue, ...issues] };
}

interface LoadedYaml {
  readonly value: unknown;
  readonly faults: readonly { readonly line: number; readonly field: string; readonly reason: string }[];
  readonly lineOf: (path: readonly PropertyKey[]) => number;
  readonly textAt: (path: readonly PropertyKey[]) => string | undefined;
}

/** The text as plain values, with what is wrong as YAML; the value is undefined where anything is. */
export function loadYaml(text: string): LoadedYaml {
  const counter = new LineCounter();
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(offset).line);
  const faults: { line: number; field: string; reason: string }[] = [];
  try {
    if (isTooDeep(text)) {
      faults.push({ line: 1, field: '', reason: 'is not YAML: it is nested too deeply' });
      return { value: undefined, faults, lineOf: () => 1, textAt: () => undefined };
    }
    // The check that keys are unique comes below: the library compares each with each, which takes a minute at worst.
    const options = {
      lineCounter: counter,
      prettyErrors: false,
      logLevel: 'error',
      uniqueKeys: false,
    } as const;
    const document = parseDocument(text, options);
    for (const error of document.errors.slice(0, MOST_FAULTS))
      faults.push({ line: lineAt(error.pos[0]), field: '', reason: `is not YAML: ${error.message}` });
    visit(document, {
      Map: (_key, map) => {
        const seen = new Set<string>();
        for (const { key } of map.items) {
          const name = isScalar(key) ? String(key.value) : undefined;
          const reason =
            name === undefined || name === '__proto__' ? 'is no key that can be used' : 'stands there twice';
          if (name !== undefined && name !== '__proto__' && !seen.has(name)) seen.add(name);
          else
            faults.push({
              line: lineAt((key as ParsedNode | null)?.range[0] ?? 0),
              field: name ?? '',
              reason,
            });
          if (faults.length >= MOST_FAULTS) return visit.BREAK;
        }
        return undefined;
      },
    });
    const value: unknown = faults.length === 0 ? document.toJS() : undefined;
    return {
      value,
      faults,
      lineOf: (path) => lineAt(offsetOf(document.contents, path)),
      textAt: (path) => {
        const node = document.getIn(path, true);
        return isScalar(node) ? node.source : undefined;
      },
    };
  } catch (error) {
    // The library throws where aliases explode and overflows the stack where nesting is absurd.
    const reason = error instanceof RangeError ? 'it is nested too deeply' : (error as Error).message;
    return {
      value: undefined,
      faults: [{ line: 1, field: '', reason: `is not YAML: ${reason}` }],
      lineOf: () => 1,
      textAt: () => undefined,
    };
  }
}

/** Where the value at `path` begins, by its key; of a value that is missing, where its nearest parent begins. */
function offsetOf(contents: ParsedNode | null, path: readonly PropertyKey[]): number {
  let node: ParsedNode | null | undefined = contents;
  let offset = contents?.range[0] ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(key));
      if (pair === undefined) break;
      offset = (pair.key as ParsedNode).range[0];
      node = pair.value as ParsedNode | null;
    } else if (isSeq(node)) {
      node = node.items[Number(key)] as ParsedNode | undefined;
      offset = node?.range[0] ?? offset;
    } else if (node === null || node === undefined || isAlias(node)) {
      break;
    }
  }
  return offset;
}
