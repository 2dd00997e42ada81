"""Geneve tunnels."""

from support.kinds import Kind, Row
from support.tunnels import hexadecimal, present


def remote(data, world):
    address = data.get('remote', data.get('remote6', ''))
    return '' if address in ('0.0.0.0', '::') else address


IPV6 = {'Remote': 'fd00::1'}
SAME = 'id 42 remote 10.0.0.1'    # ip wants these for every change

KIND = Kind(
    interface='Geneve', kinds=('geneve',),
    enum='IFLA_GENEVE_',
    left_out={'IFLA_GENEVE_GRO_HINT': 'a flag that earlier kernels pass over in silence',
              'IFLA_GENEVE_LOCAL': 'newer than any kernel at hand',
              'IFLA_GENEVE_LOCAL6': 'as IFLA_GENEVE_LOCAL'},
    create={'Id': 42, 'Remote': '10.0.0.1'},
    rows=[
        Row('Id', 'id', create=[0, 1, 0xffffff], bad=[0x1000000]),
        Row('Remote', remote, create=['', '10.0.0.1', 'fd00::1', '::'],
            change=['10.0.0.2', '', '10.0.0.1'], bad=['nonsense', '239.1.1.1'],
            read_as={'::': ''}, ip=['id 42 remote 10.0.0.9'], alone=True),
        Row('Ttl', 'ttl', create=[0, 64, 255],
            change=[1, 255, 0], also=('TtlInherit',), ip=[f'{SAME} ttl 9'], alone=True),
        Row('TtlInherit', lambda data, world: 'ttl' not in data, create=[True, False],
            change=[True, False], ip=[f'{SAME} ttl inherit'], alone=True),
        Row('Tos', hexadecimal('tos'), create=[0, 1, 0xff], change=[4, 1, 0], ip=[f'{SAME} tos 8']),
        Row('Df', 'df', create=['unset', 'set', 'inherit'], change=['set', 'inherit', 'unset'],
            bad=['nonsense', '3'], ip=[f'{SAME} df set']),
        Row('Label', hexadecimal('label'), create=[0, 1, 0xfffff], change=[0xfffff, 0],
            bad=[0x100000], needs=IPV6, ip=['id 42 remote fd00::1 flowlabel 9'], alone=True),
        Row('Port', 'port', create=[1, 4789, 65535]),
        Row('CollectMetadata', present('external'), create=[True],
            needs={'Id': 0, 'Remote': '', 'Port': 4789}, alone=True),
        Row('UdpCsum', 'udp_csum', create=[True, False]),
        Row('UdpZeroCsum6Tx', 'udp_zero_csum6_tx', create=[True, False], needs=IPV6, alone=True,
            optional=True),     # only over IPv6
        Row('UdpZeroCsum6Rx', 'udp_zero_csum6_rx', create=[True, False], needs=IPV6, alone=True),
        Row('InnerProtoInherit', present('inner_proto_inherit'), create=[True, False]),
        # Newer than ip 6.1.
        Row('PortRange', None, create=[(1, 65535), (5000, 5001)], bad=[(2, 1)], optional=True),
    ])
