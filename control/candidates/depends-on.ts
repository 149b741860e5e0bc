/** The repository in which a description stands, by which `#22` there is known: `github.com/owner/name`. */
export type ForgePlace = string;

const WORDS = /\bdepends\s+on\s*:/i;
const ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s+(?<text>.*)$/;
const BOX = /^\[(?<mark>.)\]\s*/;
const HEADING = /^\s{0,3}#{1,6}\s/;

/** References to changes, in the order in which they are looked for: a URL holds what would look like others. */
const REFERENCES =
  /https?:\/\/(?<host>[^\s/]+)\/(?<path>[^\s#?!]+?)\/(?:-\/)?(?:pull|pulls|merge_requests)\/(?<inUrl>[1-9]\d{0,9})\b|(?<![\w/.-])(?<named>[\w.-]+(?:\/[\w.-]+)+)[#!](?<inNamed>[1-9]\d{0,9})\b|(?<![\w&/])[#!](?<own>[1-9]\d{0,9})\b|(?<![\w./-])(?:branch:|candidate\/)(?<branch>[\w.+@/-]{1,60})/g;

/** The most changes that one may name: a description is anybody's text. */
const MOST = 50;

/**
 * The changes that a description says it needs: those named in the first list after `Depends on:`, each by its URL,
 * `owner/name#22`, `#22` or `!22`, or for a branch of the same repository `branch:foo` or `candidate/foo`. An item whose box is checked is done, and left out. Comments and code are no text.
 * @returns names such as `github.com/owner/name#22`, each once, in their order
 */
export function dependsOn(description: string, place: ForgePlace): readonly string[] {
  const [host = ''] = place.split('/');
  const found = new Set<string>();
  for (const text of listAfterWords(withoutCode(description))) {
    for (const { groups = {} } of text.matchAll(REFERENCES)) {
      const { host: other, path, inUrl, named, inNamed, own, branch } = groups;
      if (inUrl !== undefined) found.add(`${placeIn(other ?? '', path ?? '')}#${inUrl}`);
      else if (inNamed !== undefined) found.add(`${placeIn(host, named ?? '')}#${inNamed}`);
      else if (own !== undefined) found.add(`${place}#${own}`);
      else if (branch !== undefined) found.add(branchIn(place, branch.replace(/[.]+$/, '')));
      if (found.size >= MOST) return [...found];
    }
  }
  return [...found];
}

/** The name under which the branch `candidate/<branch>` of a repository is known to others. */
export function branchIn(place: ForgePlace, branch: string): string {
  return `${place}@candidate/${branch}`;
}

/** The name of a repository at a forge: its host in small letters, its path as it is, without `.git`. */
export function placeIn(host: string, path: string): ForgePlace {
  const parts = path.split('/').filter((part) => part !== '');
  return [host.toLowerCase().replace(/^www\./, ''), ...parts].join('/').replace(/\.git$/, '');
}

/** The unchecked items of the first list after the words; none where another section begins before. */
function listAfterWords(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => WORDS.test(line));
  if (start < 0) return [];
  const items: string[] = [];
  for (const line of lines.slice(start + 1)) {
    const { text: said } = ITEM.exec(line)?.groups ?? {};
    if (said === undefined) {
      if (HEADING.test(line)) break;
      if (items.length > 0 && line.trim() !== '' && !/^\s/.test(line)) break;
      continue;
    }
    items.push(said);
  }
  return items.flatMap((said) => {
    const { mark } = BOX.exec(said)?.groups ?? {};
    return mark === undefined || mark === ' ' ? [said.replace(BOX, '')] : [];
  });
}

function withoutCode(text: string): string {
  return text
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/^ {0,3}(```|~~~)[\s\S]*?(?:^ {0,3}\1|$(?![\s\S]))/gm, '')
    .replace(/`[^`\n]*`/g, '');
}
