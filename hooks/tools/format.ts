import { Option } from 'commander';
import { shellQuoted } from '../../state/platform/shell-word.js';
import { renderYaml } from '../../state/yaml/render-yaml.js';
import type { Json } from '../context/snapshot.js';

export const formats = ['smart', 'json', 'yaml', 'shell'] as const;
export type Format = (typeof formats)[number];

/** The `--format` of a tool that prints data. */
export function formatOption(): Option {
  return new Option(
    '--format <format>',
    'how to print it; smart: one value bare, a list one per line, several as YAML',
  )
    .choices(formats)
    .default('smart');
}

/**
 * Renders a value for a hook.
 * @param value nothing where what was asked for is not set: smart, yaml and shell print nothing, json prints `null`
 * @param name what a single value is called in the shell format
 */
export function render(format: Format, value: Json | undefined, name = 'value'): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(value ?? null)}\n`;
    case 'yaml':
      return value === undefined ? '' : renderYaml(value);
    case 'shell':
      return value === undefined ? '' : renderShell(value, name);
    case 'smart':
      return renderSmart(value);
  }
}

function renderSmart(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return '';
  if (isList(value)) return value.map((each) => `${text(each)}\n`).join('');
  if (typeof value !== 'object') return `${value}\n`;
  return Object.keys(value).length === 0 ? '' : renderYaml(value);
}

/** `VAR_MAX_CONNECTIONS='100'` per value, as pyjuju printed them; a list is one value. To be read with `eval`. */
function renderShell(value: Json, name: string): string {
  if (isList(value)) return renderShell(value.map(text).join(' '), name);
  const named =
    typeof value === 'object' && value !== null ? Object.entries(value) : [[name, value] as const];
  return named.map(([key, each]) => `${variable(key)}=${shellQuoted(text(each))}\n`).join('');
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function variable(key: string): string {
  return `VAR_${key.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

function text(value: Json): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
