"""GRE and ERSPAN."""

from support.kinds import Kind, Row
from support.tunnels import (ENDS4, ENDS6, PREPARE, encap_rows, endpoint_rows, fou, header_rows,
                             key_of, present)

IP4 = ('gre', 'gretap', 'erspan')
IP6 = ('ip6gre', 'ip6gretap', 'ip6erspan')
GRE = ('gre', 'gretap', 'ip6gre', 'ip6gretap')
ERSPAN = ('erspan', 'ip6erspan')
HEADER_FLAGS = ('csum', 'key', 'seq')
KEYS = {'IFlags': ['key'], 'OFlags': ['key'], 'Link': '@p2'}
VERSION_2 = {'ErspanVer': 2, 'Link': '@p3'}
OF_VERSION = ('ErspanIndex', 'ErspanDir', 'ErspanHwid')


def header_flags(direction):
    """ip shows a key if it is used."""
    return lambda data, world: [word for word in HEADER_FLAGS if direction + word in data]


def erspan_hwid(data, world):
    return int(data.get('erspan_hwid', '0'), 16)


KIND = Kind(
    interface='Gre', kinds=IP4 + IP6,
    enum='IFLA_GRE_', header='linux/if_tunnel.h',
    prepare={kind: PREPARE + fou(47) for kind in IP4} | {kind: PREPARE for kind in IP6},
    create={kind: ENDS4 for kind in IP4} | {kind: ENDS6 for kind in IP6},
    rows=(endpoint_rows(IP4, IP6, remote4=['10.1.0.1']) + header_rows(IP4, IP6)
          + encap_rows(IP4, IP6) + [
        Row('Pmtudisc', 'pmtudisc', create=[False, True], change=[False, True],
            ip=['nopmtudisc'], only=IP4, alone=True),
        Row('IgnoreDf', present('ignore_df'), create=[True, False], change=[True, False],
            needs={'Pmtudisc': False, 'Remote': '10.0.0.3'}, ip=['nopmtudisc ignore-df'],
            only=IP4, alone=True),
        Row('IFlags', header_flags('i'), create=[[], ['key'], ['csum', 'key', 'seq']],
            change=[['seq'], ['csum', 'key'], []], bad=[['nonsense'], ['4000']], ip=['iseq'],
            only=GRE, alone=True),
        Row('OFlags', header_flags('o'), create=[[], ['key'], ['csum', 'key', 'seq']],
            change=[['seq'], ['csum', 'key'], []], bad=[['nonsense'], ['4000']], ip=['ocsum'],
            only=GRE, alone=True),
        Row('IKey', key_of('ikey'), create=[0, 5, 0xfffffffe], change=[1, 0xffffffff, 0],
            needs=KEYS, ip=['ikey 9'], only=GRE, alone=True),
        Row('OKey', key_of('okey'), create=[0, 5, 0xfffffffe], change=[1, 0xffffffff, 0],
            needs=KEYS, ip=['okey 9'], only=GRE, alone=True),
        Row('IFlags', header_flags('i'), create=[['key', 'seq'], ['seq'], []],
            change=[['key'], [], ['key', 'seq']], bad=[['nonsense'], ['csum', 'key', 'seq']],
            needs={'OFlags': ['key', 'seq'], 'Link': '@p4'}, only=ERSPAN, alone=True),
        Row('OFlags', header_flags('o'), create=[['key', 'seq']],
            change=[['key'], ['key', 'seq']], bad=[['nonsense'], ['csum', 'key', 'seq']],
            needs={'IFlags': ['key', 'seq'], 'Link': '@p5'}, only=ERSPAN, alone=True),
        Row('IKey', key_of('ikey'), create=[0, 1023], change=[7, 1023, 0], bad=[1024],
            ip=['ikey 9'], only=ERSPAN),
        Row('OKey', key_of('okey'), create=[0, 1023], change=[7, 1023, 0], bad=[1024],
            ip=['okey 9'], only=ERSPAN),
        Row('CollectMetadata', present('external'), create=[False, True], alone=True),
        Row('ErspanIndex', lambda data, world: data.get('erspan_index', 0),
            create=[0, 0xfffff], change=[7, 0xfffff, 0], bad=[0x100000], ip=['erspan 9'],
            only=ERSPAN),
        Row('ErspanDir', lambda data, world: data.get('erspan_dir', ''),
            create=['ingress', 'egress'], change=['egress', 'ingress'], bad=['nonsense', '1'],
            needs=VERSION_2, ip=['erspan_dir egress'], only=ERSPAN, alone=True),
        Row('ErspanHwid', erspan_hwid, create=[0, 63], change=[7, 63, 0], bad=[64],
            needs=VERSION_2, ip=['erspan_hwid 9'], only=ERSPAN, alone=True),
        Row('ErspanVer', 'erspan_ver', create=[0, 1, 2], change=[2, 0, 1], bad=[3],
            ip=['erspan_ver 2'], only=('erspan',), also=OF_VERSION, alone=True),
        Row('ErspanVer', 'erspan_ver', create=[1, 2], change=[2, 1], bad=[0, 3],
            ip=['erspan_ver 2'], only=('ip6erspan',), also=OF_VERSION, alone=True),
    ]))
