# Reads every frame at a device: capture.pl DEVICE. Says "ready", then "leak" and its bytes for each frame with the attacker's
# word in it, and ends at a frame with the last word in it.
use strict;
use warnings;
use Socket;

my ($device) = @ARGV;
my ($pf_packet, $all_protocols) = (17, 0x0003);
socket(my $wire, $pf_packet, SOCK_RAW, unpack('S', pack('n', $all_protocols))) or die "socket: $!";
open(my $file, '<', "/sys/class/net/$device/ifindex") or die "$device: $!";
my $index = <$file>;
bind($wire, pack('S n i x12', $pf_packet, $all_protocols, $index)) or die "bind: $!";
$| = 1;
print "ready\n";
while (defined(recv($wire, my $frame, 65536, 0))) {
    print 'leak ', unpack('H*', $frame), "\n" if index($frame, 'ATTACKER') >= 0;
    exit 0 if index($frame, 'LASTWORD') >= 0;
}
