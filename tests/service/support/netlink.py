"""Just enough of rtnetlink to make changes without ip(8): messages over a socket, nothing else."""

import ctypes
import os
import socket
import struct

NEWLINK, DELLINK, NEWADDR, DELADDR, NEWROUTE, DELROUTE = 16, 17, 20, 21, 24, 25
NEWLINKPROP, DELLINKPROP = 108, 109
REQUEST, ACK, REPLACE, EXCL, CREATE, APPEND = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800
IFF_UP, IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI = 0x1, 0x80, 0x100, 0x200
NESTED = 0x8000
CLONE_NEWNET = 0x40000000

# linux/if_link.h
IFNAME, LINK, MTU, MASTER, LINKINFO, NET_NS_FD, GROUP = 3, 5, 4, 10, 18, 28, 27
PROP_LIST, ALT_IFNAME = 52, 53
INFO_KIND, INFO_DATA = 1, 2
VETH_INFO_PEER = 1
MACVLAN_MODE, MACVLAN_MODE_BRIDGE = 1, 4
VXLAN_ID = 1
# linux/if_addr.h
IFA_ADDRESS, IFA_LOCAL, IFA_CACHEINFO, IFA_FLAGS, IFA_RT_PRIORITY = 1, 2, 6, 8, 9
NODAD, NOPREFIXROUTE = 0x2, 0x200
# linux/rtnetlink.h
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC, RTA_MULTIPATH = 1, 4, 5, 6, 7, 9
RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE = 1, 6, 7


def attr(kind, value):
    """One attribute; numbers are 32 bits, text ends in a zero."""
    if isinstance(value, int):
        value = struct.pack('I', value)
    elif isinstance(value, str):
        value = value.encode() + b'\0'
    length = 4 + len(value)
    return struct.pack('HH', length, kind) + value + b'\0' * (-length % 4)


def nest(kind, *inner):
    return attr(kind | NESTED, b''.join(inner))


def ifinfo(index=0, flags=0, change=0):
    return struct.pack('BxHiII', 0, 0, index, flags, change)


def family_of(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def packed(address):
    return socket.inet_pton(family_of(address), address)


def ifaddr(address, length, index):
    return struct.pack('BBBBI', family_of(address), length, 0, 0, index)


def rtmsg(address, length, kind=RTN_UNICAST, scope=0, table=254):
    return struct.pack('BBBBBBBBI', family_of(address), length, 0, 0, table, 4, scope, kind, 0)


def next_hop(index, weight=0):
    return struct.pack('HBBi', 8, 0, weight, index)


class Socket:
    """A socket of one namespace, and this thread is in that namespace after enter()."""

    def __init__(self, name):
        self.namespace = os.open(f'/run/netns/{name}', os.O_RDONLY | os.O_CLOEXEC)
        self.enter()
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)

    def enter(self):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(self.namespace, CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), 'setns')

    def close(self):
        self.socket.close()
        os.close(self.namespace)

    def request(self, kind, flags, *parts):
        """Send one request; the errno of the answer, 0 for none."""
        body = b''.join(parts)
        self.socket.send(struct.pack('IHHII', 16 + len(body), kind, REQUEST | ACK | flags, 1, 0)
                         + body)
        answer = self.socket.recv(65536)
        return -struct.unpack_from('i', answer, 16)[0]
