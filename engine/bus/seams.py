"""Where what is wanted of a seat may jump, told by the transport and never guessed from the values.

After a seek, a hold, a resumption, a stop that is over, seats are led onto what is wanted, all axes together (`engine.motion.blends`).
Where one scene follows another, or a loop goes round, as author and certificate have it, the governor's followers take over by themselves:
the certificate (`engine.safety.certificate.courses`) computes those ways with the same followers, sample by sample.
"""

from __future__ import annotations

from engine.time.segments import Controls, Segment, SegmentKind, Transport

_SOUGHT = (SegmentKind.SEEK, SegmentKind.CONTINUE)
# A hold begins where the show is: what is wanted jumps in velocity, which shows an instant later.
_SHOWS_WITHIN = 3


class Seams:
    """Tells, instant by instant, whether a device's show goes on as it was going to.

    Attributes
    ----------
    left : bool
        Whether what was told of the future holds no more.
    jumped : bool
        Whether what is wanted may have jumped, now or within the last instants.
    due : bool
        Whether blends are to be planned: after a jump, or anew for those that were playing one.
    """

    __slots__ = ("_basis", "_segment", "_shows", "due", "jumped", "left")

    def __init__(self) -> None:
        self._segment: int | None = None
        self._shows = 0
        self._basis: tuple[tuple[int, int, Controls], object] | None = None
        self.left = self.jumped = self.due = False

    def look(
        self, segment: Segment | None, transport: Transport, controls: Controls, own: object, *, meeting: bool
    ) -> None:
        """Go on to the next instant.

        Parameters
        ----------
        segment : Segment or None
            In force; None while the show may not play at all.
        transport : Transport
        controls : Controls
        own : object
            What guests have set; another object when something in it has changed.
        meeting : bool
            Whether a blend is being played onto what was told of the future.
        """
        if segment is None:
            self.left = meeting
            self.jumped = self.due = False
            self._segment = None
            return
        seam = self._segment != segment.index
        if seam:
            self._shows = _SHOWS_WITHIN if self._segment is None or segment.kind in _SOUGHT else 0
        self.jumped = self._shows > 0
        self._shows -= self.jumped
        basis = (transport.sequence, transport.generation, controls)
        known = self._basis
        # Whatever is published may change what will be wanted; nearly always nobody has been told of it.
        changed = meeting and (known is None or known[0] != basis or known[1] is not own)
        self.left = seam or changed
        self.due = self.jumped or (changed and not seam)
        self._segment, self._basis = segment.index, (basis, own)
