#!/bin/sh
# Wine, at addresses that are not drawn by lot. Every program needs one page at 0x7ffe0000, and from Linux 6.9 on the heap may start
# anywhere in the 1 GB around it: where the two met, one start in some 2,400 failed.
exec setarch --addr-no-randomize wine "$@"
