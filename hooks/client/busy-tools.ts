/** A tool by which a formula, or a job of its own, says that its unit is busy. */
interface BusyTool {
  readonly name: string;
}

/** All of them. They are one script, which tells by its name what is asked. */
export const busyTools: readonly BusyTool[] = [
  { name: 'busy-begin' },
  { name: 'busy-end' },
  { name: 'busy-run' },
];

/**
 * The script of the busy tools. Unlike a hook tool it needs neither the agent nor a hook, but only `ENSEMBLE_UNIT_NAME`: a
 * lease is a file beside the unit's, so that jobs of the night and daemons take leases whether or not the agent is up. It
 * loads no module that perl-base lacks.
 *
 * - A lease is written first, and the inhibit mark looked for then; the agent sets its mark first, and looks for leases then.
 *   So at least one of the two sees the other: see `agent/postpone/inhibit.ts`.
 * - In a hook of the unit nothing waits: the upgrade waits for the hook.
 * - `busy-run` becomes the command (exec), so that the lease is the command's own, and ends with it however it ends.
 * - Each call clears away the leases of processes that are gone.
 *
 * @param perl its path
 * @param root of the agent's data directory
 */
export function busyScript(perl: string, root: string): string {
  return `#!${perl}\n${script.replace('__ROOT__', root.replace(/['\\]/g, '\\$&'))}`;
}

const script = String.raw`# Busy tools of Ensemble: leases that upgrades wait for. See docs/formula-authors.md.
use strict;
my $root = '__ROOT__';
(my $tool = $0) =~ s{.*/}{};
my %usage = (
  'busy-begin' => "Usage: busy-begin [--ttl TIME] [--reason TEXT] [--pid PID] [--wait TIME] NAME

Says that the unit is busy: no upgrade interrupts it until busy-end NAME, the end of the process, or its time.

  --ttl <time>      ends by itself after this time, such as 90s, 30m, 2h, 1d
  --reason <text>   what it is at, for those who wait for it
  --pid <pid>       the lease is this process's (default: the one that called busy-begin)
  --wait <time>     where an upgrade keeps new work waiting, wait no longer than this, and exit 75
",
  'busy-end' => "Usage: busy-end [--pid PID] NAME

Ends the lease of busy-begin NAME; one that is over already is fine.

  --pid <pid>       the lease is this process's (default: the one that called busy-end)
",
  'busy-run' => "Usage: busy-run [--name NAME] [--ttl TIME] [--reason TEXT] [--wait TIME] -- COMMAND...

Runs a command, until whose end the unit is busy.

  --name <name>     what the lease is called (default: as the command)
  --ttl <time>      no upgrade waits longer than this for it, such as 90s, 30m, 2h, 1d
  --reason <text>   what it is at, for those who wait for it
  --wait <time>     where an upgrade keeps new work waiting, wait no longer than this, and exit 75
",
);
sub fail { my ($exit, $text) = @_; print STDERR "$tool: $text\n"; exit $exit }
sub misuse { fail(2, "$_[0] (see $tool --help)") }
sub seconds {
  my ($option, $text) = @_;
  my ($all, %each) = (0, s => 1, m => 60, h => 3600, d => 86400, w => 604800);
  misuse("$option takes a time such as 90s, 30m, 2h, 1d, and not \"$text\"") if $text !~ /\A(?:\d{1,6}[smhdw])+\z/;
  $all += $1 * $each{$2} while $text =~ /(\d+)([smhdw])/g;
  misuse("$option takes a time longer than none") if !$all;
  return $all;
}
my %takes = (
  'busy-begin' => 'ttl reason pid wait',
  'busy-end' => 'pid',
  'busy-run' => 'name ttl reason wait',
);
my (%option, @words);
while (@ARGV) {
  my $word = shift @ARGV;
  if ($word eq '--') { push @words, @ARGV; last }
  if ($word eq '--help' || $word eq '-h') { print $usage{$tool}, "  -h, --help        display help\n"; exit 0 }
  if ($word =~ /\A--([a-z]+)(?:=(.*))?\z/s) {
    my ($name, $value) = ($1, $2);
    misuse("unknown option --$name") if " $takes{$tool} " !~ / \Q$name\E /;
    $value = shift @ARGV if !defined $value;
    misuse("--$name takes a value") if !defined $value;
    $option{$name} = $value;
    next;
  }
  misuse("unknown option $word") if $word =~ /\A-./;
  push @words, $word;
  if ($tool eq 'busy-run') { push @words, @ARGV; last }
}
my $unit = $ENV{ENSEMBLE_UNIT_NAME};
fail(1, 'ENSEMBLE_UNIT_NAME is not set: it says which unit is busy, such as mysql/0') if !defined $unit || $unit eq '';
misuse("ENSEMBLE_UNIT_NAME names no unit: \"$unit\"") if $unit !~ m{\A[A-Za-z0-9][A-Za-z0-9._-]*/\d+\z};
(my $node = $unit) =~ s{/}{-};
my $place = "$root/units/$node";
fail(1, "unit $unit is not on this machine, or its directory $place is not this user's to see") if !-d $place;
my $busy = "$place/busy";
my $mark = "$place/inhibit";
sub content { my $file = shift; open(my $from, '<', $file) or return undef; local $/; return scalar readline $from }
sub started {
  my $stat = content("/proc/$_[0]/stat");
  return undef if !defined $stat || $stat !~ /\A\d+ \(.*\) (.*)\z/s;
  my @fields = split / /, $1;
  return $fields[0] =~ /[ZX]/ ? undef : $fields[19];
}
my $boot = content('/proc/sys/kernel/random/boot_id');
$boot = '' if !defined $boot;
$boot =~ s/\s+\z//;
sub quote {
  my ($text) = @_;
  $text =~ s/(["\\])/\\$1/g;
  $text =~ s/([\x00-\x1f\x7f])/sprintf('\\u%04x', ord $1)/ge;
  return "\"$text\"";
}
# Those of processes that are gone, or of another boot, are cleared away. @return whether a process has one that stands
sub look {
  my ($of) = @_;
  my $found = 0;
  opendir(my $all, $busy) or return 0;
  for my $file (grep { !/\A\./ } readdir $all) {
    my $text = content("$busy/$file");
    next if !defined $text;
    my ($pid) = $text =~ /"pid":(\d+)/;
    my ($start) = $text =~ /"startTime":"(\d+)"/;
    my ($of_boot) = $text =~ /"boot":"([^"]*)"/;
    my ($until) = $text =~ /"until":(\d+)/;
    my $now = defined $pid ? started($pid) : undef;
    if (!defined $now || $now ne $start || $of_boot ne $boot || defined $until && $until <= time) {
      unlink "$busy/$file";
      next;
    }
    $found = 1 if $pid == $of;
  }
  return $found;
}
my ($name) = @words;
if ($tool eq 'busy-run') {
  misuse('name the command to run, after --') if !@words;
  ($name = $words[0]) =~ s{.*/}{};
  $name =~ s/[^A-Za-z0-9._-]/-/g;
  $name =~ s/\A[^A-Za-z0-9]+//;
  $name = 'run' if $name eq '';
  $name = $option{name} if defined $option{name};
} else {
  misuse('name one lease') if @words != 1;
}
misuse("\"$name\" is no name for a lease: use letters, digits, dots, dashes and underscores, at most 64")
  if $name !~ /\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z/;
my $pid = $tool eq 'busy-run' ? $$ : defined $option{pid} ? $option{pid} : getppid;
misuse("--pid takes the number of a process, and not \"$pid\"") if $pid !~ /\A[1-9]\d{0,9}\z/;
my $lease = "$busy/$name.$pid";
if ($tool eq 'busy-end') {
  look($pid);
  unlink $lease or print STDERR "busy-end: process $pid has no lease $name that stands\n";
  exit 0;
}
fail(1, 'the process that called it is gone, so that nobody would end the lease') if $pid == 1 && !defined $option{pid};
my $start = started($pid);
fail(1, "there is no process $pid") if !defined $start;
my $ttl = defined $option{ttl} ? seconds('--ttl', $option{ttl}) : undef;
my $patience = defined $option{wait} ? seconds('--wait', $option{wait}) : undef;
my $has = look($pid);
# The upgrade waits for the hook that runs: if that waited for the upgrade, nobody would ever go on.
my $client = $ENV{ENSEMBLE_CLIENT_ID};
my $run = defined $client && $client =~ /\A[\w-]+\z/ ? "$root/runs/$client" : '';
my $in_hook = $run ne '' && -e "$run/claim" && !-e "$run/status";
my $waited = 0;
my $told = 0;
sub wait_for_upgrade {
  my ($to) = (content($mark) || '') =~ /"to":"([^"]*)"/;
  if (!$told) {
    $told = 1;
    my $what = 'an upgrade' . (defined $to ? " to $to" : '') . " of $unit goes first";
    print STDERR "$tool: $name waits: $what\n";
    my ($s, $m, $h, $d, $mo, $y) = gmtime;
    my $at = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $y + 1900, $mo + 1, $d, $h, $m, $s;
    if (open my $log, '>>', "$place/log/hooks.log") { syswrite $log, "$at INFO $tool: $name of process $pid waits: $what\n" }
  }
  fail(75, "$name was not begun: an upgrade of $unit goes first, and is not through") if defined $patience && $waited >= $patience;
  select undef, undef, undef, 0.2;
  $waited += 0.2;
}
mkdir $busy, 0755;
fail(1, "$busy cannot be written: $!") if !-d $busy;
while (1) {
  if (!$in_hook && !$has && -e $mark) { wait_for_upgrade(); next }
  my $text = join ',', '"name":' . quote($name), "\"pid\":$pid", "\"startTime\":\"$start\"", "\"boot\":\"$boot\"", '"since":' . time,
    (defined $ttl ? '"until":' . (time + $ttl) : ()), (defined $option{reason} ? '"reason":' . quote(substr $option{reason}, 0, 200) : ());
  my $aside = "$busy/.$name.$pid.$$";
  open(my $file, '>', $aside) or fail(1, "$aside cannot be written: $!");
  syswrite($file, "{$text}\n") && close $file or fail(1, "$aside cannot be written: $!");
  rename $aside, $lease or fail(1, "$lease cannot be written: $!");
  last if $in_hook || $has || !-e $mark;
  # The mark was set in this very moment: one of the two has to give way.
  unlink $lease;
}
exit 0 if $tool eq 'busy-begin';
{ no warnings; exec { $words[0] } @words }
my $why = $!;
unlink $lease;
fail($why =~ /No such file/ ? 127 : 126, "$words[0] cannot be run: $why");
`;
