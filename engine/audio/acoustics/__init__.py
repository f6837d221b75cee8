"""How sound gets from a source to the listener's place: distance, air, what faces away, what stands in the way, what comes back.

Every part is a pure function of arrays, so that hundreds of sources cost a few NumPy calls a block. What needs the scene's geometry or
its paths (`occlusion`) is computed when a package is opened, as arrays over scene time. Only the late reverberation (`reverb`) has a
memory, as long as its own tail.
"""
