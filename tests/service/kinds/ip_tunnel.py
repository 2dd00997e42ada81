"""Tunnels of IP in IP."""

from support.kinds import Kind, Row
from support.tunnels import (ENDS4, ENDS6, PREPARE, encap_rows, endpoint_rows, fou, header_rows,
                             present)

IP4 = ('ipip', 'sit')
IP6 = ('ip6tnl',)
SIX_RD = {'SixRdPrefix': '2001:db8::', 'SixRdPrefixlen': 32, 'Remote': '10.0.0.3'}
RELAY = SIX_RD | {'SixRdRelayPrefixlen': 8, 'Remote': '10.0.0.4'}


def sit_flags(data, world):
    return ['isatap'] if 'isatap' in data else []


def six_rd_prefix(data, world):
    """ip prints nothing of 6RD while the prefix has no length."""
    if 'prefix' not in data:
        return None
    return '' if data['prefix'] == '::' else data['prefix']


KIND = Kind(
    interface='IpTunnel', kinds=IP4 + IP6,
    enum='IFLA_IPTUN_', header='linux/if_tunnel.h',
    prepare={'ipip': PREPARE + fou(4), 'sit': PREPARE + fou(41), 'ip6tnl': PREPARE},
    create={'ipip': ENDS4, 'sit': ENDS4, 'ip6tnl': ENDS6},
    rows=(endpoint_rows(IP4, IP6) + header_rows(IP4, IP6, flags=['mip6_dev'])
          + encap_rows(IP4, IP6) + [
        Row('Pmtudisc', 'pmtudisc', create=[False, True], change=[False, True],
            needs={'Ttl': 0, 'Remote': '10.0.0.5'}, ip=['nopmtudisc'], only=IP4, alone=True),
        Row('Proto', 'proto', create=['ipip', 'mplsip', 'any'], bad=['nonsense', '41'],
            only=('ipip',)),
        Row('Proto', 'proto', create=['ip6ip', 'ipip', 'any'], bad=['nonsense', '47'],
            only=('sit',)),
        Row('Proto', 'proto', create=['ip6ip6', 'ipip6', 'any'],
            change=['ipip6', 'any', 'ip6ip6'], bad=['nonsense', '137'], ip=['mode ipip6'],
            only=IP6),
        Row('Flags', sit_flags, create=[[], ['isatap']], bad=[['nonsense'], ['2']], only=('sit',)),
        Row('CollectMetadata', present('external'), create=[False, True],
            only=('ipip', 'ip6tnl'), alone=True),
        Row('SixRdPrefix', six_rd_prefix, create=['2001:db8::', ''],
            change=['2001:db8::', '2001:db9::', ''], bad=['nonsense', '10.0.0.1'],
            needs={'SixRdPrefixlen': 32, 'Remote': '10.0.0.6'}, only=('sit',), optional=True,
            alone=True),
        Row('SixRdRelayPrefix', lambda data, world: data.get('relay_prefix', ''),
            create=['', '10.0.0.0'], change=['10.0.0.0', '172.0.0.0', ''],
            bad=['nonsense', 'fd00::1'], needs=RELAY,
            only=('sit',), optional=True, alone=True),
        Row('SixRdPrefixlen', lambda data, world: data.get('prefixlen', 0),
            create=[0, 16, 32], change=[16, 0, 32], bad=[65],
            needs={'SixRdPrefix': '', 'Remote': '10.0.0.7'}, only=('sit',), optional=True,
            alone=True),
        Row('SixRdRelayPrefixlen', 'relay_prefixlen',
            create=[0, 32], change=[8, 32, 0], bad=[33], needs=SIX_RD,
            only=('sit',), optional=True, alone=True),
    ]))
