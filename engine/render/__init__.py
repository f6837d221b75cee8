"""The picture: the only package that imports panda3d.

`live` (what goes in and out), `layout`, `look`, `frames`, `eye`, `glb`, `sidecar` and `stills` are pure;
`viewer` and `process` draw. Nothing is imported here, so that the rest of the engine starts without a
graphics library: `from engine.render.viewer import Viewer, ViewerOptions`, `from engine.render.live import
LiveView`.
"""
