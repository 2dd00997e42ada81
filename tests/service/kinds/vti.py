"""IPsec tunnels that are links."""

from support.kinds import Kind, Row
from support.tunnels import ENDS4, ENDS6, PREPARE, endpoint_rows, key_of

KIND = Kind(
    interface='Vti', kinds=('vti', 'vti6'),
    enum='IFLA_VTI_', header='linux/if_tunnel.h',
    prepare=PREPARE,
    create={'vti': ENDS4, 'vti6': ENDS6},
    rows=endpoint_rows(('vti',), ('vti6',)) + [
        Row('IKey', key_of('ikey'), create=[0, 0xffffffff], change=[5, 0xfffffffe, 0],
            ip=['ikey 9']),
        Row('OKey', key_of('okey'), create=[0, 0xffffffff], change=[5, 0xfffffffe, 0],
            ip=['okey 9']),
    ])
