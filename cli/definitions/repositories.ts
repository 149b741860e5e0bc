import * as values from '../arguments/values.js';
import { type CommandDefinition, format, list, maybeText, text } from './definition.js';
import { ownVariables } from '../../state/platform/variables.js';

/** The commands about where formulas come from. */
export const repositoryCommands: readonly CommandDefinition[] = [
  {
    name: 'formulas',
    summary: 'show the formulas that a repository offers',
    details: 'Every formula with all its revisions, the newest first, and what its author says of each.',
    arguments: [
      {
        name: '[repository]',
        description: 'a directory, a URL, or a name of `ensemble repository` (default: $ENSEMBLE_REPOSITORY)',
        completes: 'directories',
      },
    ],
    options: [format],
    examples: [
      'ensemble formulas ./principia',
      'ensemble formulas --format json https://example.com/formulas/',
    ],
    run: async ([place], options, invocation) =>
      (await import('../commands/formulas.js')).formulas(
        maybeText(place) ?? ownVariables().ENSEMBLE_REPOSITORY ?? '',
        options,
        invocation,
      ),
  },
  {
    name: 'repository',
    summary: 'show, give and take away names of repositories',
    details:
      'A name stands for the URL or directory in this environment, for all its operators: --repository NAME. The ids of\n' +
      'formulas deployed by it begin with it. A repository must answer when it gets its name. Services remember where they\n' +
      'came from, and not the name.',
    arguments: [
      {
        name: '<action>',
        description: 'what to do',
        choices: ['list', 'add', 'remove', 'show'],
      },
      { name: '[name]', description: 'its name: lower-case letters, digits and dashes' },
      { name: '[url]', description: 'to add: its URL, or a directory', completes: 'directories' },
    ],
    options: [format],
    examples: [
      'ensemble repository list',
      'ensemble repository add ours git+https://example.com/ops/formulas.git',
      'ensemble repository show ours',
      'ensemble repository remove ours',
    ],
    run: async ([action, name, url], options, invocation) =>
      (await import('../commands/repository.js')).repository(
        text(action),
        maybeText(name),
        maybeText(url),
        options,
        invocation,
      ),
  },
  {
    name: 'index',
    summary: 'write the index of a directory of formulas, for a web server',
    details:
      'Writes index.json into the directory, and the formulas’ bundles into bundles/ beside it. Any web server that shows\n' +
      'the directory as it is makes it a repository for --repository https://HOST/PATH/. Run it again when formulas came.\n' +
      'What is in the index stays in it as long as its bundle is there.',
    arguments: [{ name: '<directory>', description: 'the directory of formulas', completes: 'directories' }],
    options: [
      {
        flags: '--withdraw <formula>',
        description:
          'take this revision back, such as guestbook-3: nobody is offered it. May be given several times',
        parse: values.namedRevisions,
      },
      { flags: '--reason <text>', description: 'why it is withdrawn' },
      {
        flags: '--restore <formula>',
        description: 'offer a withdrawn revision again. May be given several times',
        parse: values.namedRevisions,
      },
      {
        flags: '--sign <key>',
        description: 'sign the index, and the formulas that their authors did not sign, with this ssh key',
        completes: 'files',
      },
      {
        flags: '--expires <time>',
        description: 'have nobody believe the index after this time from now, such as 30d',
        parse: values.span,
      },
      {
        flags: '--serial <number>',
        description: 'give the index this serial at least, where its last one is lost',
        parse: values.anyCount,
      },
    ],
    examples: [
      'ensemble index /srv/www/formulas',
      "ensemble index --withdraw guestbook-3 --reason 'loses entries' /srv/www/formulas",
      'ensemble index --sign ~/.ssh/id_ed25519 --expires 30d /srv/www/formulas',
    ],
    run: async ([directory], options, invocation) =>
      (await import('../commands/index-repository.js')).indexRepository(text(directory), options, invocation),
  },
  {
    name: 'sign',
    summary: 'sign formulas with an ssh key',
    details:
      'Signs the name, the revision and the content of each formula, by ssh-keygen, which asks for a passphrase or a touch as\n' +
      'ever. The signature is put into the formula’s folder, as formula.sig, or beside its bundle. Whoever has the public key\n' +
      'among the `signers` of his environment knows whose formula it is.',
    arguments: [
      {
        name: '<formula...>',
        description: 'the folders or bundles of formulas',
        parse: values.collected,
        completes: 'files',
      },
    ],
    options: [
      {
        flags: '--key <file>',
        description: 'the private key, or the public one of a key that ssh-agent has',
        completes: 'files',
      },
      { flags: '--print', description: 'print what would be signed, and sign nothing' },
    ],
    examples: [
      'ensemble sign --key ~/.ssh/id_ed25519 formulas/pulse-1',
      'ensemble sign --print formulas/pulse-1',
    ],
    run: async ([formulas], options, invocation) =>
      (await import('../commands/sign.js')).sign(list(formulas), options, invocation),
  },
];
