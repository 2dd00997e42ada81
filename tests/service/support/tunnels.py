"""What the kinds of IP tunnels share: how ip(8) prints it, and rows."""

from .kinds import Row

IP6_FLAGS = ('ign_encap_limit', 'use_orig_tclass', 'use_orig_flowlabel', 'mip6_dev',
             'rcv_dscp_copy', 'use_orig_fwmark', 'allow_local_remote')
ENCAP_FLAGS = ('csum', 'csum6', 'remcsum')

# The kernel takes no two tunnels with the same ends that leave by the same link: p2 to p5 are for
# links that differ in what else they need.
PREPARE = ('link add p0 type veth peer name p1', 'link add p2 type veth peer name p3',
           'link add p4 type veth peer name p5')
ENDS4 = {'Local': '10.0.0.1', 'Remote': '10.0.0.2'}
ENDS6 = {'Local': 'fd00::1', 'Remote': 'fd00::2'}


def fou(protocol):
    """A port for FOU: making it loads the module that EncapType needs over IPv4."""
    return (f'fou add port 5555 ipproto {protocol}',)


def lower(data, world):
    return world.link_path(data.get('link'))


def address(key):
    return lambda data, world: '' if data[key] == 'any' else data[key]


def hexadecimal(key):
    """ip's data has these only where they are not 0."""
    return lambda data, world: int(data.get(key, '0'), 16)


def key_of(name):
    """ip prints a key as if it were an IPv4 address, and only where there is one."""
    return lambda data, world: int.from_bytes(
        bytes(int(part) for part in data.get(name, '0.0.0.0').split('.')), 'big')


def present(key):
    """ip's data has these only where they are true."""
    return lambda data, world: data.get(key, False)


def ip6_flags(data, world):
    return [word for word in IP6_FLAGS if f'ip6_tnl_f_{word}' in data]


def flowinfo(data, world):
    """ip does not print the part of it that is taken from the packet inside."""
    if 'tclass' not in data or 'flowlabel' not in data:
        return None
    return int(data['tclass'], 16) << 20 | int(data['flowlabel'], 16)


def encap_type(data, world):
    return data['encap']['type'] if 'encap' in data else 'none'


def encap_port(key):
    """Without an encapsulation ip prints neither ports nor flags."""
    return lambda data, world: data['encap'][key] if 'encap' in data else None


def encap_flags(data, world):
    if 'encap' not in data:
        return None
    return [word for word in ENCAP_FLAGS if data['encap'][word]]


def endpoint_rows(ip4, ip6, remote4=('', '10.1.0.1')):
    """The links of `ip4` are over IPv4, those of `ip6` over IPv6.

    The kernel has one link without any address already.
    """
    bad4 = ['nonsense', 'fd00::1', '10.0.0.256']
    bad6 = ['nonsense', '10.0.0.1', 'fd00::g']
    return [
        Row('Link', lower, create=['/', '@p0'], change=['@p0', '@p1', '/'], ip=['dev p1']),
        Row('Local', address('local'), create=['', '10.1.0.1'], change=['', '10.1.0.2'],
            bad=bad4, ip=['local 10.1.0.3'], only=ip4, alone=True),
        Row('Local', address('local'), create=['', 'fd01::1'], change=['', 'fd01::2'], bad=bad6,
            ip=['local fd01::3'], only=ip6, alone=True),
        Row('Remote', address('remote'), create=list(remote4),
            change=['10.1.0.2', '10.1.0.3'], bad=bad4, ip=['remote 10.1.0.4'], only=ip4),
        Row('Remote', address('remote'), create=['', 'fd01::1'], change=['fd01::2', ''], bad=bad6,
            ip=['remote fd01::3'], only=ip6),
        Row('Fwmark', hexadecimal('fwmark'), create=[0, 0xffffffff], change=[7, 0],
            ip=['fwmark 9']),
    ]


def header_rows(ip4, ip6, flags=()):
    """What is in the outer header; `flags` are those that ip does not print of all kinds."""
    return [
        Row('Ttl', 'ttl', create=[0, 255], change=[1, 64, 0], ip=['ttl 9']),
        Row('Tos', hexadecimal('tos'), create=[0, 1, 255], change=[16, 1, 0], ip=['tos 8'],
            only=ip4),
        Row('EncapLimit', 'encap_limit', create=[0, 255], change=[4, 0], ip=['encaplimit 9'],
            only=ip6),
        Row('Flowinfo', flowinfo, create=[0, 0x0fffffff], change=[0x01200034, 0],
            bad=[0x10000000], ip=['tclass 0x12 flowlabel 0x34'], only=ip6),
        Row('Flags', ip6_flags, create=[[], ['use_orig_tclass', 'use_orig_flowlabel']],
            change=[['ign_encap_limit', *flags],
                    ['rcv_dscp_copy', 'use_orig_fwmark', 'allow_local_remote'], []],
            bad=[['nonsense'], ['10000']], ip=['encaplimit none'], only=ip6),
    ]


def encap_rows(ip4, ip6):
    """Nothing but modprobe(8) loads the module that EncapType needs over IPv6."""
    return [
        Row('EncapType', encap_type, create=['none', 'fou', 'gue'], change=['gue', 'fou', 'none'],
            bad=['nonsense', '65536'], ip=['encap gue'], only=ip4),
        Row('EncapType', encap_type, create=['none'], change=['none'], bad=['nonsense', '65536'],
            only=ip6),
        Row('EncapFlags', encap_flags, create=[[], ['csum', 'csum6', 'remcsum']],
            change=[['csum'], ['csum6', 'remcsum'], []], bad=[['nonsense']], ip=['encap-csum']),
        Row('EncapSport', encap_port('sport'), create=[0, 65535], change=[5555, 0],
            ip=['encap-sport 7']),
        Row('EncapDport', encap_port('dport'), create=[0, 65535], change=[5555, 0],
            ip=['encap-dport 7']),
    ]
