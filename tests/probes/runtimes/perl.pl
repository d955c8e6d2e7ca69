# Fork, a pipe from a program, sockets, files and times.
use strict; use warnings; use Socket; use IO::Socket::INET; use Time::HiRes qw(sleep);
defined(my $child = fork) or die; if (!$child) { exit 3 } waitpid $child, 0; die unless $? >> 8 == 3;
open(my $out, "-|", "echo", "hello") or die; die unless <$out> eq "hello\n";
socketpair(my $one, my $other, AF_UNIX, SOCK_STREAM, 0) or die;
my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $server->sockport) or die;
my $accepted = $server->accept; print $accepted "served\n"; close $accepted; die unless <$client> eq "served\n";
open(my $file, ">", "perl.txt") or die; print $file "text"; close $file; sleep 0.01;
print "done\n";
