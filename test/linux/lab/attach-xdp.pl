# Attaches a program to a device that lets every packet through: attach-xdp.pl DEVICE. Says "ready" then. It stays attached.
use strict;
use warnings;

my ($device) = @ARGV;
my ($bpf, $prog_load, $type_xdp, $pass) = (321, 5, 6, 2);
# r0 = XDP_PASS; exit (linux/bpf.h)
my $code = pack('C C s l', 0xb7, 0, 0, $pass) . pack('C C s l', 0x95, 0, 0, 0);
my $license = "GPL\0";
my $attr = pack('L L Q Q L L Q L L', $type_xdp, 2, address_of($code), address_of($license), 0, 0, 0, 0, 0);
my $program = syscall($bpf, $prog_load, $attr, length $attr);
die "bpf: $!" if $program < 0;

open(my $file, '<', "/sys/class/net/$device/ifindex") or die "$device: $!";
my $index = 0 + <$file>;
# RTM_SETLINK with IFLA_XDP { IFLA_XDP_FD, IFLA_XDP_FLAGS = in the stack's own code } (linux/if_link.h)
my ($netlink, $route, $set_link, $wants_answer, $ifla_xdp, $in_stack) = (16, 0, 19, 5, 43 | 0x8000, 2);
my $xdp = pack('S S l', 8, 1, $program) . pack('S S L', 8, 3, $in_stack);
my $body = pack('C C S l L L', 0, 0, 0, $index, 0, 0) . pack('S S', 4 + length $xdp, $ifla_xdp) . $xdp;
socket(my $socket, $netlink, 3, $route) or die "socket: $!";
send($socket, pack('L S S L L', 16 + length $body, $set_link, $wants_answer, 1, 0) . $body, 0) or die "send: $!";
recv($socket, my $answer, 4096, 0);
my $error = unpack('x16 l', $answer);
die "RTM_SETLINK: $error" if $error != 0;
$| = 1;
print "ready\n";
sleep 600;

sub address_of {
    return unpack('Q', pack('P', $_[0]));
}
