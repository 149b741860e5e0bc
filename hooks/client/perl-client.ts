/**
 * The hook tools' client. perl-base, which is on every Debian, is enough for it. It loads no module: `Socket` alone takes
 * longer to load than the whole call. It is dumb on purpose, so that it never needs to change with the agent.
 *
 * @param perl its path
 * @param streamType the system's SOCK_STREAM
 */
export function perlClient(perl: string, streamType: number): string {
  return `#!${perl}\n${SCRIPT.replace('__SOCK_STREAM__', String(streamType))}`;
}

const SCRIPT = String.raw`# A hook tool of Ensemble: carries the call to the agent. See docs/hook-tool-protocol.md.
use strict;
(my $tool = $0) =~ s{.*/}{};
my $path = $ENV{ENSEMBLE_AGENT_SOCKET};
my $client = $ENV{ENSEMBLE_CLIENT_ID};
if (!defined $path || !defined $client) {
  print STDERR "$tool: works only in a hook that ensemble-agent runs (ENSEMBLE_AGENT_SOCKET and ENSEMBLE_CLIENT_ID are not set)\n";
  exit 1;
}
$SIG{PIPE} = 'IGNORE';
my %escape = ("\n" => '\n', "\r" => '\r', "\t" => '\t');
sub quote {
  my ($text) = @_;
  $text =~ s/(["\\])/\\$1/g;
  $text =~ s/([\x00-\x1f\x7f])/$escape{$1} || sprintf('\\u%04x', ord $1)/ge;
  return "\"$text\"";
}
my $directory = readlink('/proc/self/cwd');
$directory = '' if !defined $directory;
my $call = '{"version":1,"client":' . quote($client) . ',"tool":' . quote($tool)
  . ',"arguments":[' . join(',', map { quote($_) } @ARGV) . '],"directory":' . quote($directory);
my $input = '';
my $wait = 0.01;
my $waited = 0;
my $limit = defined $ENV{ENSEMBLE_TOOL_WAIT} ? $ENV{ENSEMBLE_TOOL_WAIT} : 60;
while (1) {
  my ($answered, $exit, $stdout, $stderr) = ask("$call$input}\n");
  if ($answered && !defined $exit) {
    local $/;
    my $text = <STDIN>;
    $input = ',"input":' . quote(defined $text ? $text : '');
    next;
  }
  if ($answered) {
    $| = 1;
    print STDERR $stderr;
    print STDOUT $stdout or $exit ||= 1;
    exit $exit;
  }
  if ($waited >= $limit) {
    print STDERR "$tool: no agent answers on $path (waited $limit s); is ensemble-agent running?\n";
    exit 1;
  }
  # The agent is being restarted: the hook goes on without it, and its tools wait.
  select undef, undef, undef, $wait;
  $waited += $wait;
  $wait = $wait * 2 > 0.5 ? 0.5 : $wait * 2;
}
sub ask {
  my ($request) = @_;
  # AF_UNIX is 1 on every Linux.
  socket(my $agent, 1, __SOCK_STREAM__, 0) or return 0;
  connect($agent, pack('S a108', 1, $path)) or return 0;
  my $sent = 0;
  while ($sent < length $request) {
    my $count = syswrite $agent, $request, length($request) - $sent, $sent;
    last if !defined $count;
    $sent += $count;
  }
  my $answer = '';
  1 while sysread $agent, $answer, 65536, length $answer;
  return 1 if $answer =~ /\A\{"input":true\}\n/;
  return 0 if $answer !~ /\A\{"exit":(\d+),"stdout":(\d+),"stderr":(\d+)\}\n/;
  my ($exit, $out, $err, $head) = ($1, $2, $3, $+[0]);
  # Half an answer is none: the agent was killed while it gave it.
  return 0 if length($answer) < $head + $out + $err;
  return (1, $exit, substr($answer, $head, $out), substr($answer, $head + $out, $err));
}
`;
