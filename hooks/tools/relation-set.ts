import { isSettingsKey, KEY_RULE, type SettingsChange, SETTINGS_LIMIT } from '../context/relation.js';
import { ToolUsageError } from '../errors.js';
import { parseSettings } from './parse-settings.js';
import { readFileOfHook } from './read-file.js';
import { chosenRelation, relationOption } from './relation-option.js';
import type { HookTool, ToolCall } from './tool.js';

const NAME = 'relation-set';

/** Changes the unit's own settings in a relation when the hook succeeds. */
export const relationSet: HookTool = {
  name: NAME,
  summary: "set the unit's own settings in a relation; takes effect when the hook succeeds",
  examples: [
    'relation-set port=3306 host=$(unit-get private-address)',
    'relation-set password=          (deletes it)',
    'relation-set certificate=@server.crt',
    'relation-set -r db:4 --file settings.yaml',
    'mysql-settings --json | relation-set --file -',
  ],
  define(command, call) {
    command
      .usage('[-r ID] [--file FILE] KEY=VALUE…')
      .argument('[settings...]', 'KEY=VALUE; an empty VALUE deletes the key, one of @FILE is what FILE holds')
      .addOption(relationOption())
      .option(
        '--file <file>',
        'read settings from a YAML or JSON map, - for standard input; a KEY=VALUE counts more',
      )
      .action(async (words: string[], { relation, file }: { relation?: string; file?: string }) => {
        if (words.length === 0 && file === undefined)
          throw new ToolUsageError({
            tool: NAME,
            problem: 'there is nothing to set: write KEY=VALUE, or --file FILE',
          });
        const pairs = words.map(splitPair);
        const fromFile = file === undefined ? {} : parseSettings(await readFile(file, call), nameOf(file));
        const change = { ...fromFile, ...(await readPairs(pairs, call)) };
        const id = await chosenRelation(NAME, call.context, relation);
        await call.context.relations.set(id, change);
      });
  },
};

function splitPair(word: string): readonly [key: string, value: string] {
  const at = word.indexOf('=');
  if (at < 0) throw new ToolUsageError({ tool: NAME, problem: `"${word}" is no KEY=VALUE` });
  const key = word.slice(0, at);
  if (!isSettingsKey(key))
    throw new ToolUsageError({ tool: NAME, problem: `"${word}" sets "${key}", ${KEY_RULE}` });
  return [key, word.slice(at + 1)];
}

async function readPairs(
  pairs: readonly (readonly [string, string])[],
  { directory }: ToolCall,
): Promise<SettingsChange> {
  const read = pairs.map(async ([key, value]): Promise<[string, string | null]> => {
    const text = value.startsWith('@')
      ? await readFileOfHook(value.slice(1), directory, SETTINGS_LIMIT)
      : value;
    return [key, text === '' ? null : text];
  });
  return Object.fromEntries(await Promise.all(read));
}

async function readFile(file: string, call: ToolCall): Promise<string> {
  return file === '-' ? call.input() : readFileOfHook(file, call.directory, SETTINGS_LIMIT);
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : `"${file}"`;
}
