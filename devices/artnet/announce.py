"""How an Art-Net device introduces itself: answers to ArtPoll, as data.

Source: Art-Net 4, ArtPollReply. A reply holds four ports of one net and sub-net; a device with more sends several, told apart
by their bind index.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Sequence
from itertools import groupby

from devices.artnet.codec import MERGING, STYLE_CONTROLLER, STYLE_NODE, PollReply, encode

_PORTS = 4
_IS_OUTPUT, _IS_INPUT = 0x80, 0x40
_DATA_SEEN = 0x80
_PORT_ADDRESS_15_BIT = 0x08


def introductions(
    name: str,
    long_name: str,
    universes: Sequence[int],
    *,
    ip: str = "",
    controller: bool = False,
    merging: Collection[int] = (),
) -> tuple[bytes, ...]:
    """ArtPollReply packets of a device.

    Parameters
    ----------
    name, long_name : str
    universes : sequence of int
        Port addresses: of a node those it puts out, of a controller those it drives.
    ip : str
        IPv4 address of the device, where it knows it.
    controller : bool
        Whether it drives universes rather than putting them out.
    merging : collection of int
        Universes for which it has more than one source.
    """
    address = socket.inet_aton(ip) if ip else bytes(4)
    replies = []
    index = 0
    for high, members in groupby(sorted(set(universes)), key=lambda universe: universe >> 4):
        numbers = list(members)
        for first in range(0, len(numbers), _PORTS):
            ports = numbers[first : first + _PORTS]
            index += 1
            switches = bytes(universe & 0x0F for universe in ports).ljust(_PORTS, b"\x00")
            types = bytes([_IS_INPUT if controller else _IS_OUTPUT] * len(ports)).ljust(_PORTS, b"\x00")
            good = bytes(
                _DATA_SEEN | MERGING * (universe in merging and not controller) for universe in ports
            ).ljust(_PORTS, b"\x00")
            replies.append(
                encode(
                    PollReply(
                        ip=address,
                        net=high >> 4,
                        sub=high & 0x0F,
                        short_name=name,
                        long_name=long_name,
                        report="#0001 [0000] ready",
                        ports=len(ports),
                        port_types=types,
                        sw_in=switches if controller else bytes(_PORTS),
                        sw_out=bytes(_PORTS) if controller else switches,
                        style=STYLE_CONTROLLER if controller else STYLE_NODE,
                        good_input=good if controller else bytes(_PORTS),
                        good_output=bytes(_PORTS) if controller else good,
                        bind_ip=address,
                        bind_index=min(index, 255),
                        status2=_PORT_ADDRESS_15_BIT,
                    )
                )
            )
    return tuple(replies)
