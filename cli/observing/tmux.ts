import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { TmuxFailed, TmuxMissing } from './errors.js';

/** A tmux session of a server of its own, apart from any the operator has. */
export interface TmuxSession {
  readonly name: string;
  /** The command that attaches a terminal to it. */
  readonly attachCommand: string;
  /** Attaches this process's terminal until the operator detaches or the session ends. */
  attach(): Promise<void>;
  exists(): Promise<boolean>;
  /** The names of its windows beside the first one. */
  windows(): Promise<readonly string[]>;
  end(): Promise<void>;
}

const FIRST_WINDOW = 'waiting';

/**
 * Starts a session whose first window shows `lines` for as long as this process lives, so that a session nobody looks
 * after goes by itself.
 * @throws TmuxMissing, TmuxFailed
 */
export async function startTmux(
  socket: string,
  name: string,
  lines: readonly string[],
): Promise<TmuxSession> {
  // Neither the operator's own settings nor a session this may be typed in have a say.
  const server = ['-f', '/dev/null', '-S', socket];
  const script = 'pid=$1; shift; printf "%s\\n" "$@"; while kill -0 "$pid" 2>/dev/null; do sleep 1; done';
  const first = ['/bin/sh', '-c', script, FIRST_WINDOW, String(process.pid), ...lines];
  await tmux([
    ...server,
    'new-session',
    '-d',
    '-s',
    name,
    '-n',
    FIRST_WINDOW,
    '-x',
    '160',
    '-y',
    '48',
    ...first,
  ]);
  return {
    name,
    attachCommand: `tmux -S ${socket} attach -t ${name}`,
    async attach() {
      const child = spawn('tmux', [...server, 'attach', '-t', `=${name}`], {
        stdio: 'inherit',
        env: ownEnvironment(),
      });
      await once(child, 'exit');
    },
    exists: () =>
      tmux([...server, 'has-session', '-t', `=${name}`]).then(
        () => true,
        () => false,
      ),
    windows: async () => {
      const listed = await tmux([...server, 'list-windows', '-t', `=${name}`, '-F', '#W']).catch(() => '');
      return listed.split('\n').filter((window) => window !== '' && window !== FIRST_WINDOW);
    },
    end: async () => {
      await tmux([...server, 'kill-session', '-t', `=${name}`]).catch(() => undefined);
    },
  };
}

function tmux(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('tmux', args, { env: ownEnvironment() }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') reject(new TmuxMissing({}));
      else reject(new TmuxFailed({ reason: stderr.trim() || error.message }));
    });
  });
}

function ownEnvironment(): NodeJS.ProcessEnv {
  const { TMUX: _outer, ...rest } = process.env;
  return rest;
}
