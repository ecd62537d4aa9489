# What somebody on the endpoint tries: send.pl WAY ...
#   udp WORD ADDRESS PORT [FROM_PORT [DEVICE]]   a datagram with a word in it, to a group or everybody too
#   icmp6 WORD TYPE ADDRESS BYTES [DEVICE]       a message of ICMPv6 as from this link, filled with a word
#   join GROUP DEVICE                            a multicast group, IPv6, once for each of its reports
#   packet WORD DEVICE                           a frame of its own; says "ready" and keeps the socket
use strict;
use warnings;
use Socket qw(:all);

my ($way, @args) = @ARGV;
$| = 1;
if ($way eq 'udp') {
    my ($word, $address, $port, $from, $device) = @args;
    my $is6 = $address =~ /:/;
    my $at = sub {
        my ($text, $number) = @_;
        return pack_sockaddr_in($number, inet_pton(AF_INET, $text)) if !$is6;
        return pack_sockaddr_in6($number, inet_pton(AF_INET6, $text), $device ? number_of($device) : 0);
    };
    socket(my $socket, $is6 ? PF_INET6 : PF_INET, SOCK_DGRAM, 0) or die "socket: $!";
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt($socket, SOL_SOCKET, SO_BROADCAST, 1);
    setsockopt($socket, SOL_SOCKET, 25, "$device\0") if $device;
    bind($socket, $at->($is6 ? '::' : '0.0.0.0', $from)) or die "bind: $!" if $from;
    send($socket, $word, 0, $at->($address, $port)) or print "refused: $!\n";
} elsif ($way eq 'icmp6') {
    my ($word, $type, $address, $bytes, $device) = @args;
    socket(my $socket, PF_INET6, SOCK_RAW, 58) or die "socket: $!";
    setsockopt($socket, IPPROTO_IPV6, $_, pack('i', 255)) or die "hops: $!" for IPV6_UNICAST_HOPS, IPV6_MULTICAST_HOPS;
    my $message = substr(pack('C2 n N', $type, 0, 0, 0) . $word x $bytes, 0, $bytes);
    my $to = pack_sockaddr_in6(0, inet_pton(AF_INET6, $address), $device ? number_of($device) : 0);
    send($socket, $message, 0, $to) or print "refused: $!\n";
} elsif ($way eq 'join') {
    my ($group, $device) = @args;
    socket(my $socket, PF_INET6, SOCK_DGRAM, 0) or die "socket: $!";
    my $member = inet_pton(AF_INET6, $group) . pack('I', number_of($device));
    for my $again (1 .. 3) {
        setsockopt($socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, $member) or die "join: $!";
        select(undef, undef, undef, 0.05);
        setsockopt($socket, IPPROTO_IPV6, IPV6_LEAVE_GROUP, $member) or die "leave: $!";
    }
} elsif ($way eq 'packet') {
    my ($word, $device) = @args;
    socket(my $socket, 17, SOCK_RAW, 0) or die "socket: $!";
    bind($socket, pack('S n i x12', 17, 0, number_of($device))) or die "bind: $!";
    send($socket, pack('H24 n', 'ffffffffffff020000000001', 0x88b5) . $word, 0);
    print "ready\n";
    sleep 600;
}

sub number_of {
    open(my $file, '<', "/sys/class/net/$_[0]/ifindex") or die "$_[0]: $!";
    return 0 + <$file>;
}
