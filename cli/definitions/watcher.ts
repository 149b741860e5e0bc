import { type CommandDefinition, format, maybeText, text } from './definition.js';

/** The commands about whoever watches repositories. */
export const watcherCommands: readonly CommandDefinition[] = [
  {
    name: 'watcher',
    summary: 'show what ensemble-watcher does, and tell it to look, or not to',
    details:
      'status: who watches, and when it looked last. repositories: how each repository answered. pause and resume: have it\n' +
      'look at nothing in this environment, and again.',
    arguments: [
      {
        name: '<action>',
        description: 'what to do',
        choices: ['status', 'repositories', 'pause', 'resume'],
      },
      { name: '[subject]', description: 'what it is about, where the action asks for that' },
    ],
    options: [{ flags: '--reason <text>', description: 'to pause: why, for those who wonder' }, format],
    examples: [
      'ensemble watcher status',
      'ensemble watcher repositories --format json',
      "ensemble watcher pause --reason 'the network is being rebuilt'",
      'ensemble watcher resume',
    ],
    run: async ([action, subject], options, invocation) =>
      (await import('../commands/watcher.js')).watcher(text(action), maybeText(subject), options, invocation),
  },
];
