# Sends numbered datagrams to an address and port until SIGTERM, a little more than the 10,000 a second that are promised, since
# a busy machine takes breaks. Prints one object of JSON: the rate, and the numbers at which this host's own kernel began to
# refuse them, took them again, and so on. In Perl, which every Debian has: Node would need a processor of its own for this.
use strict;
use warnings;
use Errno qw(EPERM);
use Socket qw(AF_INET AF_INET6 SOCK_DGRAM inet_pton pack_sockaddr_in pack_sockaddr_in6);
use Time::HiRes qw(time sleep);

my ($address, $port) = @ARGV;
my $is_ip6 = $address =~ /:/;
my $peer =
  $is_ip6
  ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address))
  : pack_sockaddr_in($port, inet_pton(AF_INET, $address));
socket(my $socket, $is_ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0) or die "socket: $!";

my $is_over = 0;
$SIG{TERM} = sub { $is_over = 1 };
my ($began, $sent, $is_refused, @turns) = (time, 0, 0);
until ($is_over) {
  for (my $due = (time() - $began) * 12_000; $sent < $due; $sent++) {
    my $was_refused = defined send($socket, pack('N', $sent), 0, $peer) ? 0 : $! == EPERM ? 1 : 0;
    next if $was_refused == $is_refused;
    $is_refused = $was_refused;
    push @turns, $sent;
  }
  sleep 0.001;
}
printf '{"perSecond":%d,"turns":[%s]}', $sent / (time() - $began), join(',', @turns);
