import { globMatcher } from '../../platform/glob.js';
import { SignersInvalid } from './errors.js';

/** A line of a file of allowed signers, as `ssh-keygen -Y verify` reads them (ALLOWED SIGNERS of ssh-keygen(1)). */
export interface AllowedSigner {
  /** Who signs with the key, as the file says it: one name, or several by commas. */
  readonly principals: string;
  /** The public key, in base64 as ssh writes it. */
  readonly key: string;
  /** Patterns of what may be signed with it; undefined for anything. */
  readonly namespaces: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly validAfter: number | undefined;
  readonly validBefore: number | undefined;
}

const FIELD = /^(?:"(?<quoted>[^"]*)"|(?<plain>[^\s"]+))\s+(?<rest>.*)$/;
const KEY_PATTERN = /^(?<type>[a-z0-9@.-]+)\s+(?<key>[A-Za-z0-9+/]+={0,2})(?:\s|$)/;
const OPTION = /^(?<name>[a-z-]+)(?:="(?<value>[^"]*)")?(?:,|(?=\s)|$)/i;

/**
 * Reads a file of allowed signers. Lines for certificates are passed over: they are not believed here.
 * @throws SignersInvalid
 */
export function parseAllowedSigners(text: string, file: string): readonly AllowedSigner[] {
  return meaningfulLines(text).flatMap(({ line, number }) => {
    const invalid = (reason: string): SignersInvalid => new SignersInvalid({ file, line: number, reason });
    const { quoted, plain = '', rest = '' } = FIELD.exec(line)?.groups ?? {};
    const principals = quoted ?? plain;
    if (principals === '' || /^(ssh|ecdsa|sk)-/.test(principals))
      throw invalid('it begins with no name of a signer: write NAME KIND KEY');
    const { options, rest: keyText } = readOptions(rest, invalid);
    const { type, key } = KEY_PATTERN.exec(keyText)?.groups ?? {};
    if (type === undefined || key === undefined) throw invalid('it holds no public key');
    if (options.has('cert-authority')) return [];
    requireSameType(type, key, invalid);
    return [
      {
        principals,
        key,
        namespaces: options.get('namespaces')?.split(','),
        validAfter: instantOf(options.get('valid-after'), invalid),
        validBefore: instantOf(options.get('valid-before'), invalid),
      },
    ];
  });
}

/** The public keys in a list of revoked ones, in base64 as ssh writes them. @throws SignersInvalid */
export function parseRevoked(text: string, file: string): readonly string[] {
  return meaningfulLines(text).map(({ line, number }) => {
    const { type, key } = KEY_PATTERN.exec(line)?.groups ?? {};
    const invalid = (reason: string): SignersInvalid => new SignersInvalid({ file, line: number, reason });
    if (type === undefined || key === undefined) throw invalid('it is no public key');
    requireSameType(type, key, invalid);
    return key;
  });
}

/** Whether what is signed in a namespace may be signed with the key. A pattern behind `!` takes back. */
export function isForNamespace({ namespaces }: AllowedSigner, namespace: string): boolean {
  if (namespaces === undefined) return true;
  const matches = (pattern: string): boolean => globMatcher(pattern)(namespace);
  if (namespaces.some((each) => each.startsWith('!') && matches(each.slice(1)))) return false;
  return namespaces.some((each) => !each.startsWith('!') && matches(each));
}

function meaningfulLines(text: string): readonly { readonly line: string; readonly number: number }[] {
  return text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
}

const known = ['cert-authority', 'namespaces', 'valid-after', 'valid-before'];

/** Refuses an option that it does not know: it may narrow what the key is for. */
function readOptions(
  text: string,
  invalid: (reason: string) => SignersInvalid,
): { readonly options: ReadonlyMap<string, string>; readonly rest: string } {
  const options = new Map<string, string>();
  if (KEY_PATTERN.test(text)) return { options, rest: text };
  let rest = text;
  while (rest !== '' && !/^\s/.test(rest)) {
    const [whole = ''] = OPTION.exec(rest) ?? [];
    const { name = '', value } = OPTION.exec(rest)?.groups ?? {};
    const lower = name.toLowerCase();
    if (!known.includes(lower)) throw invalid(`${JSON.stringify(name || rest)} is no option that is known`);
    if (value === undefined && lower !== 'cert-authority') throw invalid(`${lower} needs a value in quotes`);
    options.set(lower, value ?? '');
    rest = rest.slice(whole.length);
  }
  return { options, rest: rest.trim() };
}

function requireSameType(type: string, key: string, invalid: (reason: string) => SignersInvalid): void {
  const blob = Buffer.from(key, 'base64');
  const length = blob.length < 4 ? -1 : blob.readUInt32BE();
  if (blob.subarray(4, 4 + length).toString('latin1') !== type)
    throw invalid(`its key is not of the kind ${type}, as it says`);
}

/** `YYYYMMDD[HHMM[SS]]`, in the machine's own time, or with `Z` in UTC. */
function instantOf(
  text: string | undefined,
  invalid: (reason: string) => SignersInvalid,
): number | undefined {
  if (text === undefined) return undefined;
  const parts = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/.exec(text);
  if (parts === null)
    throw invalid(`${JSON.stringify(text)} is no time: write it like 20270101 or 202701011200Z`);
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone] = parts;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(at)) throw invalid(`${JSON.stringify(text)} is no time`);
  return at;
}
