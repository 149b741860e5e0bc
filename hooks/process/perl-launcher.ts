/**
 * The launcher's program: for each request on its input it runs a hook, and tells `ID runs PID` and then `ID ended
 * STATUS` or `ID refused`; or `ID failed`. It loads no module that perl-base lacks.
 *
 * - `process` is complete before `claim` exists, so the loser of the claim finds out who won it. The claim fails if
 *   the file is there (O_EXCL): the hook runs once, even if others want the run. Every file is one write.
 * - A request is its length in four bytes and so many bytes of it; neither a path nor a variable can hold the NUL
 *   between its parts.
 * - It first closes what the agent has open: its journal's file would be open in every hook. What it opens itself is
 *   closed by `exec`.
 * - It outlives the agent until its last hook has ended, and no signal ends it but SIGKILL. It catches signals, since
 *   those that are ignored would stay so in the hooks.
 * - SIGCHLD interrupts `select`, but it may come just before: so that waits a tenth of a second at most.
 */
export const LAUNCHER_SCRIPT = `use POSIX qw(:errno_h :fcntl_h :sys_wait_h);
my ($agent, %runs) = 1;
$SIG{$_} = sub {} for qw(CHLD HUP INT PIPE TERM);
sub this {
  open my $stat, '<', '/proc/self/stat' or return '';
  readline $stat;
}
my $launcher = this();
opendir my $open, '/proc/self/fd';
POSIX::close($_) for grep { /^\\d+$/ && $_ > 2 } readdir $open;
open my $null, '<', '/dev/null';
sub told { 1 until defined syswrite STDOUT, "@_\\n" or $! != EINTR }
sub take {
  my ($rest, $bytes) = ($_[0], '');
  while ($rest > length $bytes) {
    my $read = sysread STDIN, $bytes, $rest - length $bytes, length $bytes;
    return unless $read or !defined $read && $! == EINTR;
  }
  $bytes;
}
sub note {
  my ($file, $text, $noted) = @_;
  open $noted, '>', $file and length $text == syswrite $noted, $text;
}
sub claim {
  my ($run, $since) = @_;
  my $this = this() or return;
  note("$run/process", "$this$since\\n$launcher")
    and sysopen my $claim, "$run/claim", O_WRONLY | O_CREAT | O_EXCL;
}
sub launch {
  my ($id, $directory, $log, $run, $hook, $offset, $started, @environment) = split /\\0/, $_[0], -1;
  chdir $directory and open my $output, '>>', $log and pipe my $refusal, my $refuse or return told($id, 'failed');
  my $pid = fork;
  return told($id, 'failed') unless defined $pid;
  unless ($pid) {
    POSIX::setsid();
    POSIX::dup2(fileno $null, 0);
    POSIX::dup2(fileno $output, $_) for 1, 2;
    unless (claim($run, "$offset $started")) {
      syswrite $refuse, 'no';
      POSIX::_exit(125);
    }
    %ENV = map { split /=/, $_, 2 } @environment;
    exec { $hook } $hook;
    my $status = $! == ENOENT ? 127 : 126;
    syswrite STDERR, "$hook: $!\\n";
    POSIX::_exit($status);
  }
  $runs{$pid} = [$id, $run, $refusal];
  told($id, 'runs', $pid);
}
sub ended {
  my ($id, $run, $refusal) = @{delete $runs{$_[0]}};
  return told($id, 'refused') if sysread $refusal, my $no, 1;
  my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
  note("$run/status", "$status\\n");
  told($id, 'ended', $status);
}
while ($agent || %runs) {
  chdir '/';
  vec(my $ready = '', 0, 1) = $agent;
  my $asked = select($ready, undef, undef, %runs ? 0.1 : undef) > 0;
  while (%runs and (my $pid = waitpid -1, WNOHANG) > 0) { ended($pid) }
  next unless $asked;
  my $length = take(4);
  my $request = defined $length ? take(unpack 'N', $length) : undef;
  defined $request ? launch($request) : ($agent = 0);
}
`;
