import { type CommandDefinition, type CommandLine, list, text } from './definition.js';

/**
 * The commands by which shells complete command lines.
 * @param line gives all there is to complete, these commands among it
 */
export const completionCommands = (line: () => CommandLine): readonly CommandDefinition[] => [
  {
    name: 'completion',
    summary: 'print a shell’s script for completion',
    details:
      'bash: source <(ensemble completion bash), in ~/.bashrc\n' +
      'zsh:  source <(ensemble completion zsh), in ~/.zshrc after compinit\n' +
      'fish: ensemble completion fish > ~/.config/fish/completions/ensemble.fish',
    arguments: [{ name: '<shell>', description: 'the shell', choices: ['bash', 'zsh', 'fish'] }],
    options: [],
    examples: ['ensemble completion bash'],
    run: async ([shell], _options, invocation) =>
      (await import('../commands/completion.js')).completion(text(shell), line(), invocation),
  },
  {
    name: '__complete',
    summary: 'print the names there are of a kind, one in a line',
    hidden: true,
    arguments: [
      { name: '<kind>', description: 'what the names are of, such as services or units' },
      { name: '[words...]', description: 'the arguments on the line so far' },
    ],
    options: [],
    examples: ['ensemble __complete services'],
    run: async ([kind, words], _options, invocation) =>
      (await import('../commands/complete.js')).complete(text(kind), list(words), invocation),
  },
];
