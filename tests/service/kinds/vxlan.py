"""VXLAN tunnels."""

from support.kinds import Kind, Row
from support.tunnels import hexadecimal, present


def first_of(*keys):
    return lambda data, world: next((data[key] for key in keys if key in data), '')


def lower(data, world):
    return world.link_path(data['link']) if 'link' in data else '/'


def port_range(data, world):
    return (data['port_range']['low'], data['port_range']['high'])


METADATA = {'Id': 44, 'CollectMetadata': True}
IPV6 = {'Local': 'fd00::7'}

KIND = Kind(
    interface='Vxlan', kinds=('vxlan',),
    enum='IFLA_VXLAN_',
    left_out={'IFLA_VXLAN_MC_ROUTE': 'taken since Linux 6.17, and reported nowhere'},
    prepare=('link add p0 type veth peer name p1',),
    create={'Id': 42},
    rows=[
        Row('Id', 'id', create=[0, 1, 0xffffff], bad=[0x1000000]),
        Row('Group', first_of('remote', 'group', 'remote6', 'group6'),
            create=['', '10.0.0.1', '239.1.1.1', 'fd00::1', 'ff05::1', '::'],
            change=['10.0.0.1', '239.1.1.1', ''],
            bad=['nonsense', '10.0.0.256', 'fd00::g'],
            needs={'Id': 43, 'Link': '@p0'}, read_as={'::': ''},
            ip=['remote 10.0.0.9'], alone=True),
        Row('Link', lower, create=['/', '@p0'], change=['@p0', '@p1', '@p0'], ip=['dev p1']),
        Row('Local', first_of('local', 'local6'), create=['', '10.0.0.7', 'fd00::7', '::'],
            change=['10.0.0.7', ''], bad=['nonsense', '239.1.1.1'], read_as={'::': ''},
            ip=['local 10.0.0.9'], alone=True),
        Row('Ttl', 'ttl', create=[0, 64, 255], change=[1, 255, 0], ip=['ttl 9']),
        Row('TtlInherit', lambda data, world: 'ttl' not in data, create=[False, True]),
        Row('Tos', hexadecimal('tos'), create=[0, 1, 0xff], change=[4, 1, 0], ip=['tos 8']),
        Row('Learning', 'learning', create=[False, True], change=[False, True],
            ip=['nolearning']),
        Row('Ageing', 'ageing', create=[1, 4294967295], change=[7, 300], bad=[0],
            ip=['ageing 9']),
        Row('Limit', lambda data, world: data.get('limit', 0), create=[0, 1, 4294967295]),
        Row('PortRange', port_range, create=[(0, 0), (1, 65535), (5000, 5001)],
            bad=[(2, 1)]),
        Row('Proxy', present('proxy'), create=[False, True]),
        Row('Rsc', present('rsc'), create=[False, True]),
        Row('L2miss', present('l2miss'), create=[False, True]),
        Row('L3miss', present('l3miss'), create=[False, True]),
        Row('Port', 'port', create=[1, 4789, 65535], bad=[0]),
        Row('UdpCsum', 'udp_csum', create=[False, True]),
        Row('UdpZeroCsum6Tx', 'udp_zero_csum6_tx', create=[True, False]),
        Row('UdpZeroCsum6Rx', 'udp_zero_csum6_rx', create=[True, False]),
        Row('RemcsumTx', present('remcsum_tx'), create=[True, False]),
        Row('RemcsumRx', present('remcsum_rx'), create=[True, False]),
        Row('Gbp', present('gbp'), create=[True, False]),
        Row('RemcsumNopartial', None, create=[True, False]),    # ip sets it, but does not print it
        Row('CollectMetadata', present('external'), create=[True, False]),
        Row('Label', hexadecimal('label'), create=[0, 1, 0xfffff], change=[0xfffff, 0],
            bad=[0x100000], needs=IPV6, ip=['label 9'], alone=True),
        Row('Gpe', present('gpe'), create=[True, False],
            needs=METADATA | {'Id': 45, 'Learning': False}, alone=True),
        Row('Df', 'df', create=['unset', 'set', 'inherit'], change=['set', 'inherit', 'unset'],
            bad=['nonsense', '3'], ip=['df set']),
        Row('Vnifilter', present('vnifilter'), create=[True, False], needs=METADATA, alone=True),
        Row('Localbypass', None, create=[False, True], change=[False, True], optional=True),
        Row('LabelPolicy', None, create=['inherit', 'fixed'], change=['inherit', 'fixed'],
            bad=['nonsense', '2'], needs=IPV6, optional=True, alone=True),
        Row('ReservedBits', None, create=[0, 0x77000000000000ff], bad=[0xffffffffffffffff],
            optional=True, alone=True),
    ])
