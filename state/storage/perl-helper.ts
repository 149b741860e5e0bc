import { constants } from 'node:fs';
import { constants as system } from 'node:os';

/**
 * The helper, for `perl -e`: it needs no file, which another user might be unable to read, and perl starts in a tenth of
 * the time and memory that Node takes.
 */
export const perlHelper = (): string =>
  SCRIPT.replace('__READ__', String(constants.O_RDONLY))
    .replace('__WRITE__', String(constants.O_WRONLY))
    .replace('__CREATE__', String(constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL))
    .replace('__NO_LINKS__', [system.errno.EPERM, system.errno.ENOTSUP, system.errno.ENOSYS].join('|'));

// It speaks the protocol of `helper-protocol.ts`, and loads a module only to flush.
const SCRIPT = String.raw`
use strict;
my ($READ, $WRITE, $CREATE, $PIECE, $ENOENT, $EEXIST) = (__READ__, __WRITE__, __CREATE__, 1048576, 2, 17);
binmode STDIN; binmode STDOUT;
umask 077;
# Of an orphan that hangs nobody else would ever hear; the agent gives it up much sooner.
sub alive { alarm 300 }
sub out {
  my $at = 0;
  while ($at < length $_[0]) {
    my $count = syswrite STDOUT, $_[0], length($_[0]) - $at, $at;
    exit 1 if !defined $count;
    $at += $count;
  }
}
sub fail { die [$_[1] || $! + 0, do { local $! = $_[1] || $! + 0; "$!, $_[0]" }] }
sub parent { my ($path) = @_; $path =~ s{/+[^/]+/*\z}{}; length $path ? $path : '/' }
sub reading { my ($path) = @_; sysopen(my $file, $path, $READ) or fail("open '$path'"); binmode $file; $file }
sub flush_file {
  my ($file, $path) = @_;
  require IO::Handle;
  defined IO::Handle::sync($file) or fail("fsync '$path'");
}
sub flush { my ($path) = @_; my $file = reading($path); flush_file($file, $path); close $file }
sub make {
  my ($directory) = @_;
  my $parent = parent($directory);
  # Others may make the same at the same time, and remove what is empty of it.
  for (my $tries = 1; ; $tries++) {
    if (mkdir $directory, 0700) {
      return if eval { flush($parent); 1 };
      die $@ if $tries == 10_000 || $@->[0] != $ENOENT;
      next;
    }
    my $error = $! + 0;
    my $is_there = stat $directory;
    return if $is_there && -d _;
    my $may_pass = $error == $ENOENT || $error == $EEXIST && !$is_there && !-l $directory;
    fail("mkdir '$directory'", $error) if !$may_pass || $tries == 10_000;
    make($parent) if $error == $ENOENT && !-e $parent;
  }
}
# Of the file that was looked at last. What is no file may keep whoever opens it waiting, or never end.
sub strange { die \(-d _ ? 'a directory' : -p _ ? 'a named pipe' : -S _ ? 'a socket' : -b _ || -c _ ? 'a device' : $_[0]) }
sub object {
  my ($path) = @_;
  my @found = stat $path;
  if (@found) { strange('no file') if !-f _; return $found[7] }
  my $error = $! + 0;
  strange('a link to nothing') if $error == $ENOENT && lstat $path;
  fail("stat '$path'", $error);
}
sub size {
  my ($path) = @_;
  my $size = eval { object($path) };
  return $size if defined $size;
  return '-' if ref $@ eq 'ARRAY' && $@->[0] == $ENOENT;
  die $@;
}
sub entries {
  my ($path) = @_;
  if (!opendir(my $listing, $path)) {
    return '-' if $! == $ENOENT;
    fail("scandir '$path'");
  }
  else { return scalar grep { !/\A\.\.?\z/ } readdir $listing }
}
sub way {
  my ($path) = @_;
  my ($at, $links, $said) = ('', 0, '');
  my @names = ('', grep { length } split m{/}, $path);
  while (defined(my $name = shift @names)) {
    next if $name eq '.';
    if ($name eq '..') { $at =~ s{/[^/]*\z}{}; next }
    my $next = length $name ? "$at/$name" : '';
    my @found = lstat(length $next ? $next : '/') or last;
    if (-l _ && $links++ < 40) {
      my $target = readlink $next;
      last if !defined $target;
      $at = '' if $target =~ m{\A/};
      unshift @names, grep { length } split m{/}, $target;
      next;
    }
    my $shown = length $next ? $next : '/';
    $shown =~ s/([^A-Za-z0-9\/._~-])/sprintf '%%%02X', ord $1/ge;
    $said .= "$found[2] $found[4] $found[5] $shown\n";
    $at = $next;
    $said .= "whole\n" if !grep { $_ ne '.' } @names;
  }
  out('bytes ' . length($said) . "\n");
  out($said);
}
sub give {
  my ($path) = @_;
  object($path);
  my $file = reading($path);
  my $size = 0;
  while (1) {
    my $count = sysread $file, my $piece, $PIECE;
    fail("read '$path'") if !defined $count;
    return $size if !$count;
    $size += $count;
    alive();
    out("bytes $count\n");
    out($piece);
  }
}
# What cannot be read is told by who reads it afterwards.
my $left;
sub turn_to {
  my ($path) = @_;
  $path =~ s/([^A-Za-z0-9\/._~-])/sprintf '%%%02X', ord $1/ge;
  alive();
  out("on $path\n");
}
sub names_in {
  my ($path) = @_;
  turn_to($path);
  opendir(my $listing, $path) or return;
  return grep { !/\A\.\.?\z/ } readdir $listing;
}
sub read_through {
  my ($path, $most) = @_;
  turn_to($path);
  return if !stat $path or !-f _;
  # One that is larger than may be is refused by its size.
  return if -s _ > $most || -s _ > $left;
  $left -= -s _;
  sysopen(my $file, $path, $READ) or return;
  my $piece;
  turn_to($path) while sysread $file, $piece, $PIECE;
}
sub walk_whole {
  my ($path) = @_;
  for my $name (names_in($path)) {
    next if $name =~ /\A\.(?:git|svn|hg|bzr)\z/;
    turn_to("$path/$name");
    next if !lstat "$path/$name" or -l _;
    if (-d _) { walk_whole("$path/$name") }
    elsif (-f _) { read_through("$path/$name", $left) }
  }
}
# The number of the file system that a path is on now.
sub device {
  my ($path) = @_;
  turn_to($path);
  my @found = stat $path;
  return @found ? $found[0] : '-';
}
sub walk {
  my ($path, $how, $most) = @_;
  $left = $most;
  turn_to($path);
  return if !stat $path;
  return read_through($path, $most) if !-d _;
  return walk_whole($path) if $how eq 'whole';
  for my $name (grep { !/\A\./ } names_in($path)) {
    my $below = "$path/$name";
    turn_to($below);
    next if !stat $below;
    read_through($below, $most) if -f _ && $name =~ /\.(?:tar\.gz|tgz)\z/;
    next if !-d $below or !names_in($below);
    read_through("$below/$_", $PIECE) for 'metadata.yaml', 'config.yaml', 'revision';
  }
}
sub fetch {
  my ($source, $destination, $most) = @_;
  object($source);
  my $from = reading($source);
  sysopen(my $to, $destination, $WRITE) or fail("open '$destination'");
  binmode $to;
  my $size = 0;
  while (1) {
    my $count = sysread $from, my $piece, $PIECE;
    fail("read '$source'") if !defined $count;
    return $size if !$count;
    return $size + $count if $size + $count > $most;
    write_all($to, $piece, $destination);
    $size += $count;
    alive();
    out("at $size\n");
  }
}
sub write_all {
  my $at = 0;
  while ($at < length $_[1]) {
    my $written = syswrite $_[0], $_[1], length($_[1]) - $at, $at;
    fail("write '$_[2]'") if !defined $written;
    $at += $written;
  }
}
sub write_aside {
  my ($source, $temporary) = @_;
  my $from = reading($source);
  my $mode = (stat $from)[2] & 0777;
  sysopen(my $to, $temporary, $CREATE, $mode) or fail("open '$temporary'");
  binmode $to;
  my $unflushed = 0;
  while (1) {
    my $count = sysread $from, my $piece, $PIECE;
    fail("read '$source'") if !defined $count;
    last if !$count;
    write_all($to, $piece, $temporary);
    $unflushed += $count;
    # So that no flush takes so long that it looks like one that hangs.
    if ($unflushed >= 8 * $PIECE) { flush_file($to, $temporary); $unflushed = 0 }
    alive();
    out("alive\n");
  }
  chmod $mode, $to;
  flush_file($to, $temporary);
  close $to or fail("close '$temporary'");
}
sub copy {
  my ($source, $temporary, $target, $abandoned_before) = @_;
  my $aside = parent($temporary);
  make($aside);
  make(parent($target));
  opendir(my $listing, $aside) or fail("scandir '$aside'");
  for my $name (readdir $listing) {
    my @found = stat "$aside/$name";
    unlink "$aside/$name" if @found && -f _ && $found[9] * 1000 < $abandoned_before;
  }
  closedir $listing;
  my $done = eval {
    write_aside($source, $temporary);
    if (!link $temporary, $target) {
      # A file system without hard links. A rename could overwrite only the same bytes, stored since the look before.
      my $error = $! + 0;
      fail("link '$target'", $error) if $error != $EEXIST && $error !~ /\A(?:__NO_LINKS__)\z/;
      $error == $EEXIST or rename $temporary, $target or fail("rename '$target'");
    }
    1;
  };
  my $error = $@;
  unlink $temporary;
  die $error if !$done;
}
sub remove {
  my ($path) = @_;
  return if unlink $path;
  my $error = $! + 0;
  strange('a directory') if lstat $path && -d _;
  fail("unlink '$path'", $error);
}
my $idle = @ARGV ? 0 : 120;
alarm $idle;
while (defined(my $line = <STDIN>)) {
  alive();
  my ($work, @words) = map { s/%([0-9A-Fa-f]{2})/chr hex $1/ger } split ' ', $line;
  my $answer = '-';
  my $done = eval {
    if ($work eq 'size') { $answer = size(@words) }
    elsif ($work eq 'read') { $answer = give(@words) }
    elsif ($work eq 'fetch') { $answer = fetch(@words) }
    elsif ($work eq 'copy') { copy(@words) }
    elsif ($work eq 'walk') { walk(@words); $answer = device($words[0]) }
    elsif ($work eq 'device') { $answer = device(@words) }
    elsif ($work eq 'flush') { flush(@words) }
    elsif ($work eq 'way') { way(@words) }
    elsif ($work eq 'entries') { $answer = entries(@words) }
    elsif ($work eq 'remove') { remove(@words) }
    1;
  };
  my $error = $@;
  if ($done) { out("done $answer\n") }
  elsif (ref $error eq 'SCALAR') { out("strange $$error\n") }
  else {
    my ($number, $text) = ref $error ? @$error : (0, $error);
    $text =~ s/\s+/ /g;
    out("failed $number $text\n");
  }
  alarm $idle;
}
`;
